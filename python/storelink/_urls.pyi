# ruff: noqa: PYI021 - the functions are compiled: their documentation is here
"""URLs: signed ones, and what kind of store one means."""

import builtins
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeAlias, overload

from .store import AzureStore, GCSStore, S3Store, SharedStore

HTTP_METHOD: TypeAlias = Literal["GET", "PUT", "POST", "HEAD", "PATCH", "TRACE", "DELETE", "OPTIONS", "CONNECT"]
"""What a signed URL can be used for. For type checkers only."""

SignCapableStore: TypeAlias = AzureStore | GCSStore | S3Store
"""The stores that can sign URLs. For type checkers only."""

# The same classes of other extensions and of obstore: what has a cloud's configuration.
class _CloudStore(Protocol):
    @property
    def config(self) -> Any: ...  # noqa: ANN401
    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]: ...

_Signing: TypeAlias = SignCapableStore | SharedStore | _CloudStore

@overload
def sign(  # type: ignore[overload-overlap]
    store: _Signing, method: HTTP_METHOD, paths: str, expires_in: timedelta
) -> str: ...  # pyright: ignore[reportOverlappingOverload]
@overload
def sign(store: _Signing, method: HTTP_METHOD, paths: Sequence[str], expires_in: timedelta) -> builtins.list[str]:
    """A URL that anybody can use until it expires, without credentials; a list of them for several paths.

    method: what it can be used for, an HTTP method in any case: "GET", "PUT", "HEAD", "DELETE" and so on.
    paths: a path, or a sequence of them.
    expires_in: a timedelta of at least a second. S3 and Google Cloud Storage take 7 days at most.

    It says nothing of whether the object exists. No request is made, but for credentials and, on Azure with tokens, for
    a key to sign with. The URL is as good as a password: do not log it.

    ValueError for a store that cannot sign, for another method and for a negative time; GenericError for a time that
    the service does not take; NotSupportedError for a method that it does not sign and for credentials that cannot
    sign; UnauthenticatedError without valid credentials, PermissionDeniedError, InputOutputError and
    OperationTimeoutError where a request is made; InvalidPathError for a path that breaks the rules, TypeError for
    arguments of another type.
    """

@overload
async def sign_async(  # type: ignore[overload-overlap]
    store: _Signing, method: HTTP_METHOD, paths: str, expires_in: timedelta
) -> str: ...  # pyright: ignore[reportOverlappingOverload]
@overload
async def sign_async(
    store: _Signing, method: HTTP_METHOD, paths: Sequence[str], expires_in: timedelta
) -> builtins.list[str]:
    """As `sign()`, to be awaited."""

def parse_scheme(url: str) -> Literal["s3", "gcs", "http", "local", "memory", "azure"]:
    """Which kind of store `from_url()` makes of this URL: "s3", "gcs", "azure", "http", "local" or "memory".

    GenericError for a URL of no store, ValueError for text that is no URL, TypeError for what is no text.
    """
