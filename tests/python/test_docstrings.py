"""Everything public is documented, at run time and in the hints, and both say the same."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import storelink
from support.declared import Declared, Module

pytestmark = pytest.mark.once

PACKAGE = Path(__file__).resolve().parents[2] / "python/storelink"
STORES = Module(PACKAGE / "store.pyi", PACKAGE / "_settings.pyi", PACKAGE / "_store_methods.pyi")
HINTS = {
    storelink: Module(PACKAGE / "_storelink.pyi", *sorted(PACKAGE.glob("_[!s]*.pyi"))),
    storelink.store: STORES,
    storelink.exceptions: Module(PACKAGE / "exceptions.pyi"),
}
MODULES = {
    "storelink": None,
    "storelink.store": None,
    "storelink.exceptions": None,
    "storelink.auth": None,
    "storelink.auth.azure": "azure.identity",
    "storelink.auth.boto3": "boto3",
    "storelink.auth.earthdata": "requests",
    "storelink.auth.google": "google.auth",
    "storelink.auth.planetary_computer": "requests",
    "storelink.fsspec": "fsspec",
    "storelink.zarr": "zarr",
}


def is_open(name: str) -> bool:
    return not name.startswith("_") or name == "_repr_html_"


def is_own(value: object) -> bool:
    return str(getattr(value, "__module__", None)).startswith("storelink")


def members(cls: type) -> Iterator[tuple[str, object]]:
    """What a class of ours and its bases of ours define."""
    for base in cls.__mro__:
        if is_own(base):
            yield from vars(base).items()


def undocumented(module: ModuleType) -> Iterator[str]:
    if not module.__doc__:
        yield module.__name__
    for name, value in vars(module).items():
        if not is_open(name) or not callable(value):
            continue
        if not (is_own(value) or inspect.isbuiltin(value)):
            continue
        if not value.__doc__:
            yield f"{module.__name__}.{name}"
        if isinstance(value, type):
            yield from (
                f"{module.__name__}.{name}.{member}"
                for member, what in members(value)
                if is_open(member) and hasattr(what, "__get__") and not inspect.getdoc(getattr(value, member))
            )


@pytest.mark.parametrize("name", MODULES)
def test_everything_has_a_docstring_at_run_time(name: str) -> None:
    needs = MODULES[name]
    if needs is not None:
        pytest.importorskip(needs)
    assert sorted(set(undocumented(importlib.import_module(name)))) == []


def test_every_method_of_a_filesystem_has_a_docstring() -> None:
    filesystem = pytest.importorskip("storelink.fsspec").FsspecStore("memory")
    names = {name for name in dir(filesystem) if is_open(name)} - {"fsid"}  # which stores have not
    methods = {name: value for name in names if callable(value := getattr(filesystem, name))}
    assert {"cp_file", "cat_file"} <= methods.keys()
    assert [name for name, value in methods.items() if not inspect.getdoc(value)] == []


def declarations(names: dict[str, Declared], dot: str = "") -> Iterator[tuple[str, Declared]]:
    for name, what in names.items():
        if is_open(name) or name.startswith("__"):
            yield dot + name, what
            yield from declarations(what.members, f"{dot}{name}.")


@pytest.mark.parametrize("module", HINTS, ids=lambda module: module.__name__)
def test_everything_has_a_docstring_in_the_hints(module: ModuleType) -> None:
    assert HINTS[module].doc
    missing = {name for name, what in declarations(HINTS[module].names) if not what.doc}
    # Modules, which have their own; what says that stores cannot be hashed.
    assert missing - {"exceptions", "store", "__version__", "ObjectStore.__hash__"} == set()


@pytest.mark.parametrize("settings", ["_S3Settings", "_GCSSettings", "_AzureSettings"])
def test_every_setting_has_a_docstring_that_names_its_default(settings: str) -> None:
    keys = STORES.members(settings)
    assert keys
    assert {name for name, what in keys.items() if what.doc is None} == set()
    assert {
        name for name, what in keys.items() if "Default" not in str(what.doc) and "Must be" not in str(what.doc)
    } == set()


def text(doc: str | None) -> str:
    return " ".join((doc or "").split())


def pairs(module: ModuleType) -> Iterator[tuple[str, str, str]]:
    """Names with what is said of them at run time and in the hints."""
    hints = HINTS[module]
    for name, what in hints.names.items():
        value = getattr(module, name, None)
        if not callable(value) or name.endswith("_async"):  # which says what the other one says
            continue
        doc = text(what.doc)
        if isinstance(value, type):
            own = hints.members(name)
            if "__init__" in what.members and what.members["__init__"].doc:
                doc = f"{doc} {text(what.members['__init__'].doc)}"
            if not name.startswith("Async") and name != "ObjectStoreMethods":
                for member, hint in own.items():
                    found = vars(value).get(member)
                    if found is not None and is_open(member):
                        yield f"{name}.{member}", text(getattr(value, member).__doc__), text(hint.doc)
        if name != "ObjectStoreMethods":
            yield name, text(value.__doc__), doc


@pytest.mark.parametrize("module", HINTS, ids=lambda module: module.__name__)
def test_hints_and_run_time_say_the_same(module: ModuleType) -> None:
    found = list(pairs(module))
    assert len(found) > 10
    assert text(module.__doc__).startswith(text(HINTS[module].doc)) or module is storelink
    different = {
        name: (said, hinted)
        for name, said, hinted in found
        if said != hinted and "see `storelink." not in hinted and name != "ObjectStore.list_async"
    }
    assert different == {}
