"""A program written for obstore, with its hints: checked as it is, and with storelink in obstore's place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import TYPE_CHECKING, Any

import obstore
import obstore.store
from obstore.store import AzureStore, GCSStore, LocalStore, MemoryStore, ObjectStoreMethods, S3Store, from_url

if TYPE_CHECKING:
    from arro3.core import RecordBatch, Table
    from obstore import (
        Attributes,
        Bytes,
        GetOptions,
        GetResult,
        ListResult,
        ListStream,
        ObjectMeta,
        PutMode,
        PutResult,
        UpdateVersion,
        WritableFile,
    )
    from obstore.store import ClientConfig, ObjectStore, S3Config, S3Credential


async def provider() -> S3Credential:
    return {"access_key_id": "a", "secret_access_key": "s", "token": None, "expires_at": datetime.now(timezone.utc)}


def make(url: str) -> ObjectStore:
    config: S3Config = {"region": "eu-central-1", "skip_signature": True}
    client: ClientConfig = {"timeout": timedelta(seconds=3)}
    made: ObjectStore = MemoryStore()
    if url.startswith("s3"):
        made = S3Store.from_url(url, config=config, client_options=client, credential_provider=provider)
    elif url:
        made = from_url(url, client_options=client)
    return made


def backup(store: ObjectStore, path: str, mode: PutMode = "overwrite") -> UpdateVersion:
    options: GetOptions = {"range": {"offset": 1}}
    got: GetResult = obstore.get(store, path, options=options)
    attributes: Attributes = got.attributes
    put: PutResult = obstore.put(store, f"{path}.old", got.bytes(), attributes=attributes, mode=mode)
    obstore.put(store, path, BytesIO(b"x"))
    return {"e_tag": put["e_tag"], "version": put["version"]}


def sizes(store: ObjectStore) -> dict[str, int]:
    stream: ListStream[Sequence[ObjectMeta]] = obstore.list(store, chunk_size=5)
    level: ListResult[Sequence[ObjectMeta]] = obstore.list_with_delimiter(store, "prefix")
    found = [meta for chunk in stream for meta in chunk] + list(level["objects"])
    last: Sequence[ObjectMeta] = obstore.list(store).collect()
    return {meta["path"]: meta["size"] for meta in [*found, *last]}


def rows(store: ObjectStore) -> int:
    batch: RecordBatch = obstore.list(store, return_arrow=True).collect()
    table: Table = obstore.list_with_delimiter(store, return_arrow=True)["objects"]
    rows: int = batch.num_rows + table.num_rows + len(batch.slice(0, 2).schema.names)
    return rows


def signed(store: ObjectStore, paths: list[str]) -> Sequence[str]:
    if not isinstance(store, (S3Store, GCSStore, AzureStore)):
        raise ValueError("this store signs nothing")
    return obstore.sign(store, "GET", paths, timedelta(minutes=5))


def read_all(read: Callable[[ObjectStore, str], GetResult], store: ObjectStore) -> Bytes:
    return read(store, "path").bytes()


def write(store: ObjectStore) -> None:
    manager: AbstractContextManager[WritableFile] = obstore.open_writer(store, "path")
    with manager as writer:
        writer.write(b"x")
    asynchronous: AbstractAsyncContextManager[Any] = obstore.open_writer_async(store, "path")
    del asynchronous


async def gathered(store: ObjectStoreMethods, local: LocalStore) -> list[bytes]:
    task: asyncio.Task[GetResult] = asyncio.create_task(store.get_async("a"))
    coroutine: Coroutine[Any, Any, GetResult] = store.get_async("a")
    awaitable: Awaitable[Bytes] = obstore.get_range_async(local, "a", start=0, end=1)
    results = await asyncio.gather(task, coroutine, return_exceptions=False)
    await asyncio.wait_for(obstore.put_async(local, "b", results[0], attributes={"Content-Type": "a/b"}), 3)
    return [(await result.bytes_async()).to_bytes() for result in results] + [bytes(await awaitable)]


def main() -> bytes:
    store = make("")
    return bytes(read_all(obstore.get, store)) + bytes(store.get("path").bytes())
