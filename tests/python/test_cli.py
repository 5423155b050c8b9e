"""`storelink`: exit statuses, help and errors, whatever the command."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from storelink._cli import main
from storelink._cli.store_commands import STORE_COMMANDS
from support.command_line import Place, Process, s3_variables

pytestmark = pytest.mark.once
storelink = Process()


def test_help_names_every_command() -> None:
    printed = storelink("--help").decode()
    for name, meaning in STORE_COMMANDS.items():
        assert name in printed
        assert meaning in " ".join(printed.split())
    assert "new-extension" in printed


@pytest.mark.parametrize("name", STORE_COMMANDS)
def test_each_command_has_help(name: str) -> None:
    printed = storelink(name, "--help").decode()
    assert printed.startswith(f"Usage: storelink {name}")
    assert "--config KEY=VALUE" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ls"], "Missing argument 'URL...'"),
        (["ls", "--wrong", "x"], "No such option '--wrong'"),
        (["ls", ""], "an empty path names no file"),
        (["ls", "foo://x"], 'the scheme "foo" is not known'),
        (["ls", "s3://b?versionId=SECRET"], "written %3F and %23"),
        (["ls", "file://host/x"], "file URLs have three slashes"),
        (["ls", "--config", "SECRET", "s3://b"], "write KEY=VALUE"),
        (["ls", "--config", "=SECRET", "s3://b"], "write KEY=VALUE"),
        (["ls", "--config", "nonsense=SECRET", "s3://b"], 'unknown configuration key "nonsense"'),
        (["ls", "--endpoint", "http://x", "https://user:SECRET@example.com/a"], "--endpoint is for stores of a cloud"),
        (["ls", "https://user:SECRET@example.com/a?b"], "https://example.com/a"),
        (["cp", "a"], "give a source and a target"),
        (["cp", "-", "-"], "must be an object or a file"),
        (["cp", "-", "a", "b/"], "the only source"),
        (["cp", "a", "b", "-"], "takes one object"),
        (["cp", "a", "-", "--json"], "takes one object"),
        (["cp", "-r", "a", "-"], "no meaning"),
        (["cp", "-", "/tmp"], "needs a name"),
        (["cp", "a", "b", "--concurrency", "0"], "Invalid value for '--concurrency'"),
        (["cp", "a", "b", "--part-size", "1M"], "at least 5M"),
        (["cp", "a", "b", "--part-size", "much"], "'much' is no size"),
        (["cat", "a", "--range", "5:5"], "'5:5' is empty"),
        (["cat", "a", "--range", "5"], "'5' is no range"),
        (["cat", "a", "--range", "-0:"], "is empty"),
        (["rm", "s3://b"], "--recursive removes all"),
        (["rm", "s3://b/"], "--recursive removes all"),
        (["rm", "s3://b/a/"], "--recursive removes all"),
        (["rm", "-r", "/"], "the root of the file system"),
        (["du", "a", "--depth", "-1"], "Invalid value for '-d'"),
        (["cp", "-n", "-f", "a", "b"], "contradict each other"),
        (["presign", "s3://b/a", "--expires", "soon"], "'soon' is no duration"),
        (["presign", "s3://b/a", "--expires", "8d"], "takes --expires up to 7d"),
        (["presign", "gs://bbb/a", "--expires", "169h"], "takes --expires up to 7d"),
        (["presign", "s3://b/a", "--method", "STEAL"], "'STEAL' is not one of"),
        (["presign", "s3://b/"], "no single object"),
    ],
)
def test_a_command_line_without_sense_is_status_2_and_one_line(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed, errors = capfd.readouterr()
    assert printed == ""
    assert errors.startswith("storelink: ")
    assert errors.count("\n") == 1
    assert message in errors
    assert "SECRET" not in errors


def test_the_status_of_a_process_is_that_of_the_command(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert storelink("ls", tmp_path) == b"a\n"
    assert b"No such file" in storelink("ls", tmp_path / "b", status=1)
    assert b"usage" not in storelink("cp", "a", status=2)


def test_one_failure_of_several_is_status_1_and_the_others_are_done(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").write_bytes(b"aa")
    (tmp_path / "b").write_bytes(b"bb")
    assert main(["cat", str(tmp_path / "a"), str(tmp_path / "missing"), str(tmp_path / "b")]) == 1
    printed, errors = capfd.readouterr()
    assert printed == "aabb"
    assert errors.startswith(f"storelink: {tmp_path / 'missing'}: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_commands_say_which_extra_they_need(tmp_path: Path, missing: str) -> None:
    (tmp_path / f"{missing}.py").write_text(f"raise ModuleNotFoundError('No module', name={missing!r})\n")
    plain = Process({"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])})
    for name in STORE_COMMANDS:
        message = plain(name, "x", status=1).decode()
        assert message == f"storelink: `storelink {name}` needs the package {missing}: pip install 'storelink[cli]'\n"


def test_extensions_are_made_without_the_extra(tmp_path: Path) -> None:
    for name in ("click", "rich", "typer"):
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module', name={name!r})\n")
    plain = Process({"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])})
    plain("new-extension", "tiles", "--directory", tmp_path / "tiles")
    assert (tmp_path / "tiles/pyproject.toml").is_file()
    assert plain("--version")
    assert b"usage: storelink" in plain("--help")


def test_names_with_control_characters_stay_on_the_line_of_their_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["ls", str(tmp_path / "a\nb\x1b[2J")]) == 1
    errors = capfd.readouterr().err
    assert errors.count("\n") == 1
    assert "a\\nb\\x1b[2J" in errors


def test_a_reader_that_has_had_enough_is_no_error(local_place: Place) -> None:
    for number in range(3000):
        Path(local_place.at(f"a rather long name of a file, number {number}")).touch()
    Path(local_place.at("large")).write_bytes(bytes(3_000_000))
    for arguments in (
        ["ls", local_place.url],
        ["ls", "-r", "--json", local_place.url],
        ["cat", local_place.at("large")],
    ):
        with storelink.start(*arguments) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.read(1)
            process.stdout.close()
            assert process.wait(60) == 0
            assert process.stderr.read() == b""


def test_work_goes_on_when_nobody_reads_of_it(local_place: Place, tmp_path: Path) -> None:
    for number in range(2000):
        Path(local_place.at(f"a rather long name of a file, number {number}")).touch()
    for arguments in (["cp", "-rv", local_place.url, tmp_path / "copy"], ["rm", "-rv", local_place.url]):
        read, write = os.pipe()
        os.close(read)
        with storelink.start(*arguments, stdout=write) as process:
            os.close(write)
            _, errors = process.communicate(timeout=60)
            assert (process.returncode, errors) == (0, b"")
    assert len(list((tmp_path / "copy").iterdir())) == 2000
    assert not Path(local_place.url).exists()


def test_secrets_are_in_no_error(
    s3_environment: dict[str, str], s3_place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = s3_variables(s3_environment)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    for arguments in (["ls", s3_place.url], ["cat", s3_place.at("a")], ["cp", "-r", s3_place.url, "/nowhere/x"]):
        assert main(arguments) == 1
        errors = capfd.readouterr().err
        assert errors.count("\n") == 1
        assert "not-the-secret" not in errors
        assert variables["AWS_SECRET_ACCESS_KEY"] not in errors
        assert "Signature=" not in errors


def test_settings_may_be_options(
    s3_environment: dict[str, str], s3_place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    s3_place.write("a", b"12345")
    variables = s3_variables(s3_environment)
    for name in variables:
        monkeypatch.delenv(name)
    options = ["--endpoint", variables["AWS_ENDPOINT"], "--config", f"region={variables['AWS_REGION']}"]
    for name in ("access_key_id", "secret_access_key"):
        options += ["--config", f"{name}={variables['AWS_' + name.upper()]}"]
    assert main(["ls", "--json", *options, s3_place.url]) == 0
    assert json.loads(capfd.readouterr().out)["size"] == 5


def test_anonymous_readers_send_no_credentials(
    s3_environment: dict[str, str], s3_place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    bucket = f"s3://{s3_environment['STORELINK_TEST_S3_PUBLIC_BUCKET']}"
    assert main(["ls", bucket]) == 1
    assert main(["ls", "--anonymous", bucket]) == 0
    assert capfd.readouterr().err.count("\n") == 1


def test_the_module_is_the_command(tmp_path: Path) -> None:
    with storelink.start("ls", tmp_path, stdin=subprocess.DEVNULL) as process:
        assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == 0
