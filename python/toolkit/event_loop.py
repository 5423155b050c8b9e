"""One asyncio event loop in a thread of its own, for coroutines that C++ code waits for.

Coroutines share it, so that what they keep between calls (an HTTP session) goes on working, and a blocking call made
inside somebody's running loop does not disturb that one. A forked child makes its own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

_Outcome = tuple[Any, "BaseException | None"]

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_pid: int | None = None


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()


def _private_loop() -> asyncio.AbstractEventLoop:
    global _lock, _loop, _pid
    if _pid != os.getpid():
        _lock, _loop, _pid = threading.Lock(), None, os.getpid()
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_serve, args=(_loop,), name="storelink-coroutines", daemon=True).start()
        return _loop


async def _outcome(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Outcome:
    try:
        result = function(*args, **kwargs)
        return (await result if hasattr(result, "__await__") else result), None
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # KeyboardInterrupt and SystemExit would end the loop that serves everyone
        return None, error


def start(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    loop: asyncio.AbstractEventLoop | None = None,
) -> concurrent.futures.Future[_Outcome]:
    """Calls the function on the loop and awaits what it returns. The future's result is (result, exception).

    The loop is the private one, unless another is given.
    """
    return asyncio.run_coroutine_threadsafe(_outcome(function, args, kwargs), loop or _private_loop())


def run(awaitable: Awaitable[Any]) -> Any:  # noqa: ANN401
    """Waits for the awaitable, which runs on the loop, and gives its result."""
    future = start(lambda: awaitable, (), {})
    try:
        result, error = future.result()
    except BaseException:  # Ctrl-C, for one
        future.cancel()
        raise
    if error is not None:
        raise error
    return result
