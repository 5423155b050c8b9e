"""What came of a call, in a form in which the two packages can be compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any

from differential.ways import File, Way


@dataclass(frozen=True)
class Outcome:
    """The value or else the exception, and what the store holds afterwards."""

    value: object = None
    error: BaseException | None = None
    contents: object = None

    def __str__(self) -> str:
        what = f"raised {type(self.error).__qualname__}: {self.error}" if self.error else f"gave {self.value!r}"
        return f"{what}\n    and the store holds {self.contents}"


def outcome(row: Callable[[Way], object], way: Way) -> Outcome:
    try:
        value, error = comparable(row(way)), None
    except BaseException as raised:  # obstore's panics are no Exception
        if isinstance(raised, KeyboardInterrupt | SystemExit):
            raise
        value, error = None, raised
    return Outcome(value, error, None if way.store is None else way.contents())


def same(ours: Outcome, theirs: Outcome, our_package: ModuleType) -> bool:
    """The same value of the same type, or the same exception or a subclass of it; and the same effect."""
    if (ours.error is None) != (theirs.error is None) or ours.contents != theirs.contents:
        return False
    if ours.error is None or theirs.error is None:
        return ours.value == theirs.value
    says_why = bool(str(ours.error)) or isinstance(ours.error, StopIteration | StopAsyncIteration)
    return says_why and isinstance(ours.error, _twin(type(theirs.error), our_package))


def _twin(error: type[BaseException], our_package: ModuleType) -> type[BaseException] | tuple[()]:
    """What code that catches obstore's exception catches after the switch. () for what nobody catches."""
    if error.__module__.startswith("obstore"):
        return getattr(our_package.exceptions, error.__name__)  # type: ignore[no-any-return]
    return error if error.__module__ == "builtins" else ()


def comparable(value: object) -> object:
    """A value with its type. Classes of the packages are twins if they have the same name. Times and
    etags count by their type alone: they depend on when and how an object was put."""
    kind = type(value).__name__
    if isinstance(value, File):
        return comparable(value.file)
    if isinstance(value, dict):
        return kind, [(key, type(item).__name__ if key == "e_tag" else comparable(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return kind, [comparable(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str | bytes | bytearray):
        return kind, value
    if isinstance(value, datetime):
        return kind, value.utcoffset()
    if isinstance(value, type):
        return kind, value.__name__
    if kind in ("Bytes", "memoryview"):
        return kind, bytes(value)  # type: ignore[call-overload]
    if kind in ("RecordBatch", "Table"):
        return kind, *_columns(value)
    return kind


def _columns(value: Any) -> tuple[object, object]:  # noqa: ANN401
    """The schema and the rows of Arrow data, sorted by path."""
    from arro3.core import Table

    table: Any = Table.from_arrow(value)
    fields = [(field.name, str(field.type), field.nullable, field.metadata) for field in table.schema]
    columns = [[item.as_py() for item in column] for column in table.columns]
    rows = [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]
    return (fields, table.schema.metadata), comparable(sorted(rows, key=lambda row: str(row["path"])))
