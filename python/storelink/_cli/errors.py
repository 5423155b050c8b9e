"""What a command raises for its user to read, and how errors become one line."""

import re

OK = 0
FAILED = 1  # an operation failed
USAGE = 2  # the command line makes no sense
INTERRUPTED = 130  # Ctrl-C


class CommandError(Exception):
    """The command cannot do what was asked; the message says why and what to do."""

    status = FAILED


class UsageError(CommandError):
    """The command line makes no sense."""

    status = USAGE


def printable(text: str) -> str:
    """The text with control characters escaped: one line, and nothing that a terminal obeys."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def explain(error: BaseException) -> str:
    """What went wrong, in one line."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        message = f"{error.filename}: {error.strerror}"
    else:
        message = str(error)
    return printable(re.sub(r"\s+", " ", message).strip()) or type(error).__name__
