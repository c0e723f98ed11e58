"""`linewatch check` on loopback: what each probe came to, and the exit code."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Linewatch

KEYS = {"target", "kind", "outcome", "cause", "detail", "rtt_ms"}


@pytest.fixture
def door() -> Iterator[int]:
    """The port of a listener on loopback, whose queue takes connections in."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def shut() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def configure(folder: Path, anchors: list[str], url: str) -> None:
    line = f'[[line]]\nname = "line"\ngateway = "127.0.0.1"\nanchors = {json.dumps(anchors)}\ntimeout = "500ms"\n'
    (folder / "linewatch.toml").write_text(
        f'language = "en"\n{line}[[endpoint]]\nname = "site"\ntitle = "平台"\nurl = "{url}"\ntimeout = "2s"\n', "utf-8"
    )


def seen(out: str) -> dict[str, dict[str, Any]]:
    told = json.loads(out)
    assert told.keys() == {"services"}
    return {each["name"]: each for each in told["services"]}


def test_where_everything_answers_it_exits_with_0(folder: Path, linewatch: Linewatch, door: int) -> None:
    configure(folder, ["127.0.1.1", f"tcp://127.0.0.1:{door}"], f"tcp://127.0.0.1:{door}")
    ran = linewatch("check", "--json")
    assert (ran.code, ran.err) == (0, "")
    services = seen(ran.out)
    assert [(name, each["reading"], each["cause"]) for name, each in services.items()] == [("line", "good", None), ("site", "good", None)]
    targets = services["line"]["targets"]
    assert [(each["target"], each["kind"]) for each in targets] == [
        ("127.0.0.1", "icmp"),
        ("127.0.1.1", "icmp"),
        (f"tcp://127.0.0.1:{door}", "tcp"),
    ]
    for each in (*targets, *services["site"]["targets"]):
        assert each.keys() >= KEYS
        assert (each["outcome"], each["cause"], each["detail"]) == ("ok", None, "")
        assert 0 < each["rtt_ms"] < 500
    assert not (folder / "linewatch.db").exists()


def test_where_a_probe_fails_it_exits_with_1_and_says_which_and_why(folder: Path, linewatch: Linewatch, door: int, shut: int) -> None:
    configure(folder, ["127.0.1.1", f"tcp://127.0.0.1:{shut}"], f"tcp://127.0.0.1:{door}")
    ran = linewatch("check", "--json")
    assert (ran.code, ran.err) == (1, "")
    services = seen(ran.out)
    _, answered, silent = services["line"]["targets"]
    assert (answered["outcome"], silent["outcome"], silent["cause"], silent["rtt_ms"]) == ("ok", "lost", "connect", None)
    assert "refused" in silent["detail"]
    assert (services["line"]["reading"], services["line"]["cause"]) == ("degraded", "partial")


def test_an_endpoint_that_fails_reads_bad_with_its_cause(folder: Path, linewatch: Linewatch, shut: int) -> None:
    configure(folder, ["127.0.1.1"], f"http://127.0.0.1:{shut}/")
    ran = linewatch("check", "--json")
    site = seen(ran.out)["site"]
    assert (ran.code, site["reading"], site["cause"]) == (1, "bad", "connect")
    assert [(each["kind"], each["outcome"]) for each in site["targets"]] == [("http", "lost")]


@pytest.mark.parametrize(("language", "words"), [("en", ("Service", "good", "bad", "connect")), ("zh", ("服务", "正常", "异常", "连接失败"))])
def test_the_table_in_both_languages(folder: Path, linewatch: Linewatch, shut: int, language: str, words: tuple[str, ...]) -> None:
    configure(folder, ["127.0.1.1"], f"tcp://127.0.0.1:{shut}")
    ran = linewatch("check", "--lang", language)
    assert (ran.code, ran.err) == (1, "")
    assert [word for word in (*words, "平台", "127.0.1.1") if word not in ran.out] == []
