"""What makes a store a good Python object: equality, repr, copying, pickling, subclassing, weak references."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import weakref
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import my_ext
import my_ext.store
import pytest
from my_ext.store import HTTPStore, LocalStore, MemoryStore, S3Store

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
T = TypeVar("T")


def provider() -> dict[str, Any]:
    return {"access_key_id": "a", "secret_access_key": "s", "expires_at": None}


def full_s3() -> S3Store:
    return S3Store(
        "b",
        prefix="p",
        region="r",
        client_options={"allow_http": True, "default_headers": {"x-a": "v"}},
        retry_config={"max_retries": 2},
        credential_provider=provider,
    )


class Sub(S3Store):  # type: ignore[misc]
    def __init__(self, *_: object, **__: object) -> None:
        self.extra = "kept"


class Named(LocalStore):  # type: ignore[misc]
    """Has a constructor of its own."""

    def __new__(cls, *, directory: str | None = None, **arguments: object) -> Named:  # noqa: PYI034
        positional = () if directory is None else (directory,)
        store: Named = super().__new__(cls, *positional, **arguments)
        return store

    def __init__(self, *_: object, **__: object) -> None:
        pass


class Mixin:
    def __init__(self, *arguments: object, **keywords: object) -> None:
        self.mixed = (arguments, keywords)

    def shout(self) -> str:
        return "mixin"


class CooperativeMixin(Mixin):
    def __init__(self, *arguments: object, **keywords: object) -> None:
        super(Mixin, self).__init__(*arguments, **keywords)  # on to the store
        self.mixed = (arguments, keywords)


class MixinFirst(CooperativeMixin, S3Store):  # type: ignore[misc]
    pass


class MixinLast(S3Store, Mixin):  # type: ignore[misc]
    pass


class Typed(MemoryStore, Generic[T]):  # type: ignore[misc]
    pass


def test_equality_compares_settings() -> None:
    assert full_s3() == full_s3()
    assert S3Store("b", region="x") == S3Store("b", config={"AWS_REGION": "x"})
    assert S3Store("b") != S3Store("c")
    assert S3Store("b") != S3Store("b", prefix="p")
    assert S3Store("b") != S3Store("b", retry_config={})
    assert S3Store("b", credential_provider=provider) != S3Store("b", credential_provider=lambda: provider())
    assert LocalStore("/tmp") != LocalStore("/tmp", mkdir=True)
    assert LocalStore("/tmp") != S3Store("tmp")
    assert S3Store("b") != 3
    assert Sub("b") == S3Store("b")
    with pytest.raises(TypeError):
        _ = S3Store("b") < S3Store("b")


def test_memory_stores_are_equal_only_to_themselves() -> None:
    store = MemoryStore()
    assert store == store
    assert store != MemoryStore()


@pytest.mark.parametrize("store", [MemoryStore(), S3Store("b"), LocalStore("/tmp")])
def test_stores_cannot_be_hashed(store: object) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(store)


def test_repr() -> None:
    assert repr(full_s3()) == 'S3Store(bucket="b", prefix="p")'
    assert repr(S3Store("b")) == 'S3Store(bucket="b")'
    assert repr(LocalStore("/tmp")) == 'LocalStore("/tmp")'
    assert repr(LocalStore()) == "LocalStore"
    assert repr(MemoryStore()) == "MemoryStore"
    assert repr(Sub("b")) == 'Sub(bucket="b")'


def test_repr_has_no_secrets() -> None:
    store = S3Store("b", access_key_id="AKIA", secret_access_key="hunter2", session_token="token-token")
    assert repr(store) == 'S3Store(bucket="b")'


def table_of(store: object) -> dict[str, str]:
    """Name to value of each row that a notebook shows."""
    rows = ElementTree.fromstring(store._repr_html_()).iter("tr")  # type: ignore[attr-defined]
    return {cell[0].text or "": cell[1].text or "" for cell in rows}


def test_notebooks_show_the_settings(tmp_path: Path) -> None:
    assert table_of(full_s3()) == {
        "bucket": "b",
        "prefix": "p",
        "region": "r",
        "credential_provider": "provider",
        "allow_http": "true",
        "default_headers": "given",
        "max_retries": "2",
        "retry_timeout": "0:03:00",
        "init_backoff": "0:00:00.100000",
        "max_backoff": "0:00:15",
        "base": "2.0",
    }
    assert table_of(HTTPStore("https://example.com/a")) == {"url": "https://example.com/a"}
    assert table_of(MemoryStore()) == {}
    html = LocalStore(tmp_path / "a<b", mkdir=True)._repr_html_()
    assert f"<code>LocalStore(&quot;{tmp_path}/a&lt;b&quot;)</code>" in html


def test_notebooks_show_no_secrets() -> None:
    secrets = {"access_key_id": "hunter2-a", "secret_access_key": "hunter2-b", "session_token": "hunter2-c"}
    options = {"proxy_url": "http://user:hunter2-d@proxy:1/", "default_headers": {"authorization": "hunter2-e"}}
    html = S3Store("b", **secrets, endpoint="https://h:9/p", client_options=options)._repr_html_()
    assert "hunter2" not in html
    assert "https://h:9/p" in html
    assert "http://proxy:1/" in html


@pytest.mark.parametrize("make", [full_s3, lambda: LocalStore("/tmp", mkdir=True), lambda: Sub("b", region="x")])
def test_copies_are_equal(make: Callable[[], Any]) -> None:
    store = make()
    for other in (copy.copy(store), copy.deepcopy(store)):
        assert other == store
        assert type(other) is type(store)
        assert getattr(other, "extra", None) == getattr(store, "extra", None)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("make", [full_s3, LocalStore, lambda: LocalStore("/tmp"), lambda: Sub("b")])
def test_pickling(make: Callable[[], Any], protocol: int) -> None:
    store = make()
    other = pickle.loads(pickle.dumps(store, protocol))
    assert other == store
    assert type(other) is type(store)
    assert getattr(other, "extra", None) == getattr(store, "extra", None)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_fresh_process_can_unpickle(protocol: int, run_python: Callable[..., str]) -> None:
    text = pickle.dumps(S3Store("b", prefix="p"), protocol).hex()
    assert run_python("import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])))", text) == (
        'S3Store(bucket="b", prefix="p")\n'
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_memory_store_refuses_to_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot pickle or copy 'MemoryStore' object: what it holds is in this"):
        pickle.dumps(MemoryStore(), protocol)


def test_a_memory_store_refuses_to_be_copied() -> None:
    for duplicate in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="MemoryStore"):
            duplicate(MemoryStore())


def test_newargs_have_the_form_that_other_libraries_take() -> None:
    assert S3Store("b").__getnewargs_ex__() == ((), {"config": {"bucket": "b"}})
    args, kwargs = full_s3().__getnewargs_ex__()
    assert args == ()
    assert kwargs["prefix"] == "p"
    assert kwargs["config"] == {"bucket": "b", "region": "r"}
    assert kwargs["client_options"] == {"allow_http": "true", "default_headers": {"x-a": b"v"}}
    assert set(kwargs["retry_config"]) == {"backoff", "max_retries", "retry_timeout"}
    assert kwargs["credential_provider"] is provider
    assert LocalStore().__getnewargs_ex__() == ((None,), {"automatic_cleanup": False, "mkdir": False})
    assert LocalStore("/tmp", mkdir=True).__getnewargs_ex__() == (
        (Path("/tmp"),),
        {"automatic_cleanup": False, "mkdir": True},
    )
    assert not hasattr(MemoryStore(), "__getnewargs_ex__")


def test_subclasses_may_take_arguments_of_their_own(tmp_path: Path) -> None:
    assert Sub("b").extra == "kept"
    assert Named(directory=str(tmp_path)).prefix == tmp_path


def test_a_mixin_may_stand_before_or_behind() -> None:
    for cls in (MixinFirst, MixinLast):
        store = cls("b", region="x")
        assert store.shout() == "mixin"
        assert store.mixed == (("b",), {"region": "x"})
        assert isinstance(store, my_ext.store.ObjectStore)
        assert store == S3Store("b", region="x")
        assert pickle.loads(pickle.dumps(store)).mixed == store.mixed


def test_a_subclass_may_be_generic() -> None:
    store: Typed[int] = Typed()
    my_ext.upload(store, "/", [])
    assert my_ext.list_keys(store) == []


def test_weak_references() -> None:
    store = S3Store("b")
    reference = weakref.ref(store)
    assert reference() is store
    del store
    assert reference() is None
    sub = Sub("b")
    reference = weakref.ref(sub)
    del sub
    assert reference() is None


def test_cycles_through_a_subclass_are_collected() -> None:
    store = Sub("b")
    store.me = store
    reference = weakref.ref(store)
    del store
    gc.collect()
    assert reference() is None


def test_classes_know_where_they_live() -> None:
    assert S3Store.__module__ == "my_ext.store"
    assert S3Store.__qualname__ == "S3Store"
    assert my_ext.store.__name__ == "my_ext.store"
    assert my_ext.store.from_url.__module__ == "my_ext.store"
    exported = {name for name in vars(my_ext.store) if not name.startswith("_")}
    assert exported == {
        "AzureStore",
        "GCSStore",
        "HTTPStore",
        "LocalStore",
        "MemoryStore",
        "ObjectStore",
        "S3Store",
        "SharedStore",
        "from_url",
    }


def test_signatures() -> None:
    assert list(inspect.signature(S3Store).parameters) == [
        "bucket",
        "prefix",
        "config",
        "client_options",
        "retry_config",
        "credential_provider",
        "kwargs",
    ]
    assert list(inspect.signature(LocalStore).parameters) == ["prefix", "automatic_cleanup", "mkdir"]
    assert list(inspect.signature(MemoryStore).parameters) == []
