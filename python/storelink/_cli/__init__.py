"""The command `storelink`.

Commands for authors of extensions are modules with add_parser(), of the standard library alone; those that work on
stores are in `store_commands`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import __version__
from . import new_extension, store_commands
from .errors import OK, USAGE, CommandError

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
    for name, meaning in store_commands.STORE_COMMANDS.items():  # for --help alone: main() runs them
        commands.add_parser(name, help=meaning, add_help=False)
    new_extension.add_parser(commands)
    return parser


def _print_directory(name: str) -> int:
    directory, _ = _DIRECTORIES[name]
    if not directory.is_dir():
        raise CommandError(f"{directory} does not exist: this storelink is no installed package")
    print(directory)
    return OK


def _run(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in store_commands.STORE_COMMANDS:
        return store_commands.run(arguments[0], arguments[1:])
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.print_directory is not None:
        return _print_directory(options.print_directory)
    if not hasattr(options, "run"):
        parser.print_help()
        return USAGE
    status: int = options.run(options)
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. An expected failure is one line on standard error.

    0: done. 1: an operation failed. 2: the command line makes no sense. 130: interrupted by Ctrl-C.
    """
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except CommandError as error:
        print(f"storelink: {error}", file=sys.stderr)
        return error.status
