"""Checks of arguments: a TypeError that names the argument, before anything is asked for."""

from __future__ import annotations


def expect(name: str, value: object, kind: type | tuple[type, ...], accepted: str) -> None:
    """TypeError unless the value is of this kind, or None. It names the type that was given, and no value."""
    if value is not None and not isinstance(value, kind):
        _refuse(name, value, accepted)


def expect_method(name: str, value: object, method: str, accepted: str) -> None:
    """TypeError unless the value has this method, or is None."""
    if value is not None and (isinstance(value, type) or not callable(getattr(value, method, None))):
        _refuse(name, value, accepted)


def expect_text(name: str, value: object) -> None:
    """TypeError unless the value is a str, or None."""
    expect(name, value, str, "str")


def _refuse(name: str, value: object, accepted: str) -> None:
    given = f"the class {value.__name__}" if isinstance(value, type) else f"of type {type(value).__name__}"
    raise TypeError(f"{name} is {given}; accepted is {accepted}")
