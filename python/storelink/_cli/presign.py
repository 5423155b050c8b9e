"""`storelink presign`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import click

from ..store import GCSStore, S3Store
from . import options
from .errors import UsageError
from .execution import run
from .locations import Settings
from .operations import sign_async
from .output import Output
from .sizes import parse_duration

if TYPE_CHECKING:
    from .._storelink import HTTP_METHOD

_LONGEST = timedelta(days=7)  # on S3 and Google Cloud Storage
_METHODS = ["GET", "PUT", "HEAD", "DELETE", "POST"]


@click.command(help="Make a URL that works without credentials until it expires. It is as good as a password.")
@options.urls_argument
@click.option(
    "--method",
    type=click.Choice(_METHODS, case_sensitive=False),
    default="GET",
    show_default=True,
    help="What it can be used for.",
)
@click.option(
    "--expires",
    metavar="DURATION",
    default="1h",
    show_default=True,
    callback=options.converted(parse_duration),
    help="For how long: a number of seconds, or such as 15m, 12h, 7d.",
)
@options.json_option
@options.settings_options
def command(*, urls: tuple[str, ...], method: str, expires: timedelta, as_json: bool, settings: Settings) -> int:
    output = Output(as_json=as_json)
    places = options.parse_all(urls, settings)
    for place in places:
        if place.is_directory:
            raise UsageError(f"presign: {place.shown} is no single object")
        if isinstance(place.remote, (S3Store, GCSStore)) and expires > _LONGEST:
            raise UsageError(f"presign: {place.shown} takes --expires up to 7d")

    async def work() -> None:
        for place in places:
            try:
                store = cast("Any", place.store)  # one that cannot sign says so itself
                signed = await sign_async(store, cast("HTTP_METHOD", method), place.path(place.key), expires)
            except Exception as error:
                output.fail(place.shown, error)
                continue
            seconds = int(expires.total_seconds())
            output.show(signed, {"url": place.shown, "method": method, "expires_in": seconds, "signed_url": signed})

    run(work())
    return output.status
