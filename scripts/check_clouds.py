"""Whether the clouds' folders say nothing twice and stay small: `python scripts/check_clouds.py`.

What two services have in common belongs into src/cloud. So no six lines of code in a row may have the same shape in
two of the folders, names and literals aside. Blank lines, comments, includes, lines without a letter or a digit,
enumerators and rows of tables do not count: all lists look alike.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

CLOUDS = Path(__file__).resolve().parent.parent / "src" / "cloud"
RUN = 6  # lines
SMALL = ("s3", "gcs", "azure")  # have together at most
LIMIT = 3200  # lines that are neither blank nor a comment

_KEYWORD = re.compile(
    r"auto|bool|break|case|catch|class|co_await|co_return|const|constexpr|continue|default|else|enum|false|final|for|if"
    r"|namespace|new|nullptr|override|private|public|return|static|struct|switch|template|this|throw|true|try|typename"
    r"|using|virtual|void|while"
)
_ENTRY = re.compile(r"\w+( = \w+)?,|\{.*,|.*\}[,}]*,")  # of a list
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[A-Za-z_]\w*|\d[\w.\']*|\S')


class Line(NamedTuple):
    place: str  # file:line
    shape: str
    is_entry: bool


def shape(code: str) -> str:
    """The line with a placeholder for each name and literal."""

    def placeholder(token: str) -> str:
        if token[0] in "\"'" or token[0].isdigit():
            return "0"
        is_name = token[0].isalpha() or token[0] == "_"
        return "x" if is_name and not _KEYWORD.fullmatch(token) else token

    return " ".join(placeholder(token) for token in _TOKEN.findall(code))


def code_lines(path: Path) -> list[Line]:
    lines = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        code = re.sub(r"(^|\s)//.*$", "", text).strip()
        if code.startswith("#include") or not re.search(r"\w", code):
            continue
        place = f"{path.parent.name}/{path.name}:{number}"
        lines.append(Line(place, shape(code), is_entry=_ENTRY.fullmatch(code) is not None))
    return lines


def shared_runs(folders: dict[str, list[list[Line]]]) -> list[str]:
    """The first line of each run that a folder shares with one before it."""
    seen: dict[tuple[str, ...], tuple[str, str]] = {}
    found = []
    for folder, files in folders.items():
        for all_lines in files:
            lines = [line for line in all_lines if not line.is_entry]
            for i in range(len(lines) - RUN + 1):
                run = tuple(line.shape for line in lines[i : i + RUN])
                other, place = seen.setdefault(run, (folder, lines[i].place))
                if other != folder:
                    found.append(f"{lines[i].place}: {RUN} lines of the same shape as at {place}")
    return found


def read_folders(root: Path) -> dict[str, list[list[Line]]]:
    return {
        folder.name: [code_lines(path) for path in sorted(folder.iterdir())]
        for folder in sorted(root.iterdir())
        if folder.is_dir()
    }


def size(folder: Path) -> int:
    """Lines that are neither blank nor a comment."""
    texts = (path.read_text() for path in folder.iterdir())
    return sum(not re.fullmatch(r"\s*(//.*)?", line) for text in texts for line in text.splitlines())


def main() -> int:
    folders = read_folders(CLOUDS)
    complaints = shared_runs(folders)
    sizes = {name: size(CLOUDS / name) for name in folders}
    together = sum(sizes[name] for name in SMALL)
    if together > LIMIT:
        complaints.append(f"{', '.join(SMALL)} have {together} lines of code; {LIMIT} is the limit")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if not complaints:
        listed = ", ".join(f"{name} {lines}" for name, lines in sizes.items())
        print(f"clouds: {listed}; {together} of {LIMIT} lines; none of them twice")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
