"""The overview as JSON (schema `linewatch.status/1`), in the words and with the exactness of the report's."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from linewatch.report.as_json import facts, instant
from linewatch.report.overview import Ahead, Incident, Overview, ServiceOverview
from linewatch.report.review import percentiles
from linewatch.sla.days import Day
from linewatch.sla.printed import exact_seconds, percent

SCHEMA = "linewatch.status/1"
_OF_THE_YEAR = ("target", "result", "seconds", "availability", "coverage", "outage_count", "service_months", "equivalent_months")


def overview_json(seen: Overview) -> str:
    """All of it on one line."""
    of_year = {service["name"]: service for service in facts(seen.year)["services"]}
    return _text(
        {
            "schema": SCHEMA,
            "generated_at": instant(seen.as_of),
            "version": seen.year.version,
            "timezone": seen.zone.key,
            "year": seen.year.period.label,
            "services": [_service(each, of_year.get(each.subject.name)) for each in seen.services],
            "outages": [_incident(each) for each in seen.incidents],
            "exclusions_ahead": [_ahead(each) for each in seen.ahead],
        }
    )


def services_json(seen: Overview) -> str:
    """What is watched, and what was promised of it."""
    rows = []
    for each in seen.services:
        subject = each.subject
        rows.append(
            {
                "name": subject.name,
                "title": subject.title,
                "kind": subject.kind,
                "behind": subject.behind,
                "target": float(subject.terms.target),
                "min_coverage": float(subject.terms.min_coverage),
                "service_hours": subject.hours.text,
            }
        )
    return _text({"services": rows})


def _service(each: ServiceOverview, of_year: dict[str, Any] | None) -> dict[str, Any]:
    counts: Counter[int] = Counter()
    for hour in each.hours.values():
        counts.update(hour)
    now = each.now
    return {
        "name": now.name,
        "title": now.title,
        "kind": each.subject.kind,
        "state": now.state,
        "cause": now.cause,
        "since": _maybe(now.since),
        "last_round": _maybe(now.heard_at),
        "set_aside": list(now.aside),
        "year": _year(each, of_year),
        "days": [_day(day) for day in each.days],
        "rtt_ms": percentiles(counts),
    }


def _year(each: ServiceOverview, of_year: dict[str, Any] | None) -> dict[str, Any] | None:
    if of_year is None or each.left is None:
        return None
    return {key: of_year[key] for key in _OF_THE_YEAR} | {"downtime_left_seconds": exact_seconds(each.left)}


def _day(day: Day) -> dict[str, Any]:
    figures = day.figures
    return {
        "day": day.day.isoformat(),
        "observed": None if figures.observed is None else float(figures.observed),
        "printed": None if figures.observed is None else percent(figures.observed),
        "coverage": None if figures.coverage is None else float(figures.coverage),
        "down_seconds": exact_seconds(figures.charged),
        "unknown_seconds": exact_seconds(figures.unknown),
        "excluded_seconds": exact_seconds(figures.excluded),
        "grade": day.grade,
    }


def _incident(each: Incident) -> dict[str, Any]:
    outage = each.outage
    return {
        "id": each.id,
        "service": each.service,
        "start": instant(outage.began_at),
        "end": _maybe(outage.ended_at),
        "ongoing": outage.ended_at is None,
        "seconds": exact_seconds(outage.span.length),
        "seconds_min": exact_seconds(outage.least),
        "seconds_max": exact_seconds(outage.most),
        "cause": outage.cause,
        "ticket": each.told.ticket or None,
        "noted_cause": each.told.cause or None,
    }


def _ahead(each: Ahead) -> dict[str, Any]:
    entry = each.exclusion
    return {
        "id": entry.id,
        "services": list(entry.services) or None,
        "start": instant(each.span.start),
        "end": instant(each.span.end),
        "reason": entry.reason,
        "reference": entry.reference,
    }


def _maybe(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def _text(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n"
