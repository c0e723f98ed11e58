"""What is told of a service, as a play in looks: one character one minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from linewatch.notify.news import Patience, Sight, Told, Topic, news
from linewatch.sample.cause import Cause
from linewatch.span import Span
from linewatch.verdict.outage import outages
from linewatch.verdict.state import State
from linewatch.verdict.timeline import joined, plain

START = datetime(2022, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STATES = {"U": (State.UP, None), "D": (State.DOWN, Cause.LINE), "~": (State.DEGRADED, Cause.LOSS), "?": (State.UNKNOWN, Cause.MONITOR)}
PATIENCE = Patience(degraded_after=5 * MINUTE, quiet=10 * MINUTE)


def sight(drawing: str, **more: Any) -> Sight:
    parts = [plain(Span(START + n * MINUTE, START + (n + 1) * MINUTE), *STATES[letter]) for n, letter in enumerate(drawing)]
    history = tuple(joined(parts))
    last = history[-1]
    found = outages(history, Span(START, last.span.end))
    return Sight("line", last.state, last.cause, last.span.start, found, **more)


def told(drawing: str, known: int = 1, told: Told | None = None) -> list[str]:
    """What is said from the look after `known` minutes on, one look a minute: `minute:topic` and +n for what it speaks for."""
    said = []
    for minute in range(known, len(drawing) + 1):
        told, found = news(told, sight(drawing[:minute]), PATIENCE, "2022-03", START + minute * MINUTE)
        said += [f"{minute}:{each.topic}{f'+{each.more}' if each.more else ''}" for each in found]
    return said


@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        ("UUUU", []),
        ("UUDDDUU", ["3:outage", "6:ended"]),
        ("DDDUU", ["1:outage", "4:ended"]),
        ("UDDUUUUUUUUUUDDU", ["2:outage", "4:ended", "14:outage", "16:ended"]),
        # Flapping: what fails again within ten minutes of the last message is told together, by the end of the last where it is over.
        ("UDUDUDUUUUUUUUUUU", ["2:outage", "3:ended", "12:ended+1"]),
        ("UDUDUDDDDDDDDDDDDU", ["2:outage", "3:ended", "12:outage+1", "18:ended"]),
        # An outage whose end nobody saw is not called restored.
        ("UDD???UU", ["2:outage", "7:ended"]),
        ("U~~~~~~~~U~~", ["6:degraded"]),
        ("U~~~~~~U~~~~~~", ["6:degraded", "13:degraded"]),
        ("????????", []),
    ],
)
def test_what_is_said_and_when(drawing: str, said: list[str]) -> None:
    assert told(drawing) == said


def test_what_has_ended_before_anyone_listened_is_history() -> None:
    assert told("UDDUUDUUU", known=9) == []


def test_what_is_under_way_when_listening_begins_is_told() -> None:
    assert told("UDDUUDDDD", known=9) == ["9:outage"]


def test_a_restart_tells_nothing_twice() -> None:
    after, first = news(None, sight("UUDD"), PATIENCE, "2022-03", START + 4 * MINUTE)
    assert [each.topic for each in first] == [Topic.OUTAGE]
    assert told("UUDDDDUU", known=5, told=after) == ["7:ended"]


def test_a_certificate_is_told_once_and_its_successor_anew() -> None:
    now = START + 3 * MINUTE
    soon, sooner, later = now + timedelta(days=13), now + timedelta(days=2), now + timedelta(days=400)
    state, said = news(None, sight("UUU", certificate_expires_at=soon), PATIENCE, "2022-03", now)
    assert [each.topic for each in said] == [Topic.CERTIFICATE]
    assert news(state, sight("UUU", certificate_expires_at=soon), PATIENCE, "2022-03", now)[1] == ()
    assert news(state, sight("UUU", certificate_expires_at=later), PATIENCE, "2022-03", now)[1] == ()
    assert [each.topic for each in news(state, sight("UUU", certificate_expires_at=sooner), PATIENCE, "2022-03", now)[1]] == [Topic.CERTIFICATE]


def test_coverage_is_told_once_a_month() -> None:
    now = START + 3 * MINUTE
    low, enough = Fraction(98, 100), Fraction(99, 100)
    assert news(None, sight("UUU", coverage=enough), PATIENCE, "2022-03", now)[1] == ()
    state, said = news(None, sight("UUU", coverage=low), PATIENCE, "2022-03", now)
    assert [each.topic for each in said] == [Topic.COVERAGE]
    assert news(state, sight("UUU", coverage=low), PATIENCE, "2022-03", now)[1] == ()
    assert [each.topic for each in news(state, sight("UUU", coverage=low), PATIENCE, "2022-04", now)[1]] == [Topic.COVERAGE]


def test_a_clock_that_was_stepped_back_does_not_silence() -> None:
    state, _ = news(None, sight("UUDD"), PATIENCE, "2022-03", START + timedelta(days=1))
    _, said = news(state, sight("UUDDUUDD"), PATIENCE, "2022-03", START + 8 * MINUTE)
    assert [each.topic for each in said] == [Topic.OUTAGE]


@pytest.mark.parametrize("before", ["U" * 20 + "DDU", "U" * 20 + "DD"])
def test_after_a_step_back_of_the_clock_outages_are_told_as_ever(before: str) -> None:
    """The clock read twenty minutes when an outage was told, and was put back to two."""
    known: Told | None = None
    for minute in range(20, len(before) + 1):
        known, _ = news(known, sight(before[:minute]), PATIENCE, "2022-03", START + minute * MINUTE)
    assert told("UUUDDUU", 2, known) == ["4:outage", "6:ended"]
