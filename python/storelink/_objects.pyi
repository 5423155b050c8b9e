# ruff: noqa: PYI021 - the functions are compiled: their documentation is here
"""What is done to objects without their bytes passing through here."""

from collections.abc import Sequence

from ._any_store import AnyStore
from ._list import ObjectMeta

def head(store: AnyStore, path: str) -> ObjectMeta:
    """An object's size, time, etag and version. Errors are those of `get()`."""

async def head_async(store: AnyStore, path: str) -> ObjectMeta:
    """As `head()`, to be awaited."""

def delete(store: AnyStore, paths: str | Sequence[str]) -> None:
    """Removes an object, or many: on S3 up to 1,000 and on Azure up to 256 with one request, elsewhere ten at a time.

    A single path with no object is a NotFoundError, but not on S3 and in memory; of many paths none is.
    PermissionDeniedError and UnauthenticatedError, GenericError, TimeoutError. All of many paths are tried before the
    first error is raised.
    """

async def delete_async(store: AnyStore, paths: str | Sequence[str]) -> None:
    """As `delete()`, to be awaited."""

def copy(store: AnyStore, from_: str, to: str, *, overwrite: bool = True) -> None:
    """Copies an object within its store, which the service does itself.

    overwrite: whether an object at `to` is replaced. Default: true. If not, AlreadyExistsError where there is one, and
        NotSupportedError where the service cannot tell in the same step (S3: see `copy_if_not_exists`).

    NotFoundError if there is no object at `from_`; otherwise as `put()`.
    """

async def copy_async(store: AnyStore, from_: str, to: str, *, overwrite: bool = True) -> None:
    """As `copy()`, to be awaited."""

def rename(store: AnyStore, from_: str, to: str, *, overwrite: bool = True) -> None:
    """Moves an object within its store: one step on a disk and in memory, a copy and a delete in a bucket.

    overwrite: whether an object at `to` is replaced. Default: true. Errors are those of `copy()`.
    """

async def rename_async(store: AnyStore, from_: str, to: str, *, overwrite: bool = True) -> None:
    """As `rename()`, to be awaited."""
