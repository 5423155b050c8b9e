"""Every example of README.md and docs/ is built and run: see tests/documentation.py."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import storelink
from documentation import NEED_ECOSYSTEM, Example, Runner, examples
from servers import shared_key, sigv4

pytestmark = pytest.mark.once

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    page
    for page in (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md")))
    if str(page.relative_to(REPOSITORY)) not in NEED_ECOSYSTEM
]
EXAMPLES = [
    example
    for document in DOCUMENTS
    for example in examples(str(document.relative_to(REPOSITORY)), document.read_text(encoding="utf-8"))
]


@pytest.fixture(scope="module")
def runner(
    tmp_path_factory: pytest.TempPathFactory,
    s3_environment: dict[str, str],
    gcs_environment: dict[str, str],
    azure_environment: dict[str, str],
    http_environment: dict[str, str],
) -> Runner:
    modules = Path(storelink.__file__).parents[1]
    directory = tmp_path_factory.mktemp("documentation")
    prefix = directory / "prefix"
    subprocess.run(
        ["cmake", "--install", modules.parent, "--component", "core", "--prefix", prefix],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    keys = (s3_environment["STORELINK_TEST_S3_ACCESS_KEY_ID"], s3_environment["STORELINK_TEST_S3_SECRET_ACCESS_KEY"])
    endpoint = s3_environment["STORELINK_TEST_S3_ENDPOINT"]
    for path in ("bucket", "bucket/tables/2026/january"):
        assert sigv4.request("PUT", f"{endpoint}/{path}", *keys) in (200, 409)
    azure = {
        name: azure_environment[f"STORELINK_TEST_AZURE_{name}"] for name in ("ENDPOINT", "ACCOUNT_NAME", "ACCOUNT_KEY")
    }
    container = f"{azure['ENDPOINT']}/container?restype=container"
    ca_file = Path(azure_environment["STORELINK_TEST_AZURE_CA_FILE"])
    assert shared_key.request("PUT", container, azure["ACCOUNT_NAME"], azure["ACCOUNT_KEY"], ca_file) in (201, 409)
    variables = {
        "WEBDAV_URL": http_environment["STORELINK_TEST_NGINX_ENDPOINT"] + "/documentation",
        **{f"AZURE_STORAGE_{name}": value for name, value in azure.items()},
        "AZURE_ALLOW_HTTP": "true",
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
        "GOOGLE_BASE_URL": gcs_environment["STORELINK_TEST_GCS_ENDPOINT"],
        "GOOGLE_ALLOW_HTTP": "true",
        "GOOGLE_SERVICE_ACCOUNT": gcs_environment["STORELINK_TEST_GCS_SERVICE_ACCOUNT"],
    }
    return Runner(directory, prefix, str(modules), variables)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_documentation(example: Example, runner: Runner) -> None:
    runner.run(example)


def test_the_readme_has_examples_of_both_kinds() -> None:
    files = [set(example.files) for example in EXAMPLES if example.name.startswith("README.md")]
    assert any("pyproject.toml" in names for names in files)
    assert any("pyproject.toml" not in names and any(name.endswith(".cpp") for name in names) for names in files)


def test_a_fence_without_a_comment_is_found() -> None:
    with pytest.raises(ValueError, match=r"new\.md, line 3: no comment"):
        examples("new.md", "Text\n\n```cpp\nint main() {}\n```\n")
    with pytest.raises(ValueError, match="line 2: no comment"):
        examples("new.md", "<!-- exmaple: a/main.cpp -->\n```\nint main() {}\n```\n")
    assert examples("new.md", "<!-- no example: a fragment -->\n```cpp\nint main(\n```\n\n```\n./run\n```\n") == []


def test_fences_of_one_file_are_joined() -> None:
    text = "<!-- example: a/x.py -->\n```python\nx = 1\n```\n\n<!-- example: a/x.py -->\n\n```python\nprint(x)\n```\n"
    assert examples("new.md", text) == [Example("new.md:a", {"x.py": "x = 1\nprint(x)\n"})]


def test_a_file_may_be_hidden_in_a_comment() -> None:
    text = (
        "<!-- example: a/x.py\nx = 1\n-->\n\n<!-- a remark -->\n\n<!-- example: a/y.py -->\n```python\nimport x\n```\n"
    )
    assert examples("new.md", text) == [Example("new.md:a", {"x.py": "x = 1\n", "y.py": "import x\n"})]


def test_an_example_that_does_not_do_what_it_says(runner: Runner) -> None:
    for files, message in (
        (
            {"a.py": "print(1)\n", "b.py": "print(2)\n", "output.txt": "1\n3\n"},
            r"prints '1\\n2\\n', .* says '1\\n3\\n'",
        ),
        ({"a.py": "import nothing_of_this_name\n"}, "ModuleNotFoundError"),
        ({"CMakeLists.txt": "nonsense()\n", "main.c": "int main(void) { return 0; }\n"}, "nonsense"),
    ):
        with pytest.raises(AssertionError, match=message):
            runner.run(Example("failing", files))
