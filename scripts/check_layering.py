"""Check who includes whom, and that no source file grows over 600 lines.

    python scripts/check_layering.py [root]

The arrows are those of docs/architecture.md: a file of a layer may include files of its own layer and of the layers
named in ALLOWED. Anything that does not resolve to a file of this repository (the standard library, curl, ...) is not
looked at, except in include/storelink/abi.h.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_LINES = 600
SOURCE_SUFFIXES = {".c", ".h", ".cpp", ".hpp", ".py", ".pyi", ".rs"}
SOURCE_DIRS = ("include", "src", "python", "rust", "examples", "tests", "bench", "scripts")
INCLUDE_DIRS = ("include", "src", "python/toolkit", "tests")
ABI_MAY_INCLUDE = {"stdint.h", "stddef.h"}

# A layer is the longest of these paths that a file lies under. Every layer of src/ may include the public headers.
CLOUDS = tuple(f"src/cloud/{name}" for name in ("s3", "gcs", "azure", "webdav"))
AWS = "src/cloud/aws"  # what the services of Amazon have in common; Google's federation speaks to them, too
BACKENDS = ("src/cloud", *CLOUDS, "src/local", "src/memory")
ALLOWED: dict[str, tuple[str, ...]] = {
    "include/storelink": ("include/storelink/detail",),
    "include/storelink/detail": ("include/storelink",),
    "include/storelink/python": ("include/storelink",),
    "src/base": ("src/codec",),
    "src/codec": ("src/base",),
    "src/http": ("src/base", "src/codec"),
    "src/cloud": ("src/http", "src/base", "src/codec"),
    AWS: ("src/cloud", "src/http", "src/base", "src/codec"),
    **dict.fromkeys(CLOUDS, ("src/cloud", "src/http", "src/base", "src/codec")),
    "src/cloud/s3": (AWS, "src/cloud", "src/http", "src/base", "src/codec"),
    "src/cloud/gcs": (AWS, "src/cloud", "src/http", "src/base", "src/codec"),
    "src/local": ("src/base", "src/codec"),
    "src/memory": ("src/base", "src/codec"),
    "src/wrappers": ("src/base", "src/codec"),
    "src/open": (*BACKENDS, "src/wrappers", "src/http", "src/base", "src/codec"),
    "python/toolkit": ("include/storelink/python", "src/open", "src/cloud", "src/base", "src/codec"),
    "python/src": ("include/storelink/python", "python/toolkit"),
    "examples": ("include/storelink/python",),
}
PUBLIC = ("include/storelink", "include/storelink/detail")
UNCHECKED = ("tests", "bench")  # they may look at everything

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path: str) -> str | None:
    """The layer of a file given by its path from the root, or None where nothing is laid down."""
    matching = [layer for layer in ALLOWED if path.startswith(layer + "/")]
    return max(matching, key=len, default=None)


def includes_of(root: Path, path: str) -> Iterator[tuple[int, str, str | None]]:
    """(line, name as written, path from the root if it is a file of this repository) for every #include."""
    text = (root / path).read_text(encoding="utf-8", errors="replace")
    for match in _INCLUDE.finditer(text):
        name = match[2]
        places = [str(Path(path).parent)] if match[1] == '"' else []
        found = None
        for place in (*places, *INCLUDE_DIRS):
            target = (root / place / name).resolve()
            if target.is_file() and target.is_relative_to(root):
                found = target.relative_to(root).as_posix()
                break
        yield text.count("\n", 0, match.start(2)) + 1, name, found


def _may_include(layer: str, target: str) -> bool:
    target_layer = layer_of(target)
    if target_layer in (layer, *ALLOWED[layer]):
        return True
    return target_layer in PUBLIC and not layer.startswith("include/")


def check_file(root: Path, path: str) -> list[str]:
    """What is wrong with one file, as `path:line: message` lines."""
    problems = []
    lines = len((root / path).read_bytes().splitlines())
    if lines > MAX_LINES:
        problems.append(f"{path}:{lines}: {lines} lines; a source file has at most {MAX_LINES}: split it")
    if Path(path).suffix in {".py", ".pyi", ".rs"} or path.startswith(tuple(f"{d}/" for d in UNCHECKED)):
        return problems

    layer = layer_of(path)
    if layer is None:
        problems.append(f"{path}:1: belongs to no layer; known are {', '.join(ALLOWED)}")
        return problems
    for line, name, target in includes_of(root, path):
        if path == "include/storelink/abi.h" and name not in ABI_MAY_INCLUDE:
            problems.append(f"{path}:{line}: abi.h may include only {', '.join(sorted(ABI_MAY_INCLUDE))}, not {name}")
        elif target is None and name.startswith("storelink/"):
            problems.append(f"{path}:{line}: includes {name}, which does not exist")
        elif target is not None and not _may_include(layer, target):
            allowed = ", ".join(ALLOWED[layer]) or "nothing else of this repository but the public headers"
            problems.append(f"{path}:{line}: {layer} must not include {name} ({target}); it may include {allowed}")
    return problems


def source_files(root: Path) -> list[str]:
    return sorted(
        file.relative_to(root).as_posix()
        for directory in SOURCE_DIRS
        for file in (root / directory).rglob("*")
        if file.suffix in SOURCE_SUFFIXES and file.is_file()
    )


def main(arguments: list[str]) -> int:
    root = Path(arguments[0] if arguments else Path(__file__).parent.parent).resolve()
    files = source_files(root)
    problems = [problem for path in files for problem in check_file(root, path)]
    print("\n".join(problems) or f"layering: {len(files)} files are in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
