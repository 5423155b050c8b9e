"""The command `storelink`. Each subcommand is a module with add_parser(); see `main`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import __version__
from . import new_extension
from .errors import CommandError

_SHARE = Path(__file__).resolve().parent.parent / "share"
_DIRECTORIES = {
    "cmake_dir": (_SHARE / "cmake" / "storelink", "where find_package(storelink) finds it: storelink_DIR"),
    "include_dir": (_SHARE / "storelink" / "include", "the directory of the C and C++ headers"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="storelink", description="Object stores, for Python and for C++ extensions.")
    parser.add_argument("--version", action="version", version=__version__)
    for name, (_, meaning) in _DIRECTORIES.items():
        parser.add_argument(
            f"--{name}", dest="print_directory", action="store_const", const=name, help=f"print {meaning}, and exit"
        )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    new_extension.add_parser(commands)
    return parser


def _print_directory(name: str) -> int:
    directory, _ = _DIRECTORIES[name]
    if not directory.is_dir():
        raise CommandError(f"{directory} does not exist: this storelink is no installed package")
    print(directory)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. An expected failure is one line on standard error and status 1."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.print_directory is not None:
            return _print_directory(options.print_directory)
        if not hasattr(options, "run"):
            parser.print_help()
            return 2
        status: int = options.run(options)
    except CommandError as error:
        print(f"storelink: {error}", file=sys.stderr)
        return 1
    return status
