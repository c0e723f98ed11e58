"""Rows and values, both ways, and nowhere else: how rounds, readings and transitions are spelt in the record.

The outcomes of a round are one text, in the order of its panel, separated by single spaces; an empty panel is the empty text:

    outcome  = ok | lost | bad | error
    ok       = RTT [ "!" CAUSE ]           1234  or, with a reservation, 1234!latency
    lost     = "-" [ CAUSE ]               -  is a plain timeout, -unreachable and the like name another cause
    bad      = "x" [ RTT ] ":" CAUSE       x1234:content, x:connect
    error    = "?" ( "local" | "monitor" )
    RTT      = decimal digits, microseconds
    CAUSE    = a value of linewatch.sample.cause.Cause

Details and exchanges are not kept: they are for the person who looks now, and would double the record's size.
A reading is one letter: g(ood), d(egraded), b(ad), u(nmeasured).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Panel, Seat
from linewatch.sample.target import Role
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State, Transition

LETTER = {Kind.GOOD: "g", Kind.DEGRADED: "d", Kind.BAD: "b", Kind.UNMEASURED: "u"}
_KIND = {letter: kind for kind, letter in LETTER.items()}
_STATE = {state.value: state for state in State}
_CAUSE: dict[str | None, Cause | None] = {None: None, **{cause.value: cause for cause in Cause}}


def instant(at_us: int) -> datetime:
    """The instant of a column of microseconds, as span.from_epoch gives it, at half the price.

    The detour over a float is exact from 1698 to 2242: a double holds seconds of that size to less than half a microsecond, and what is
    lost there the rounding of fromtimestamp puts right.
    """
    return datetime.fromtimestamp(at_us / 1e6, UTC)


def outcome_text(outcome: Outcome) -> str:
    """One outcome in the grammar above; its detail and exchange are left out, and the RTT of what was not answered."""
    match outcome.result:
        case Result.OK:
            return f"{outcome.rtt_us}!{outcome.cause}" if outcome.cause else str(outcome.rtt_us)
        case Result.LOST:
            return "-" if outcome.cause is Cause.TIMEOUT else f"-{outcome.cause}"
        case Result.BAD:
            return f"x{'' if outcome.rtt_us is None else outcome.rtt_us}:{outcome.cause}"
        case Result.ERROR:
            return f"?{outcome.cause}"


def outcomes_text(outcomes: Sequence[Outcome]) -> str:
    """The outcomes of a round as they are kept."""
    return " ".join(map(outcome_text, outcomes))


def outcome_of(text: str) -> Outcome:
    """The outcome that `outcome_text` spelt. Raises ValueError for what is not in the grammar."""
    if text.isdecimal():
        return Outcome(Result.OK, int(text))
    first, rest = text[:1], text[1:]
    if first == "-":
        return Outcome(Result.LOST, cause=Cause(rest)) if rest else LOST
    if first == "?":
        return Outcome(Result.ERROR, cause=Cause(rest))
    if first == "x":
        rtt, _, cause = rest.partition(":")
        return Outcome(Result.BAD, int(rtt) if rtt else None, Cause(cause))
    rtt, _, cause = text.partition("!")
    return Outcome(Result.OK, int(rtt), Cause(cause))


def outcomes_of(text: str) -> tuple[Outcome, ...]:
    """The outcomes of a round from what was kept. Raises ValueError for what is not in the grammar."""
    return tuple(map(outcome_of, text.split()))


def answered_us(text: str, places: Sequence[int]) -> list[int]:
    """The round-trip times of the OKs at `places` of a kept round, sorted: what outcomes_of would give, at a tenth of the price."""
    outcomes = text.split()
    answers = (outcomes[place] for place in places)
    return sorted(int(answer.partition("!")[0]) for answer in answers if answer[0].isdecimal())


def panel_text(panel: Panel) -> str:
    """A panel as JSON: a list of [role, target]."""
    return json.dumps([[seat.role, seat.target] for seat in panel], ensure_ascii=False, separators=(",", ":"))


def panel_of(text: str) -> Panel:
    """The panel that `panel_text` spelt."""
    return tuple(Seat(Role(role), target) for role, target in json.loads(text))


def cause_named(text: str) -> Cause:
    """The cause of a row that has one. Raises ValueError for a word that is none."""
    return Cause(text)


def reading_of(at_us: int, letter: str, cause: str | None) -> Reading:
    """The reading of a row of samples. Raises KeyError or ValueError for a letter or a cause that is none."""
    return Reading(instant(at_us), _KIND[letter], _CAUSE[cause])


def transitions_of(rows: Iterable[Sequence[Any]]) -> list[Transition]:
    """The transitions of rows of states (at_us, state, cause, earliest_us). Raises KeyError or ValueError for a state or a cause that is none.

    One expression, for a report reads tens of thousands of them.
    """
    moment, utc = datetime.fromtimestamp, UTC
    return [
        Transition(moment(at_us / 1e6, utc), _STATE[state], _CAUSE[cause], moment(earliest_us / 1e6, utc))  # as instant(), without the call
        for at_us, state, cause, earliest_us in rows
    ]
