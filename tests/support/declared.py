"""The public names of a Python module and their signatures, as .py and .pyi files declare them. Nothing is imported."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

# One way to call a function: for each parameter its name, its kind and its default, which is None if it has none.
Shape = tuple[tuple[str, str, object], ...]


@dataclass
class Declared:
    """What a name is. Annotations are not looked at."""

    kind: str  # "def", "async def", "property", "classmethod", "class", "value"
    shapes: set[Shape] = field(default_factory=set)  # the overloads of a function, or the only one
    bases: list[str] = field(default_factory=list)  # of a class
    members: dict[str, Declared] = field(default_factory=dict)  # of a class, its own
    doc: str | None = None  # its docstring; of overloads the only one


class Module:
    """What `files` declare together. The first one is the module itself, the others are what it takes names from."""

    def __init__(self, *files: Path) -> None:
        modules = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
        bodies = [module.body for module in modules]
        self.doc = ast.get_docstring(modules[0])
        self._everything: dict[str, Declared] = {}
        for body in bodies:
            _declare(body, self._everything)
        exported = _exported(bodies[0])
        own: dict[str, Declared] = {}
        _declare(bodies[0], own)
        exported |= _passed_on(bodies[0])
        self.names = {
            name: self._everything.get(name, Declared("value"))
            for name in exported | own.keys()
            if not name.startswith("_") or name == "__version__"
        }

    def bases(self, name: str) -> list[str]:
        """Of a class: itself, and its bases at any distance, the nearest first."""
        declared = self._everything.get(name, Declared("value"))
        return [name, *(found for base in declared.bases if base != name for found in self.bases(base))]

    def members(self, name: str) -> dict[str, Declared]:
        """Those of a class and of its bases."""
        found: dict[str, Declared] = {}
        for base in reversed(self.bases(name)):
            if base in self._everything:
                found |= self._everything[base].members
        return found


def _exported(body: list[ast.stmt]) -> set[str]:
    """The names in `__all__`."""
    lists = [
        statement.value
        for statement in body
        if isinstance(statement, ast.Assign)
        and ast.unparse(statement.targets[0]) == "__all__"
        and isinstance(statement.value, ast.List)
    ]
    return {
        item.value
        for items in lists
        for item in items.elts
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    }


def _passed_on(body: list[ast.stmt]) -> set[str]:
    """What is imported for others: as `from ... import name as name`, or from a file of the same package."""
    froms = [statement for statement in body if isinstance(statement, ast.ImportFrom) and statement.module]
    own = {alias.asname or alias.name for statement in froms if statement.level for alias in statement.names}
    return own | {alias.name for statement in froms for alias in statement.names if alias.asname == alias.name}


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Those for people and those for type checkers."""
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _statements([*statement.body, *statement.orelse])
        else:
            yield statement


def _declare(body: Iterable[ast.stmt], found: dict[str, Declared]) -> None:
    value: Declared | None = None  # the one that a text would be about
    for statement in _statements(body):
        about, value = value, None
        if isinstance(statement, FunctionNode):
            declared = found.setdefault(statement.name, Declared(_kind(statement)))
            declared.doc = ast.get_docstring(statement) or declared.doc
            if ".setter" not in "".join(map(ast.unparse, statement.decorator_list)):
                declared.shapes.add(_shape(statement))
        elif isinstance(statement, ast.ClassDef):
            declared = found.setdefault(statement.name, Declared("class"))
            declared.doc = ast.get_docstring(statement)
            declared.bases += [ast.unparse(base).split("[")[0].split(".")[-1] for base in statement.bases]
            _declare(statement.body, declared.members)
            _declare_attributes(statement, declared.members)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            value = found.setdefault(statement.target.id, Declared("value"))
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name) and target.id != "__all__":
                    value = found.setdefault(target.id, Declared("value"))
        elif isinstance(statement, ast.Expr) and about is not None:
            about.doc = _text(statement.value)


def _text(value: ast.expr) -> str | None:
    return inspect.cleandoc(value.value) if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _declare_attributes(definition: ast.ClassDef, members: dict[str, Declared]) -> None:
    """What `__init__` gives to `self`."""
    for method in definition.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            for node in ast.walk(method):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    members.setdefault(node.attr, Declared("value"))


def _kind(function: FunctionNode) -> str:
    decorators = {ast.unparse(decorator) for decorator in function.decorator_list}
    if decorators & {"property", "cached_property"}:
        return "property"
    if "classmethod" in decorators:
        return "classmethod"
    return "async def" if isinstance(function, ast.AsyncFunctionDef) else "def"


def _shape(function: FunctionNode) -> Shape:
    arguments = function.args
    positional = [(argument.arg, "positional-only") for argument in arguments.posonlyargs]
    positional += [(argument.arg, "positional or keyword") for argument in arguments.args]
    given: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    parameters = list(zip(positional, given + list(arguments.defaults), strict=True))
    if arguments.vararg:
        parameters.append(((arguments.vararg.arg, "variadic positional"), None))
    for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters.append(((argument.arg, "keyword-only"), value))
    if arguments.kwarg:
        parameters.append(((arguments.kwarg.arg, "variadic keyword"), None))
    shape = tuple((name, kind, None if value is None else _default(value)) for (name, kind), value in parameters)
    return shape[1:] if shape and shape[0][0] in ("self", "cls") else shape


def _default(value: ast.expr) -> object:
    """As text, after multiplications, which is how sizes are written."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        left, right = _default(value.left), _default(value.right)
        return str(int(str(left)) * int(str(right)))
    return ast.unparse(value)
