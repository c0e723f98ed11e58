"""Messages on their way to a real web server and a real mail server, and what becomes of those that cannot leave."""

from __future__ import annotations

import email
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path

import pytest

from linewatch.errors import UsageError
from linewatch.notify import postman
from linewatch.notify.delivery import delivery
from linewatch.notify.memory import Memory, recalled, remember
from linewatch.notify.message import Message, message_of, text_of
from linewatch.notify.news import Told, Topic
from linewatch.notify.outbox import Outbox
from linewatch.notify.postman import Lateness, Postman
from tests.notify.receivers import mail, web

NOW = datetime.now(UTC)


def message(number: int, age: timedelta = timedelta(0)) -> Message:
    return Message(f"outage:line@{number}", Topic.OUTAGE, f"专线中断 {number}", f"原因：专线\n第 {number} 条", datetime.now(UTC) - age)


def until(holds: Callable[[], bool], within: float = 20) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "technician")


@pytest.fixture
def carried(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], tuple[Postman, list[str]]]]:
    """`carried(url)`: a postman at work on the outbox, patient for a tenth of a second, and what it tells of its tries."""
    monkeypatch.setattr(postman, "FIRST_WAIT_S", 0.1)
    started: list[Postman] = []

    def carried(url: str) -> tuple[Postman, list[str]]:
        told: list[str] = []
        late = Lateness("[late] {title}", "{body} (late)")
        started.append(Postman("technician", outbox, delivery(url), lambda _: late, lambda _, outcome: told.append(outcome)))
        started[-1].start()
        return started[-1], told

    yield carried
    for each in started:
        each.close()


def test_a_message_goes_to_a_web_server(outbox: Outbox, carried: Callable[[str], tuple[Postman, list[str]]]) -> None:
    with web() as server:
        working, told = carried(f"json://127.0.0.1:{server.port}/")
        assert outbox.put(message(1))
        working.wake()
        until(lambda: told == ["sent"])
        [got] = server.got
        assert (got["title"], got["message"]) == ("专线中断 1", "原因：专线\n第 1 条")
        until(lambda: outbox.waiting() == 0)


def test_a_message_goes_by_mail(outbox: Outbox, carried: Callable[[str], tuple[Postman, list[str]]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with mail(port) as server:
        outbox.put(message(1))
        _, told = carried(f"mailto://127.0.0.1:{port}/?from=linewatch@example.com&to=technician@example.com")
        until(lambda: told == ["sent"])
        [got] = server.got
    letter = email.message_from_bytes(got, policy=policy.default)
    body = letter.get_body(("plain",))
    assert letter["Subject"] == "专线中断 1"
    assert body is not None
    assert "原因：专线" in body.get_content()


def test_what_cannot_leave_waits_in_order_and_goes_out_late_and_marked(
    outbox: Outbox, carried: Callable[[str], tuple[Postman, list[str]]], caplog: pytest.LogCaptureFixture
) -> None:
    with web() as server:
        server.refuses = True
        for number in (1, 2):
            outbox.put(message(number, age=timedelta(minutes=30 - number)))
        _, told = carried(f"json://127.0.0.1:{server.port}/")
        until(lambda: told.count("failed") >= 2)
        assert outbox.waiting() == 2
        told_of = "message waits, the receiver did not take it or could not be reached receiver=technician topic=outage"
        assert [record.getMessage() for record in caplog.records] == [told_of], "once, not at every try"
        server.refuses = False
        until(lambda: told.count("sent") == 2)
        assert caplog.text.count("messages leave again receiver=technician after=00:00:") == 1
        assert [got["title"] for got in server.got] == ["[late] 专线中断 1", "[late] 专线中断 2"]
        assert server.got[0]["message"].endswith("(late)")


def test_what_waits_survives_the_process(outbox: Outbox, tmp_path: Path, carried: Callable[[str], tuple[Postman, list[str]]]) -> None:
    outbox.put(message(1))
    assert Outbox(tmp_path / "technician").waiting() == 1
    with web() as server:
        _, told = carried(f"json://127.0.0.1:{server.port}/")
        until(lambda: told == ["sent"])


def test_a_receiver_that_hangs_holds_up_nobody_who_writes(outbox: Outbox, carried: Callable[[str], tuple[Postman, list[str]]]) -> None:
    with web() as server:
        server.hangs = threading.Event()
        working, _ = carried(f"json://127.0.0.1:{server.port}/?cto=20&rto=20")
        outbox.put(message(1))
        working.wake()
        until(lambda: server.tries == 1)
        before = time.monotonic()
        for number in range(2, 12):
            outbox.put(message(number))
            working.wake()
        working.close()
        assert time.monotonic() - before < 5, "while the receiver hangs for twenty"
        server.hangs.set()


def test_what_is_wrong_with_the_folder_is_tried_again_and_ends_nothing(
    outbox: Outbox, tmp_path: Path, carried: Callable[[str], tuple[Postman, list[str]]], caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = tmp_path / "technician" / "0.json"
    in_the_way.mkdir(parents=True)
    outbox.put(message(1))
    with web() as server:
        _, told = carried(f"json://127.0.0.1:{server.port}/")
        until(lambda: "outbox cannot be used receiver=technician" in caplog.text)
        in_the_way.rmdir()
        until(lambda: "outbox can be used again receiver=technician after=00:00:" in caplog.text)
        assert told == ["sent"]


def test_a_message_too_old_to_matter_is_given_up(outbox: Outbox, carried: Callable[[str], tuple[Postman, list[str]]]) -> None:
    outbox.put(message(1, age=timedelta(days=8)))
    with web() as server:
        server.refuses = True
        _, told = carried(f"json://127.0.0.1:{server.port}/")
        until(lambda: told == ["given_up"])
        until(lambda: outbox.waiting() == 0)


def test_the_same_message_waits_once(outbox: Outbox) -> None:
    assert (outbox.put(message(1)), outbox.put(message(1)), outbox.waiting()) == (True, False, 1)


def test_an_outbox_that_is_full_lets_the_oldest_go(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linewatch.notify.outbox.MOST", 3)
    for number in range(5):
        outbox.put(message(number, age=timedelta(minutes=10 - number)))
    assert outbox.waiting() == 3
    found = outbox.oldest()
    assert found is not None
    assert found[1].id == "outage:line@2"


def test_a_file_that_is_no_message_is_set_aside(outbox: Outbox, tmp_path: Path) -> None:
    outbox.put(message(1))
    (tmp_path / "technician" / "00000000000000000000-dead.json").write_bytes(b"\xff\x00 not a message")
    found = outbox.oldest()
    assert found is not None
    assert found[1].id == "outage:line@1"
    assert [path.suffix for path in (tmp_path / "technician").glob("*dead*")] == [".unreadable"]


def test_a_message_and_its_text() -> None:
    assert message_of(text_of(message(7))).id == "outage:line@7"
    for text in ("", "[]", "{}", '{"id": 1}', text_of(message(7)).replace("outage", "outrage", 2)):
        with pytest.raises(ValueError, match=r"not a message|Expecting value|not a valid Topic"):
            message_of(text)


def test_a_url_that_nobody_understands_is_refused_without_showing_it() -> None:
    with pytest.raises(UsageError) as refused:
        delivery("nonsense://user:hunter2@example.com")
    assert "hunter2" not in str(refused.value)


def test_what_was_told_is_remembered(tmp_path: Path) -> None:
    memory = Memory({"line": Told(NOW, NOW, NOW, None, NOW, "2022-03"), "site": Told(NOW)}, "2022-02")
    remember(tmp_path / "technician" / "told", memory)
    assert recalled(tmp_path / "technician" / "told") == memory


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"services": {"line": {}}, "summary": ""}', b'{"services": 7, "summary": ""}'])
def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "told").write_bytes(content)
    assert recalled(tmp_path / "told") == Memory()
