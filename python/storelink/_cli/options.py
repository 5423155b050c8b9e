"""Options and arguments that several commands have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from .locations import Location, Settings, parse
from .sizes import parse_size

Function = TypeVar("Function", bound=Callable[..., Any])


def _config(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    config = {}
    for value in values:
        key, equals, setting = value.partition("=")
        if not equals or not key:  # what was given may be a secret
            raise click.BadParameter("write KEY=VALUE, such as region=eu-west-1")
        config[key.strip()] = setting
    return config


def converted(convert: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A callback for an option, or one that may be repeated, whose values this function makes of text."""

    def callback(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401
        try:
            if isinstance(value, tuple):
                return tuple(convert(one) for one in value)
            return None if value is None else convert(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def config_option(name: str, meaning: str) -> Callable[[Function], Function]:
    """An option KEY=VALUE that may be repeated: a dict."""
    return click.option(name, metavar="KEY=VALUE", multiple=True, callback=_config, help=meaning)


def settings_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--config, --endpoint and --anonymous, which the function gets as `settings`."""

    @config_option("--config", "A setting of the stores, as from_url() takes it. Can be repeated.")
    @click.option("--endpoint", metavar="URL", help="The address of the service; plain http is allowed if it says so.")
    @click.option("--anonymous", is_flag=True, help="Send no credentials (skip_signature).")
    @functools.wraps(function)
    def with_settings(*, config: dict[str, str], endpoint: str | None, anonymous: bool, **rest: Any) -> Any:  # noqa: ANN401
        return function(settings=Settings(config, endpoint, anonymous), **rest)

    return with_settings


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
human_option = click.option("-h", "--human", is_flag=True, help="Sizes in units of 1024, such as 1.4M.")
recursive_option = click.option("-r", "--recursive", is_flag=True, help="All objects below.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
urls_argument = click.argument("urls", metavar="URL...", nargs=-1, required=True)
concurrency_option = click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=16,
    show_default=True,
    help="How many requests may be under way at the same time.",
)


def _part_size(text: str) -> int:
    size = parse_size(text)
    if size < 5 << 20:
        raise ValueError("a part has at least 5M")
    return size


part_size_option = click.option(
    "--part-size",
    metavar="SIZE",
    default="8M",
    show_default=True,
    callback=converted(_part_size),
    help="Larger objects are copied in parts of this size, several at the same time.",
)


def parse_all(urls: tuple[str, ...], settings: Settings) -> list[Location]:
    """The locations that were given. UsageError if one names none."""
    return [parse(url, settings) for url in urls]
