"""Credentials of boto3 and botocore sessions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import botocore.credentials
import botocore.session
import pytest
import storelink
from servers.answers import Answer, AnsweringServer, answering
from storelink.auth.boto3 import Boto3CredentialProvider, StsCredentialProvider
from storelink.store import S3Store

pytestmark = pytest.mark.once
SECRET = "a-secret-that-is-not-shown"


@pytest.fixture(autouse=True)
def no_shared_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:  # noqa: ANN401
    """Nobody's profiles, and no machine to ask."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def session(**options: Any) -> boto3.Session:  # noqa: ANN401
    return boto3.Session("key", SECRET, "token", region_name="eu-west-3", **options)


def renewed(*lifetimes: timedelta) -> botocore.session.Session:
    """A session whose credentials live so long, one after the other."""
    remaining = list(lifetimes)

    def renew() -> dict[str, str]:
        expiry = datetime.now(timezone.utc) + remaining.pop(0)
        return {
            "access_key": f"key-{len(remaining)}",
            "secret_key": SECRET,
            "token": "token",
            "expiry_time": expiry.isoformat(),
        }

    made = botocore.session.Session()
    made._credentials = botocore.credentials.RefreshableCredentials.create_from_metadata(renew(), renew, "test")
    return made


def test_static_credentials_of_a_session() -> None:
    before = datetime.now(timezone.utc)
    provider = Boto3CredentialProvider(session(), ttl=timedelta(minutes=10))
    credential = provider()
    assert credential["access_key_id"] == "key"
    assert credential["secret_access_key"] == SECRET
    assert credential.get("token") == "token"
    expiry = credential["expires_at"]
    assert expiry is not None
    assert before + timedelta(minutes=10) <= expiry <= datetime.now(timezone.utc) + timedelta(minutes=10)


def test_half_an_hour_is_the_default() -> None:
    assert Boto3CredentialProvider(session()).ttl == timedelta(minutes=30)


@pytest.mark.parametrize("library", [boto3, botocore.session])
def test_the_region_of_either_librarys_session_is_the_stores(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    for name, value in (("DEFAULT_REGION", "eu-west-3"), ("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", SECRET)):
        monkeypatch.setenv(f"AWS_{name}", value)
    provider = Boto3CredentialProvider(library.Session())
    assert provider.config == {"region": "eu-west-3"}
    assert S3Store("bucket", credential_provider=provider).config["region"] == "eu-west-3"
    assert S3Store("bucket", region="us-east-2", credential_provider=provider).config["region"] == "us-east-2"


def test_a_session_without_region() -> None:
    assert Boto3CredentialProvider(boto3.Session("key", SECRET)).config == {}


def test_without_a_session_boto3s_own_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from the environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert Boto3CredentialProvider()()["access_key_id"] == "from the environment"
    assert StsCredentialProvider(RoleArn="arn", RoleSessionName="name").session is not None


def test_credentials_that_end_before_the_next_look_say_so() -> None:
    credential = Boto3CredentialProvider(renewed(timedelta(minutes=20)))()
    left = credential["expires_at"]
    assert left is not None
    assert timedelta(minutes=19) < left - datetime.now(timezone.utc) < timedelta(minutes=20)


def test_credentials_that_are_about_to_end_are_renewed() -> None:
    provider = Boto3CredentialProvider(renewed(timedelta(minutes=1), timedelta(hours=2)))
    credential = provider()
    assert credential["access_key_id"] == "key-0"
    left = credential["expires_at"]
    assert left is not None
    assert left - datetime.now(timezone.utc) <= timedelta(minutes=30)


def test_a_session_without_credentials() -> None:
    with pytest.raises(ValueError, match="the session has no credentials"):
        Boto3CredentialProvider(boto3.Session())


def test_credentials_without_a_key() -> None:
    made = botocore.session.Session()
    made._credentials = botocore.credentials.Credentials("", SECRET)
    with pytest.raises(ValueError, match="no access key or no secret key") as caught:
        Boto3CredentialProvider(made)()
    assert SECRET not in str(caught.value)


def test_representations_have_no_secret() -> None:
    provider = Boto3CredentialProvider(session())
    assert SECRET not in repr(provider)
    assert SECRET not in repr(S3Store("bucket", credential_provider=provider))
    assert SECRET not in repr(StsCredentialProvider(session(), RoleArn="a", RoleSessionName="b", ExternalId=SECRET))


def test_a_real_server_takes_them(s3_settings: dict[str, Any]) -> None:
    keys = (s3_settings.pop("access_key_id"), s3_settings.pop("secret_access_key"))
    provider = Boto3CredentialProvider(boto3.Session(*keys))
    store = S3Store(**s3_settings, prefix="boto3", credential_provider=provider)
    storelink.put(store, "key", b"value")
    assert storelink.get(store, "key").bytes() == b"value"


# --- roles ---

ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>
<Expiration>2030-01-02T03:04:05Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
DENIED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>not this role</Message></Error></ErrorResponse>"""


@pytest.fixture
def token_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    assumed = ASSUMED.format(key="role-key", secret=SECRET, token="role-token")
    with answering({"/": lambda _: Answer(assumed, headers={"X-Amzn-RequestId": "1"})}) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.address)
        yield server


def test_a_role_that_is_assumed(token_service: AnsweringServer) -> None:
    provider = StsCredentialProvider(
        session(), RoleArn="arn:aws:iam::123456789012:role/reader", RoleSessionName="test", DurationSeconds=900
    )
    assert token_service.asked == []
    assert provider() == {
        "access_key_id": "role-key",
        "secret_access_key": SECRET,
        "token": "role-token",
        "expires_at": datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
    }
    assert provider.config == {"region": "eu-west-3"}
    (asked,) = token_service.asked
    for part in ("Action=AssumeRole", "role%2Freader", "RoleSessionName=test", "DurationSeconds=900"):
        assert part in asked.body


def test_a_role_that_is_refused(token_service: AnsweringServer) -> None:
    token_service.answers["/"] = lambda _: Answer(DENIED, 403)
    with pytest.raises(Exception, match=r"AccessDenied.*not this role") as caught:
        StsCredentialProvider(session(), RoleArn="a" * 20, RoleSessionName="test")()
    assert SECRET not in str(caught.value)
    store = S3Store(
        "bucket", credential_provider=StsCredentialProvider(session(), RoleArn="b" * 20, RoleSessionName="test")
    )
    with pytest.raises(storelink.exceptions.UnauthenticatedError, match="AccessDenied") as refused:
        storelink.head(store, "key")
    assert type(refused.value.__cause__).__name__ == "ClientError"
