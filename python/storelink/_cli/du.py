"""`storelink du`."""

from __future__ import annotations

import click

from . import listing, options
from .execution import run
from .locations import Location, Settings
from .output import Output
from .sizes import human as human_size


@click.command(help="Add up the sizes and the number of the objects at and below URL.")
@options.urls_argument
@options.human_option
@click.option(
    "-d",
    "--depth",
    metavar="N",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Also of each prefix down to N levels below URL.",
)
@options.json_option
@options.settings_options
def command(*, urls: tuple[str, ...], human: bool, depth: int, as_json: bool, settings: Settings) -> int:
    output = Output(as_json=as_json)
    places = options.parse_all(urls, settings)

    async def work() -> None:
        for place in places:
            try:
                totals = await _totals(place, depth)
            except Exception as error:
                output.fail(place.shown, error)
                continue
            for prefix, (size, count) in totals.items():
                url = place.shown if prefix == "" else place.url(place.prefix + prefix)
                shown = human_size(size) if human else str(size)
                output.show(f"{shown:>12}  {count:>9}  {url}", {"url": url, "size": size, "objects": count})

    run(work())
    return output.status


async def _totals(place: Location, depth: int) -> dict[str, tuple[int, int]]:
    """Bytes and number of objects: of each prefix in the order of names, and last of all, under ""."""
    totals: dict[str, tuple[int, int]] = {}
    everything = (0, 0)
    async for entry in listing.at_or_below(place):
        directories = entry.name.split("/")[:-1]
        for level in range(1, min(depth, len(directories)) + 1):
            prefix = "/".join(directories[:level]) + "/"
            size, count = totals.get(prefix, (0, 0))
            totals[prefix] = (size + entry.size, count + 1)
        everything = (everything[0] + entry.size, everything[1] + 1)
    return {**dict(sorted(totals.items())), "": everything}
