"""The check of the clouds' folders fails on lines of the same shape, and only on those."""

from __future__ import annotations

from pathlib import Path

import check_clouds
import pytest

pytestmark = pytest.mark.once

ONE = """
  const Request request = make(key, "GET");  // why
  if (request.head) return {};

  for (const auto& part : parts) add(part, 1);
  sign(request);
  send(request);
  return parse(request);
"""
OTHER_NAMES = """
  const Question question = ask(name, "PUT");
  if (question.empty) return {};
  for (const auto& word : words) count(word, 22);
  // and now
  mark(question);
  give(question);
  return take(question);
"""
TABLE = "".join(f'    {{"key_{i}", {{"alias"}}}},\n' for i in range(9)) + "".join(f"  name_{i},\n" for i in range(9))


def shared(root: Path, first: str, second: str) -> list[str]:
    for name, text in (("a", first), ("b", second)):
        (root / name).mkdir()
        (root / name / "dialect.cpp").write_text(text)
    return check_clouds.shared_runs(check_clouds.read_folders(root))


def test_finds_six_lines_that_differ_in_names_only(tmp_path: Path) -> None:
    assert shared(tmp_path, ONE, OTHER_NAMES) == ["b/dialect.cpp:2: 6 lines of the same shape as at a/dialect.cpp:2"]


def test_five_lines_are_no_run(tmp_path: Path) -> None:
    assert shared(tmp_path, ONE, OTHER_NAMES.replace("mark(question);", "mark(question, 1);")) == []


def test_lists_all_look_alike(tmp_path: Path) -> None:
    assert shared(tmp_path, TABLE, TABLE) == []


def test_one_folder_may_repeat_itself(tmp_path: Path) -> None:
    assert shared(tmp_path, ONE + ONE, "") == []
