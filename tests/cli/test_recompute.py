"""`linewatch recompute`: the record judged once more; a record that was tampered with, or another rule, shows."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linewatch.sample.event import Event, Happening
from linewatch.store.opening import open_for_reading, open_for_writing
from tests.cli.conftest import Linewatch
from tests.cli.judged import Judged
from tests.cli.test_terminal import on_a_terminal

START = datetime(2024, 3, 1, tzinfo=UTC)
SLOT = timedelta(seconds=3)
HOUR = ("--from", "2024-03-01T08:00", "--to", "2024-03-01T09:00")
# A lone bad round, an outage of three rounds, one whose end is undecided, the office's own fault, a hole, degraded time.
DRAWING = "." * 100 + "x" + "." * 50 + "xxx" + "." * 40 + "xxxx.x.." + "." * 40 + "????xx.." + "." * 30 + " " * 20 + ".." + "p" * 9 + "." * 200


@pytest.fixture
def judged(folder: Path) -> Iterator[Judged]:
    return Judged(folder)


def told(linewatch: Linewatch, *arguments: str) -> tuple[int, dict[str, Any]]:
    ran = linewatch("recompute", *HOUR, "--service", "leased-line", "--format", "json", *arguments)
    assert ran.err == ""
    [found] = json.loads(ran.out)["services"]
    assert json.loads(ran.out)["equal"] == found["equal"] == (ran.code == 0)
    return ran.code, found


def tamper(folder: Path, slot: int, **columns: str | None) -> None:
    """Change one stored round behind everyone's back."""
    at_us = int((START + slot * SLOT).timestamp() * 1_000_000)
    with closing(sqlite3.connect(folder / "linewatch.db")) as database, database:
        settings = ", ".join(f"{name} = ?" for name in columns)
        changed = database.execute(f"UPDATE samples SET {settings} WHERE at_us = ?", (*columns.values(), at_us))
        assert changed.rowcount == 1


def test_a_record_comes_to_what_it_came_to(folder: Path, judged: Judged, linewatch: Linewatch) -> None:
    judged.rounds(START, DRAWING)
    judged.close()
    before = hashlib.sha256((folder / "linewatch.db").read_bytes()).hexdigest()
    code, found = told(linewatch)
    assert (code, found["differences"], found["readings"]["otherwise"], found["minutes"]["otherwise"]) == (0, [], 0, 0)
    assert found["rounds"] == len(DRAWING.replace(" ", ""))
    assert found["minutes"]["count"] == 25
    assert found["seconds"]["recorded"] == found["seconds"]["recomputed"]
    assert found["seconds"]["recorded"]["down"] == (3 + 6) * 3
    assert sum(found["seconds"]["recorded"].values()) == 3600
    table = linewatch("recompute", *HOUR)
    assert (table.code, table.err) == (0, "")
    assert "Recomputed and recorded are the same." in table.out
    assert hashlib.sha256((folder / "linewatch.db").read_bytes()).hexdigest() == before


@pytest.mark.parametrize("part", [(10, 20), (0, 152), (151, 200), (152, 153), (195, 197), (197, 300), (310, 340), (345, 360)])
def test_any_part_of_it_does_too(folder: Path, judged: Judged, linewatch: Linewatch, part: tuple[int, int]) -> None:
    judged.rounds(START, DRAWING)
    judged.close()
    start, end = ((START + slot * SLOT).isoformat() for slot in part)
    ran = linewatch("recompute", "--from", start, "--to", end, "--service", "leased-line")
    assert (ran.code, "the same" in ran.out) == (0, True)


def test_a_round_of_an_outage_that_is_made_good_takes_the_outage_away(folder: Path, judged: Judged, linewatch: Linewatch) -> None:
    judged.rounds(START, DRAWING)
    judged.close()
    tamper(folder, 152, outcomes="20000 20000")  # the second of the three bad rounds from slot 151 on
    code, found = told(linewatch)
    assert code == 1
    told_of = [(each["start"], each["seconds"], each["recorded"]["state"], each["recomputed"]["state"]) for each in found["differences"]]
    assert told_of[0] == ("2024-03-01T00:07:33Z", 9, "down", "up")
    assert {each[2:] for each in told_of[1:]} == {("degraded", "up")}  # with two rounds lost and not three the window is clean sooner
    assert found["readings"]["first"][0]["at"] == "2024-03-01T00:07:36Z"
    assert found["seconds"]["recorded"]["down"] - found["seconds"]["recomputed"]["down"] == 9
    assert found["minutes"]["otherwise"] == 1
    table = linewatch("recompute", *HOUR)
    assert table.code == 1
    assert "2024-03-01 08:07:33+08:00" in table.out
    assert "down (line)" in table.out
    assert "Recomputed and recorded differ." in table.out
    assert "复算与记录不一致。" in linewatch("recompute", *HOUR, "--lang", "zh").out


@pytest.mark.parametrize(
    "columns",
    [
        {"outcomes": "- -"},
        {"reading": "b", "cause": "line"},
        {"reading": "b", "cause": "line", "outcomes": "- -"},  # consistent with itself: its minute knows better
    ],
)
def test_one_round_that_was_flipped_shows_although_no_state_changes(
    folder: Path, judged: Judged, linewatch: Linewatch, columns: dict[str, str]
) -> None:
    judged.rounds(START, DRAWING)
    judged.close()
    tamper(folder, 30, **columns)
    code, found = told(linewatch)
    assert (code, found["differences"]) == (1, [])
    assert found["readings"]["otherwise"] + found["minutes"]["otherwise"] > 0
    assert linewatch("recompute", *HOUR).code == 1


def test_another_rule_is_tried_without_touching_the_record(folder: Path, judged: Judged, linewatch: Linewatch) -> None:
    judged.rounds(START, DRAWING)
    judged.close()
    code, found = told(linewatch, "--fall", "1", "--rise", "1")
    assert (code, found["rule"]) == (1, {"fall": 1, "rise": 1, "quorum": 1})
    assert found["seconds"]["recomputed"]["down"] == (1 + 3 + 4 + 1 + 2) * 3
    assert found["readings"]["otherwise"] == 0
    code, found = told(linewatch, "--fall", "4")
    assert found["seconds"]["recomputed"]["down"] == 6 * 3
    code, found = told(linewatch, "--quorum", "2")
    assert code == 1
    assert found["readings"]["otherwise"] >= 9
    assert told(linewatch)[0] == 0


def test_a_step_of_the_clock_is_replayed_and_doubled_time_is_left_out(folder: Path, judged: Judged, linewatch: Linewatch) -> None:
    after = judged.rounds(START, "." * 40 + "x")
    judged.step_clock(after, after + timedelta(minutes=2))
    after = judged.rounds(after + timedelta(minutes=2), "." * 60 + "xxxx" + "." * 40)
    judged.step_clock(after, after - timedelta(seconds=31))
    judged.rounds(after - timedelta(seconds=31), "x.." + "." * 97 + "xxx" + "." * 60)
    judged.close()
    code, found = told(linewatch)
    assert code == 0, found
    assert [(each["start"], each["end"], each["reason"]) for each in found["not_recomputed"]] == [
        ("2024-03-01T00:08:44Z", "2024-03-01T00:10:15Z", "clock")
    ]
    assert found["seconds"]["recorded"]["down"] == 7 * 3
    assert "the clock was stepped back" in linewatch("recompute", *HOUR).out


def test_where_the_rounds_are_gone_it_says_so(folder: Path, judged: Judged, linewatch: Linewatch) -> None:
    judged.rounds(START, "." * 600 + "xxxx" + "." * 700)
    judged.close()
    store = open_for_writing(f"sqlite:///{folder / 'linewatch.db'}")
    lost = {"count": 3, "first_at": (START + timedelta(minutes=62)).isoformat(), "last_at": (START + timedelta(minutes=63)).isoformat()}
    store.note(Event(START + timedelta(minutes=64), Happening.SAMPLES_LOST, "leased-line", lost))
    store.prune(START + timedelta(hours=1))
    while not pruned(folder):
        time.sleep(0.02)
    store.close(30)
    code, found = told(linewatch)
    assert (code, found["rounds"]) == (0, 0)
    assert [each["reason"] for each in found["not_recomputed"]] == ["pruned"]
    assert sum(found["seconds"]["recorded"].values()) == 0
    ran = linewatch("recompute", "--from", "2024-03-01T08:00", "--to", "2024-03-01T09:05", "--service", "leased-line")
    assert ran.out.endswith("Recomputed and recorded are the same, as far as there are rounds.\n")
    assert (ran.code, "the rounds are gone (keep_samples)" in ran.out, "could not be kept" in ran.out) == (0, True, True)


def pruned(folder: Path) -> bool:
    with open_for_reading(f"sqlite:///{folder / 'linewatch.db'}") as history:
        return history.pruned_before("leased-line") == START + timedelta(hours=1)


def test_an_anchor_that_is_set_aside_is_so_in_the_replay_too(folder: Path, judged: Judged, linewatch: Linewatch) -> None:
    day = judged.rounds(START, "." + "p" * 26)  # of two anchors one is silent: degraded
    judged.close()
    slow = Judged(folder, every=timedelta(seconds=10))
    slow.rounds(day + timedelta(seconds=10), "p" * 50)
    slow.close()
    assert told(linewatch)[1]["seconds"]["recorded"]["degraded"] > 0


def test_an_endpoint_is_judged_by_its_checks(folder: Path, linewatch: Linewatch) -> None:
    made = Judged(folder, "site", timedelta(seconds=60))
    made.rounds(START, "." * 10 + "x.xxx..." + "?" + "." * 20)
    made.close()
    ran = linewatch("recompute", *HOUR, "--service", "site", "--format", "json")
    [found] = json.loads(ran.out)["services"]
    assert (ran.code, found["rounds"], found["seconds"]["recorded"]["down"]) == (0, 39, 180)


def test_the_rounds_of_a_history_file_are_stepped_at_its_own_interval(year: Path, linewatch: Linewatch) -> None:
    at = [START + n * timedelta(minutes=1) for n in range(40)]
    rows = [f"{each.isoformat()},{0 if 10 <= n < 14 else 1},{'' if 10 <= n < 14 else 20}," for n, each in enumerate(at)]
    (year / "other.csv").write_text("\n".join(["at,ok,rtt_ms,cause", *rows, ""]), "utf-8")
    assert linewatch("import", "other.csv", "-s", "leased-line", "-k", "samples", "--interval", "60s").code == 0
    ran = linewatch("recompute", *HOUR, "--service", "leased-line", "--format", "json")
    here, file = json.loads(ran.out)["services"]
    assert (ran.code, here["source"], here["rounds"], file["source"]["file"], file["rounds"]) == (0, None, 0, "other.csv", 40)
    assert file["seconds"]["recorded"]["down"] == file["seconds"]["recomputed"]["down"] == 240
    ran = linewatch("recompute", *HOUR, "--service", "leased-line", "--fall", "5", "--format", "json")
    assert (ran.code, json.loads(ran.out)["services"][1]["seconds"]["recomputed"]["down"]) == (1, 0)
    ran = linewatch("recompute", "--year", "2022", "--service", "leased-line")
    assert (ran.code, "a file of states has no rounds" in ran.out) == (0, True)
    assert ran.out.endswith("No round of this span is on record: nothing was recomputed.\n")


def test_where_there_is_no_round_nothing_is_said_to_agree(folder: Path, judged: Judged, linewatch: Linewatch) -> None:
    judged.close()
    ran = linewatch("recompute", *HOUR)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "No round of this span is on record: nothing was recomputed.")
    assert linewatch("recompute", *HOUR, "--lang", "zh").out.endswith("本时段没有轮次记录：未作任何复算。\n")


def test_several_configurations_are_told_where_it_differs(folder: Path, judged: Judged, linewatch: Linewatch) -> None:
    judged.configured(START, "ab" * 32)
    judged.configured(START + timedelta(minutes=5), "cd" * 32)
    judged.rounds(START, DRAWING)
    judged.close()
    assert "configurations were in force" not in linewatch("recompute", *HOUR).out
    assert "2 configurations were in force" in linewatch("recompute", *HOUR, "--fall", "1").out


def test_long_lists_are_cut_in_the_table(folder: Path, judged: Judged, linewatch: Linewatch) -> None:
    judged.rounds(START, "..x." * 220)
    judged.close()
    out = linewatch("recompute", *HOUR, "--fall", "1", "--rise", "1").out
    assert out.count("down (line)") == 200
    assert "the first 200 of 220" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*HOUR, "--service", "nobody"), 'no service is called "nobody"'),
        (("--from", "2024-03-01"), "--from and --to go together"),
        ((*HOUR, "--fall", "0"), "--fall"),
        ((*HOUR, "--format", "xml"), "--format is one of table, json"),
        ((), "say which period"),
        (("--year", "2200"), "has not begun"),
    ],
)
def test_what_cannot_be_asked(folder: Path, judged: Judged, linewatch: Linewatch, arguments: tuple[str, ...], words: str) -> None:
    judged.close()
    ran = linewatch("recompute", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_without_a_store_it_says_so(folder: Path, linewatch: Linewatch) -> None:
    ran = linewatch("recompute", *HOUR)
    assert (ran.code, ran.out) == (3, "")
    assert "no store yet" in ran.err
    assert not (folder / "linewatch.db").exists()


def test_on_a_terminal_its_progress_is_seen_and_in_a_pipe_it_is_not(folder: Path, judged: Judged, process: Linewatch) -> None:
    judged.rounds(START, DRAWING)
    judged.close()
    code, drawn = on_a_terminal("recompute", *HOUR, "--service", "leased-line")
    assert code == 0
    assert "leased-line: minutes" in drawn
    assert "Recomputed and recorded are the same." in drawn
    piped = process("recompute", *HOUR, "--service", "leased-line")
    assert (piped.code, piped.err, "minutes" in piped.out) == (0, "", False)
