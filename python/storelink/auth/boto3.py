"""Credentials for S3 from boto3: profiles, SSO, processes, roles, and whatever else its sessions know.

Needs the package boto3.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypedDict

import boto3
import boto3.session
import botocore.credentials

from storelink.auth._arguments import expect_method, expect_text

if TYPE_CHECKING:
    import botocore.session
    from typing_extensions import NotRequired, Unpack

    from storelink.store import S3Config, S3Credential


class PolicyDescriptorTypeTypeDef(TypedDict):
    """A managed policy, in a call of AssumeRole."""

    arn: NotRequired[str]


class TagTypeDef(TypedDict):
    """A tag of the session, in a call of AssumeRole."""

    Key: str
    Value: str


class ProvidedContextTypeDef(TypedDict):
    """A trusted context, in a call of AssumeRole."""

    ProviderArn: NotRequired[str]
    ContextAssertion: NotRequired[str]


class AssumeRoleRequestRequestTypeDef(TypedDict):
    """The arguments of AssumeRole."""

    RoleArn: str
    RoleSessionName: str
    PolicyArns: NotRequired[Sequence[PolicyDescriptorTypeTypeDef]]
    Policy: NotRequired[str]
    DurationSeconds: NotRequired[int]
    Tags: NotRequired[Sequence[TagTypeDef]]
    TransitiveTagKeys: NotRequired[Sequence[str]]
    ExternalId: NotRequired[str]
    SerialNumber: NotRequired[str]
    TokenCode: NotRequired[str]
    SourceIdentity: NotRequired[str]
    ProvidedContexts: NotRequired[Sequence[ProvidedContextTypeDef]]


class Boto3CredentialProvider:
    """The credentials of a boto3 or botocore session, for an S3Store.

    `config` has the session's region, which the store takes unless it is given another one. `credentials` are those of
    the session, which renews them itself where it can.
    """

    credentials: botocore.credentials.Credentials
    config: S3Config
    ttl: timedelta

    def __init__(
        self,
        session: boto3.session.Session | botocore.session.Session | None = None,
        *,
        ttl: timedelta = timedelta(minutes=30),
    ) -> None:
        """session: where credentials come from. Default: a new `boto3.Session()`.

        ttl: after how long the session is asked again at the latest. Default: 30 minutes.

        ValueError for a session without credentials, TypeError for what is no session or no timedelta.
        """
        expect_method("session", session, "get_credentials", "a session of boto3 or botocore")
        if not isinstance(ttl, timedelta):
            raise TypeError(f"ttl is of type {type(ttl).__name__}; accepted is datetime.timedelta")
        session = boto3.Session() if session is None else session
        self.config = _config(session)
        credentials = session.get_credentials()
        if credentials is None:
            raise ValueError("the session has no credentials")
        self.credentials = credentials
        self.ttl = ttl

    def __call__(self) -> S3Credential:
        """The keys as they are now. ValueError if a key is missing; what renewing them raises goes through."""
        frozen = self.credentials.get_frozen_credentials()
        if not frozen.access_key or not frozen.secret_key:
            raise ValueError("the session's credentials have no access key or no secret key")
        expires_at = datetime.now(timezone.utc) + self.ttl
        own = getattr(self.credentials, "_expiry_time", None)  # those that are renewed
        if isinstance(own, datetime):
            expires_at = min(expires_at, own)
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": expires_at,
        }


class StsCredentialProvider:
    """The keys of a role that a session assumes with AWS's token service, for an S3Store.

    `config` has the session's region, which the store takes unless it is given another one.
    """

    config: S3Config
    session: boto3.session.Session

    def __init__(
        self,
        session: boto3.session.Session | None = None,
        **kwargs: Unpack[AssumeRoleRequestRequestTypeDef],
    ) -> None:
        """session: who assumes the role. Default: a new `boto3.Session()`.

        The others are the arguments of AssumeRole: `RoleArn`, `RoleSessionName` and, if wanted, more.

        TypeError for what is no session and for a name that is no text.
        """
        expect_method("session", session, "client", "a session of boto3")
        for name in ("RoleArn", "RoleSessionName"):
            expect_text(name, kwargs.get(name))
        self.session = boto3.Session() if session is None else session
        self.config = _config(self.session)
        self.kwargs = kwargs

    def __call__(self) -> S3Credential:
        """New keys. What the service refuses raises botocore's ClientError."""
        credentials = self.session.client("sts").assume_role(**self.kwargs)["Credentials"]
        expires_at = credentials["Expiration"]
        if expires_at.tzinfo is None:
            raise ValueError("the token service names an expiration without a time zone")
        return {
            "access_key_id": credentials["AccessKeyId"],
            "secret_access_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expires_at": expires_at,
        }


def _config(session: boto3.session.Session | botocore.session.Session) -> S3Config:
    is_botocore = hasattr(session, "get_config_variable")
    region = session.get_config_variable("region") if is_botocore else session.region_name
    return {"region": region} if region else {}
