"""What the command line is made of: sizes, the limit on requests, partial files, the progress bar."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import signal
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from servers.ranges import range_server
from storelink._cli import execution, sizes
from storelink._cli.errors import CommandError, explain
from storelink._cli.execution import RequestLimit
from storelink._cli.partial_file import PartialFile, is_temporary, temporary_name
from support.command_line import Place, Process

pytestmark = pytest.mark.once
storelink = Process()


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0"), (1023, "1023"), (1024, "1.0K"), (1434, "1.4K"), (10240, "10K"), (1023 << 10, "1.0M"), (5 << 60, "5.0E")],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert sizes.human(size) == text


def test_sizes_and_durations_are_read() -> None:
    assert [sizes.parse_size(text) for text in ("7", "8M", "2k", "1GiB", "3 KB")] == [7, 8 << 20, 2048, 1 << 30, 3072]
    assert sizes.parse_duration("90") == timedelta(seconds=90)
    assert sizes.parse_duration("1h30m") == timedelta(minutes=90)
    assert sizes.parse_duration("7d") == timedelta(days=7)
    for text in ("", "M", "-1", "1.5M", "1X", "7B"):
        with pytest.raises(ValueError, match="is no size"):
            sizes.parse_size(text)
    for text in ("", "h", "-1h", "1y", "1h x"):
        with pytest.raises(ValueError, match="is no duration"):
            sizes.parse_duration(text)
    with pytest.raises(ValueError, match="a duration of 0"):
        sizes.parse_duration("0s")


def test_an_error_is_one_line() -> None:
    assert explain(ValueError("one\n  two\x1b[1m")) == "one two\\x1b[1m"
    assert explain(FileNotFoundError(2, "No such file", "a")) == "a: No such file"
    assert explain(ValueError()) == "ValueError"


def test_the_limit_holds_and_is_fair() -> None:
    async def check() -> None:
        limit = RequestLimit(3)
        running, most, order = 0, 0, list[int]()

        async def hold(number: int, at_most: int, at_least: int) -> None:
            nonlocal running, most
            async with limit.hold(at_most, at_least) as granted:
                assert min(at_least, 3) <= granted <= at_most
                order.append(number)
                running += granted
                most = max(most, running)
                await asyncio.sleep(0)
                running -= granted

        await execution.all_of(hold(number, 2 + number % 5, 1 + number % 2) for number in range(100))
        assert most == 3
        assert order == list(range(100))

    asyncio.run(check())


def test_who_is_cancelled_while_waiting_gives_back_what_was_granted() -> None:
    async def check() -> None:
        limit = RequestLimit(1)
        async with limit.hold():
            waiting = [asyncio.ensure_future(_hold(limit)) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
        waiting[1].cancel()  # it was granted its turn by now, and has not seen it
        await waiting[2]
        assert [task.cancelled() for task in waiting] == [True, True, False]

    asyncio.run(check())


async def _hold(limit: RequestLimit) -> None:
    async with limit.hold():
        pass


def test_the_first_failure_ends_what_runs_beside_it() -> None:
    ended = []

    async def work(number: int) -> None:
        if number == 5:
            raise CommandError("five")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    with pytest.raises(CommandError, match="five"):
        execution.run(execution.for_each(range(100), work, at_once=10))
    assert sorted(ended) == [0, 1, 2, 3, 4, *ended[5:]]
    assert 5 not in ended


def test_a_partial_file_remembers_its_parts(tmp_path: Path) -> None:
    target = tmp_path / "a"
    with pytest.raises(CommandError), PartialFile(target, 25, 10, "v1") as partial:
        assert list(partial.missing()) == [(0, 10), (10, 20), (20, 25)]
        partial.write(10, b"1" * 10)
        partial.mark(10)
        partial.write(0, b"half")
        raise CommandError("stop")
    assert not target.exists()
    with PartialFile(target, 25, 10, "v1") as partial:
        assert list(partial.missing()) == [(0, 10), (20, 25)]
        assert partial.bytes_there == 10
        partial.write(0, b"0" * 10)
        partial.write(20, b"2" * 5)
        partial.finish(25)
    assert target.read_bytes() == b"0" * 10 + b"1" * 10 + b"2" * 5
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("other", [(25, 10, "v2"), (24, 10, "v1"), (25, 9, "v1"), (25, 10, None)])
def test_a_partial_file_of_something_else_is_not_continued(tmp_path: Path, other: tuple[int, int, str | None]) -> None:
    with pytest.raises(CommandError), PartialFile(tmp_path / "a", 25, 10, "v1") as partial:
        partial.mark(0)
        raise CommandError("stop")
    with PartialFile(tmp_path / "a", *other) as partial:
        assert partial.bytes_there == 0
        partial.finish(0)


def test_a_partial_file_without_parts_is_removed(tmp_path: Path) -> None:
    for identity in ("v1", None):
        with pytest.raises(CommandError), PartialFile(tmp_path / "a", 25, 10, identity) as partial:
            partial.write(0, b"some")
            raise CommandError("stop")
        assert list(tmp_path.iterdir()) == []


def test_a_long_name_has_a_temporary_one(tmp_path: Path) -> None:
    name = "ü" * 127
    assert is_temporary(temporary_name(name))
    with PartialFile(tmp_path / name, 1, 1) as partial:
        partial.write(0, b"1")
        partial.finish(1)
    assert (tmp_path / name).read_bytes() == b"1"


@pytest.mark.parametrize("options", [(), ("--no-progress",), ("--json",)])
def test_a_terminal_gets_a_progress_bar(tmp_path: Path, options: tuple[str, ...]) -> None:
    size = 5 << 20
    with range_server(bytes(3 * size)) as server:
        server.hold_from = size
        terminal, other_end = pty.openpty()
        arguments = ["cp", "--part-size", "5M", "--concurrency", "1", *options, f"{server.address}/a", str(tmp_path)]
        environment = Process({"TERM": "xterm", "COLUMNS": "100"})
        with environment.start(*arguments, stderr=other_end) as process:
            os.close(other_end)
            assert server.held.wait(60)
            shown = b""
            while not options and not all(word in shown for word in (b"0/1", b"/15.0 MiB", b"/s", b":")):
                shown += os.read(terminal, 4096)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
        if options:
            with pytest.raises(OSError, match="Input/output error"):  # nothing was written, and nobody is there
                os.read(terminal, 1)
        os.close(terminal)


def test_an_upload_with_a_progress_bar_is_complete(s3_place: Place, tmp_path: Path) -> None:
    data = os.urandom(12 << 20)
    (tmp_path / "a").write_bytes(data)
    terminal, other_end = pty.openpty()
    reader = threading.Thread(target=_read_to_the_end, args=(terminal,))
    reader.start()
    environment = Process({"TERM": "xterm"})
    with environment.start(
        "cp", "--part-size", "5M", str(tmp_path / "a"), s3_place.at("a"), stderr=other_end
    ) as process:
        os.close(other_end)
        assert process.wait(60) == 0
    reader.join()
    os.close(terminal)
    assert s3_place.read("a") == data


def _read_to_the_end(terminal: int) -> None:
    with contextlib.suppress(OSError):  # nobody is at the other end any more
        while os.read(terminal, 4096):
            pass


def test_no_terminal_gets_no_progress_bar(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    assert storelink("cp", tmp_path / "a", tmp_path / "b") == b""  # nor anything on the standard error
