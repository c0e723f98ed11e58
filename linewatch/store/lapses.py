"""Bad rounds beside the outages, found through the index of bad rounds: a year of them among ten million samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, func, literal_column, or_, select

from linewatch.span import Span, from_epoch, microseconds, to_epoch, without
from linewatch.store.rows import cause_named
from linewatch.store.tables import samples, sources
from linewatch.verdict.lapse import Lapse
from linewatch.verdict.rule import Rule

_LIST_ROWS = 5_000
_WORTH_A_QUESTION = timedelta(hours=1)
_MANY_ROUNDS = 50_000
"""Where there are more bad rounds than that, an outage so long is left out of the question; the rounds of a shorter one are fetched and dropped."""

_BAD: ColumnElement[str] = literal_column("'b'")  # spelt out, for a partial index is only used where the statement shows its condition
_SERVICE = samples.c.service_id == bindparam("service_id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose rounds: those of a service that were measured here (`source_id` None) or came with one file; up to `as_of`, vouching as `rule` says."""

    service_id: int
    source_id: int | None
    rule: Rule
    as_of: datetime


def lapses(connection: Connection, wanted: Wanted, span: Span, beside: Sequence[Span]) -> list[Lapse]:
    """The rows of bad rounds in the span that do not lie in `beside` (sorted, disjoint), in order of time."""
    mixed = connection.execute(select(sources.c.id).where(sources.c.service_id == wanted.service_id, sources.c.kind == "samples").limit(1)).scalar()
    own: list[ColumnElement[bool]] = (
        [] if mixed is None and wanted.source_id is None else [samples.c.source_id.is_not_distinct_from(wanted.source_id)]
    )
    found = list(_outside(_bad_rounds(connection, wanted, own, span, beside), beside))
    rows = [row for some in _chunks(found) for row in connection.execute(_NEIGHBOURS, _question(wanted, some))]
    return _lapses(connection, wanted, rows)


def _bad_rounds(connection: Connection, wanted: Wanted, own: list[ColumnElement[bool]], span: Span, beside: Sequence[Span]) -> Iterator[int]:
    statement = (
        select(samples.c.at_us)
        .where(_SERVICE, samples.c.reading == _BAD, samples.c.at_us >= bindparam("start"), samples.c.at_us < bindparam("end"), *own)
        .order_by(samples.c.at_us)
    )
    end = min(span.end, wanted.as_of)
    if end <= span.start:
        return
    whole = Span(span.start, end)
    count: int = connection.execute(select(func.count()).select_from(statement.subquery()), _within(wanted, whole)).scalar_one()
    long = [outage for outage in beside if outage.length > _WORTH_A_QUESTION] if count > _MANY_ROUNDS else []
    for part in without([whole], long) if count else []:
        yield from connection.execute(statement, _within(wanted, part)).scalars()


def _within(wanted: Wanted, span: Span) -> dict[str, Any]:
    return {"service_id": wanted.service_id, "start": to_epoch(span.start), "end": to_epoch(span.end)}


def _outside(rounds: Iterator[int], beside: Sequence[Span]) -> Iterator[int]:
    """Those that lie in none of the spans."""
    edges = [(to_epoch(span.start), to_epoch(span.end)) for span in beside]
    i = 0
    for at_us in rounds:
        while i < len(edges) and edges[i][1] <= at_us:
            i += 1
        if i == len(edges) or at_us < edges[i][0]:
            yield at_us


def _neighbours() -> Select[Any]:
    """Of each round in a list: its time and cause, the next round that its rule lets follow, and the one before it if that was good or degraded."""
    after, before = samples.alias(), samples.alias()
    following = (
        select(after.c.at_us)
        .where(after.c.service_id == samples.c.service_id, after.c.source_id.is_not_distinct_from(samples.c.source_id))
        .where(after.c.at_us > samples.c.at_us, after.c.at_us <= samples.c.at_us + bindparam("stale_us"))
        .order_by(after.c.at_us)
        .limit(1)
        .scalar_subquery()
    )
    shown = or_(before.c.reading == literal_column("'g'"), before.c.reading == literal_column("'d'"))
    preceding = (
        select(case((shown, before.c.at_us)))
        .where(before.c.service_id == samples.c.service_id, before.c.source_id.is_not_distinct_from(samples.c.source_id))
        .where(before.c.at_us < samples.c.at_us, before.c.at_us >= samples.c.at_us - bindparam("stale_us"))
        .order_by(before.c.at_us.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(samples.c.at_us, samples.c.cause, following, preceding)
        .where(_SERVICE, samples.c.at_us.in_(bindparam("at", expanding=True)))
        .order_by(samples.c.at_us)
    )


_NEIGHBOURS = _neighbours()


def _question(wanted: Wanted, some: list[int]) -> dict[str, Any]:
    return {"service_id": wanted.service_id, "at": some, "stale_us": microseconds(wanted.rule.stale_after)}


def _lapses(connection: Connection, wanted: Wanted, rows: Sequence[Any]) -> list[Lapse]:
    """The rounds of which each is followed by the next, as one."""
    out: list[Lapse] = []
    first = 0
    for i, (at_us, _, following, _) in enumerate(rows):
        if i + 1 < len(rows) and rows[i + 1][0] == following:
            continue
        first_us, cause, _, preceding = rows[first]
        ended_at = _vouched_until(connection, wanted, from_epoch(at_us)) if following is None else min(from_epoch(following), wanted.as_of)
        earliest_us = first_us if preceding is None else preceding
        out.append(Lapse(from_epoch(first_us), from_epoch(at_us), ended_at, from_epoch(earliest_us), cause_named(cause)))
        first = i + 1
    return out


def _vouched_until(connection: Connection, wanted: Wanted, at: datetime) -> datetime:
    """How far a round reaches that none has followed in time: for an interval, or up to now while one may still follow."""
    still_open = wanted.as_of - at <= wanted.rule.stale_after and not _went_on(connection, wanted)
    return wanted.as_of if still_open else min(at + wanted.rule.interval, wanted.as_of)


def _went_on(connection: Connection, wanted: Wanted) -> bool:
    """Whether rounds came after `as_of`: what had not followed in time by the first of them never did."""
    later = select(samples.c.at_us).where(
        _SERVICE, samples.c.source_id.is_not_distinct_from(wanted.source_id), samples.c.at_us >= bindparam("as_of_us")
    )
    return connection.execute(later.limit(1), {"service_id": wanted.service_id, "as_of_us": to_epoch(wanted.as_of)}).first() is not None


def _chunks(found: list[int]) -> Iterator[list[int]]:
    left = iter(found)
    while some := list(islice(left, _LIST_ROWS)):
        yield some
