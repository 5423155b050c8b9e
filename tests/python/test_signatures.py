"""Names and signatures are those of obstore, as both packages' files declare them; at run time they are as declared."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from fnmatch import filter as fnmatch_filter
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import storelink
from support.declared import Declared, Module, Shape

pytestmark = pytest.mark.once
obstore = pytest.importorskip("obstore")

OURS = Path(__file__).resolve().parents[2] / "python/storelink"
THEIRS = Path(obstore.__file__).parent

# Of each public module the files that declare it, ours and obstore's.
FILES: dict[str, tuple[str, str]] = {
    "": ("_storelink.pyi _*.pyi", "_obstore.pyi _*.pyi"),
    "store": ("store.pyi _settings.pyi _store_methods.pyi", "store.py _store/*.pyi"),
    "exceptions": ("exceptions.pyi", "exceptions/__init__.pyi"),
    "fsspec": ("fsspec/__init__.py fsspec/_*.py", "fsspec.py"),
    **{f"auth.{name}": (f"auth/{name}.py",) * 2 for name in ("azure", "boto3", "earthdata", "google")},
    "auth.planetary_computer": ("auth/planetary_computer.py",) * 2,
}

# Every difference, and why it is one; `*` stands for any text. One that is no more has to go.
ARROW = "the type of `return_arrow`, which in obstore is that of the package arro3: ours needs no package"
BYTES = """
    capitalize center count decode endswith expandtabs find hex index istitle join ljust lstrip partition replace rfind
    rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate zfill
""".split()  # noqa: SIM905 - to be read
FILES_HAVE = ("closed", "flush", "mode", "name", "readable", "readinto", "seekable", "tell", "writable")
JUSTIFIED = {
    "get_into*": "reads into the caller's memory; obstore cannot",
    "store.*.get_into*": "reads into the caller's memory; obstore cannot",
    "store.*Store.__storelink_store__": "how extensions share a store",
    **{f"Bytes.{name}": "a method of bytes, which obstore's lack" for name in BYTES},
    "exceptions.InputOutputError": "a GenericError that is an OSError, too",
    "exceptions.OperationTimeoutError": "a GenericError that is a TimeoutError, too",
    "Key": "keys that are no valid paths, which obstore can neither list nor read",
    "RecordBatch": ARROW,
    "Table": ARROW,
    **{
        f"store.*.{name}": "obstore's stores lack this function as a method"
        for name in ("open_*", "sign", "sign_async")
    },
    "ReadableFile.__*__": "readers work in `with`, as files do",
    **{f"*ableFile.{name}": "what libraries ask of a file" for name in FILES_HAVE},
    "fsspec.BufferedFile.*": "a file of Python's io, buffered as fsspec's own are",
    "fsspec.FsspecStore.asynchronous": "declared, as fsspec has it",
    "fsspec.FsspecStore.__init__": "other keywords, which fsspec passes on, are declared too",
    "AsyncReadableFile.__*__": "readers work in `async with`, as writers do",
    "*ReadableFile.seek": "obstore declares `whence: int = ...`; ours says which",
    "store.ObjectStore": "a class and not a union: stores of C++ code are among them, and `isinstance()` takes either",
    "store.SharedStore": "what functions of extensions return",
    "store.AnyObjectStore": "what functions of extensions take",
    "store.PyObjectStore": "what functions of extensions take",
    "store.PyExternalObjectStore": "what functions of extensions take",
    "store.S3Config.sts_endpoint": "obstore itself refuses this key; both take `endpoint_url_sts`",
    "store.S3Config.endpoint_url_sts": "obstore takes this key and does not declare it",
    "store.S3Config.profile": "a profile of the AWS command line; obstore cannot",
    "store.ClientConfig.disable_system_certificates": "trust in `root_certificate` alone; obstore cannot",
    "store.ClientConfig.http2_max_frame_size": "obstore takes this key and does not declare it",
    "store.GCSStore.from_url": "obstore declares `prefix`, but refuses it: it is the path of the URL",
    "store.AzureStore.from_url": "obstore declares `prefix`, but refuses it: it is the path of the URL",
}


def declared(package: Path, patterns: str) -> Module:
    files = [file for pattern in patterns.split() for file in sorted(package.glob(pattern))]
    assert files, f"{package.name} has no {patterns}"
    return Module(*files)


def is_open(name: str) -> bool:
    """Whether people may use a member: those of object, such as __eq__, every class has."""
    return not name.startswith("_") or (name.startswith("__") and not hasattr(object, name)) or name == "__init__"


def shapes_differ(name: str, ours: Declared, theirs: Declared) -> bool:
    """Python passes the arguments of its own methods by position, so that their names do not matter."""
    if name.startswith("__") and name not in ("__init__", "__call__"):
        return False
    return ours.kind != theirs.kind or ours.shapes != theirs.shapes


def differences(module: str) -> Iterator[tuple[str, str]]:
    """Each with the name that it is about."""
    if not list(OURS.glob(FILES[module][0].split()[0])):
        yield module, "is only in obstore"
        return
    ours, theirs = declared(OURS, FILES[module][0]), declared(THEIRS, FILES[module][1])
    dot = f"{module}." if module else ""
    for name in sorted(ours.names.keys() ^ theirs.names.keys()):
        yield dot + name, "is only in " + ("storelink" if name in ours.names else "obstore")
    for name in sorted(ours.names.keys() & theirs.names.keys()):
        our, their = ours.names[name], theirs.names[name]
        if our.kind != their.kind or our.shapes != their.shapes:
            yield dot + name, f"{our.kind} {our.shapes} is {their.kind} {their.shapes} in obstore"
        elif our.kind == "class":
            found = members_that_differ(f"{dot}{name}.", ours.members(name), theirs.members(name))
            yield from ((member, text) for member, text in found if not is_inherited(module, name, member, text))


def is_inherited(module: str, name: str, member: str, text: str) -> bool:
    """Whether a class has what it does not declare, from a base of another library: see at run time."""
    package = obstore if text.endswith("storelink") else storelink
    try:
        found = getattr(imported(package, module), name, None)
    except ImportError:
        return False
    return text.startswith("is only in") and hasattr(found, member.rpartition(".")[2])


def members_that_differ(dot: str, ours: dict[str, Declared], theirs: dict[str, Declared]) -> Iterator[tuple[str, str]]:
    for name in sorted(filter(is_open, ours.keys() | theirs.keys())):
        if name not in ours or name not in theirs:
            yield dot + name, "is only in " + ("storelink" if name in ours else "obstore")
        elif shapes_differ(name, ours[name], theirs[name]):
            our, their = ours[name], theirs[name]
            yield dot + name, f"{our.kind} {our.shapes} is {their.kind} {their.shapes} in obstore"


def test_signatures_are_those_of_obstore_but_for_what_is_justified() -> None:
    found = {name: text for module in FILES for name, text in differences(module)}
    unexpected = {
        name: text for name, text in found.items() if not any(fnmatchcase(name, pattern) for pattern in JUSTIFIED)
    }
    assert unexpected == {}
    assert [pattern for pattern in JUSTIFIED if not fnmatch_filter(found, pattern)] == [], "no longer different"


@pytest.mark.parametrize("url", ["gs://bucket/path", "az://bucket/path"])
def test_what_obstore_declares_and_refuses(url: str) -> None:
    errors = (obstore.exceptions.BaseError, TypeError)
    with pytest.raises(errors, match="prefix"):
        obstore.store.from_url(url, prefix="x", **({"account_name": "a"} if url.startswith("az") else {}))
    with pytest.raises(errors, match="sts_endpoint"):
        obstore.store.S3Store("bucket", sts_endpoint="https://sts.example.com")
    assert obstore.store.S3Store("bucket", endpoint_url_sts="https://sts.example.com")


# --- at run time ---


def imported(package: ModuleType, module: str) -> ModuleType:
    return importlib.import_module(f"{package.__name__}.{module}" if module else package.__name__)


@pytest.mark.parametrize("module", FILES)
def test_what_obstore_has_at_run_time_storelink_has(module: str) -> None:
    names = declared(THEIRS, FILES[module][1]).names
    theirs, ours = imported(obstore, module), imported(storelink, module)
    there = {name for name in names if hasattr(theirs, name)}
    assert there
    assert {name for name in there if not hasattr(ours, name)} == set()


def is_for_type_checkers(module: Module, name: str) -> bool:
    """Whether a name does not exist at run time: an alias, a TypedDict or a Protocol."""
    kinds = {"TypedDict", "Protocol"}
    return name != "__version__" and (module.names[name].kind == "value" or not kinds.isdisjoint(module.bases(name)))


@pytest.mark.parametrize("module", ["", "store", "exceptions"])
def test_what_a_module_has_is_declared_and_the_other_way_round(module: str) -> None:
    hints = declared(OURS, FILES[module][0])
    there = {name for name in dir(imported(storelink, module)) if not name.startswith("_")}
    expected = {name for name in hints.names if not is_for_type_checkers(hints, name) and name != "__version__"}
    if not module:
        assert set(storelink.__all__) - {"__version__"} == expected | {"exceptions", "store"}
        there = set(storelink.__all__) - {"exceptions", "store", "__version__"}
    assert there == expected


COMPARISONS = ("__lt__", "__le__", "__gt__", "__ge__")
ON_EVERY_CLASS = {"__module__", "__doc__", "__new__", "__weakref__", "__weaklistoffset__", "__dict__"}
ON_EVERY_CLASS |= {"__slotnames__"}  # pickle leaves it on a class


def names_at_run_time(cls: type) -> set[str]:
    """Of a class's members, also inherited ones, those that not every class has."""
    own = {name for base in cls.__mro__ if base.__module__.startswith("storelink") for name in vars(base)}
    return {name for name in own if is_open(name) or name == "_repr_html_"} - ON_EVERY_CLASS


@pytest.mark.parametrize(
    ("module", "name"),
    [
        *(("", name) for name in sorted(storelink.__all__) if isinstance(getattr(storelink, name), type)),
        *(("store", name) for name in sorted(dir(storelink.store)) if name.endswith(("Store", "Methods"))),
    ],
)
def test_what_a_class_has_is_declared_and_the_other_way_round(module: str, name: str) -> None:
    cls = getattr(imported(storelink, module), name)
    hints = declared(OURS, FILES[module][0]).members(name)
    expected = {member for member in hints if is_open(member) or member == "_repr_html_"} - set(BYTES)
    there = names_at_run_time(cls)
    if name in ("ObjectStoreMethods", "ObjectStore"):  # at run time the same class
        assert names_at_run_time(storelink.store.ObjectStore) == there
        expected |= declared(OURS, FILES[module][0]).members("ObjectStore").keys() & there
    assert there - {"__init__", "__buffer__"} == expected - {"__init__", "__buffer__"}


def test_comparisons_are_declared_where_they_work() -> None:
    hints = declared(OURS, FILES[""][0])
    store = storelink.store.MemoryStore()
    store.put("a", b"x")
    values = [store.get("a"), store.get_range("a", start=0, end=1), store.list(), store.open_reader("a"), store]
    for value in values:
        name = type(value).__name__
        members = hints.members(name) if name in hints.names else {}
        works = {operator for operator in COMPARISONS if getattr(value, operator)(value) is not NotImplemented}
        assert works == members.keys() & set(COMPARISONS), name


def shape_of(callable_: Callable[..., object]) -> Shape:
    parameters = list(inspect.signature(callable_).parameters.values())
    if parameters and parameters[0].name in ("self", "cls"):
        del parameters[0]
    return tuple(
        (
            parameter.name,
            parameter.kind.description,
            None if parameter.default is parameter.empty else repr(parameter.default),
        )
        for parameter in parameters
    )


def wrong_at_run_time(holder: object, dot: str, names: dict[str, Declared]) -> dict[str, str]:
    """What is missing, or is to be called otherwise than it is declared."""
    wrong = {}
    for name, what in names.items():
        if not is_open(name) or name == "__init__" or not what.shapes:
            continue
        if name in BYTES or (name == "__buffer__" and sys.version_info < (3, 12)):  # those of `bytes` itself; Python's
            continue
        found = getattr(holder, name, None)
        if found is None:
            wrong[dot + name] = "is missing"
        elif what.kind != "property" and isinstance(found, types.GetSetDescriptorType):
            wrong[dot + name] = "is an attribute"
        elif what.kind != "property" and not name.startswith("__"):
            shape = shape_of(found)
            if shape not in what.shapes:
                wrong[dot + name] = f"{shape} is declared as {what.shapes}"
    return wrong


def test_functions_are_called_as_declared() -> None:
    assert wrong_at_run_time(storelink, "", declared(OURS, FILES[""][0]).names) == {}


@pytest.mark.parametrize("name", ["S3Store", "GCSStore", "AzureStore", "HTTPStore", "LocalStore", "MemoryStore"])
def test_stores_are_made_and_called_as_declared(name: str) -> None:
    stores = declared(OURS, FILES["store"][0])
    members = stores.members(name)
    cls: Any = getattr(storelink.store, name)
    assert shape_of(cls) in members["__init__"].shapes
    assert wrong_at_run_time(cls, f"{name}.", members) == {}
    assert issubclass(cls, storelink.store.ObjectStore)
    assert issubclass(cls, storelink.store.ObjectStoreMethods)


async def test_results_are_called_as_declared() -> None:
    store = storelink.store.MemoryStore()
    storelink.put(store, "a", b"x")
    results: dict[str, object] = {
        "GetResult": storelink.get(store, "a"),
        "BytesStream": storelink.get(store, "a").stream(),
        "Bytes": storelink.get_range(store, "a", start=0, length=1),
        "ListStream": storelink.list(store),
        "RecordBatch": storelink.list(store, return_arrow=True).collect(),
        "Table": storelink.list_with_delimiter(store, return_arrow=True)["objects"],
        "ReadableFile": storelink.open_reader(store, "a"),
        "AsyncReadableFile": await storelink.open_reader_async(store, "a"),
    }
    with storelink.open_writer(store, "b") as results["WritableFile"]:
        pass
    async with storelink.open_writer_async(store, "b") as results["AsyncWritableFile"]:
        pass
    module = declared(OURS, FILES[""][0])
    wrong = [wrong_at_run_time(type(result), f"{name}.", module.members(name)) for name, result in results.items()]
    # Tests have the package arro3-core, whose classes stand in for ours; see the class itself for these methods.
    arro3 = {"RecordBatch.__len__", "RecordBatch.to_pylist", "Table.to_pylist"}
    # A bool that can be called.
    assert {name for part in wrong for name in part} == arro3 | {"WritableFile.closed"}
    assert [name for name in BYTES if not callable(getattr(results["Bytes"], name, None))] == []


def test_types_are_for_type_checkers_only() -> None:
    module = declared(OURS, FILES["store"][0])
    typed = {name for name in module.names if "TypedDict" in module.bases(name)}
    assert {"S3Config", "ClientConfig", "GCSCredential"} <= typed
    assert {name for name in typed if hasattr(storelink.store, name)} == set()
