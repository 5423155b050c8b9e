"""The layering check fails on what it forbids, and only on that."""

from __future__ import annotations

from pathlib import Path

import check_layering
import pytest

pytestmark = pytest.mark.once


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def problems(root: Path) -> list[str]:
    root = root.resolve()
    return [p for path in check_layering.source_files(root) for p in check_layering.check_file(root, path)]


HEADERS = {
    "include/storelink/error.hpp": "#pragma once\n",
    "include/storelink/python/nanobind.hpp": "#include <storelink/error.hpp>\n",
    "src/base/loop.hpp": "",
    "src/codec/url.hpp": "",
    "src/http/retry.hpp": '#include "base/loop.hpp"\n',
    "src/cloud/cloud_store.hpp": '#include "http/retry.hpp"\n',
    "src/cloud/s3/dialect.hpp": '#include "cloud/cloud_store.hpp"\n',
    "src/cloud/gcs/dialect.hpp": '#include "codec/url.hpp"\n',
    "src/memory/memory_store.hpp": "",
    "src/open/open.hpp": '#include "cloud/gcs/dialect.hpp"\n#include "memory/memory_store.hpp"\n',
    "python/toolkit/classes.hpp": '#include "open/open.hpp"\n',
}


def test_accepts_the_arrows_of_the_design(tmp_path: Path) -> None:
    write(tmp_path, HEADERS)
    write(tmp_path, {"src/base/loop.cpp": '#include "loop.hpp"\n#include <vector>\n#include <storelink/error.hpp>\n'})
    write(tmp_path, {"tests/base/loop_test.cpp": '#include "cloud/s3/dialect.hpp"\n'})
    write(tmp_path, {"examples/my_ext/my_ext.cpp": "#include <storelink/python/nanobind.hpp>\n"})
    assert problems(tmp_path) == []
    assert check_layering.main([str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("path", "include"),
    [
        ("include/storelink/stores.hpp", '"base/loop.hpp"'),
        ("include/storelink/stores.hpp", "<storelink/python/nanobind.hpp>"),
        ("src/base/loop.cpp", '"http/retry.hpp"'),
        ("src/codec/url.cpp", '"memory/memory_store.hpp"'),
        ("src/http/retry.cpp", '"cloud/cloud_store.hpp"'),
        ("src/cloud/cloud_store.cpp", '"cloud/s3/dialect.hpp"'),
        ("src/cloud/s3/dialect.cpp", '"cloud/gcs/dialect.hpp"'),
        ("src/cloud/s3/dialect.cpp", '"../gcs/dialect.hpp"'),
        ("src/memory/memory_store.cpp", '"http/retry.hpp"'),
        ("src/base/loop.cpp", '"open/open.hpp"'),
        ("src/base/loop.cpp", "<storelink/python/nanobind.hpp>"),
        ("python/src/module.cpp", '"base/loop.hpp"'),
        ("examples/my_ext/my_ext.cpp", '"base/loop.hpp"'),
        ("include/storelink/abi.h", "<stdio.h>"),
        ("src/base/loop.cpp", "<storelink/missing.hpp>"),
    ],
)
def test_refuses_a_forbidden_include(tmp_path: Path, path: str, include: str) -> None:
    write(tmp_path, HEADERS)
    write(tmp_path, {path: f"// first line\n#include {include}\n"})
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{path}:2: ")
    assert include.strip('"<>') in problem
    assert check_layering.main([str(tmp_path)]) == 1


def test_refuses_a_file_outside_every_layer(tmp_path: Path) -> None:
    write(tmp_path, {"src/misc/helper.cpp": ""})
    (problem,) = problems(tmp_path)
    assert "belongs to no layer" in problem


@pytest.mark.parametrize(
    "path", ["src/base/big.cpp", "python/storelink/big.pyi", "tests/base/big_test.cpp", "rust/storelink/src/big.rs"]
)
def test_refuses_a_file_over_600_lines(tmp_path: Path, path: str) -> None:
    write(tmp_path, {path: "\n" * 600})
    assert problems(tmp_path) == []
    write(tmp_path, {path: "\n" * 601})
    (problem,) = problems(tmp_path)
    assert "601 lines" in problem
