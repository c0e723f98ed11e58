"""`store.url` alone chooses: every command does with PostgreSQL what it does with SQLite."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import CONFIGURATION, ONE_HOUR_DOWN, Linewatch
from tests.postgresql import Server

YEAR = ("--year", "2022")
COMMANDS = [
    ("db", "upgrade"),
    ("import", "states.csv", "--service", "leased-line", "--kind", "states"),
    ("status", "--json"),
    ("sla", *YEAR),
    ("sla", *YEAR, "--format", "json"),
    ("outages", *YEAR),
    ("export", "--service", "leased-line", "--kind", "states", "--from", "2022-01-01", "--to", "2023-01-01"),
    ("import", "states.csv", "--service", "leased-line", "--kind", "states"),
    ("exclude", "add", "--all", "--from", "2022-06-15T10:30", "--to", "2022-06-15T12:00", "--reason", "电力检修", "--by", "张三"),
    ("outages", "note", "leased-line@20220615T020000Z", "--by", "张三", "--ticket", "GD-17", "--carrier-start", "2022-06-15T10:05"),
    ("exclude", "revoke", "1", "--reason", "日期有误", "--by", "李四"),
    ("exclude", "list", *YEAR, "--json"),
]


def kept_in(folder: Path, url: str) -> None:
    (folder / "linewatch.toml").write_text(f'{CONFIGURATION}\n[store]\nurl = "{url}"\n', "utf-8")


def told(linewatch: Linewatch) -> list[str]:
    """What the commands say, one after the other, without what differs from run to run."""
    said = []
    for command in COMMANDS:
        ran = linewatch(*command, *(("--as-of", "2023-01-02") if command[:2] in (("sla", "--year"), ("outages", "--year")) else ()))
        assert (ran.code, ran.err) == (0, ""), ran.err
        said.append(ran.out)
    return said


def test_every_command_says_the_same_of_either_store(folder: Path, linewatch: Linewatch, postgresql: Server) -> None:
    (folder / "states.csv").write_text(ONE_HOUR_DOWN, "utf-8")
    kept_in(folder, postgresql.url(postgresql.database()))
    by_server = told(linewatch)
    kept_in(folder, "sqlite:///linewatch.db")
    by_file = told(linewatch)
    assert [undated(said) for said in by_server] == [undated(said) for said in by_file]
    assert json.loads(by_server[4])["services"][0]["seconds"]["down"] == 3600


def undated(said: str) -> str:
    """Without the moments at which it was said, imported and entered, and the digest of a configuration that names the store."""
    return re.sub(r'"generated_at": "[^"]+"|(?!202[23])\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[^" ]*|[0-9a-f]{64}', "…", said)


@pytest.mark.parametrize("command", [COMMANDS[number] for number in (0, 1, 2, 3, 5)])
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://lw:right@127.0.0.1:1/lw", 'is away: connection to server at "127.0.0.1", port 1 failed: Connection refused'),
        ("postgresql://lw:wrong@127.0.0.1:{port}/postgres", 'refuses: password authentication failed for user "lw"'),
        ("postgresql://lw:right@127.0.0.1:{port}/nowhere", 'refuses: database "nowhere" does not exist'),
    ],
    ids=["no server", "wrong password", "no database"],
)
def test_a_store_that_cannot_be_used_is_one_line_and_exit_3(
    folder: Path, linewatch: Linewatch, postgresql: Server, command: tuple[str, ...], url: str, said: str
) -> None:
    (folder / "states.csv").write_text(ONE_HOUR_DOWN, "utf-8")
    place = url.format(port=postgresql.port)
    kept_in(folder, place)
    ran = linewatch(*command)
    masked = place.replace(":right@", ":***@").replace(":wrong@", ":***@")
    assert (ran.code, ran.out, ran.err) == (3, "", f"linewatch: the store {masked} {said}\n")


def test_a_missing_driver_is_one_line_and_exit_3(folder: Path, process: Linewatch) -> None:
    kept_in(folder, "postgresql://lw@127.0.0.1:1/lw")
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['psycopg'] = None\n")
    ran = process("status", PYTHONPATH=str(folder))
    assert (ran.code, ran.err) == (3, "linewatch: PostgreSQL as the store needs its driver: pip install 'linewatch[postgresql]'\n")
