"""What every compiled extension does alike: nanobind, pybind11 and plain C, with the runtime or embedded."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sysconfig
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import my_ext
import my_ext2
import my_ext2_runtime
import my_ext_c
import my_ext_pybind11
import pytest
import storelink.store
from servers.counting import CountingServer, counting

EXTENSIONS = [my_ext2, my_ext2_runtime, my_ext_pybind11, my_ext_c]
NOT_STORES = {
    "3": "got an object of type int",
    "'text'": "got an object of type str",
    "storelink.store.MemoryStore": "got a class, not an instance of it",
    "obstore.store.MemoryStore()": "cannot recreate this obstore.store.MemoryStore: what it holds is in its own",
}
NOT_AMONG_STORES = {**NOT_STORES, "None": "got None"}
REPOSITORY = Path(__file__).resolve().parents[2]


class LocalStore:
    """As another library's would be."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __getnewargs_ex__(self) -> object:
        return (self.directory,), {}


def value_of(expression: str) -> Any:  # noqa: ANN401
    names: dict[str, Any] = {"storelink": storelink}
    if "obstore" in expression:
        pytest.importorskip("obstore.store")
        names["obstore"] = __import__("obstore")
    return eval(expression, names)


@pytest.fixture(params=EXTENSIONS, ids=lambda module: module.__name__)
def extension(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401
    return request.param


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with counting() as running:
        yield running


def store_on(server: CountingServer, module: ModuleType = storelink.store, **settings: object) -> Any:  # noqa: ANN401
    return module.S3Store(
        "bucket", endpoint=server.address, skip_signature=True, client_options={"allow_http": True}, **settings
    )


# --- arguments


@pytest.mark.parametrize(("expression", "message"), NOT_STORES.items())
def test_what_is_no_store_is_named(extension: Any, expression: str, message: str) -> None:  # noqa: ANN401
    given = value_of(expression)
    calls: dict[str, Callable[[], object]] = {
        "plain": lambda: extension.describe_any(given),
        "with other arguments": lambda: extension.get(given, "key"),
        "optional": lambda: extension.describe_optional(given),
        "overloaded": lambda: extension.overloaded(given),
    }
    if isinstance(given, str):
        assert extension.overloaded(given) == "text"
        del calls["overloaded"]
    for call in calls.values():
        with pytest.raises(TypeError, match=re.escape(message)) as caught:
            call()
        assert isinstance(caught.value, ValueError)
        assert f"{extension.__name__}.store" in str(caught.value)


@pytest.mark.parametrize(("expression", "message"), NOT_AMONG_STORES.items())
def test_what_is_no_store_among_stores_is_named(extension: Any, expression: str, message: str) -> None:  # noqa: ANN401
    given = value_of(expression)
    store = extension.store.MemoryStore()
    for given_all in ([given], (store, given)):
        with pytest.raises(TypeError, match=re.escape(message)):
            extension.describe_all(given_all)


def test_none_is_no_store_but_is_none_where_a_store_is_optional(extension: Any) -> None:  # noqa: ANN401
    message = "got None; accepted is"
    if extension in (my_ext2, my_ext2_runtime):  # nanobind's own: see include/storelink/python/nanobind.hpp
        message = r"describe_any\(store: my_ext2\w*.store.AnyObjectStore\) -> str(.|\n)*Invoked with types: NoneType"
    with pytest.raises(TypeError, match=message) as caught:
        extension.describe_any(None)
    assert isinstance(caught.value, ValueError) == (extension not in (my_ext2, my_ext2_runtime))
    assert extension.describe_optional(None) in (None, "none")
    assert extension.describe_optional() in (None, "none")


def test_each_parameter_type_takes_its_own_kind(extension: Any, tmp_path: Path) -> None:  # noqa: ANN401
    shared, external = storelink.store.LocalStore(tmp_path), LocalStore(tmp_path)
    description = extension.describe_any(shared)
    assert extension.describe_py(shared) == extension.describe_optional(shared) == description
    assert extension.describe_all((shared, shared)) == extension.describe_all_py([shared] * 2) == [description] * 2
    assert extension.overloaded(shared) == "store"
    for take in (extension.describe_any, extension.describe_external, extension.describe_optional):
        with pytest.warns(RuntimeWarning, match=rf"built a new {extension.__name__}\.store\.LocalStore"):
            assert take(external) == description
    with pytest.warns(RuntimeWarning):
        assert extension.describe_all_external([external]) == [description]
    with pytest.raises(TypeError, match="accepted is a store such as obstore's"):
        extension.describe_external(extension.store.MemoryStore())
    for refuse, given in ((extension.describe_py, external), (extension.describe_all_py, [external])):
        with pytest.raises(TypeError, match="__storelink_store__"):
            refuse(given)


def test_the_recreate_warning_as_an_exception(extension: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "key").write_bytes(b"value")
    external = LocalStore(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        calls: list[Callable[[], object]] = [
            lambda: extension.get(external, "key"),
            lambda: extension.describe_optional(external),
            lambda: extension.describe_all([external]),
            lambda: extension.overloaded(external),
        ]
        for call in calls:
            with pytest.raises(RuntimeWarning, match="built a new"):
                call()
        warnings.simplefilter("ignore")
        assert extension.get(external, "key") == b"value"


RECREATE = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import _my_ext_c
class LocalStore:
    def __getnewargs_ex__(self): return (pathlib.Path(sys.argv[1]),), {}
print(_my_ext_c.describe_any(LocalStore()))
"""


def test_a_compile_definition_turns_the_warning_off_in_c(tmp_path: Path, run_python: Callable[..., str]) -> None:
    source = REPOSITORY / "examples" / "my_ext_c" / "my_ext_c.c"
    command = ["cc", "-std=c11", "-shared", "-fPIC", "-fvisibility=hidden", "-DSTORELINK_RUNTIME"]
    command += [f"-I{REPOSITORY / 'include'}", f"-I{sysconfig.get_path('include')}", "-DPy_LIMITED_API=0x030A0000"]
    command += [str(source), "-o", str(tmp_path / "_my_ext_c.abi3.so")]
    subprocess.run([*command, "-DSTORELINK_NO_RECREATE_WARNING"], check=True)
    assert str(tmp_path) in run_python(RECREATE, str(tmp_path), options=("-W", "error"))
    subprocess.run(command, check=True)
    with pytest.raises(AssertionError, match="RuntimeWarning: built a new my_ext_c"):
        run_python(RECREATE, str(tmp_path), options=("-W", "error"))


# --- errors and threads


def test_errors_are_of_the_extensions_own_classes(extension: Any, tmp_path: Path) -> None:  # noqa: ANN401
    store = extension.make_memory()
    for call in (extension.get, extension.size, extension.address):
        with pytest.raises(extension.exceptions.NotFoundError, match="missing") as caught:
            call(store, "missing")
        assert isinstance(caught.value, FileNotFoundError)
        assert len(caught.value.args) == 1
    with pytest.raises(extension.exceptions.InvalidPathError, match=r"a//b"):
        extension.put(storelink.store.LocalStore(tmp_path), "a//b", b"")


def test_an_exception_that_is_being_handled_is_the_context(extension: Any) -> None:  # noqa: ANN401
    store = extension.make_memory()
    extension.put(store, "key", b"value")
    try:
        raise LookupError("first")
    except LookupError as first:
        assert extension.get(store, "key") == b"value"
        with pytest.raises(extension.exceptions.NotFoundError) as caught:
            extension.get(store, "missing")
        assert caught.value.__context__ is first


def test_a_wrong_argument_after_a_store_releases_it(extension: Any, tmp_path: Path) -> None:  # noqa: ANN401
    store = storelink.store.LocalStore(tmp_path)
    for _ in range(1000):
        with pytest.raises(TypeError):
            extension.get(store, 3)
        with pytest.raises(TypeError):
            extension.describe_all([store, 3])
    del store
    open_files = os.listdir("/proc/self/fd")  # noqa: PTH208
    assert not any(os.path.realpath(f"/proc/self/fd/{fd}") == str(tmp_path) for fd in open_files)


def test_other_threads_go_on_during_a_blocking_call(extension: Any, server: CountingServer) -> None:  # noqa: ANN401
    server.delay = 0.3
    store = store_on(server)
    ticks: list[float] = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(0.005):
            ticks.append(time.perf_counter())

    ticker = threading.Thread(target=tick)
    ticker.start()
    start = time.perf_counter()
    assert extension.get(store, "key") == b"value"
    end = time.perf_counter()
    stop.set()
    ticker.join()
    assert end - start > 0.25
    assert sum(start < t < end for t in ticks) > 10


def test_ctrl_c_ends_a_blocking_call(extension: Any, server: CountingServer) -> None:  # noqa: ANN401
    server.delay = 3.0
    store = store_on(server, storelink.store)
    sender = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    start = time.perf_counter()
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        extension.get(store, "key")
    assert time.perf_counter() - start < 1.5
    sender.join()


# --- stores are shared


@pytest.mark.parametrize("maker", EXTENSIONS, ids=lambda module: module.__name__)
def test_a_returned_store_can_be_used_everywhere(maker: Any, extension: Any) -> None:  # noqa: ANN401
    returned = maker.make_memory()
    assert type(returned) is maker.store.SharedStore
    extension.put(returned, "key", b"value")
    again = extension.same(returned)
    assert type(again) is extension.store.SharedStore
    assert maker.get(again, "key") == b"value"
    assert maker.address(again, "key") == extension.address(returned, "key")
    assert my_ext.list_keys(again) == ["key"]


@pytest.mark.parametrize("maker", [storelink, my_ext, *EXTENSIONS], ids=lambda module: str(module.__name__))
def test_a_memory_store_is_the_same_memory_for_all(maker: Any, extension: Any) -> None:  # noqa: ANN401
    store = maker.store.MemoryStore()
    extension.put(store, "below/key", b"x" * 5000)
    assert {reader.address(store, "below/key") for reader in EXTENSIONS} == {extension.address(store, "below/key")}
    for reader in EXTENSIONS:
        assert reader.get(store, "below/key") == b"x" * 5000
        assert reader.size(store, "below/key") == 5000
        assert list(reader.list_keys(store)) == list(reader.list_keys(store, "below")) == ["below/key"]
        assert list(reader.list_keys(store, "other")) == []
        with pytest.raises(reader.exceptions.NotFoundError):
            reader.get(store, "other")


def test_listings_of_many_pages_are_complete(extension: Any, tmp_path: Path) -> None:  # noqa: ANN401
    for i in range(2500):
        (tmp_path / f"{i:04}").touch()
    assert list(extension.list_keys(storelink.store.LocalStore(tmp_path))) == [f"{i:04}" for i in range(2500)]


@pytest.mark.parametrize("maker", [storelink, *EXTENSIONS], ids=lambda module: str(module.__name__))
def test_two_extensions_use_one_pool_of_connections(
    maker: Any,  # noqa: ANN401
    extension: Any,  # noqa: ANN401
    server: CountingServer,
) -> None:
    store = store_on(server, maker.store)
    for user in (my_ext2, extension, my_ext_c):
        for _ in range(5):
            assert user.get(store, "key") == b"value"
    assert (server.connections, server.requests) == (1, 15)


def test_without_sharing_there_are_more_connections(server: CountingServer) -> None:
    for user in (my_ext2, my_ext_c):  # what the test above would see if nothing were shared
        assert user.get(store_on(server, user.store), "key") == b"value"
    assert server.connections == 2


# --- asynchronous functions


each_asynchronous = pytest.mark.parametrize(
    ("extension", "name", "result"),
    [(my_ext2, "size_async", 5), (my_ext_pybind11, "size_async", 5), (my_ext_c, "get_async", b"hello")],
    ids=["my_ext2", "my_ext_pybind11", "my_ext_c"],
)


@each_asynchronous
async def test_asynchronous_functions_give_results_and_errors(
    extension: ModuleType, name: str, result: object, tmp_path: Path
) -> None:
    function = getattr(extension, name)
    (tmp_path / "key").write_bytes(b"hello")
    for store in (storelink.store.LocalStore(tmp_path), my_ext_pybind11.store.LocalStore(tmp_path)):
        awaitables = [function(store, "key") for _ in range(50)]
        assert await asyncio.gather(*awaitables) == [result] * 50
        missing = function(store, "missing")
        with pytest.raises(FileNotFoundError, match="missing"):
            await missing
        assert isinstance(missing.exception(), extension.exceptions.NotFoundError)
    with pytest.raises(TypeError, match="got an object of type int"):
        function(3, "key")


@each_asynchronous
async def test_a_cancelled_awaitable_ends_its_request(
    extension: ModuleType,
    name: str,
    result: object,
    server: CountingServer,
) -> None:
    del result
    server.delay = 0.5
    awaitable = getattr(extension, name)(store_on(server), "key")
    while server.requests == 0:
        await asyncio.sleep(0.01)
    awaitable.cancel()
    with pytest.raises(asyncio.CancelledError):
        await awaitable
    while server.abandoned == 0:  # the client hangs up before the answer
        await asyncio.sleep(0.01)
