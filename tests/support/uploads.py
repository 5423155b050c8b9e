"""What uploads leave behind on an S3 server, seen through boto3."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config


def s3_client(settings: dict[str, Any]) -> Any:  # noqa: ANN401
    """A client for the server of an S3Store's settings."""
    return boto3.client(
        "s3",
        endpoint_url=settings["endpoint"],
        region_name=settings["region"],
        aws_access_key_id=settings["access_key_id"],
        aws_secret_access_key=settings["secret_access_key"],
        config=Config(s3={"addressing_style": "path"}, proxies={}),
    )


def uploads_under_way(settings: dict[str, Any], prefix: str) -> list[str]:
    """The keys of multipart uploads that were neither completed nor aborted."""
    answer = s3_client(settings).list_multipart_uploads(Bucket=settings["bucket"], Prefix=prefix)
    return [upload["Key"] for upload in answer.get("Uploads", [])]


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it holds within some seconds, for what happens in the background and tells nobody."""
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
