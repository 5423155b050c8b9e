"""Stores as arguments of C++ functions: the extension's own, another extension's, another library's."""

from __future__ import annotations

import subprocess
import sysconfig
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import my_ext
import my_ext.store
import my_ext2
import my_ext2.store
import pytest
import storelink.store

NOT_STORES = [None, 3, "text", object(), my_ext2.store.MemoryStore, my_ext2, {}]
TAKERS = [my_ext2.describe_any, my_ext2.describe_py, my_ext2.describe_external]


class Foreign:
    """A store as another library might have it."""

    def __init__(self, args: object, kwargs: object) -> None:
        self.newargs = (args, kwargs)

    def __getnewargs_ex__(self) -> object:
        return self.newargs


class S3Store(Foreign):
    pass


class LocalStore(Foreign):
    pass


class HTTPStore(Foreign):
    pass


class MemoryStore:
    pass


class Renamed(LocalStore):
    pass


def foreign_local(directory: Path) -> LocalStore:
    return LocalStore((directory,), {"automatic_cleanup": False, "mkdir": None})


def test_own_stores(tmp_path: Path) -> None:
    own = [
        my_ext2.store.MemoryStore(),
        my_ext2.store.LocalStore(tmp_path),
        my_ext2.store.S3Store("b"),
    ]
    for store in own:
        assert my_ext2.describe_any(store) == my_ext2.describe_py(store)
        assert my_ext2.describe_optional(store) == my_ext2.describe_any(store)
        with pytest.raises(TypeError, match="accepted is a store such as obstore's"):
            my_ext2.describe_external(store)
    assert my_ext2.describe_all(own) == my_ext2.describe_all_py(tuple(own))


@pytest.mark.parametrize("take", TAKERS)
@pytest.mark.parametrize("given", NOT_STORES[1:], ids=repr)
def test_what_is_no_store(take: Callable[[Any], str], given: object) -> None:
    with pytest.raises(TypeError, match=r"expected an object store, got .*; accepted is ") as caught:
        take(given)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("take", TAKERS)
def test_none_is_no_store(take: Callable[[Any], str]) -> None:
    with pytest.raises(TypeError, match="NoneType"):  # nanobind's own message
        take(None)


def test_the_message_names_what_was_given() -> None:
    with pytest.raises(ValueError, match=r"got an object of type pathlib\S*Path; accepted is a store of my_ext2.store"):
        my_ext2.describe_any(Path("/tmp"))
    with pytest.raises(ValueError, match="got None"):
        my_ext2.describe_all([None])
    with pytest.raises(ValueError, match="a class, not an instance"):
        my_ext2.describe_any(my_ext.store.S3Store)


def test_optional_and_vector() -> None:
    store = my_ext2.store.MemoryStore()
    assert my_ext2.describe_optional() is None
    assert my_ext2.describe_optional(None) is None
    assert my_ext2.describe_all([]) == []
    for given in NOT_STORES[1:]:
        with pytest.raises(ValueError, match="object store"):
            my_ext2.describe_optional(given)
    for given in NOT_STORES:
        for take in (my_ext2.describe_all, my_ext2.describe_all_py, my_ext2.describe_all_external):
            with pytest.raises(TypeError, match="object store"):
                take([given, store])


def test_an_object_that_is_no_store_goes_on_to_the_next_overload() -> None:
    assert my_ext2.overloaded("x") == "text"
    assert my_ext2.overloaded(my_ext2.store.MemoryStore()) == "store"


def test_two_extensions_have_classes_of_their_own() -> None:
    modules = [my_ext.store, my_ext2.store, storelink.store]
    for name in ("S3Store", "GCSStore", "LocalStore", "MemoryStore"):
        assert len({id(getattr(module, name)) for module in modules}) == 3
    # In the runtime way they derive from the package's; two embedded extensions have nothing in common.
    runtime_way = "embedded" not in my_ext._my_ext.__file__
    assert issubclass(my_ext.store.MemoryStore, storelink.store.MemoryStore) == runtime_way
    assert not issubclass(my_ext.store.MemoryStore, my_ext2.store.ObjectStore)
    assert my_ext.store.S3Store("b") != my_ext2.store.S3Store("b")
    assert my_ext.exceptions.NotFoundError is not my_ext2.exceptions.NotFoundError
    with pytest.raises(my_ext.exceptions.NotFoundError):
        my_ext.digest(my_ext.store.MemoryStore(), ["missing"])
    with pytest.raises(my_ext2.exceptions.NotFoundError):
        my_ext2.get(my_ext2.store.MemoryStore(), "missing")


@pytest.mark.parametrize("owner", [my_ext.store, storelink.store], ids=["my_ext", "storelink"])
def test_a_memory_store_is_shared_with_another_extension(owner: ModuleType) -> None:
    theirs = owner.MemoryStore()
    mine = my_ext2.store.MemoryStore()
    my_ext2.put(theirs, "key", b"value")
    assert my_ext2.get(theirs, "key") == b"value"
    assert my_ext2.head(theirs, "key") == 5
    assert my_ext2.list_keys(theirs) == ["key"]
    assert my_ext2.list_keys(mine) == []
    assert my_ext2.describe_py(theirs)
    with pytest.raises(my_ext2.exceptions.NotFoundError, match="missing"):
        my_ext2.get(theirs, "missing")


@pytest.mark.parametrize("owner", [my_ext.store, my_ext2.store, storelink.store], ids=lambda module: module.__name__)
def test_bytes_are_shared_with_the_extension_that_owns_the_store(owner: ModuleType) -> None:
    store = owner.MemoryStore()
    address = my_ext2.put_static(store, "key")
    assert my_ext2.address(store, "key") == address
    assert my_ext.list_keys(store) == ["key"]


def test_a_store_that_comes_back_is_itself() -> None:
    shared = my_ext2.store.MemoryStore()
    address = my_ext2.put_static(shared, "key")

    class Wrapper:  # nothing but the capsule
        def __storelink_store__(self) -> object:
            return shared.__storelink_store__()

    assert my_ext2.address(Wrapper(), "key") == address


def test_a_shared_store_lives_as_long_as_its_capsule() -> None:
    store = my_ext.store.MemoryStore()
    my_ext2.put(store, "key", b"value")
    capsule = store.__storelink_store__()
    del store

    class Wrapper:
        def __storelink_store__(self) -> object:
            return capsule

    assert my_ext2.get(Wrapper(), "key") == b"value"


def test_capsules_that_are_none() -> None:
    class Wrong:
        def __storelink_store__(self) -> object:
            return "no capsule"

    class Raises:
        def __storelink_store__(self) -> object:
            raise LookupError("on purpose")

    with pytest.raises(TypeError, match='PyCapsule named "storelink_store"'):
        my_ext2.describe_any(Wrong())
    with pytest.raises(LookupError, match="on purpose"):
        my_ext2.describe_all([Raises()])


def test_sharing_gives_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        my_ext2.describe_any(my_ext.store.S3Store("b"))


def test_foreign_stores_are_recreated_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"value")
    for store in (foreign_local(tmp_path), Renamed((tmp_path,), {})):
        with pytest.warns(RuntimeWarning, match=r"built a new my_ext2.store.LocalStore .* not shared. Make a my_ext2"):
            assert my_ext2.get(store, "key") == b"value"
        for take in (my_ext2.describe_external, my_ext2.describe_optional):
            with pytest.warns(RuntimeWarning):
                take(store)
        with pytest.warns(RuntimeWarning):
            my_ext2.describe_all_external([store])
        with pytest.raises(ValueError, match="__storelink_store__"):
            my_ext2.describe_py(store)


def test_the_warning_as_an_error_propagates(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for take, given in (
            (my_ext2.describe_any, foreign_local(tmp_path)),
            (my_ext2.describe_optional, foreign_local(tmp_path)),
            (my_ext2.describe_all, [foreign_local(tmp_path)]),
        ):
            with pytest.raises(RuntimeWarning, match="built a new"):
                take(given)


def test_foreign_stores_that_cannot_be_recreated(tmp_path: Path) -> None:
    with pytest.raises(my_ext2.exceptions.UnknownConfigurationKeyError, match=r"cannot recreate this .*new_setting"):
        my_ext2.describe_any(S3Store((), {"config": {"bucket": "b", "new_setting": "x"}}))
    with pytest.raises(TypeError, match=r"cannot recreate this .*positional"):
        my_ext2.describe_any(S3Store(("a", "b"), {}))
    with pytest.raises(my_ext2.exceptions.NotFoundError, match="cannot recreate"):
        my_ext2.describe_any(foreign_local(tmp_path / "missing"))
    with pytest.raises(TypeError, match=r"cannot recreate this .*url"):
        my_ext2.describe_any(HTTPStore((), {}))
    with pytest.raises(ValueError, match="in its own library's memory only"):
        my_ext2.describe_any(MemoryStore())
    with pytest.raises(TypeError, match="tuple of a tuple and a dict"):
        my_ext2.describe_any(S3Store([], {}))

    class Broken(S3Store):
        def __getnewargs_ex__(self) -> object:
            raise LookupError("on purpose")

    with pytest.raises(my_ext2.exceptions.GenericError, match="LookupError: on purpose") as caught:
        my_ext2.describe_any(Broken((), {}))
    assert isinstance(caught.value.__cause__, LookupError)


RECREATE = """
import my_ext2, pathlib
class LocalStore:
    def __getnewargs_ex__(self): return (pathlib.Path("/tmp"),), {}
print(my_ext2.describe_any(LocalStore()))
"""


def test_a_registration_argument_turns_the_warning_off(run_python: Callable[..., str]) -> None:
    environment = {"MY_EXT2_NO_RECREATE_WARNING": "1"}
    assert "/tmp" in run_python(RECREATE, options=("-W", "error"), **environment)
    with pytest.raises(AssertionError, match="RuntimeWarning"):
        run_python(RECREATE, options=("-W", "error"))


def test_a_compile_definition_turns_the_warning_off(tmp_path: Path) -> None:
    source = tmp_path / "options.cpp"
    source.write_text(
        "#include <storelink/python/toolkit.hpp>\n"
        "static_assert(storelink::RegisterOptions{}.warn_on_recreate == EXPECTED);\n"
    )
    include = Path(__file__).resolve().parents[2] / "include"
    command = ["c++", "-std=c++20", "-fsyntax-only", f"-I{include}", f"-I{sysconfig.get_path('include')}", str(source)]
    for definitions in (["-DEXPECTED=true"], ["-DEXPECTED=false", "-DSTORELINK_NO_RECREATE_WARNING"]):
        subprocess.run([*command, *definitions], check=True)


def test_taking_an_own_store_costs_next_to_nothing() -> None:
    store = my_ext2.store.MemoryStore()
    assert min(my_ext2.accept_nanoseconds(store, 10_000) for _ in range(10)) < 100


def test_signatures_name_types_that_stubs_can_import() -> None:
    assert "my_ext2.store.AnyObjectStore" in (my_ext2.get.__doc__ or "")
    assert "my_ext.store.AnyObjectStore" in (my_ext.upload.__doc__ or "")


@pytest.mark.parametrize(
    "code", ["import my_ext.store as s", "from my_ext import store as s", "import my_ext; s = my_ext.store"]
)
def test_the_store_module_can_be_imported(code: str, run_python: Callable[..., str]) -> None:
    assert (
        run_python(f"{code}\nimport sys\nprint(s.__name__, sys.modules['my_ext.store'] is s)") == "my_ext.store True\n"
    )
