"""Writes abi.h as older and newer libraries have it, and checks that its frozen layout leaves nothing out.

    python tests/abi/abi_header.py variant older|newer <abi.h> <output>
    python tests/abi/abi_header.py check <abi.h> <abi_layout.c>

A variant also defines ABI_OLDER or ABI_NEWER, so that code compiled against it can do without what an older one
lacks and fill in what only a newer one has.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

# What the older library lacks: in each struct this field and all behind it.
# Structs that are not named here have every field since the first version.
FIRST_MISSING = {
    "sl_error": "status",  # and the cause behind it
    "sl_object_meta": "version",
    "sl_get_request": "buffer",
    "sl_get_result": "stream",
    "sl_put_request": "tags",
    "sl_put_result": "version",
    "sl_multipart_request": "tags",
    "sl_list_request": "delimiter",
    "sl_executor": "spawn_blocking",
    "sl_store": "get_ranges",  # the table ended with rename
    "sl_retry": "base",
    "sl_open_request": "retry",
}
STRUCT = re.compile(r"struct (\w+) \{\n(.*?)\n\}", re.DOTALL)


def code_of(header: str) -> str:
    return re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)


def declarations(body: str) -> list[str]:
    return [" ".join(part.split()) for part in body.split(";") if part.strip()]


def names(declaration: str) -> list[str]:
    """What a declaration declares: `uint64_t start, end` two fields, `void (*f)(int a, int b)` one."""
    function = re.search(r"\(\*(\w+)\)", declaration)
    if function:
        return [function[1]]
    return [re.findall(r"\w+", declarator)[-1] for declarator in declaration.split(",")]


def structs(code: str) -> dict[str, list[str]]:
    return {struct[1]: [n for d in declarations(struct[2]) for n in names(d)] for struct in STRUCT.finditer(code)}


def older(name: str, fields: list[str]) -> list[str]:
    if name not in FIRST_MISSING:
        return fields
    place = next(i for i, field in enumerate(fields) if FIRST_MISSING[name] in names(field))
    return fields[:place]


def newer(_: str, fields: list[str]) -> list[str]:
    if not fields or names(fields[0]) != ["struct_size"]:
        return fields  # one that never changes
    is_table = any("(*" in field for field in fields)
    return [*fields, "void (*newer_function)(void)" if is_table else "uint64_t newer_field"]


def variant(kind: str, header: str) -> str:
    change = {"older": older, "newer": newer}[kind]
    code = code_of(header)
    if unknown := FIRST_MISSING.keys() - structs(code).keys():
        raise ValueError(f"abi.h has no struct {', '.join(sorted(unknown))}")

    def changed(struct: re.Match[str]) -> str:
        fields = change(struct[1], declarations(struct[2]))
        return f"struct {struct[1]} {{\n" + "".join(f"  {field};\n" for field in fields) + "}"

    return f"#define ABI_{kind.upper()}\n" + STRUCT.sub(changed, code)


def left_out(header: str, layout: str) -> list[str]:
    """What of abi.h is not frozen in the layout."""
    code = code_of(header)
    # The guard and the macros with parameters hold no value.
    wanted = [f"{name}," for name in re.findall(r"#define (SL_\w+) ", code)]
    for name, fields in structs(code).items():
        wanted += [f"SIZE({name},", *(f"FIELD({name}, {field}," for field in fields)]
    for values in re.findall(r"enum \w+ \{(.*?)\}", code, re.DOTALL):
        wanted += [f"VALUE({name}," for name in re.findall(r"(\w+) =", values)]
    wanted += [f"CALLBACK({name}," for name in re.findall(r"typedef \w+ \(\*(\w+)\)", code)]
    frozen = re.sub(r"\s+", " ", layout).replace("( ", "(")
    return [text.rstrip(",") for text in wanted if text not in frozen]


def main(arguments: list[str]) -> int:
    match arguments:
        case ["variant", kind, header, output]:
            Path(output).parent.mkdir(parents=True, exist_ok=True)
            Path(output).write_text(variant(kind, Path(header).read_text()))
            return 0
        case ["check", header, layout]:
            missing = left_out(Path(header).read_text(), Path(layout).read_text())
            print("".join(f"{layout}: does not freeze {item}\n" for item in missing), end="", file=sys.stderr)
            return 1 if missing else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
