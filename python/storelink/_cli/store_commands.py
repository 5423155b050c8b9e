"""The commands that work on stores. They need the packages of the extra `cli`, which are imported when one runs."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from .errors import INTERRUPTED, OK, CommandError, UsageError, explain
from .output import flush_output

# Command: what it does. Its module has the same name and a click.Command called `command`.
STORE_COMMANDS = {
    "ls": "list objects",
    "cat": "write objects to the standard output",
    "cp": "copy objects from, to and between stores",
    "rm": "remove objects",
    "du": "add up the sizes of objects",
    "head": "show an object's metadata",
    "presign": "make URLs that work without credentials for a time",
}


def run(name: str, arguments: Sequence[str]) -> int:
    """Runs one of STORE_COMMANDS; returns the exit status. Raises CommandError for what its user should read."""
    try:
        import click
        import rich as rich
    except ImportError as error:
        raise CommandError(f"`storelink {name}` needs the package {error.name}: pip install 'storelink[cli]'") from None
    command: click.Command = importlib.import_module(f".{name}", __package__).command
    try:
        # Not command.main(): it has an exit status of its own for a broken pipe.
        with command.make_context(f"storelink {name}", list(arguments)) as context:
            status: int = command.invoke(context)
        return status
    except click.exceptions.Exit as exit_:  # --help
        return exit_.exit_code
    except click.ClickException as error:
        raise UsageError(f"{name}: {explain(Exception(error.format_message()))} (`storelink {name} --help`)") from None
    except BrokenPipeError:  # whoever reads the output has had enough
        return OK
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except CommandError:
        raise
    except Exception as error:
        raise CommandError(explain(error)) from error
    finally:
        flush_output()
