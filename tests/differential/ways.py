"""How a row of the table calls a package: the same row runs with functions and methods, blocking and asynchronous."""

from __future__ import annotations

import asyncio
import builtins
import inspect
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from typing_extensions import Self

# What every store holds before a row runs.
OBJECTS = {"k": b"0123456789", "t": b"one\ntwo\r\n\nlast", "e": b"", "d/a": b"A", "d/b/c": b"CC"}
FILE_CONTENT = b"from a file"

Row = Callable[["Way"], object]


@dataclass(frozen=True)
class Manner:
    """One of the ways in which a package offers an operation."""

    name: str
    methods: bool  # of the store, or else functions of the package
    asynchronous: bool


FUNCTIONS = Manner("functions", methods=False, asynchronous=False)
ASYNC_FUNCTIONS = Manner("async functions", methods=False, asynchronous=True)
METHODS = Manner("methods", methods=True, asynchronous=False)
ASYNC_METHODS = Manner("async methods", methods=True, asynchronous=True)

# These are no methods of obstore's stores.
_ONLY_FUNCTIONS = ("open_reader", "open_writer", "sign")


class Way:
    """A package with a fresh store. Operations are called by obstore's names, `w.get("k")`, without the store."""

    def __init__(
        self, package: ModuleType, store: object, manner: Manner, loop: asyncio.AbstractEventLoop, folder: Path
    ) -> None:
        self.package = package
        self.store: Any = store
        self.file = folder / "file"  # an ordinary file that holds FILE_CONTENT
        self.folder = folder
        self.asynchronous = manner.asynchronous
        self._manner = manner
        self._loop = loop

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        asynchronous = self.asynchronous and operation != "list"  # which only makes a stream
        name = f"{operation}_async" if asynchronous else operation

        def call(*arguments: object, **options: object) -> Any:  # noqa: ANN401
            if self._manner.methods and operation not in _ONLY_FUNCTIONS:
                result = self.settle(lambda: getattr(self.store, name)(*arguments, **options))
            else:
                result = self.settle(lambda: getattr(self.package, name)(self.store, *arguments, **options))
            return File(result, self) if operation in ("open_reader", "open_writer") else result

        return call

    def settle(self, call: Callable[[], Any]) -> Any:  # noqa: ANN401
        """The result of a call, in an event loop if this way is asynchronous, and awaited if there is need to."""
        if not self.asynchronous:
            return call()

        async def called() -> object:
            result = call()
            return await result if inspect.isawaitable(result) else result

        return self._loop.run_until_complete(called())

    def bytes(self, result: Any) -> Any:  # noqa: ANN401
        """What a GetResult holds."""
        return self.settle(result.bytes_async if self.asynchronous else result.bytes)

    def content(self, path: str, **options: object) -> builtins.bytes:
        return builtins.bytes(self.bytes(self.get(path, **options)))

    def collect(self, stream: Any) -> Any:  # noqa: ANN401
        """All that a listing still has."""
        return self.settle(stream.collect_async if self.asynchronous else stream.collect)

    def next(self, stream: Any) -> Any:  # noqa: ANN401
        return self.settle(lambda: anext(stream) if self.asynchronous else next(stream))

    def chunks(self, stream: Any) -> builtins.list[Any]:  # noqa: ANN401
        """All that a stream gives, of either kind of iteration."""
        if not self.asynchronous:
            return builtins.list(stream)

        async def every(stream: AsyncIterable[object]) -> builtins.list[object]:
            return [chunk async for chunk in stream]

        return self._loop.run_until_complete(every(stream))

    def paths(self, prefix: str | None = None, **options: object) -> builtins.list[str]:
        """The paths of a listing, sorted: a LocalStore has no order."""
        return sorted(meta["path"] for meta in self.collect(self.list(prefix, **options)))

    def contents(self) -> dict[str, int]:
        """The objects of the store with their sizes."""
        return {meta["path"]: meta["size"] for meta in sorted(self.package.list(self.store).collect(), key=_path)}


class File:
    """A reader or writer, called without regard to whether its methods are asynchronous."""

    def __init__(self, file: Any, way: Way) -> None:  # noqa: ANN401
        self.file = file
        self._way = way

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        value = getattr(self.file, name)
        if not callable(value):
            return value

        def call(*arguments: object, **options: object) -> object:
            result = self._way.settle(lambda: value(*arguments, **options))
            # What obstore's asynchronous writers give is not the None that it declares; a row looks at that.
            return None if result == () else result

        return call

    def __enter__(self) -> Self:
        entered = self._special("enter")()
        assert entered is self.file
        return self

    def __exit__(self, *error: object) -> None:
        self._special("exit")(*error)

    def _special(self, name: str) -> Callable[..., Any]:
        prefix = "a" if self._way.asynchronous else ""
        return self.__getattr__(f"__{prefix}{name}__")  # type: ignore[no-any-return]


def _path(meta: dict[str, Any]) -> str:
    return str(meta["path"])


async def asynchronously(*values: object) -> Any:  # noqa: ANN401
    """An asynchronous generator of these."""
    for value in values:
        yield value


def after(*values: object) -> Any:  # noqa: ANN401
    """The last one: for rows that do things one after another of which the last one counts."""
    return values[-1]


def failed(call: Callable[[], object]) -> bool:
    """Whether a call raises an error: for rows that look at what comes after one."""
    try:
        call()
    except Exception:
        return True
    return False
