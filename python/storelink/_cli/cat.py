"""`storelink cat`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from . import options, streams
from .execution import run
from .locations import Settings
from .operations import get_async
from .output import Output

if TYPE_CHECKING:
    from .._storelink import GetOptions

_CHUNK = 1 << 20


def _range(text: str) -> GetOptions:
    match = re.fullmatch(r"(?:(?P<start>\d+):(?P<end>\d*)|-(?P<last>\d+):)", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no range: write START:END, START: or -COUNT: for the last bytes")
    if match["last"] is not None:
        if int(match["last"]) == 0:
            raise ValueError(f"{text!r} is empty")
        return {"range": {"suffix": int(match["last"])}}
    start = int(match["start"])
    if not match["end"]:
        return {"range": {"offset": start}} if start else {}
    if int(match["end"]) <= start:
        raise ValueError(f"{text!r} is empty: END is the first byte that is left out")
    return {"range": (start, int(match["end"]))}


@click.command(help="Write the objects at URL to the standard output, one after the other.")
@options.urls_argument
@click.option(
    "--range",
    "ranges",
    metavar="START:END",
    multiple=True,
    callback=options.converted(_range),
    help="Only these bytes: from START on, until before END; START: for all from there on; -COUNT: for the last ones. "
    "Can be repeated.",
)
@options.settings_options
def command(*, urls: tuple[str, ...], ranges: tuple[GetOptions, ...], settings: Settings) -> int:
    output = Output(as_json=False)
    places = options.parse_all(urls, settings)

    async def work() -> None:
        for place in places:
            try:
                for wanted in ranges or ({},):
                    result = await get_async(place.store, place.path(place.key), options=wanted)
                    async for chunk in result.stream(_CHUNK):
                        await streams.write(streams.STANDARD_OUTPUT, chunk)
            except BrokenPipeError:
                raise
            except Exception as error:
                output.fail(place.shown, error)

    run(work())
    return output.status
