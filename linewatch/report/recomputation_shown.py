"""A recomputation as tables of text and as JSON (schema `linewatch.recompute/1`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from linewatch.report.as_json import instant
from linewatch.report.recomputation import OddMinute, Recomputation
from linewatch.report.table import Table, local
from linewatch.report.words import Words, named
from linewatch.sla.printed import NOTHING, clock_time, exact_seconds
from linewatch.verdict.differences import Said
from linewatch.verdict.reading import Reading
from linewatch.verdict.state import State

SCHEMA = "linewatch.recompute/1"
MOST = 200
"""How many differences a table prints one by one; the JSON has all of them."""


def recomputation_json(found: Sequence[Recomputation]) -> str:
    """Everything, on one line."""
    return (
        json.dumps({"schema": SCHEMA, "equal": all(each.equal for each in found), "services": [_json(each) for each in found]}, ensure_ascii=False)
        + "\n"
    )


def recomputation_tables(found: Sequence[Recomputation], words: Words, zone: ZoneInfo) -> Iterator[Table]:
    """The seconds of each state as recorded and as recomputed, what was left out, and the differences one by one."""
    yield _seconds(found, words)
    yield from _left_out(found, words, zone)
    yield from _differences(found, words, zone)
    yield from _readings(found, words, zone)
    yield from _minutes(found, words, zone)
    for each in found:
        if each.configurations > 1 and not each.equal:
            text = words("{service}: {count} configurations were in force in this span; the record was judged by the rule of its time")
            yield Table(text.format(service=each.subject.title, count=each.configurations))
    yield Table(_conclusion(found, words))


def _conclusion(found: Sequence[Recomputation], words: Words) -> str:
    """What it comes to, in a line: where nothing could be judged, nothing is said to agree."""
    if not all(each.equal for each in found):
        return words("Recomputed and recorded differ.")
    if not any(each.rounds for each in found):
        return words("No round of this span is on record: nothing was recomputed.")
    if any(each.left_out for each in found):
        return words("Recomputed and recorded are the same, as far as there are rounds.")
    return words("Recomputed and recorded are the same.")


def _seconds(found: Sequence[Recomputation], words: Words) -> Table:
    columns = named(words, "Service", "Source", "Rule", ">Rounds", "Account", ">up", ">degraded", ">down", ">unknown")
    rows = []
    for each in found:
        rule = f"fall={each.rule.fall}, rise={each.rule.rise}" + (f", quorum={each.rule.quorum}" if each.subject.is_line else "")
        about = (each.subject.title, _source(each, words), rule, str(each.rounds))
        for number, (name, account) in enumerate((("recorded", each.recorded), ("recomputed", each.recomputed))):
            durations = (clock_time(account[state]) for state in (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN))
            rows.append((*(about if number == 0 else ("", "", "", "")), words(name), *durations))
    return Table("", columns, tuple(rows))


def _source(each: Recomputation, words: Words) -> str:
    return words("measured here") if each.source is None else each.source.name


def _left_out(found: Sequence[Recomputation], words: Words, zone: ZoneInfo) -> Iterator[Table]:
    rows = tuple(
        (each.subject.title, local(part.span.start, zone), local(part.span.end, zone), _WHY[part.why](words))
        for each in found
        for part in each.left_out
    )
    if rows:
        yield Table(words("Not recomputed"), named(words, "Service", "Start", "End", "Reason"), rows)


_WHY = {
    "pruned": lambda words: words("the rounds are gone (keep_samples)"),
    "lost": lambda words: words("the rounds could not be kept at the time"),
    "clock": lambda words: words("the clock was stepped back"),
    "states": lambda words: words("a file of states has no rounds"),
}


def _differences(found: Sequence[Recomputation], words: Words, zone: ZoneInfo) -> Iterator[Table]:
    rows = [
        (
            each.subject.title,
            local(one.span.start, zone),
            local(one.span.end, zone),
            clock_time(one.span.length),
            _said(one.recorded, words),
            _said(one.recomputed, words),
        )
        for each in found
        for one in each.differences
    ]
    columns = named(words, "Service", "Start", "End", ">Duration", "recorded", "recomputed")
    yield from _cut(words("Differences of state"), columns, rows, len(rows), words)


def _readings(found: Sequence[Recomputation], words: Words, zone: ZoneInfo) -> Iterator[Table]:
    rows = [(each.subject.title, local(told.at, zone), _read(told, words), _read(ours, words)) for each in found for told, ours in each.otherwise]
    columns = named(words, "Service", "Round", "recorded", "recomputed")
    yield from _cut(words("Rounds that read otherwise"), columns, rows, sum(each.otherwise_count for each in found), words)


def _minutes(found: Sequence[Recomputation], words: Words, zone: ZoneInfo) -> Iterator[Table]:
    odd = [(each, minute) for each in found if each.minutes for minute in each.minutes.otherwise]
    rows = [(each.subject.title, local(minute.at, zone), _counts(minute.recorded), _counts(minute.recomputed)) for each, minute in odd]
    columns = named(words, "Service", "Minute", "recorded", "recomputed")
    count = sum(each.minutes.otherwise_count for each in found if each.minutes)
    yield from _cut(words("Minutes that their rounds do not make (rounds, bad, unmeasured, sent, lost)"), columns, rows, count, words)


def _cut(heading: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], count: int, words: Words) -> Iterator[Table]:
    """The first rows, and how many there are in all."""
    if not rows:
        return
    yield Table(heading, columns, tuple(rows[:MOST]))
    if count > len(rows[:MOST]):
        yield Table(words("the first {shown} of {found}").format(shown=len(rows[:MOST]), found=count))


def _said(said: Said, words: Words) -> str:
    state, cause = said
    return words(state) if cause is None else f"{words(state)} ({words(cause)})"


def _read(reading: Reading, words: Words) -> str:
    return words(reading.kind) if reading.cause is None else f"{words(reading.kind)} ({words(reading.cause)})"


def _counts(counts: tuple[int, ...] | None) -> str:
    return NOTHING if counts is None else " ".join(map(str, counts))


def _json(each: Recomputation) -> dict[str, Any]:
    return {
        "name": each.subject.name,
        "source": None if each.source is None else {"file": each.source.name, "sha256": each.source.sha256},
        "equal": each.equal,
        "from": instant(each.span.start),
        "to": instant(each.span.end),
        "rule": {"fall": each.rule.fall, "rise": each.rule.rise, "quorum": each.rule.quorum if each.subject.is_line else None},
        "rounds": each.rounds,
        "seconds": {
            name: {state: exact_seconds(duration) for state, duration in account.items()}
            for name, account in (("recorded", each.recorded), ("recomputed", each.recomputed))
        },
        "not_recomputed": [{"start": instant(part.span.start), "end": instant(part.span.end), "reason": part.why} for part in each.left_out],
        "differences": [
            {
                "start": instant(one.span.start),
                "end": instant(one.span.end),
                "seconds": exact_seconds(one.span.length),
                "recorded": {"state": one.recorded[0], "cause": one.recorded[1]},
                "recomputed": {"state": one.recomputed[0], "cause": one.recomputed[1]},
            }
            for one in each.differences
        ],
        "readings": {"otherwise": each.otherwise_count, "first": [_pair(told, ours) for told, ours in each.otherwise]},
        "minutes": None
        if each.minutes is None
        else {**_minutes_json(each.minutes.otherwise), "count": each.minutes.count, "otherwise": each.minutes.otherwise_count},
        "configurations": each.configurations,
    }


def _pair(told: Reading, ours: Reading) -> dict[str, Any]:
    return {
        "at": instant(told.at),
        "recorded": {"reading": told.kind, "cause": told.cause},
        "recomputed": {"reading": ours.kind, "cause": ours.cause},
    }


def _minutes_json(odd: Sequence[OddMinute]) -> dict[str, Any]:
    names = ("rounds", "bad", "unmeasured", "sent", "lost")
    return {
        "first": [
            {
                "at": instant(each.at),
                "recorded": None if each.recorded is None else dict(zip(names, each.recorded, strict=True)),
                "recomputed": dict(zip(names, each.recomputed, strict=True)),
            }
            for each in odd
        ]
    }
