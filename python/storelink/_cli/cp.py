"""`storelink cp`."""

from __future__ import annotations

from pathlib import Path

import click

from . import options, streams
from .copying import Choices, Copier, copy_in, copy_out, is_special
from .errors import UsageError
from .execution import RequestLimit, run
from .locations import STANDARD_STREAM, Location, Settings, parse
from .output import Output
from .progress import Progress
from .transfers import Transfer


@click.command(
    help="""Copy SOURCE to TARGET: objects, local files, and - for the standard input or output.

    A TARGET that is a directory, a bucket, or ends with a slash takes each SOURCE under its own name. With --recursive
    all that is below SOURCE goes below TARGET. What is there already, with the same size and not older or with the same
    etag, is skipped. An interrupted download goes on where it stopped when the same command is given again.""",
)
@click.argument("paths", metavar="SOURCE... TARGET", nargs=-1, required=True)
@options.recursive_option
@click.option("-n", "--no-clobber", is_flag=True, help="Never replace an object.")
@click.option("-f", "--force", is_flag=True, help="Copy also what is there already.")
@options.dry_run_option
@click.option("-v", "--verbose", is_flag=True, help="Say what became of each object.")
@options.json_option
@click.option("--no-progress", is_flag=True, help="Show no progress bar, also on a terminal.")
@options.concurrency_option
@options.part_size_option
@options.config_option("--source-config", "A setting of the sources alone. Can be repeated.")
@options.config_option("--target-config", "A setting of the target alone. Can be repeated.")
@options.settings_options
def command(
    *,
    paths: tuple[str, ...],
    recursive: bool,
    no_clobber: bool,
    force: bool,
    dry_run: bool,
    verbose: bool,
    as_json: bool,
    no_progress: bool,
    concurrency: int,
    part_size: int,
    source_config: dict[str, str],
    target_config: dict[str, str],
    settings: Settings,
) -> int:
    if len(paths) < 2:
        raise UsageError("cp: give a source and a target")
    if no_clobber and force:
        raise UsageError("cp: --no-clobber and --force contradict each other")
    *sources, target = paths
    if STANDARD_STREAM in sources and len(sources) > 1:
        raise UsageError("cp: the standard input is the only source, or none")
    if target == STANDARD_STREAM and (len(sources) > 1 or as_json or verbose):
        raise UsageError("cp: the standard output takes one object, and nothing else")
    if recursive and STANDARD_STREAM in paths:
        raise UsageError("cp: --recursive has no meaning for the standard input or output")

    output = Output(as_json=as_json, report=True)
    choices = Choices(recursive, force, no_clobber, dry_run, verbose)
    with Progress(shown=not (no_progress or as_json or dry_run or target == STANDARD_STREAM)) as progress:
        transfer = Transfer(RequestLimit(concurrency), progress, part_size, replace=not no_clobber)
        source_settings = _with(settings, source_config)
        to = None if target == STANDARD_STREAM else parse(target, _with(settings, target_config))
        places = [None if source == STANDARD_STREAM else parse(source, source_settings) for source in sources]
        run(_copy(places, to, choices, transfer, output))
    return output.status


def _with(settings: Settings, config: dict[str, str]) -> Settings:
    return Settings({**settings.config, **config}, settings.endpoint, settings.anonymous)


def _special(place: Location | None, standard: int) -> int | Path | None:
    """What stands for a place that is read or written from front to back."""
    if place is None:
        return standard
    if place.directory is not None and not place.is_directory and is_special(place.directory / place.key):
        return place.directory / place.key
    return None


async def _copy(
    sources: list[Location | None], target: Location | None, choices: Choices, transfer: Transfer, output: Output
) -> None:
    first = sources[0]
    from_stream = _special(first, streams.STANDARD_INPUT)
    to_stream = _special(target, streams.STANDARD_OUTPUT)
    if from_stream is not None and to_stream is not None:
        raise UsageError("cp: one of source and target must be an object or a file")
    if from_stream is not None and target is not None:
        await copy_in(from_stream, target, choices, transfer, output)
    elif to_stream is not None and first is not None:
        if len(sources) > 1 or choices.recursive:
            raise UsageError("cp: a device or pipe takes one object")
        await copy_out(first, to_stream, choices, transfer, output)
    elif target is not None:
        await Copier(target, choices, transfer, output).copy([source for source in sources if source is not None])
