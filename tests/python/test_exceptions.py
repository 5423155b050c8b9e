"""The exceptions module, and which error becomes which exception."""

from __future__ import annotations

from concurrent.futures import CancelledError

import my_ext2
import pytest
from my_ext2 import exceptions

BUILTIN_BASES = {
    "GenericError": None,
    "NotFoundError": FileNotFoundError,
    "InvalidPathError": ValueError,
    "JoinError": None,
    "NotSupportedError": None,
    "AlreadyExistsError": FileExistsError,
    "PreconditionError": None,
    "NotModifiedError": None,
    "PermissionDeniedError": PermissionError,
    "UnauthenticatedError": PermissionError,
    "UnknownConfigurationKeyError": ValueError,
    "InputOutputError": OSError,
    "OperationTimeoutError": TimeoutError,
}

# In the order of storelink::ErrorKind, from 1.
KINDS: list[type[BaseException]] = [
    exceptions.GenericError,
    exceptions.NotFoundError,
    exceptions.AlreadyExistsError,
    exceptions.PreconditionError,
    exceptions.NotModifiedError,
    exceptions.PermissionDeniedError,
    exceptions.UnauthenticatedError,
    exceptions.InvalidPathError,
    exceptions.UnknownConfigurationKeyError,
    exceptions.NotSupportedError,
    NotImplementedError,
    exceptions.JoinError,
    exceptions.InputOutputError,
    exceptions.OperationTimeoutError,
    CancelledError,
]


def test_exported_classes() -> None:
    assert {name for name in vars(exceptions) if not name.startswith("_")} == {"BaseError", *BUILTIN_BASES}


@pytest.mark.parametrize(("name", "base"), BUILTIN_BASES.items())
def test_bases(name: str, base: type[Exception] | None) -> None:
    cls = getattr(exceptions, name)
    assert issubclass(cls, exceptions.BaseError)
    assert base is None or issubclass(cls, base)
    assert cls.__module__ == "my_ext2.exceptions"
    assert cls.__doc__
    assert not issubclass(cls, KeyError)


def test_failures_of_the_network_are_generic_errors() -> None:
    """As obstore's: `except GenericError` is around calls that may meet them."""
    assert issubclass(exceptions.InputOutputError, exceptions.GenericError)
    assert issubclass(exceptions.OperationTimeoutError, exceptions.GenericError)


@pytest.mark.parametrize(("kind", "cls"), list(enumerate(KINDS, start=1)))
def test_errors_become_their_class_with_one_argument(kind: int, cls: type[BaseException]) -> None:
    with pytest.raises(cls) as caught:
        my_ext2.fail(kind)
    assert type(caught.value) is cls
    assert caught.value.args == ("as asked",)
    assert str(caught.value) == "as asked"


def test_out_of_memory() -> None:
    with pytest.raises(MemoryError):
        my_ext2.fail_memory()
