# ruff: noqa: PYI021 - the functions are compiled: their documentation is here
"""What is done to objects without their bytes passing through here."""

from collections.abc import Sequence

from ._any_store import AnyStore
from ._list import ObjectMeta

def head(store: AnyStore, path: str) -> ObjectMeta:
    """An object's metadata: a dict of path, last_modified (UTC), size (bytes), e_tag and version.

    Errors are those of `get()`: NotFoundError if there is no such object, UnauthenticatedError, PermissionDeniedError,
    InputOutputError, OperationTimeoutError and so on.
    """

async def head_async(store: AnyStore, path: str) -> ObjectMeta:
    """As `head()`, to be awaited."""

def delete(store: AnyStore, paths: str | Sequence[str]) -> None:
    """Removes an object, or many: on S3 up to 1,000 and on Azure up to 256 with one request, elsewhere ten at a time.

    A single path with no object is a NotFoundError, but not on S3 and in memory; of many paths none is. All of many
    paths are tried, and then the first error is raised: UnauthenticatedError and PermissionDeniedError, GenericError,
    InputOutputError and OperationTimeoutError. Before anything is sent: InvalidPathError for a path that breaks the
    rules, TypeError for what is neither a path nor a sequence of them.
    """

async def delete_async(store: AnyStore, paths: str | Sequence[str]) -> None:
    """As `delete()`, to be awaited."""

def copy(store: AnyStore, from_: str, to: str, *, overwrite: bool = True) -> None:
    """Copies an object within its store, attributes included. Where there is a service, it does so itself.

    overwrite: whether an object at `to` is replaced. Default: true. If not, AlreadyExistsError where there is one. S3
        is asked by the setting `copy_if_not_exists`, by default with a header that Amazon S3 knows. Services that do
        not know it refuse it (NotImplementedError, GenericError) or leave it aside and replace the object: for those
        set "multipart". NotSupportedError for stores of other libraries that cannot ask for it.

    NotFoundError if there is no object at `from_`; UnauthenticatedError and PermissionDeniedError, GenericError,
    InputOutputError and OperationTimeoutError as for `put()`; InvalidPathError for a path that breaks the rules.
    """

async def copy_async(store: AnyStore, from_: str, to: str, *, overwrite: bool = True) -> None:
    """As `copy()`, to be awaited."""

def rename(store: AnyStore, from_: str, to: str, *, overwrite: bool = True) -> None:
    """Moves an object within its store: one step on a disk and in memory, a copy and a delete elsewhere.

    overwrite: whether an object at `to` is replaced. Default: true. If not, AlreadyExistsError where there is one.

    Errors are those of `copy()` and `delete()`. If the delete fails, the object is at both paths.
    """

async def rename_async(store: AnyStore, from_: str, to: str, *, overwrite: bool = True) -> None:
    """As `rename()`, to be awaited."""
