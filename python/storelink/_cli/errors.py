"""What a command raises for its user to read."""


class CommandError(Exception):
    """The command cannot do what was asked; the message says why and what to do."""
