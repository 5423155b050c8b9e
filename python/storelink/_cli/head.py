"""`storelink head`."""

from __future__ import annotations

import json

import click

from . import listing, options
from .execution import run
from .listing import Entry
from .locations import Settings
from .operations import get_async
from .output import Output
from .sizes import human as human_size


@click.command(help="Show the metadata of the objects at URL.")
@options.urls_argument
@options.human_option
@options.json_option
@options.settings_options
def command(*, urls: tuple[str, ...], human: bool, as_json: bool, settings: Settings) -> int:
    output = Output(as_json=as_json)
    places = options.parse_all(urls, settings)

    async def work() -> None:
        for place in places:
            try:
                result = await get_async(place.store, place.path(place.key), options={"head": True})
            except Exception as error:
                output.fail(place.shown, error)
                continue
            entry = listing.entry(place, result.meta, place.name)
            attributes = {str(name): str(value) for name, value in result.attributes.items()}
            if as_json:
                output.show("", {**entry.record, "attributes": attributes})
            else:
                _show_table(entry, attributes, human=human)

    run(work())
    return output.status


def _show_table(entry: Entry, attributes: dict[str, str], *, human: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from .errors import printable

    record = {name: value for name, value in entry.record.items() if name not in ("type", "name") and value is not None}
    if human:
        record["size"] = human_size(entry.size)
    rows = {**record, **{f"attribute {name}": value for name, value in attributes.items()}}
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:  # for other programs: whole lines
        for name, value in rows.items():
            print(f"{name}: {value if isinstance(value, str) else json.dumps(value)}")
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in rows.items():
        table.add_row(Text(name, style="bold"), Text(printable(str(value)), overflow="fold"))
    console.print(table)
