"""Operations of the package that wait for a server which does not finish its answer."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from servers.stalling import StallingServer, stalling
from storelink.store import S3Store

PART = b"x" * (5 << 20)  # S3's smallest
LARGE = PART * 4  # more than the buffers of sockets hold

Call = Callable[[], Any]
AsyncCall = Callable[[], Awaitable[Any]]


def _parts() -> Iterator[bytes]:
    for _ in range(3):
        yield PART


async def _parts_async() -> AsyncIterator[bytes]:
    for part in _parts():
        yield part


@dataclass
class Operation:
    """`prepare` and `prepare_async` get a store and give the call that waits; all that they ask themselves is answered.

    `finishes`: the pattern of requests, "METHOD /path?query", that are answered.
    `portions`: how much of an answer there may be for this operation to wait.
    `lets_parts_end`: when it is stopped, parts under way may end, since a service might keep one of them otherwise;
    the upload is aborted then.
    """

    name: str
    prepare: Callable[[Any], Call]
    prepare_async: Callable[[Any], Awaitable[AsyncCall]]
    finishes: str | None = None
    portions: tuple[str, ...] = ("nothing", "half")
    lets_parts_end: bool = False

    def has_ended(self, server: StallingServer) -> bool:
        """Whether what it had asked for ends within some seconds after it was stopped."""
        if not self.lets_parts_end:
            return server.is_left()
        server.finish()
        return server.aborted.wait(20)


def _simple(name: str, *arguments: Any, **options: Any) -> Operation:  # noqa: ANN401
    """A method that waits itself."""
    finishes, portions = options.pop("finishes", None), options.pop("portions", ("nothing", "half"))
    title = options.pop("title", name)

    async def prepare_async(store: Any) -> AsyncCall:  # noqa: ANN401
        return lambda: getattr(store, f"{name}_async")(*arguments, **options)

    return Operation(
        title, lambda store: lambda: getattr(store, name)(*arguments, **options), prepare_async, finishes, portions
    )


async def _get_async(store: Any) -> AsyncCall:  # noqa: ANN401
    result: AsyncCall = (await store.get_async("large")).bytes_async
    return result


async def _stream_async(store: Any) -> AsyncCall:  # noqa: ANN401
    result = await store.get_async("large")

    async def iterate() -> None:
        async for _ in result.stream(min_chunk_size=1):
            pass

    return iterate


def _stream(store: Any) -> Call:  # noqa: ANN401
    result = store.get("large")

    def iterate() -> None:
        for _ in result.stream(min_chunk_size=1):
            pass

    return iterate


async def _collect_async(store: Any) -> AsyncCall:  # noqa: ANN401
    collect: AsyncCall = store.list().collect_async
    return collect


async def _next_async(store: Any) -> AsyncCall:  # noqa: ANN401
    return lambda: anext(store.list(return_arrow=True))


async def _put_parts_async(store: Any) -> AsyncCall:  # noqa: ANN401
    return lambda: store.put_async("key", _parts_async())


async def _read_async(store: Any) -> AsyncCall:  # noqa: ANN401
    read: AsyncCall = (await store.open_reader_async("key")).read
    return read


def _written(store: Any) -> Any:  # noqa: ANN401
    file = store.open_writer("key")
    file.write(b"value")
    return file


async def _close_async(store: Any) -> AsyncCall:  # noqa: ANN401
    file = store.open_writer_async("key")
    await file.write(b"value")
    close: AsyncCall = file.close
    return close


def _written_in_parts(store: Any) -> Any:  # noqa: ANN401
    file = store.open_writer("key", buffer_size=len(PART))
    file.write(PART)
    file.write(b"value")
    return file


async def _close_parts_async(store: Any) -> AsyncCall:  # noqa: ANN401
    file = store.open_writer_async("key", buffer_size=len(PART))
    await file.write(PART)
    await file.write(b"value")
    close: AsyncCall = file.close
    return close


_BEGIN_AND_ABORT = r"POST .*\?uploads|DELETE .*uploadId"  # of an upload in parts
_PARTS = rf"{_BEGIN_AND_ABORT}|PUT"

OPERATIONS = [
    _simple("get", "key"),
    Operation("get bytes", lambda store: store.get("large").bytes, _get_async, portions=("half",)),
    Operation("get stream", _stream, _stream_async, portions=("half",)),
    _simple("get_range", "key", start=10, end=900),
    _simple("get_ranges", "key", starts=[10, 500], lengths=[100, 100], coalesce=0),
    _simple("get_into", "key", bytearray(1000)),
    _simple("head", "key"),
    _simple("put", "key", b"value"),
    _simple("put", "key", LARGE, use_multipart=False, title="put large", portions=("nothing",)),
    Operation(
        "put parts",
        lambda store: lambda: store.put("key", _parts()),
        _put_parts_async,
        finishes=_BEGIN_AND_ABORT,
        lets_parts_end=True,
    ),
    Operation("put end of parts", lambda store: lambda: store.put("key", _parts()), _put_parts_async, finishes=_PARTS),
    _simple("delete", "key"),
    _simple("delete", ["key", "other"], title="delete many"),
    _simple("copy", "key", "other"),
    _simple("rename", "key", "other", finishes="PUT"),
    Operation("list collect", lambda store: store.list().collect, _collect_async),
    Operation("list next", lambda store: lambda: next(store.list(return_arrow=True)), _next_async),
    _simple("list_with_delimiter"),
    _simple("open_reader", "key"),
    Operation("read", lambda store: store.open_reader("key").read, _read_async, finishes="HEAD"),
    Operation("close", lambda store: _written(store).close, _close_async),
    Operation(
        "close parts",
        lambda store: _written_in_parts(store).close,
        _close_parts_async,
        finishes=_BEGIN_AND_ABORT,
        lets_parts_end=True,
    ),
    Operation("close end of parts", lambda store: _written_in_parts(store).close, _close_parts_async, finishes=_PARTS),
]

EVERY_OPERATION = pytest.mark.parametrize(
    ("operation", "portion"),
    [
        pytest.param(operation, portion, id=f"{operation.name}-{portion}")
        for operation in OPERATIONS
        for portion in operation.portions
    ],
)


@contextlib.contextmanager
def server_for(operation: Operation, portion: str) -> Iterator[tuple[StallingServer, S3Store]]:
    """A server that leaves this operation waiting, and a store on it."""
    pattern = re.compile("$." if operation.finishes is None else operation.finishes)
    with stalling(portion, lambda request: pattern.match(request) is not None) as server:
        yield (
            server,
            S3Store(
                "b",
                endpoint=server.address,
                skip_signature=True,
                client_options={"allow_http": True, "timeout": "30s"},
                retry_config={"max_retries": 0},
            ),
        )
