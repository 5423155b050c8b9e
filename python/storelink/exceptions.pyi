# ruff: noqa: PYI021 - the module is compiled: its documentation is here
"""What storelink raises, besides NotImplementedError."""

class BaseError(Exception):
    """The base class of the exceptions of this module."""

class GenericError(BaseError):
    """What has no class of its own: bad configuration, a server's errors."""

class NotFoundError(BaseError, FileNotFoundError):
    """No such object, bucket or directory."""

class InvalidPathError(BaseError, ValueError):
    """The path cannot be used with this store."""

class JoinError(BaseError):
    """A worker ended abnormally."""

class NotSupportedError(BaseError):
    """The store cannot do this."""

class AlreadyExistsError(BaseError, FileExistsError):
    """There is an object at that path already."""

class PreconditionError(BaseError):
    """A condition that was asked for did not hold."""

class NotModifiedError(BaseError):
    """The object is the one that the caller already has."""

class PermissionDeniedError(BaseError, PermissionError):
    """These credentials may not do this."""

class UnauthenticatedError(BaseError, PermissionError):
    """Credentials are missing or wrong."""

class UnknownConfigurationKeyError(BaseError, ValueError):
    """A configuration key that the store does not know."""

class InputOutputError(GenericError, OSError):
    """The network or the file system failed."""

class OperationTimeoutError(GenericError, TimeoutError):
    """It took longer than it may."""
