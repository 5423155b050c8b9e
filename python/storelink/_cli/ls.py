"""`storelink ls`."""

from __future__ import annotations

import click

from . import listing, options
from .errors import CommandError
from .execution import run
from .listing import Entry
from .locations import Location, Settings
from .operations import list_with_delimiter_async
from .output import Output, moment
from .sizes import human as human_size


@click.command(help="List the objects and the prefixes at URL, one level of them. A local path is a URL, too.")
@options.urls_argument
@click.option("-l", "--long", is_flag=True, help="Sizes in bytes and times, too.")
@options.human_option
@options.recursive_option
@options.json_option
@options.settings_options
def command(
    *, urls: tuple[str, ...], long: bool, human: bool, recursive: bool, as_json: bool, settings: Settings
) -> int:
    listing_ = _Listing(Output(as_json=as_json), long=long or human, human=human)
    places = options.parse_all(urls, settings)

    async def work() -> None:
        for place in places:
            try:
                await (listing_.all_below(place) if recursive else listing_.one_level(place))
            except BrokenPipeError:
                raise
            except Exception as error:
                listing_.output.fail(place.shown, error)

    run(work())
    return listing_.output.status


class _Listing:
    def __init__(self, output: Output, *, long: bool, human: bool) -> None:
        self.output = output
        self._long = long
        self._human = human

    def _show_object(self, entry: Entry) -> None:
        size = human_size(entry.size) if self._human else str(entry.size)
        # Of a key that is the prefix itself, closing slash included, nothing would be left.
        text = entry.name or entry.key
        self.output.show(f"{size:>12}  {moment(entry.modified)[:19]}Z  {text}" if self._long else text, entry.record)

    def _show_prefix(self, url: str, name: str) -> None:
        text = f"{'-':>12}  {'-':<20}  {name}" if self._long else name
        self.output.show(text, {"type": "prefix", "url": url, "name": name})

    async def all_below(self, place: Location) -> None:
        async for entry in listing.at_or_below(place):
            self._show_object(entry)

    async def one_level(self, place: Location) -> None:
        if place.directory is not None and not place.is_directory:
            self._show_object(await listing.exactly(place))
            return
        level = await list_with_delimiter_async(place.store, listing.list_prefix(place))
        for prefix in level["common_prefixes"]:
            key = prefix + "/" if not prefix.endswith("/") or prefix == place.prefix else prefix
            self._show_prefix(place.url(key), key[len(place.prefix) :])
        for meta in level["objects"]:
            self._show_object(listing.entry(place, meta, meta["path"][len(place.prefix) :]))
        if level["common_prefixes"] or level["objects"] or not place.key:
            return
        if place.is_directory:
            raise CommandError("there is nothing below this")
        self._show_object(await listing.exactly(place))
