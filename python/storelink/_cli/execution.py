"""One event loop for a command, and what runs side by side on it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AHEAD = 10_000  # how many items are listed before they are worked on: as many as a progress bar knows of


def run(work: Coroutine[object, object, T]) -> T:
    """Runs a coroutine to its end. KeyboardInterrupt after SIGINT or SIGTERM, once it has cleaned up.

    A second signal ends the process at once. Threads of `in_thread()` are not waited for.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        task.cancel()

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number in before:
            loop.add_signal_handler(number, interrupt)
    try:
        return loop.run_until_complete(task)
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise KeyboardInterrupt from None
    except Exception:
        if interrupted:  # what broke because it was cancelled
            raise KeyboardInterrupt from None
        raise
    finally:
        loop.run_until_complete(_end_what_is_left(loop))
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        loop.close()


async def _end_what_is_left(loop: asyncio.AbstractEventLoop) -> None:
    """Ends the tasks that are left, and closes the generators that nobody has read to their end."""
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await loop.shutdown_asyncgens()


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """The function's result, from a thread that nobody waits for when the command is interrupted.

    It is for reads and writes that may block for ever, such as those of pipes.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type] # a T without an error

    def call() -> None:
        result, failure = None, None
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=call, daemon=True).start()
    return await future


async def all_of(work: Iterable[Coroutine[object, object, None]]) -> None:
    """Waits for all; when one fails, or this is cancelled, the others are cancelled and waited for."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def for_each(
    items: AsyncIterable[T] | Iterable[T], work: Callable[[T], Awaitable[None]], *, at_once: int
) -> None:
    """Does the work for every item, for `at_once` of them at the same time. Items are taken some way ahead."""
    queue: asyncio.Queue[tuple[T] | None] = asyncio.Queue(_AHEAD)

    async def feed() -> None:
        if isinstance(items, AsyncIterable):
            async for item in items:
                await queue.put((item,))
        else:
            for item in items:
                await queue.put((item,))
        for _ in range(at_once):
            await queue.put(None)

    async def serve() -> None:
        while (item := await queue.get()) is not None:
            await work(item[0])

    await all_of([feed(), *(serve() for _ in range(at_once))])


class RequestLimit:
    """The one limit on requests of a command. First come, first served."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = count
        self._waiting: deque[tuple[asyncio.Future[int], int, int]] = deque()

    @contextlib.asynccontextmanager
    async def hold(self, at_most: int = 1, at_least: int = 1) -> AsyncIterator[int]:
        """Waits until `at_least` requests may be made, or as many as there ever are.

        Gives how many may be made at the same time, at most `at_most`.
        """
        granted = await self._acquire(min(at_least, self.count), at_most)
        try:
            yield granted
        finally:
            self._release(granted)

    async def _acquire(self, at_least: int, at_most: int) -> int:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, at_least, at_most))
        self._release(0)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._release(future.result())
            raise

    def _release(self, count: int) -> None:
        self._free += count
        while self._waiting:
            future, at_least, at_most = self._waiting[0]
            if not future.done():
                if self._free < at_least:
                    return
                granted = min(at_most, self._free)
                self._free -= granted
                future.set_result(granted)
            self._waiting.popleft()
