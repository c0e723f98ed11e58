"""How the roll-ups get into the record: minutes and hourly histograms, always made anew from the samples, so that none can be counted twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import Connection, bindparam, delete, exists, select

from linewatch.sample.round import Panel, Round
from linewatch.store.rollup import HOUR_US, MINUTE_US, MINUTES_PER_HOUR, bucket_of, judged_places, minute_rollup
from linewatch.store.rows import answered_us, outcomes_of, panel_of, reading_of
from linewatch.store.sql import INSERT_RTT_COUNT, Row, replace_minutes
from linewatch.store.tables import panels, rtt_counts, samples, services
from linewatch.verdict.loss import lower_median
from linewatch.verdict.reading import Reading

_PANELS = select(panels.c.id, panels.c.seats).where(panels.c.service_id == bindparam("service_id"))
_PRUNED = select(services.c.pruned_us).where(services.c.id == bindparam("service_id"))
_HOUR = (
    select(samples.c.at_us, samples.c.panel_id, samples.c.reading, samples.c.cause, samples.c.outcomes, samples.c.source_id)
    .where(samples.c.service_id == bindparam("service_id"), samples.c.at_us >= bindparam("start"), samples.c.at_us < bindparam("end"))
    .order_by(samples.c.at_us)
)
_HOUR_OF = (rtt_counts.c.service_id == bindparam("service_id"), rtt_counts.c.hour == bindparam("hour"))
_FORGET_HOUR = delete(rtt_counts).where(*_HOUR_OF)
_HOUR_KNOWN = select(exists().where(*_HOUR_OF))

Sample = tuple[int, int, str, str | None, str, int | None]
"""at_us, panel_id, reading, cause, outcomes, source_id."""


def roll(connection: Connection, service_id: int, minutes: Iterable[int]) -> None:
    """Make the roll-ups of `minutes` (of the epoch) and of their hours from the samples, in place of what was there.

    Of a minute's rounds those of one source count: what was measured here, else the file imported first. Before the service's
    `pruned_us` samples are missing, so there a roll-up that exists stands.
    """
    by_id = {key: panel_of(seats) for key, seats in connection.execute(_PANELS, {"service_id": service_id})}
    final_us = connection.execute(_PRUNED, {"service_id": service_id}).scalar() or 0
    for hour, wanted in groupby(sorted(minutes), key=lambda minute: minute // MINUTES_PER_HOUR):
        _roll_hour(connection, service_id, by_id, hour, frozenset(wanted), keep=hour * HOUR_US < final_us)


def _roll_hour(connection: Connection, service_id: int, by_id: dict[int, Panel], hour: int, wanted: frozenset[int], keep: bool) -> None:
    places = {key: judged_places(panel) for key, panel in by_id.items()}
    counts: Counter[int] = Counter()
    rows: list[Row] = []
    for minute, of_minute in _minutes(connection, service_id, hour):
        for _, panel_id, _, _, outcomes, _ in of_minute:
            median = lower_median(answered_us(outcomes, places[panel_id]))
            if median is not None:
                counts[bucket_of(median)] += 1
        if minute in wanted:
            rows.append(_minute_row(service_id, [_round(sample, by_id) for sample in of_minute]))
    if rows:
        replace_minutes(connection, rows, keep)
        _write_counts(connection, service_id, hour, counts, keep)


def _minutes(connection: Connection, service_id: int, hour: int) -> Iterable[tuple[int, list[Sample]]]:
    bounds = {"service_id": service_id, "start": hour * HOUR_US, "end": (hour + 1) * HOUR_US}
    found: list[Sample] = [tuple(row) for row in connection.execute(_HOUR, bounds)]
    for minute, of_minute in groupby(found, key=lambda sample: sample[0] // MINUTE_US):
        rounds = list(of_minute)
        source = min((sample[5] for sample in rounds), key=lambda source_id: source_id or 0)
        yield minute, [sample for sample in rounds if sample[5] == source]


def _round(sample: Sample, by_id: dict[int, Panel]) -> tuple[Round, Reading]:
    at_us, panel_id, letter, cause, outcomes, _ = sample
    reading = reading_of(at_us, letter, cause)
    return Round(reading.at, by_id[panel_id], outcomes_of(outcomes)), reading


def _minute_row(service_id: int, rounds: list[tuple[Round, Reading]]) -> Row:
    made = minute_rollup(rounds)
    return {
        "service_id": service_id,
        "minute": made.minute,
        "rounds": made.rounds,
        "bad": made.bad,
        "unmeasured": made.unmeasured,
        "sent": made.sent,
        "lost": made.lost,
    }


def _write_counts(connection: Connection, service_id: int, hour: int, counts: Counter[int], keep: bool) -> None:
    key = {"service_id": service_id, "hour": hour}
    if keep and connection.execute(_HOUR_KNOWN, key).scalar():
        return
    connection.execute(_FORGET_HOUR, key)
    if counts:
        connection.execute(INSERT_RTT_COUNT, [{**key, "bucket": bucket, "count": count} for bucket, count in sorted(counts.items())])
