# ruff: noqa: PYI021 - the module is compiled: its documentation is here
"""Stores, and the types of their configuration.

The TypedDicts, protocols and aliases exist for type checkers only: import them under `if TYPE_CHECKING:`.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, SupportsIndex, TypeAlias, TypedDict, overload

from typing_extensions import NotRequired, Self, Unpack

from ._store_methods import ObjectStoreMethods as ObjectStoreMethods

class ClientConfig(TypedDict, total=False):
    """How connections are made. Times are timedeltas or text such as "1m 30s"."""

    allow_http: bool | str
    """Allow http:// endpoints. Default: false."""
    allow_invalid_certificates: bool | str
    """Do not check the server's certificate. Anybody can then pose as the server."""
    disable_system_certificates: bool | str
    """Trust only `root_certificate`."""
    connect_timeout: str | timedelta
    """How long connecting may take. Default: 5 s."""
    default_content_type: str
    """The content type of uploads that name none."""
    default_headers: dict[str, str] | dict[str, bytes]
    """Sent with each request."""
    http1_only: bool | str
    """Only HTTP/1.1. Default: true."""
    http2_only: bool | str
    """Only HTTP/2."""
    http2_keep_alive_interval: str | timedelta
    """How often an HTTP/2 ping is sent."""
    http2_keep_alive_timeout: str | timedelta
    """How long to wait for the answer to a ping."""
    http2_keep_alive_while_idle: bool | str
    """Send pings on idle connections, too."""
    http2_max_frame_size: str
    """The largest HTTP/2 frame, in bytes."""
    pool_idle_timeout: str | timedelta
    """How long an idle connection is kept. Default: 90 s."""
    pool_max_idle_per_host: str
    """How many idle connections are kept for a host."""
    proxy_url: str
    """The proxy for all requests."""
    proxy_ca_certificate: str
    """PEM certificate of the authority that signed the proxy's own."""
    proxy_excludes: str
    """Hosts that are reached without the proxy, separated by commas."""
    randomize_addresses: bool | str
    """Spread connections over all addresses of a host. Default: true."""
    read_timeout: str | timedelta
    """How long the server may send nothing. Default: no limit."""
    root_certificate: str | bytes
    """PEM certificates that are trusted beside the system's."""
    timeout: str | timedelta
    """How long a whole request may take. Default: 30 s."""
    user_agent: str
    """The User-Agent header."""

class BackoffConfig(TypedDict, total=False):
    """Exponential back-off with jitter between tries."""

    init_backoff: timedelta
    """Before the first retry. Default: 100 ms."""
    max_backoff: timedelta
    """At most this long. Default: 15 s."""
    base: float
    """How much longer each time. Default: 2."""

class RetryConfig(TypedDict, total=False):
    """How failed requests are repeated: connection errors, 5xx, 408 and 429."""

    backoff: BackoffConfig
    max_retries: int
    """0: none. Default: 10."""
    retry_timeout: timedelta
    """No further try after so long. Default: 3 minutes."""

class _S3Settings(TypedDict, total=False):
    access_key_id: str
    secret_access_key: str
    session_token: str
    """Goes with temporary keys."""
    region: str
    """Default: us-east-1."""
    default_region: str
    """The region if `region` is not set."""
    endpoint: str
    """URL of a service other than Amazon's, such as "https://s3.example.com"."""
    aws_endpoint_url_s3: str
    """Wins over `endpoint`."""
    virtual_hosted_style_request: bool | str
    """The bucket is part of the host name. Default: false."""
    skip_signature: bool | str
    """Send anonymous requests."""
    unsigned_payload: bool | str
    """Leave the body out of the signature."""
    checksum_algorithm: str
    """"SHA256" or "CRC64NVME": sent with uploads, for the service to check."""
    conditional_put: str
    """"etag" (the default) or "disabled"."""
    copy_if_not_exists: str
    """"multipart", "header:<name>:<value>" or "header-with-status:<name>:<value>:<status>"."""
    disable_bulk_delete: bool | str
    disable_tagging: bool | str
    request_payer: bool | Literal["requester", "REQUESTER"]
    s3_express: bool | str
    server_side_encryption: str
    """"AES256", "aws:kms", "aws:kms:dsse" or "sse-c"."""
    sse_kms_key_id: str
    sse_bucket_key_enabled: bool | str
    sse_customer_key_base64: str
    container_authorization_token_file: str
    container_credentials_full_uri: str
    container_credentials_relative_uri: str
    endpoint_url_sts: str
    imdsv1_fallback: bool | str
    metadata_endpoint: str
    profile: str
    """A profile of the files that the AWS command line uses; it gives the credentials. Not read from AWS_PROFILE."""
    role_arn: str
    role_session_name: str
    web_identity_token_file: str

class S3Config(_S3Settings, total=False):
    """Settings of an S3Store. Each may also be named in capitals or with `aws_` before it.

    What is not given is taken from the environment, from AWS_ and the name in capitals.
    """

    bucket: str

class S3Credential(TypedDict):
    """What a credential provider returns."""

    access_key_id: str
    secret_access_key: str
    token: NotRequired[str | None]
    expires_at: datetime | None
    """With a time zone. None: never."""

class S3CredentialProvider(Protocol):
    """A callable that returns credentials, or a coroutine that does.

    It is called again shortly before `expires_at`: `refresh_threshold` before, if it has that attribute (a timedelta),
    otherwise five minutes. Its attribute `config` (an S3Config) fills in settings that were not given.
    """

    def __call__(self) -> S3Credential | Coroutine[Any, Any, S3Credential]: ...

class _GCSSettings(TypedDict, total=False):
    service_account: str
    """Path of a service account's JSON file."""
    service_account_key: str
    """The text of such a file."""
    application_credentials: str
    """Path of a credential file: a service account, a user, an external account. Default: where gcloud puts it."""
    bearer_token: str
    """An OAuth token, which is not refreshed."""
    base_url: str
    """Default: https://storage.googleapis.com."""
    skip_signature: bool | str
    """Send anonymous requests."""

class GCSConfig(_GCSSettings, total=False):
    """Settings of a GCSStore. Each may also be named in capitals or with `google_` before it.

    What is not given is taken from the environment, from GOOGLE_ and the name in capitals. Without credentials those of
    gcloud, then the machine's metadata server are used.
    """

    bucket: str

class GCSCredential(TypedDict):
    """What a credential provider returns."""

    token: str
    """An OAuth bearer token."""
    expires_at: datetime | None
    """With a time zone. None: never."""

class GCSCredentialProvider(Protocol):
    """A callable that returns a token, or a coroutine that does.

    It is called again shortly before `expires_at`: `refresh_threshold` before, if it has that attribute (a timedelta),
    otherwise four minutes. Its attribute `config` (a GCSConfig) fills in settings that were not given.
    """

    def __call__(self) -> GCSCredential | Coroutine[Any, Any, GCSCredential]: ...

class _AzureSettings(TypedDict, total=False):
    account_name: str
    account_key: str
    """The account's key, in base64."""
    sas_key: str
    """A shared access signature: "sv=...&sig=...", percent-encoded."""
    token: str
    """A bearer token, which is not refreshed."""
    client_id: str
    client_secret: str
    tenant_id: str
    authority_host: str
    """Where tokens for client secrets and workload identities come from. Default: https://login.microsoftonline.com."""
    federated_token_file: str
    """Path of a workload identity's token; goes with `client_id` and `tenant_id`."""
    msi_endpoint: str
    """Where a managed identity's token comes from. Default: the virtual machine's own endpoint."""
    object_id: str
    """Of a managed identity."""
    msi_resource_id: str
    """Of a managed identity."""
    use_azure_cli: bool | str
    """Ask the program az for tokens."""
    credential_type: str
    """Take these credentials where several are set: "bearer_token", "access_key", "client_secret",
    "workload_identity", "sas_token", "azure_cli" or "managed_identity". Default: "auto"."""
    skip_signature: bool | str
    """Send anonymous requests."""
    endpoint: str
    """Default: https://<account_name>.blob.core.windows.net."""
    use_emulator: bool | str
    """Azurite, with its own account and key, by default at http://127.0.0.1:10000."""
    use_fabric_endpoint: bool | str
    """OneLake: https://<account_name>.blob.fabric.microsoft.com."""
    disable_tagging: bool | str
    """Leave out the tags of uploads."""
    encryption_key: str
    """A key of your own that objects are encrypted with: 32 bytes in base64."""
    fabric_token_service_url: str
    fabric_workload_host: str
    fabric_session_token: str
    fabric_cluster_identifier: str

class AzureConfig(_AzureSettings, total=False):
    """Settings of an AzureStore. Each may also be named in capitals, or with `azure_` or `azure_storage_` before it.

    What is not given is taken from the environment, from AZURE_ or AZURE_STORAGE_ and the name in capitals. Without
    credentials the machine's managed identity is used.
    """

    container_name: str

class AzureAccessKey(TypedDict):
    """The key of a storage account, as a credential provider returns it."""

    access_key: str
    """In base64."""
    expires_at: datetime | None
    """With a time zone. None: never."""

class AzureSASToken(TypedDict):
    """A shared access signature, as a credential provider returns it."""

    sas_token: str | list[tuple[str, str]]
    """A query, percent-encoded, or its decoded items."""
    expires_at: datetime | None
    """With a time zone. None: never."""

class AzureBearerToken(TypedDict):
    """An OAuth token, as a credential provider returns it."""

    token: str
    """For the scope https://storage.azure.com/.default."""
    expires_at: datetime | None
    """With a time zone. None: never."""

AzureCredential: TypeAlias = AzureAccessKey | AzureSASToken | AzureBearerToken

class AzureCredentialProvider(Protocol):
    """A callable that returns one of the three kinds of credentials, or a coroutine that does.

    It is called again shortly before `expires_at`: `refresh_threshold` before, if it has that attribute (a timedelta),
    otherwise five minutes. Its attribute `config` (an AzureConfig) fills in settings that were not given.
    """

    def __call__(self) -> AzureCredential | Coroutine[Any, Any, AzureCredential]: ...

class ObjectStore(ObjectStoreMethods):
    """The base class of all stores of this module. Stores never change, and cannot be hashed."""

    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __eq__(self, other: object, /) -> bool: ...
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[Any, ...]: ...
    def _repr_html_(self) -> str:
        """The store as a table of its settings, for notebooks; secrets are named only."""
    def __storelink_store__(self) -> object:
        """The store as a capsule, for other extensions to share."""

class S3Store(ObjectStore):
    """A bucket of Amazon S3 or a compatible service."""

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
        """Settings may be given in `config` or as keywords, but not in both."""
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
        """The store for s3://bucket/prefix, s3a://..., or an https URL of Amazon S3 or R2.

        What `config` and the keywords say wins over what the URL says.
        """
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...
    @property
    def prefix(self) -> str | None:
        """The prefix of all paths."""
    @property
    def config(self) -> S3Config:
        """The settings that were given. Environment variables are not among them."""
    @property
    def client_options(self) -> ClientConfig | None: ...
    @property
    def retry_config(self) -> RetryConfig | None: ...
    @property
    def credential_provider(self) -> S3CredentialProvider | None: ...

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
        """Settings may be given in `config` or as keywords, but not in both."""
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
        """The store for gs://bucket/prefix, or an https URL of storage.googleapis.com.

        What `config` and the keywords say wins over what the URL says.
        """
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...
    @property
    def prefix(self) -> str | None:
        """The prefix of all paths."""
    @property
    def config(self) -> GCSConfig:
        """The settings that were given. Environment variables are not among them."""
    @property
    def client_options(self) -> ClientConfig | None: ...
    @property
    def retry_config(self) -> RetryConfig | None: ...
    @property
    def credential_provider(self) -> GCSCredentialProvider | None: ...

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
        """Settings may be given in `config` or as keywords, but not in both."""
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
        """The store for a URL, whose path is the prefix.

        az://container/prefix, also adl, azure, abfs and abfss; abfss://container@account.dfs.core.windows.net/prefix;
        https://account.blob.core.windows.net/container/prefix, also dfs, and fabric.microsoft.com.
        What `config` and the keywords say wins over what the URL says.
        """
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...
    @property
    def prefix(self) -> str | None:
        """The prefix of all paths."""
    @property
    def config(self) -> AzureConfig:
        """The settings that were given. Environment variables are not among them."""
    @property
    def client_options(self) -> ClientConfig | None: ...
    @property
    def retry_config(self) -> RetryConfig | None: ...
    @property
    def credential_provider(self) -> AzureCredentialProvider | None: ...

class HTTPStore(ObjectStore):
    """A web server: get and head, and all but multipart uploads and signed URLs where it speaks WebDAV."""

    def __init__(
        self, url: str, *, client_options: ClientConfig | None = None, retry_config: RetryConfig | None = None
    ) -> None:
        """Paths lie below `url`. A user and password in it are sent as Basic authentication.

        Other credentials go into `client_options`, as `default_headers`.
        """
    @classmethod
    def from_url(
        cls, url: str, *, client_options: ClientConfig | None = None, retry_config: RetryConfig | None = None
    ) -> Self:
        """The same as HTTPStore()."""
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]: ...
    @property
    def url(self) -> str:
        """The URL that all paths lie below, as it was given."""
    @property
    def client_options(self) -> ClientConfig | None: ...
    @property
    def retry_config(self) -> RetryConfig | None: ...

class LocalStore(ObjectStore):
    """A directory of the local file system."""

    def __init__(
        self, prefix: str | Path | None = None, *, automatic_cleanup: bool = False, mkdir: bool = False
    ) -> None:
        """`prefix` is the directory; None is the root of the file system.

        With `mkdir` it is made if it is missing; with `automatic_cleanup` directories below it that a delete leaves
        empty are removed.
        """
    @classmethod
    def from_url(cls, url: str, *, automatic_cleanup: bool = False, mkdir: bool = False) -> Self:
        """The store for file:///directory."""
    def __getnewargs_ex__(self) -> tuple[tuple[Path | None], dict[str, Any]]: ...
    @property
    def prefix(self) -> Path | None:
        """The directory."""

class MemoryStore(ObjectStore):
    """A store in this process's memory. It cannot be pickled or copied. Like obstore's it has no from_url()."""

    def __init__(self) -> None: ...

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
    """The store for a URL.

    s3://bucket/prefix, gs://bucket/prefix, az://container/prefix, https://host/path, file:///directory, memory:///.
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

# What functions of extensions take: stores that are shared as they are, also those of other extensions; stores of other
# libraries, which are built anew; both, and where the extension was built with ACCEPT_PYTHON_STORES _PythonStore, which
# storelink_add_stubs() then adds.
PyObjectStore: TypeAlias = ObjectStore | _Shareable
PyExternalObjectStore: TypeAlias = _Recreatable
AnyObjectStore: TypeAlias = ObjectStore | _Shareable | _Recreatable
