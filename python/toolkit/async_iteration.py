"""The items of an asynchronous iterator for C++, which asks for them from its own threads.

All are asked for in one task of the caller's event loop, made in the caller's context. So what a generator keeps from
one item to the next works as it does in `async for`: context variables, cancel scopes, timeouts.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

_Outcome = tuple[Any, "BaseException | None"]
_Wanted = asyncio.Queue["asyncio.Future[_Outcome]"]


async def _iterate(iterator: AsyncIterator[Any], wanted: _Wanted) -> None:
    try:
        failure: BaseException | None = None
        while failure is None:
            future = await wanted.get()
            item = None
            try:
                item = await iterator.__anext__()
            except asyncio.CancelledError:
                future.cancel()
                raise
            except BaseException as error:  # KeyboardInterrupt and SystemExit are for whoever awaits the upload
                failure = error
            if not future.done():
                future.set_result((item, failure))
    finally:
        if inspect.isasyncgen(iterator):
            await iterator.aclose()


class Iteration:
    """Made on the loop. Ends when it is dropped, on any thread: a generator is closed then."""

    def __init__(self, iterable: AsyncIterable[Any]) -> None:
        self._loop = asyncio.get_running_loop()
        self._wanted: _Wanted = asyncio.Queue()
        self._task = self._loop.create_task(_iterate(iterable.__aiter__(), self._wanted))

    async def next(self) -> Any:  # noqa: ANN401
        """The next item; raises what the iterator does, StopAsyncIteration at its end. Not to be called again then."""
        future: asyncio.Future[_Outcome] = self._loop.create_future()
        self._wanted.put_nowait(future)
        try:
            item, failure = await future
        except asyncio.CancelledError:
            self._task.cancel()
            raise
        if failure is not None:
            raise failure
        return item

    def __del__(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._task.cancel)
