"""Stores of obstore 0.12.1 as arguments, and ours as arguments of obstore's classes."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any

import my_ext
import my_ext2
import pytest

obstore = pytest.importorskip("obstore")
obstore_store = pytest.importorskip("obstore.store")


def test_a_local_store(tmp_path: Path) -> None:
    theirs = obstore_store.LocalStore(tmp_path)
    theirs.put("key", b"value")
    with pytest.warns(RuntimeWarning, match=r"this obstore\.store\.LocalStore"):
        assert my_ext2.get(theirs, "key") == b"value"
    with pytest.warns(RuntimeWarning):
        my_ext2.put(theirs, "back", b"mine")
    assert bytes(theirs.get("back").bytes()) == b"mine"


def test_an_s3_store(s3_settings: dict[str, Any]) -> None:
    theirs = obstore_store.S3Store(
        **{name: value for name, value in s3_settings.items() if name != "client_options"},
        prefix="obstore",
        client_options={"allow_http": True},
        retry_config={"max_retries": 2},
    )
    theirs.put("key", b"value")
    with pytest.warns(RuntimeWarning, match=r"my_ext\.store\.S3Store"):
        assert my_ext.list_keys(theirs) == ["key"]
    with pytest.warns(RuntimeWarning):
        assert my_ext2.get(theirs, "key") == b"value"
    with pytest.warns(RuntimeWarning):
        my_ext2.describe_all_external([theirs])


def test_ours_are_what_obstore_takes(s3_settings: dict[str, Any], tmp_path: Path) -> None:
    ours = my_ext2.store.S3Store(**s3_settings, prefix="obstore", retry_config={"max_retries": 2})
    my_ext2.put(ours, "ours", b"value")
    args, kwargs = ours.__getnewargs_ex__()
    theirs = obstore_store.S3Store(*args, **kwargs)
    assert bytes(theirs.get("ours").bytes()) == b"value"
    assert theirs.config == ours.config
    assert theirs.client_options == ours.client_options
    assert theirs.retry_config == ours.retry_config
    assert theirs.__getnewargs_ex__() == ours.__getnewargs_ex__()

    local = my_ext2.store.LocalStore(tmp_path, mkdir=True)
    args, kwargs = local.__getnewargs_ex__()
    assert obstore_store.LocalStore(*args, **kwargs).__getnewargs_ex__() == (args, kwargs)


def test_a_memory_store_is_refused() -> None:
    with pytest.raises(ValueError, match=r"this obstore\.store\.MemoryStore: .* Make a my_ext2\.store\.MemoryStore"):
        my_ext2.describe_any(obstore_store.MemoryStore())


def test_a_web_server_is_recreated() -> None:
    theirs = obstore_store.HTTPStore("https://example.com/data", client_options={"timeout": "5s"})
    with pytest.warns(RuntimeWarning, match=r"built a new my_ext2\.store\.HTTPStore"):
        assert my_ext2.describe_any(theirs) == 'HTTPStore(url="https://example.com/data")'
    ours = my_ext2.store.HTTPStore(*theirs.__getnewargs_ex__()[0], **theirs.__getnewargs_ex__()[1])
    again = obstore_store.HTTPStore(*ours.__getnewargs_ex__()[0], **ours.__getnewargs_ex__()[1])
    assert again == theirs
    assert ours.url == theirs.url


@pytest.mark.parametrize("url", ["x", "", "s4://bucket", "s3://", "s3://bucket", "file:///tmp"])
@pytest.mark.parametrize("function", ["from_url", "S3Store.from_url", "LocalStore.from_url"])
def test_bad_urls_are_the_same_exceptions(function: str, url: str) -> None:
    """Programs that catch obstore's go on to work: ValueError for what is no URL, and where only files are taken."""

    def raised(module: object) -> str:
        try:
            attrgetter(function)(module)(url)
        except Exception as error:
            return type(error).__name__
        return "nothing"

    assert raised(my_ext.store) == raised(obstore_store)
