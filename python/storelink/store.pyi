# ruff: noqa: PYI021 - the module is compiled: its documentation is here
"""Stores, and the types of their configuration.

The TypedDicts, protocols and aliases exist for type checkers only: import them under `if TYPE_CHECKING:`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol, SupportsIndex, TypeAlias, overload

from typing_extensions import Self, Unpack

from ._settings import (  # isort: skip - one statement, for storelink_add_stubs
    AzureAccessKey as AzureAccessKey,
    AzureBearerToken as AzureBearerToken,
    AzureConfig as AzureConfig,
    AzureCredential as AzureCredential,
    AzureCredentialProvider as AzureCredentialProvider,
    AzureSASToken as AzureSASToken,
    BackoffConfig as BackoffConfig,
    ClientConfig as ClientConfig,
    GCSConfig as GCSConfig,
    GCSCredential as GCSCredential,
    GCSCredentialProvider as GCSCredentialProvider,
    RetryConfig as RetryConfig,
    S3Config as S3Config,
    S3Credential as S3Credential,
    S3CredentialProvider as S3CredentialProvider,
    _AzureSettings,  # pyright: ignore[reportPrivateUsage]
    _GCSSettings,  # pyright: ignore[reportPrivateUsage]
    _S3Settings,  # pyright: ignore[reportPrivateUsage]
)
from ._store_methods import ObjectStoreMethods as ObjectStoreMethods

class ObjectStore(ObjectStoreMethods):
    """The base class of all stores of this module. Stores never change, and cannot be hashed.

    Threads and event loops may share a store, also after a fork. TypeError for `ObjectStore()` itself.
    """

    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __eq__(self, other: object, /) -> bool:
        """Whether both are of the same kind, with the same settings. Stores in memory are equal to themselves only."""
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[Any, ...]:
        """For pickle: the settings, secrets included. TypeError for a MemoryStore and a SharedStore."""
    def _repr_html_(self) -> str:
        """The store as a table of its settings, for notebooks; secrets are named only."""
    def __storelink_store__(self) -> object:
        """The store as a capsule, for other extensions to share."""

class S3Store(ObjectStore):
    """A bucket of Amazon S3, or of a service that speaks its protocol."""

    def __init__(
        self,
        bucket: str | None = None,
        *,
        prefix: str | None = None,
        config: S3Config | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: S3CredentialProvider | None = None,
        **kwargs: Unpack[_S3Settings],
    ) -> None:
        """bucket: its name. Default: what the settings or the environment say.
        prefix: what is in front of all paths, which are given and listed without it. Default: none.
        config: a dict of settings, see `S3Config`: names in any case, with or without "aws_". They may also be
            keywords. Default: none.
        client_options: a dict of how connections are made, see `ClientConfig`: timeouts (30 s for a request), proxies,
            certificates. They may stand among the settings, too.
        retry_config: a dict of how failed requests are repeated, see `RetryConfig`. Default: at most 10 times within 3
            minutes.
        credential_provider: a callable, or coroutine function, that returns keys, see `S3Credential`. Default: the keys
            among the settings, otherwise those of a web identity, of a container or of the machine.

        What is not given is read from the environment: AWS_REGION, AWS_ENDPOINT, AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY and so on, AWS_ and the setting's or client option's name in capitals. Nothing is sent
        before the first operation.

        UnknownConfigurationKeyError for a name that is not known; GenericError for a
        value that cannot be used, for one setting given twice, for a missing bucket and for an http:// address without
        `allow_http`; InvalidPathError for a prefix that is no path; TypeError and ValueError for arguments of another
        type.
        """
    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        config: S3Config | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: S3CredentialProvider | None = None,
        **kwargs: Unpack[S3Config],
    ) -> Self:
        """The store for a URL: s3://bucket/prefix, s3a://bucket/prefix, or an https URL of Amazon S3 or Cloudflare R2.

        What `config` and the keywords say wins over what the URL says; they are those of the constructor, and so are
        the errors. GenericError for a URL of another kind of store, ValueError for text that is no URL.
        """
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        """The constructor's arguments, without what came from the environment. Secrets are among them."""
    @property
    def prefix(self) -> str | None:
        """What is in front of all paths, or None."""
    @property
    def config(self) -> S3Config:
        """The settings that were given, by name; environment variables are not among them. A copy, secrets included."""
    @property
    def client_options(self) -> ClientConfig | None:
        """The client options that were given, or None. A copy, secrets included."""
    @property
    def retry_config(self) -> RetryConfig | None:
        """The retry settings with their defaults, or None if none were given. A copy."""
    @property
    def credential_provider(self) -> S3CredentialProvider | None:
        """The credential provider that was given, or None."""

class GCSStore(ObjectStore):
    """A bucket of Google Cloud Storage."""

    def __init__(
        self,
        bucket: str | None = None,
        *,
        prefix: str | None = None,
        config: GCSConfig | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: GCSCredentialProvider | None = None,
        **kwargs: Unpack[_GCSSettings],
    ) -> None:
        """bucket: its name. Default: what the settings or the environment say.
        prefix: what is in front of all paths, which are given and listed without it. Default: none.
        config: a dict of settings, see `GCSConfig`: names in any case, with or without "google_". They may also be
            keywords. Default: none.
        client_options: a dict of how connections are made, see `ClientConfig`: timeouts (30 s for a request), proxies,
            certificates. They may stand among the settings, too.
        retry_config: a dict of how failed requests are repeated, see `RetryConfig`. Default: at most 10 times within 3
            minutes.
        credential_provider: a callable, or coroutine function, that returns a token, see `GCSCredential`. Default: what
            the settings say, otherwise the credentials of gcloud or of the machine.

        What is not given is read from the environment: GOOGLE_SERVICE_ACCOUNT, GOOGLE_APPLICATION_CREDENTIALS and so
        on, GOOGLE_ and the setting's or client option's name in capitals. Nothing is sent before the first operation.

        UnknownConfigurationKeyError for a name that is not known; GenericError for a
        value that cannot be used, for one setting given twice, for a missing bucket and for an http:// address without
        `allow_http`; InvalidPathError for a prefix that is no path; TypeError and ValueError for arguments of another
        type.
        """
    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        config: GCSConfig | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: GCSCredentialProvider | None = None,
        **kwargs: Unpack[GCSConfig],
    ) -> Self:
        """The store for a URL: gs://bucket/prefix, or an https URL of storage.googleapis.com.

        What `config` and the keywords say wins over what the URL says; they are those of the constructor, and so are
        the errors. GenericError for a URL of another kind of store, ValueError for text that is no URL.
        """
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        """The constructor's arguments, without what came from the environment. Secrets are among them."""
    @property
    def prefix(self) -> str | None:
        """What is in front of all paths, or None."""
    @property
    def config(self) -> GCSConfig:
        """The settings that were given, by name; environment variables are not among them. A copy, secrets included."""
    @property
    def client_options(self) -> ClientConfig | None:
        """The client options that were given, or None. A copy, secrets included."""
    @property
    def retry_config(self) -> RetryConfig | None:
        """The retry settings with their defaults, or None if none were given. A copy."""
    @property
    def credential_provider(self) -> GCSCredentialProvider | None:
        """The credential provider that was given, or None."""

class AzureStore(ObjectStore):
    """A container of Azure Blob Storage or OneLake."""

    def __init__(
        self,
        container_name: str | None = None,
        *,
        prefix: str | None = None,
        config: AzureConfig | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: AzureCredentialProvider | None = None,
        **kwargs: Unpack[_AzureSettings],
    ) -> None:
        """container_name: its name. Default: what the settings or the environment say.
        prefix: what is in front of all paths, which are given and listed without it. Default: none.
        config: a dict of settings, see `AzureConfig`: names in any case, with or without "azure_". They may also be
            keywords. Default: none.
        client_options: a dict of how connections are made, see `ClientConfig`: timeouts (30 s for a request), proxies,
            certificates. They may stand among the settings, too.
        retry_config: a dict of how failed requests are repeated, see `RetryConfig`. Default: at most 10 times within 3
            minutes.
        credential_provider: a callable, or coroutine function, that returns a key, a signature or a token, see
            `AzureCredential`. Default: what the settings say, otherwise the managed identity of the machine.

        What is not given is read from the environment: AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY,
        AZURE_STORAGE_SAS_KEY and so on, AZURE_ and the setting's or client option's name in capitals. Nothing is sent
        before the first operation.

        UnknownConfigurationKeyError for a name that is not known; GenericError for a
        missing account, for a value that cannot be used, for one setting given twice, for a missing container and for
        an http:// address without `allow_http`; InvalidPathError for a prefix that is no path; TypeError and ValueError
        for arguments of another type.
        """
    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        config: AzureConfig | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: AzureCredentialProvider | None = None,
        **kwargs: Unpack[AzureConfig],
    ) -> Self:
        """The store for a URL: az://container/prefix, also adl, azure, abfs and abfss;
        abfss://container@account.dfs.core.windows.net/prefix; https://account.blob.core.windows.net/container/prefix,
        also dfs, and fabric.microsoft.com.

        What `config` and the keywords say wins over what the URL says; they are those of the constructor, and so are
        the errors. GenericError for a URL of another kind of store, ValueError for text that is no URL.
        """
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        """The constructor's arguments, without what came from the environment. Secrets are among them."""
    @property
    def prefix(self) -> str | None:
        """What is in front of all paths, or None."""
    @property
    def config(self) -> AzureConfig:
        """The settings that were given, by name; environment variables are not among them. A copy, secrets included."""
    @property
    def client_options(self) -> ClientConfig | None:
        """The client options that were given, or None. A copy, secrets included."""
    @property
    def retry_config(self) -> RetryConfig | None:
        """The retry settings with their defaults, or None if none were given. A copy."""
    @property
    def credential_provider(self) -> AzureCredentialProvider | None:
        """The credential provider that was given, or None."""

class HTTPStore(ObjectStore):
    """A web server: get and head, and all but multipart uploads and signed URLs where it speaks WebDAV."""

    def __init__(
        self, url: str, *, client_options: ClientConfig | None = None, retry_config: RetryConfig | None = None
    ) -> None:
        """url: what all paths lie below, http or https, without query and fragment. A user and password in it are sent
            as Basic authentication.
        client_options: a dict of how connections are made, see `ClientConfig`: timeouts (30 s for a request),
            proxies, certificates; other credentials as `default_headers`. Default: none.
        retry_config: a dict of how failed requests are repeated, see `RetryConfig`. Default: at most 10 times within
            3 minutes.

        Of the environment only proxies are read. Nothing is sent before the first operation. GenericError for
        another URL, for http:// without the client option `allow_http` and for values that cannot be used;
        UnknownConfigurationKeyError for client options that are not known; TypeError and ValueError for arguments of
        another type.
        """
    @classmethod
    def from_url(
        cls, url: str, *, client_options: ClientConfig | None = None, retry_config: RetryConfig | None = None
    ) -> Self:
        """The same as HTTPStore()."""
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """The constructor's arguments, without what came from the environment. Secrets are among them."""
    @property
    def url(self) -> str:
        """The URL that all paths lie below, as it was given."""
    @property
    def client_options(self) -> ClientConfig | None:
        """The client options that were given, or None. A copy, secrets included."""
    @property
    def retry_config(self) -> RetryConfig | None:
        """The retry settings with their defaults, or None if none were given. A copy."""

class LocalStore(ObjectStore):
    """A directory of the local file system."""

    def __init__(
        self, prefix: str | Path | None = None, *, automatic_cleanup: bool = False, mkdir: bool = False
    ) -> None:
        """prefix: the directory, a str or Path. Default: the root of the file system.
        automatic_cleanup: whether directories that a delete or rename leaves empty are removed. Default: False.
        mkdir: whether the directory is made if it is missing. Default: False.

        Nothing is read from the environment. NotFoundError for a directory that is missing, PermissionDeniedError for
        one that may not be opened, GenericError for "", TypeError and ValueError for arguments of another type.
        """
    @classmethod
    def from_url(cls, url: str, *, automatic_cleanup: bool = False, mkdir: bool = False) -> Self:
        """The store for file:///directory.

        The others are those of the constructor, and so are the errors. ValueError for a URL of another kind of store
        and for text that is no URL.
        """
    def __getnewargs_ex__(self) -> tuple[tuple[Path | None], dict[str, Any]]:
        """The constructor's arguments, without what came from the environment. Secrets are among them."""
    @property
    def prefix(self) -> Path | None:
        """The directory, or None for the root of the file system."""

class MemoryStore(ObjectStore):
    """A store in this process's memory. It cannot be pickled or copied. Like obstore's it has no from_url()."""

    def __init__(self) -> None:
        """Empty at first. TypeError for any argument."""

class SharedStore(ObjectStore):
    """A store that C++ made, such as one that a function of an extension returned. Python cannot construct it."""

@overload
def from_url(
    url: str,
    *,
    config: S3Config | None = None,
    client_options: ClientConfig | None = None,
    retry_config: RetryConfig | None = None,
    credential_provider: S3CredentialProvider | None = None,
    **kwargs: Unpack[S3Config],
) -> ObjectStore: ...
@overload
def from_url(
    url: str,
    *,
    config: GCSConfig | None = None,
    client_options: ClientConfig | None = None,
    retry_config: RetryConfig | None = None,
    credential_provider: GCSCredentialProvider | None = None,
    **kwargs: Unpack[GCSConfig],
) -> ObjectStore: ...
@overload
def from_url(
    url: str,
    *,
    config: AzureConfig | None = None,
    client_options: ClientConfig | None = None,
    retry_config: RetryConfig | None = None,
    credential_provider: AzureCredentialProvider | None = None,
    **kwargs: Unpack[AzureConfig],
) -> ObjectStore: ...
@overload
def from_url(
    url: str,
    *,
    config: None = None,
    client_options: None = None,
    retry_config: None = None,
    automatic_cleanup: bool = False,
    mkdir: bool = False,
) -> ObjectStore:
    """The store for a URL, whose path is the prefix: s3://bucket/prefix, gs://bucket/prefix, az://container/prefix,
    https://host/path, file:///directory, memory:/// and what else the classes' own `from_url()` take.

    config, client_options, retry_config, credential_provider and the keywords are those of the store's constructor, and
    so are the errors; what they say wins over what the URL says. Default: none. With file:/// there are
    automatic_cleanup and mkdir in their place, both False by default.

    GenericError for a URL of no store, ValueError for text that is no URL, BaseError for an argument that the kind of
    store does not have.
    """

class _Shareable(Protocol):
    def __storelink_store__(self) -> object: ...

class _Recreatable(Protocol):
    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]: ...

# Objects that are stores by their methods: those of obspec, of which one to read with is enough, and fsspec's.
class _Get(Protocol):
    def get(self, path: str, /, *, options: Any = None) -> object: ...  # noqa: ANN401

class _GetAsync(Protocol):
    @property
    def get_async(self) -> Callable[..., object]: ...

class _GetRange(Protocol):
    @property
    def get_range(self) -> Callable[..., object]: ...

class _GetRangeAsync(Protocol):
    @property
    def get_range_async(self) -> Callable[..., object]: ...

class _GetRanges(Protocol):
    @property
    def get_ranges(self) -> Callable[..., object]: ...

class _GetRangesAsync(Protocol):
    @property
    def get_ranges_async(self) -> Callable[..., object]: ...

class _FileSystem(Protocol):
    @property
    def cat_file(self) -> Callable[..., object]: ...
    @property
    def pipe_file(self) -> Callable[..., object]: ...

_OfObspec: TypeAlias = _Get | _GetAsync | _GetRange | _GetRangeAsync | _GetRanges | _GetRangesAsync
_PythonStore: TypeAlias = _OfObspec | _FileSystem  # noqa: PYI047 - for storelink_add_stubs()

PyObjectStore: TypeAlias = ObjectStore | _Shareable
"""What functions of extensions take: stores that are shared as they are, also those of other extensions."""
PyExternalObjectStore: TypeAlias = _Recreatable
"""What functions of extensions take: stores of other libraries, such as obstore's, which are built anew."""
# Where the extension was built with ACCEPT_PYTHON_STORES storelink_add_stubs() adds _PythonStore.
AnyObjectStore: TypeAlias = ObjectStore | _Shareable | _Recreatable
"""What functions of extensions take: stores of either kind."""
