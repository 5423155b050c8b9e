# ruff: noqa: PYI021 - these types have no documentation at run time; their keys' is for editors
"""What stores are configured with: settings, client options, retries and credentials."""

from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

from typing_extensions import NotRequired

class ClientConfig(TypedDict, total=False):
    """How connections are made. Times are timedeltas or text such as "1m 30s". For type checkers only.

    Each may also stand among a store's settings, and be given in the environment: AWS_ALLOW_HTTP, GOOGLE_TIMEOUT and so
    on. UnknownConfigurationKeyError for other names, GenericError or TypeError for values that make no sense.
    """

    allow_http: bool | str
    """Allow http:// endpoints. Default: false."""
    allow_invalid_certificates: bool | str
    """Do not check the server's certificate. Anybody can then pose as the server. Default: false."""
    disable_system_certificates: bool | str
    """Trust only `root_certificate`. Default: false."""
    connect_timeout: str | timedelta
    """How long connecting may take, TLS included. Default: 5 s."""
    default_content_type: str
    """The content type of uploads that name none. Default: none."""
    default_headers: dict[str, str] | dict[str, bytes]
    """Sent with each request. Default: none."""
    http1_only: bool | str
    """Only HTTP/1.1. Default: true."""
    http2_only: bool | str
    """Only HTTP/2. Default: false. With `http1_only` false as well, the server chooses."""
    http2_keep_alive_interval: str | timedelta
    """After how much silence a server is probed, also with HTTP/1.1. Default: none, and the system's limits apply."""
    http2_keep_alive_timeout: str | timedelta
    """With the interval: how long probes may go unanswered until the connection is given up. Default: 20 s."""
    http2_keep_alive_while_idle: bool | str
    """Probes are sent on unused connections in any case. Default: false."""
    http2_max_frame_size: str
    """The largest HTTP/2 frame that is taken, 16384 to 16777215 bytes. Default: 16384, and never more."""
    pool_idle_timeout: str | timedelta
    """How long an unused connection is kept. Default: 90 s."""
    pool_max_idle_per_host: str
    """How many unused connections are kept for a host. Default: no limit but that of 256 in all."""
    proxy_url: str
    """The proxy for all requests. Default: what https_proxy, http_proxy and all_proxy say in the environment."""
    proxy_ca_certificate: str
    """PEM certificate of the authority that signed the proxy's own. Default: none."""
    proxy_excludes: str
    """Hosts that are reached without the proxy, separated by commas. Default: none."""
    randomize_addresses: bool | str
    """Spread connections over all addresses of a host. Default: true."""
    read_timeout: str | timedelta
    """How long the server may send nothing. Default: no limit."""
    root_certificate: str | bytes
    """PEM certificates that are trusted beside the system's. Default: none."""
    timeout: str | timedelta
    """How long a request may take, or a pause in a body that is streamed. Default: 30 s."""
    user_agent: str
    """The User-Agent header. Default: "storelink/" and the version."""

class BackoffConfig(TypedDict, total=False):
    """Waits between tries: exponential, and drawn by chance. For type checkers only."""

    init_backoff: timedelta
    """Before the first retry. Default: 100 ms."""
    max_backoff: timedelta
    """At most this long. Default: 15 s."""
    base: float
    """How much longer each time. Default: 2."""

class RetryConfig(TypedDict, total=False):
    """How failed requests are repeated: connection errors, 5xx, 408 and 429. For type checkers only."""

    backoff: BackoffConfig
    """How long to wait between tries. Default: see there."""
    max_retries: int
    """0: none. Default: 10."""
    retry_timeout: timedelta
    """No further try after so long. Default: 3 minutes."""

class _S3Settings(TypedDict, total=False):
    access_key_id: str
    """Goes with the secret access key. Default: none."""
    secret_access_key: str
    """Goes with the access key id. Default: none."""
    session_token: str
    """Goes with temporary keys. Default: none."""
    region: str
    """The region that requests are signed for. Default: us-east-1, on Cloudflare R2 "auto"."""
    default_region: str
    """The region if `region` is not set. Default: none."""
    endpoint: str
    """URL of a service other than Amazon's, such as "https://s3.example.com". Default: Amazon's of the region."""
    aws_endpoint_url_s3: str
    """Wins over `endpoint`. Default: none."""
    virtual_hosted_style_request: bool | str
    """The bucket is part of the host name. Default: false."""
    skip_signature: bool | str
    """Send anonymous requests. Default: false."""
    unsigned_payload: bool | str
    """Leave bodies out of signatures. Default: false."""
    checksum_algorithm: str
    """"SHA256" or "CRC64NVME": sent with uploads for the service to check; downloads are checked. Default: none."""
    conditional_put: str
    """"etag", or "disabled" for services without conditional writes. Default: "etag"."""
    copy_if_not_exists: str
    """How a copy that does not overwrite is asked for: "header: NAME: VALUE", "header-with-status: NAME: VALUE: STATUS"
    or "multipart", an upload of one part, which takes no tags along. Default: "header: if-none-match: *"."""
    disable_bulk_delete: bool | str
    """Delete many objects one by one. Default: false."""
    disable_tagging: bool | str
    """Leave out the tags of uploads. Default: false."""
    request_payer: bool | Literal["requester", "REQUESTER"]
    """Whoever makes the requests pays for them. Default: false."""
    s3_express: bool | str
    """The bucket is a directory bucket of S3 Express One Zone, "NAME--ZONE--x-s3". Default: false."""
    server_side_encryption: str
    """"AES256", "aws:kms", "aws:kms:dsse" or "sse-c". Default: what the bucket has."""
    sse_kms_key_id: str
    """With "aws:kms" and "aws:kms:dsse": the key. Default: the bucket's."""
    sse_bucket_key_enabled: bool | str
    """With "aws:kms": a key for the bucket, which saves calls of KMS. Default: false."""
    sse_customer_key_base64: str
    """With "sse-c": your own key, 32 bytes in base64. Default: none."""
    container_authorization_token_file: str
    """With `container_credentials_full_uri`: a file with the token that the server wants. Default: none."""
    container_credentials_full_uri: str
    """URL of a container's credential server: https, or http on this machine and EKS's addresses. Default: none."""
    container_credentials_relative_uri: str
    """Path on ECS's credential server, http://169.254.170.2. Default: none."""
    endpoint_url_sts: str
    """URL of the service that assumes roles. Default: https://sts.REGION.amazonaws.com."""
    imdsv1_fallback: bool | str
    """Ask the metadata service without a session where it gives none. Default: false."""
    metadata_endpoint: str
    """URL of EC2's metadata service. Default: http://169.254.169.254."""
    profile: str
    """A profile of the files that the AWS command line uses; it gives the credentials. Default: none; AWS_PROFILE is
    not read."""
    role_arn: str
    """The role to assume with the token of `web_identity_token_file`. Default: none."""
    role_session_name: str
    """How that session is called in logs of AWS. Default: "WebIdentitySession"."""
    web_identity_token_file: str
    """A file with the token of a workload; goes with `role_arn`. Default: none."""

class S3Config(_S3Settings, total=False):
    """Settings of an S3Store. Each may also be named in capitals or with `aws_` before it. For type checkers only.

    What is not given is taken from the environment, from AWS_ and the name in capitals. Without credentials those of a
    workload, a container or the machine are used.
    """

    bucket: str
    """The bucket's name. Must be given here, in the environment or as the store's first argument."""

class S3Credential(TypedDict):
    """What a credential provider returns. For type checkers only."""

    access_key_id: str
    """Not a secret."""
    secret_access_key: str
    """What requests are signed with."""
    token: NotRequired[str | None]
    """The session's token of temporary keys. None, or left out: there is none."""
    expires_at: datetime | None
    """With a time zone. None: never."""

class S3CredentialProvider(Protocol):
    """A callable that returns credentials, or a coroutine that does. For type checkers only.

    It is called again shortly before `expires_at`: `refresh_threshold` before, if it has that attribute (a timedelta),
    otherwise five minutes. Its attribute `config` (an S3Config) fills in settings that were not given.
    """

    def __call__(self) -> S3Credential | Coroutine[Any, Any, S3Credential]:
        """New credentials. What it raises is the cause of an UnauthenticatedError of the operation that needs them."""

class _GCSSettings(TypedDict, total=False):
    service_account: str
    """Path of a service account's JSON file. Default: none."""
    service_account_key: str
    """The text of such a file, in place of its path. Default: none."""
    application_credentials: str
    """Path of a credential file: a service account, a user, an external account. Default: where gcloud puts it."""
    bearer_token: str
    """An OAuth token, which is not refreshed. Default: none."""
    base_url: str
    """URL of the service. Default: https://storage.googleapis.com."""
    skip_signature: bool | str
    """Send anonymous requests. Default: false."""

class GCSConfig(_GCSSettings, total=False):
    """Settings of a GCSStore. Each may also be named in capitals or with `google_` before it. For type checkers only.

    What is not given is taken from the environment, from GOOGLE_ and the name in capitals. Without credentials those of
    gcloud, then the machine's metadata server are used.
    """

    bucket: str
    """The bucket's name. Must be given here, in the environment or as the store's first argument."""

class GCSCredential(TypedDict):
    """What a credential provider returns. For type checkers only."""

    token: str
    """An OAuth bearer token."""
    expires_at: datetime | None
    """With a time zone. None: never."""

class GCSCredentialProvider(Protocol):
    """A callable that returns a token, or a coroutine that does. For type checkers only.

    It is called again shortly before `expires_at`: `refresh_threshold` before, if it has that attribute (a timedelta),
    otherwise four minutes. Its attribute `config` (a GCSConfig) fills in settings that were not given.
    """

    def __call__(self) -> GCSCredential | Coroutine[Any, Any, GCSCredential]:
        """A new token. What it raises is the cause of an UnauthenticatedError of the operation that needs it."""

class _AzureSettings(TypedDict, total=False):
    account_name: str
    """The storage account, "onelake" for OneLake. Must be given but for the emulator."""
    account_key: str
    """The account's key, in base64. Default: none."""
    sas_key: str
    """A shared access signature: "sv=...&sig=...", percent-encoded. Default: none."""
    token: str
    """A bearer token, which is not refreshed. Default: none."""
    client_id: str
    """The application of a client secret or workload identity, or the managed identity to use. Default: none."""
    client_secret: str
    """Goes with `client_id` and `tenant_id`. Default: none."""
    tenant_id: str
    """The directory that issues tokens. Default: none."""
    authority_host: str
    """Where tokens for client secrets and workload identities come from. Default: https://login.microsoftonline.com."""
    federated_token_file: str
    """Path of a workload identity's token; goes with `client_id` and `tenant_id`. Default: none."""
    msi_endpoint: str
    """Where a managed identity's token comes from. Default: the virtual machine's own endpoint."""
    object_id: str
    """The managed identity to use, by its object id; comes before `client_id`. Default: none."""
    msi_resource_id: str
    """The managed identity to use, by its resource id; comes last. Default: none."""
    use_azure_cli: bool | str
    """Ask the program az for tokens. Default: false."""
    credential_type: str
    """Take these credentials where several are set: "bearer_token", "access_key", "client_secret",
    "workload_identity", "sas_token", "azure_cli" or "managed_identity". Default: "auto"."""
    skip_signature: bool | str
    """Send anonymous requests. Default: false."""
    endpoint: str
    """URL of the service. Default: https://ACCOUNT.blob.core.windows.net."""
    use_emulator: bool | str
    """Azurite, with its own account and key, by default at http://127.0.0.1:10000. Default: false."""
    use_fabric_endpoint: bool | str
    """OneLake: https://ACCOUNT.blob.fabric.microsoft.com unless there is an endpoint. Default: false."""
    disable_tagging: bool | str
    """Leave out the tags of uploads. Default: false."""
    encryption_key: str
    """A key of your own that objects are encrypted with: 32 bytes in base64. Default: none."""
    fabric_token_service_url: str
    """Where a Fabric workload gets its tokens; goes with the next three. Default: none."""
    fabric_workload_host: str
    """Which workload asks: the header x-ms-proxy-host. Default: none."""
    fabric_session_token: str
    """What it is recognised by: the header x-ms-partner-token. Default: none."""
    fabric_cluster_identifier: str
    """Where it runs: the header x-ms-cluster-identifier. Default: none."""

class AzureConfig(_AzureSettings, total=False):
    """Settings of an AzureStore. For type checkers only.

    Each may also be named in capitals, or with `azure_` or `azure_storage_` before it, as docs/backends/azure.md says.
    What is not given is taken from the environment, from AZURE_ or AZURE_STORAGE_ and the name in capitals. Without
    credentials the machine's managed identity is used.
    """

    container_name: str
    """The container, or OneLake's workspace. Must be given, here, in the environment or as the first argument."""

class AzureAccessKey(TypedDict):
    """The key of a storage account, as a credential provider returns it. For type checkers only."""

    access_key: str
    """In base64."""
    expires_at: datetime | None
    """With a time zone. None: never."""

class AzureSASToken(TypedDict):
    """A shared access signature, as a credential provider returns it. For type checkers only."""

    sas_token: str | list[tuple[str, str]]
    """A query, percent-encoded, or its decoded items."""
    expires_at: datetime | None
    """With a time zone. None: never."""

class AzureBearerToken(TypedDict):
    """An OAuth token, as a credential provider returns it. For type checkers only."""

    token: str
    """For the scope https://storage.azure.com/.default."""
    expires_at: datetime | None
    """With a time zone. None: never."""

AzureCredential: TypeAlias = AzureAccessKey | AzureSASToken | AzureBearerToken
"""What a credential provider returns. For type checkers only."""

class AzureCredentialProvider(Protocol):
    """A callable that returns one of the three kinds of credentials, or a coroutine that does. For type checkers only.

    It is called again shortly before `expires_at`: `refresh_threshold` before, if it has that attribute (a timedelta),
    otherwise five minutes. Its attribute `config` (an AzureConfig) fills in settings that were not given.
    """

    def __call__(self) -> AzureCredential | Coroutine[Any, Any, AzureCredential]:
        """New credentials. What it raises is the cause of an UnauthenticatedError of the operation that needs them."""
