# ruff: noqa: F401 - assert_type() names types in text
"""A program that uses all of storelink's names as their hints say. Type checkers read it; test_typing.py calls them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obspec
import storelink
from storelink.exceptions import AlreadyExistsError, BaseError, NotFoundError
from storelink.store import (
    AzureStore,
    GCSStore,
    HTTPStore,
    LocalStore,
    MemoryStore,
    ObjectStore,
    ObjectStoreMethods,
    S3Store,
    from_url,
)

if sys.version_info >= (3, 11):
    from typing import assert_type
else:
    from typing_extensions import assert_type

if TYPE_CHECKING:
    from storelink import (
        HTTP_METHOD,
        AsyncReadableFile,
        AsyncWritableFile,
        Attribute,
        Attributes,
        Bytes,
        BytesStream,
        GetOptions,
        GetResult,
        ListResult,
        ListStream,
        ObjectMeta,
        OffsetRange,
        PutMode,
        PutResult,
        ReadableFile,
        RecordBatch,
        SignCapableStore,
        SuffixRange,
        Table,
        UpdateVersion,
        WritableFile,
    )
    from storelink.store import (
        AnyObjectStore,
        AzureAccessKey,
        AzureBearerToken,
        AzureConfig,
        AzureCredential,
        AzureCredentialProvider,
        AzureSASToken,
        BackoffConfig,
        ClientConfig,
        GCSConfig,
        GCSCredential,
        GCSCredentialProvider,
        RetryConfig,
        S3Config,
        S3Credential,
        S3CredentialProvider,
        SharedStore,
    )


# --- stores and credentials ---


def s3_credential() -> S3Credential:
    return {"access_key_id": "a", "secret_access_key": "s", "expires_at": None}


async def gcs_credential() -> GCSCredential:
    return {"token": "t", "expires_at": datetime.now(timezone.utc) + timedelta(hours=1)}


class AzureKeys:
    config: AzureConfig = {"account_name": "account"}  # noqa: RUF012
    prefix: str | None = None
    refresh_threshold = timedelta(minutes=3)

    def __call__(self) -> AzureCredential:
        key: AzureAccessKey = {"access_key": "a2V5", "expires_at": None}
        sas: AzureSASToken = {"sas_token": [("sig", "s")], "expires_at": None}
        token: AzureBearerToken = {"token": "t", "expires_at": None}
        credentials: list[AzureCredential] = [key, sas, token]
        return credentials[0]


def stores() -> list[ObjectStore]:
    backoff: BackoffConfig = {
        "init_backoff": timedelta(milliseconds=10),
        "max_backoff": timedelta(seconds=1),
        "base": 2,
    }
    retry: RetryConfig = {"backoff": backoff, "max_retries": 3, "retry_timeout": timedelta(minutes=1)}
    client: ClientConfig = {"timeout": "30s", "connect_timeout": timedelta(seconds=5), "allow_http": True}
    s3: S3Config = {"region": "eu-central-1", "skip_signature": True}
    gcs: GCSConfig = {"skip_signature": True}
    provider: S3CredentialProvider = s3_credential
    google: GCSCredentialProvider = gcs_credential
    azure: AzureCredentialProvider = AzureKeys()
    made: list[ObjectStore] = [
        S3Store("bucket", prefix="p", config=s3, client_options=client, retry_config=retry),
        S3Store("bucket", region="us-east-1", credential_provider=provider),
        S3Store.from_url("s3://bucket/p", config=s3),
        GCSStore("bucket", config=gcs, credential_provider=google),
        AzureStore("container", account_name="a", credential_provider=azure),
        HTTPStore("https://example.com", client_options=client),
        LocalStore(Path("/tmp"), automatic_cleanup=True, mkdir=True),
        MemoryStore(),
        from_url("s3://bucket", region="us-east-1"),
        from_url("file:///tmp", mkdir=True),
    ]
    assert_type(S3Store("b").prefix, "str | None")
    assert_type(LocalStore("/tmp").prefix, "Path | None")
    assert_type(S3Store("b").config, "S3Config")
    return made


class Subclass(S3Store):
    """Stores can be subclassed."""

    name: str = ""


# --- reading ---


def reading(store: AnyObjectStore) -> None:
    offset: OffsetRange = {"offset": 2}
    suffix: SuffixRange = {"suffix": 2}
    options: GetOptions = {"range": (0, 2), "if_match": "*", "if_unmodified_since": datetime.now(timezone.utc)}
    options["range"] = offset
    options["range"] = suffix
    got = storelink.get(store, "a", options=options)
    assert_type(got, "GetResult")
    assert_type(got.bytes(), "Bytes")
    assert_type(got.range, "tuple[int, int]")
    meta = got.meta
    assert_type(meta, "ObjectMeta")
    assert_type(meta["last_modified"], datetime)
    storelink.get(store, "a", options={"headers": {"X-A": "b"}, "head": False})
    storelink.get(store, "a", options={"if_unmodified_since": meta["last_modified"], "version": meta["version"]})
    attributes: Attributes = storelink.get(store, "a", options={"head": True}).attributes
    name: Attribute = "Content-Type"
    assert_type(attributes[name], str)
    stream: BytesStream = storelink.get(store, "a").stream(min_chunk_size=1)
    for chunk in stream:
        assert_type(chunk, bytes)
    for chunk in storelink.get(store, "a"):
        assert_type(chunk, bytes)
    assert_type(storelink.get_range(store, "a", start=0, end=2), "Bytes")
    assert_type(storelink.get_ranges(store, "a", starts=[0], lengths=(1,), coalesce=0), "list[Bytes]")
    assert_type(storelink.get_into(store, "a", bytearray(2), length=2), int)
    assert_type(storelink.head(store, "a"), "ObjectMeta")


def bytes_like(data: Bytes) -> None:
    assert_type(data[0], int)
    assert_type(data[1:], "Bytes")
    assert_type(data + b"x", "Bytes")
    assert_type(data * 2, "Bytes")
    assert_type(data.removeprefix(b"a").removesuffix(b"b").upper().lower(), "Bytes")
    assert_type(data.to_bytes(), bytes)
    assert_type(bytes(data), bytes)
    memoryview(data)
    storelink.Bytes(bytearray(2))
    assert b"a" in data
    assert_type(data.split(b","), "list[bytes]")
    assert_type(data.decode(), str)
    assert_type((data.find(b"a"), hash(data)), "tuple[int, int]")
    tests = [data.isalnum, data.isalpha, data.isascii, data.isdigit, data.islower, data.isspace, data.isupper]
    assert_type([test() for test in tests], "list[bool]")


async def reading_async(store: AnyObjectStore) -> None:
    got: GetResult = await storelink.get_async(store, "a")
    assert_type(await got.bytes_async(), "Bytes")
    async for chunk in (await storelink.get_async(store, "a")).stream():
        assert_type(chunk, bytes)
    async for chunk in await storelink.get_async(store, "a"):
        assert_type(chunk, bytes)
    assert_type(await storelink.get_range_async(store, "a", start=0, length=2), "Bytes")
    assert_type(await storelink.get_ranges_async(store, "a", starts=[0], ends=[1]), "list[Bytes]")
    assert_type(await storelink.get_into_async(store, "a", memoryview(bytearray(2)), end=2), int)
    assert_type(await storelink.head_async(store, "a"), "ObjectMeta")


# --- writing ---


def pieces() -> Iterator[bytes]:
    yield b"a"


async def pieces_async() -> AsyncIterator[bytes]:
    yield b"a"


def writing(store: AnyObjectStore, file: Path) -> None:
    put: PutResult = storelink.put(store, "a", b"x", attributes={"Content-Type": "text/plain"}, tags={"a": "b"})
    storelink.put(store, "a", b"y", mode=put)
    version: UpdateVersion = {"e_tag": put["e_tag"]}
    modes: list[PutMode] = ["create", "overwrite", version]
    for mode in modes:
        storelink.put(store, "a", memoryview(b"z"), mode=mode, use_multipart=False)
    storelink.put(store, "a", file, chunk_size=1024, max_concurrency=2)
    with file.open("rb") as opened:
        storelink.put(store, "a", opened)
    storelink.put(store, "a", pieces())
    storelink.put(store, "a", storelink.get(store, "b"))
    storelink.copy(store, "a", "b", overwrite=False)
    storelink.rename(store, "a", "b", overwrite=True)
    storelink.delete(store, "a")
    storelink.delete(store, ["a", storelink.Key("a//b")])


async def writing_async(store: AnyObjectStore) -> None:
    put = await storelink.put_async(store, "a", pieces_async())
    assert_type(put, "PutResult")
    await storelink.put_async(store, "a", await storelink.get_async(store, "b"), mode=put)
    await storelink.copy_async(store, "a", "b", overwrite=False)
    await storelink.rename_async(store, "a", "b")
    await storelink.delete_async(store, ["a", "b"])


def files(store: AnyObjectStore) -> None:
    with storelink.open_writer(store, "a", attributes={}, buffer_size=1024, tags={}, max_concurrency=2) as writer:
        assert_type(writer, "WritableFile")
        assert_type(writer.write(b"x"), int)
        writer.flush()
        assert_type(writer.closed(), bool)
    reader: ReadableFile = storelink.open_reader(store, "a", buffer_size=1024, size=1)
    with reader:
        assert_type(reader.read(1), "Bytes")
        assert_type(reader.readline(), "Bytes")
        assert_type(reader.readlines(), "list[Bytes]")
        assert_type(reader.seek(0, 2), int)
        assert_type((reader.readall(), reader.tell(), reader.size, reader.seekable()), "tuple[Bytes, int, int, bool]")


async def files_async(store: AnyObjectStore) -> None:
    async with storelink.open_writer_async(store, "a") as writer:
        assert_type(writer, "AsyncWritableFile")
        assert_type(await writer.write(b"x"), int)
        await writer.flush()
        assert_type(await writer.closed(), bool)
    reader: AsyncReadableFile = await storelink.open_reader_async(store, "a")
    async with reader:
        assert_type(await reader.read(), "Bytes")
        assert_type(await reader.readall(), "Bytes")
        assert_type(await reader.readline(), "Bytes")
        assert_type(await reader.readlines(), "list[Bytes]")
        assert_type((await reader.seek(0), await reader.tell(), reader.size), "tuple[int, int, int]")


# --- listing ---


def listing(store: AnyObjectStore, arrow: bool) -> None:
    stream = storelink.list(store, "p", offset="a", chunk_size=10)
    for chunk in stream:
        assert_type(chunk, "list[ObjectMeta]")
    named: ListStream[Sequence[ObjectMeta]] = storelink.list(store)
    assert_type(storelink.list(store).collect()[0]["size"], int)
    for batch in storelink.list(store, return_arrow=True):
        assert_type(batch, "RecordBatch")
        assert_type(batch.num_rows, int)
    either = storelink.list(store, return_arrow=arrow)
    assert_type(either, "ListStream[RecordBatch] | ListStream[list[ObjectMeta]]")
    level: ListResult[Sequence[ObjectMeta]] = storelink.list_with_delimiter(store, "p")
    assert_type(level["common_prefixes"], "Sequence[str]")
    assert_type(storelink.list_with_delimiter(store, return_arrow=True)["objects"], "Table")
    named.collect()


async def listing_async(store: AnyObjectStore) -> None:
    async for chunk in storelink.list(store):
        assert_type(chunk, "list[ObjectMeta]")
    assert_type(await storelink.list(store, return_arrow=True).collect_async(), "RecordBatch")
    level = await storelink.list_with_delimiter_async(store, "p")
    assert_type(level["objects"], "Sequence[ObjectMeta]")
    assert_type(await storelink.list_with_delimiter_async(store, return_arrow=True), "ListResult[Table]")


# --- URLs ---


async def urls(store: SignCapableStore, shared: SharedStore) -> None:
    method: HTTP_METHOD = "GET"
    assert_type(storelink.sign(store, method, "a", timedelta(hours=1)), str)
    assert_type(storelink.sign(shared, "PUT", ["a"], timedelta(hours=1)), "list[str]")
    assert_type(await storelink.sign_async(store, method, "a", timedelta(hours=1)), str)
    assert_type(await storelink.sign_async(store, method, ("a", "b"), timedelta(hours=1)), "list[str]")
    assert_type(storelink.parse_scheme("s3://b") == "s3", bool)


# --- methods, and obspec ---


async def methods(store: ObjectStoreMethods) -> None:
    assert_type(store.get("a", options={"range": (0, 1)}).bytes(), "Bytes")
    assert_type(store.get_range("a", start=0, end=1), "Bytes")
    assert_type(store.get_ranges("a", starts=[0], ends=[1]), "list[Bytes]")
    assert_type(store.get_into("a", bytearray(1)), int)
    assert_type(store.head("a"), "ObjectMeta")
    store.put("a", b"x", mode=store.put("a", b"x", mode="create"))
    store.copy("a", "b", overwrite=True)
    store.rename("a", "b", overwrite=True)
    store.delete(["a"])
    assert_type(store.list("p", offset="a", chunk_size=1), "ListStream[list[ObjectMeta]]")
    assert_type(store.list(return_arrow=True), "ListStream[RecordBatch]")
    assert_type(store.list_async(), "ListStream[list[ObjectMeta]]")
    assert_type(store.list_with_delimiter()["objects"], "Sequence[ObjectMeta]")
    assert_type(store.open_reader("a", buffer_size=1, size=1), "ReadableFile")
    assert_type(store.open_writer("a", attributes={}, buffer_size=1, tags={}, max_concurrency=1), "WritableFile")
    assert_type(store.open_writer_async("a"), "AsyncWritableFile")
    assert_type(store.sign("GET", "a", timedelta(hours=1)), str)
    assert_type(store.sign("GET", ["a"], timedelta(hours=1)), "list[str]")
    assert_type(store.get_range("a", start=0, end=1) < b"x", bool)
    assert_type(2 * store.get_range("a", start=0, end=1), "Bytes")
    assert_type(await (await store.get_async("a")).buffer_async(), "Bytes")
    assert_type(await store.get_range_async("a", start=0, end=1), "Bytes")
    assert_type(await store.get_ranges_async("a", starts=[0], ends=[1]), "list[Bytes]")
    assert_type(await store.get_into_async("a", bytearray(1)), int)
    assert_type(await store.head_async("a"), "ObjectMeta")
    await store.put_async("a", pieces_async(), mode=await store.put_async("a", b"x"))
    await store.copy_async("a", "b", overwrite=True)
    await store.rename_async("a", "b", overwrite=True)
    await store.delete_async(["a"])
    assert_type(await store.list_with_delimiter_async(return_arrow=True), "ListResult[Table]")
    assert_type(await store.open_reader_async("a"), "AsyncReadableFile")
    assert_type(await store.sign_async("GET", "a", timedelta(hours=1)), str)
    assert_type(await store.sign_async("GET", ["a"], timedelta(hours=1)), "list[str]")


def obspec_protocols(store: S3Store | GCSStore | AzureStore | HTTPStore | LocalStore | MemoryStore) -> list[object]:
    copy: obspec.Copy = store
    copy_async: obspec.CopyAsync = store
    delete: obspec.Delete = store
    delete_async: obspec.DeleteAsync = store
    get: obspec.Get = store
    get_async: obspec.GetAsync = store
    get_range: obspec.GetRange = store
    get_range_async: obspec.GetRangeAsync = store
    get_ranges: obspec.GetRanges = store
    get_ranges_async: obspec.GetRangesAsync = store
    head: obspec.Head = store
    head_async: obspec.HeadAsync = store
    listed: obspec.List = store
    listed_async: obspec.ListAsync = store
    level: obspec.ListWithDelimiter = store
    level_async: obspec.ListWithDelimiterAsync = store
    put: obspec.Put = store
    put_async: obspec.PutAsync = store
    rename: obspec.Rename = store
    rename_async: obspec.RenameAsync = store
    result: obspec.GetResult = store.get("a")
    result_async: obspec.GetResultAsync = store.get("a")
    every: list[object] = [copy, copy_async, delete, delete_async, get, get_async, get_range, get_range_async]
    every += [get_ranges, get_ranges_async, head, head_async, listed, listed_async, level, level_async]
    every += [put, put_async, rename, rename_async, result, result_async]
    return every


# --- errors ---


def errors(store: ObjectStore) -> BaseError | OSError:
    try:
        store.put("a", b"x", mode="create")
    except AlreadyExistsError as error:
        exists: FileExistsError = error
        return exists
    except NotFoundError as error:
        return error
    anything: Any = None
    return BaseError(anything)
