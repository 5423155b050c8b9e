"""Write the type hints of a built extension: what storelink_add_stubs() runs.

    python extension_stub.py nanobind|pybind11 <extension> <package> <store module> <exceptions module> <output>

The extension must be on sys.path. Its binding library's generator reads the functions; this adds the two modules that
storelink has registered, where their parameters' types are.
"""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def generate(binding: str, extension: str, package: str, directory: Path) -> str:
    """The text that the generator writes."""
    if binding == "nanobind":
        arguments = ["nanobind.stubgen", "--quiet", "--module", extension, "--output-dir", directory]
    else:  # its parameters' types can only be imported from the package, which is not there yet
        types = rf"{re.escape(package)}\..*"
        arguments = ["pybind11_stubgen", "--exit-code", "--ignore-unresolved-names", types, "--output-dir", directory]
        arguments.append(extension)
    subprocess.run([sys.executable, "-m", *arguments], check=True)
    single, whole = directory / f"{extension}.pyi", directory / extension / "__init__.pyi"
    return (single if single.exists() else whole).read_text(encoding="utf-8")


def add_imports(text: str, package: str, modules: list[str]) -> str:
    """`text` with the modules re-exported, below its docstring. Without `from __future__`, which means nothing here."""
    names = [rf"(?:from \. import|from {re.escape(package)} import) {re.escape(name)}(?: as \w+)?" for name in modules]
    useless = "|".join([r"from __future__ import annotations", *names])
    lines = re.sub(rf"^(?:{useless})\n", "", text, flags=re.MULTILINE).splitlines()
    body = ast.parse("\n".join(lines)).body
    has_docstring = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    after = (body[0].end_lineno or 0) if has_docstring else 0
    imports = [*(f"from . import {name} as {name}" for name in modules)]
    imports += [f"import {package}.{name}" for name in modules if f"import {package}.{name}" not in lines]
    return "\n".join([*lines[:after], *imports, *lines[after:]]) + "\n"


def main(binding: str, extension: str, package: str, store: str, exceptions: str, output: str) -> None:
    """See above."""
    module = importlib.import_module(extension)
    for name, function, option in (
        (store, "register_store_module", "STORE_MODULE"),
        (exceptions, "register_exceptions_module", "EXCEPTIONS_MODULE"),
    ):
        if getattr(getattr(module, name, None), "__name__", None) != f"{package}.{name}":
            sys.exit(
                f"storelink_add_stubs(): {extension} has no module {package}.{name}. PACKAGE and {option} must be what "
                f"it gives to {function}()"
            )
    with tempfile.TemporaryDirectory() as directory:
        text = generate(binding, extension, package, Path(directory))
    Path(output).write_text(add_imports(text, package, [store, exceptions]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
