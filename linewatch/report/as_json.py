"""The report as JSON (schema `linewatch.sla/1`): unrounded ratios, exact seconds, null where nothing is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from linewatch.report.account import Imported
from linewatch.report.carrier import NOTHING_TOLD, told
from linewatch.report.document import Document, Excluded, ServiceReport
from linewatch.report.review import percentiles
from linewatch.sla.availability import Availability
from linewatch.sla.exclusions import Note
from linewatch.sla.indicators import Indicator, Total, Value
from linewatch.sla.months import ServiceMonth, served_count
from linewatch.sla.printed import exact_seconds, percent
from linewatch.sla.profiles import headline
from linewatch.sla.terms import Terms
from linewatch.span import Span
from linewatch.verdict.outage import Outage
from linewatch.verdict.rule import Rule

SCHEMA = "linewatch.sla/1"


def as_json(document: Document) -> str:
    """The whole report on one line; no NaN, no infinity. (With indentation Python's encoder takes six times as long.)"""
    return json.dumps(facts(document), ensure_ascii=False, allow_nan=False) + "\n"


def outages_json(document: Document) -> str:
    """The outages alone, each with its service."""
    rows = [{"service": service.subject.name, **row} for service in document.services for row in outage_rows(service)]
    return json.dumps({"outages": rows}, ensure_ascii=False, allow_nan=False) + "\n"


def instant(at: datetime) -> str:
    """An instant in UTC, ISO 8601 with a Z."""
    return at.astimezone(UTC).isoformat()[: -len("+00:00")] + "Z"


def facts(document: Document) -> dict[str, Any]:
    """The whole report as JSON's own types, keys as the schema has them."""
    zone = document.period.zone
    return {
        "schema": SCHEMA,
        "generated_at": instant(document.as_of),
        "version": document.version,
        "config_sha256": document.config_sha256,
        "profile": document.profile,
        "period": {
            "label": document.period.label,
            "from": document.period.span.start.astimezone(zone).isoformat(),
            "to": document.period.span.end.astimezone(zone).isoformat(),
            "until": document.span.end.astimezone(zone).isoformat(),
            "timezone": zone.key,
        },
        "services": [_service(service) for service in document.services],
        "indicators": [_indicator(indicator) for indicator in document.indicators],
        "indicator_total": _total(document.indicator_total) if document.indicators else None,
        "events": [{"at": instant(each.at), "event": each.kind, "service": each.service, **each.data} for each in document.events],
    }


def _service(service: ServiceReport) -> dict[str, Any]:
    subject, figures = service.subject, service.figures
    return {
        "name": subject.name,
        "title": subject.title,
        "kind": subject.kind,
        "target": float(subject.terms.target),
        "result": service.result,
        "rule": _rule(subject.rule),
        "terms": _terms(subject.terms),
        "service_hours": {"text": subject.hours.text, "calendar": subject.hours.calendar and subject.hours.calendar.name},
        "seconds": _seconds(figures),
        "availability": _availability(figures),
        "coverage": _ratio(figures.coverage),
        "around_the_clock": None if service.around_the_clock is None else _around_the_clock(service.around_the_clock),
        "outages": outage_rows(service),
        "stray_notes": _stray_notes(service),
        **_repair(service),
        "profiles": {
            profile.name: {
                "parameters": dict(profile.parameters),
                "availability": _availability(profile.figures),
                "coverage": _ratio(profile.figures.coverage),
                "downtime_seconds": exact_seconds(profile.figures.charged),
                "outage_count": profile.outage_count,
            }
            for profile in service.profiles
        },
        "unknown": [{"start": instant(each.span.start), "end": instant(each.span.end), "cause": each.cause} for each in service.unknown],
        "exclusions": [_exclusion(span, each) for each in service.exclusions for span in each.spans],
        "months": [_month(month) for month in service.months],
        "service_months": served_count(service.months) if service.months else None,
        "equivalent_months": _ratio(service.equivalent_months),
        "rtt_ms": percentiles(service.rtt_us),
        "loss": None if service.loss is None else service.loss.ratio,
        "imported": [str(each) for each in service.imported],
        "sources": [_source(each) for each in service.imported],
        "imported_overlap_seconds": exact_seconds(service.overlapped),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "interval_seconds": exact_seconds(rule.interval),
        "stale_after_seconds": exact_seconds(rule.stale_after),
        "fall": rule.fall,
        "rise": rule.rise,
        "quorum": rule.quorum,
        "degraded_loss": rule.degraded_loss,
        "degraded_rtt_seconds": None if rule.degraded_rtt is None else exact_seconds(rule.degraded_rtt),
        "window": rule.window,
        "set_aside_after_seconds": exact_seconds(rule.set_aside_after),
    }


def _terms(terms: Terms) -> dict[str, Any]:
    return {
        "min_coverage": float(terms.min_coverage),
        "month_availability": float(terms.month_availability),
        "month_coverage": float(terms.month_coverage),
        "degraded": terms.degraded,
        "local_faults": terms.local_faults,
    }


def _source(imported: Imported) -> dict[str, Any]:
    source = imported.source
    return {
        "file": source.name,
        "sha256": source.sha256,
        "kind": source.kind,
        "rows": source.rows,
        "first": instant(source.first_at),
        "last": instant(source.last_at),
        "imported_at": instant(source.imported_at),
        "overlap_seconds": exact_seconds(imported.overlapped),
        "told_before_seconds": exact_seconds(imported.told_before),
    }


def _seconds(figures: Availability) -> dict[str, int | float]:
    names = ("period", "scheduled", "excluded", "up", "degraded", "down", "unknown")
    return {name: exact_seconds(getattr(figures, name)) for name in names}


def _availability(figures: Availability) -> dict[str, Any]:
    return {
        "observed": _ratio(figures.observed),
        "low": _ratio(figures.low),
        "high": _ratio(figures.high),
        "gross": _ratio(figures.gross),
        "printed": None if figures.observed is None else percent(figures.observed),
    }


def _around_the_clock(figures: Availability) -> dict[str, Any]:
    return {"seconds": _seconds(figures), "availability": _availability(figures), "coverage": _ratio(figures.coverage)}


def outage_rows(service: ServiceReport) -> list[dict[str, Any]]:
    """The outages of a service, cut to the period."""
    return [_outage(*each, service) for each in zip(service.outages, service.excluded_of, service.charged_of, strict=True)]


def _outage(outage: Outage, excluded: timedelta, charged: timedelta, service: ServiceReport) -> dict[str, Any]:
    id = outage.id(service.subject.name)
    notes = service.notes.get(id, ())
    said = told(outage, notes) if notes else NOTHING_TOLD
    return {
        "id": id,
        "start": instant(outage.span.start),
        "end": instant(outage.span.end),
        "ongoing": outage.ended_at is None,
        "seconds": exact_seconds(outage.span.length),
        "seconds_min": exact_seconds(outage.least),
        "seconds_max": exact_seconds(outage.most),
        "cause": outage.cause,
        "excluded_seconds": exact_seconds(excluded),
        "charged_seconds": exact_seconds(charged),
        "ticket": said.ticket or None,
        "noted_cause": said.cause or None,
        "carrier_start": _maybe(said.start),
        "carrier_start_difference_seconds": _maybe_seconds(said.start_difference),
        "carrier_end": _maybe(said.end),
        "carrier_end_difference_seconds": _maybe_seconds(said.end_difference),
        "notes": [_note(note) for note in notes],
    }


def _stray_notes(service: ServiceReport) -> list[dict[str, Any]]:
    """The notes on what is no outage of the record any more."""
    known = {outage.id(service.subject.name) for outage in service.outages} if service.notes else set()
    return [{"outage": id, **_note(note)} for id, notes in service.notes.items() if id not in known for note in notes]


def _note(note: Note) -> dict[str, Any]:
    return {
        "ticket": note.ticket,
        "cause": note.cause,
        "text": note.text,
        "carrier_start": _maybe(note.carrier_start),
        "carrier_end": _maybe(note.carrier_end),
        "by": note.by,
        "entered_at": instant(note.entered_at),
    }


def _maybe(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def _maybe_seconds(duration: timedelta | None) -> int | float | None:
    return None if duration is None else exact_seconds(duration)


def _exclusion(window: Span, each: Excluded) -> dict[str, Any]:
    entry = each.exclusion
    return {
        "id": entry.id,
        "start": instant(window.start),
        "end": instant(window.end),
        "reason": entry.reason,
        "reference": entry.reference,
        "by": entry.by,
        "entered_at": instant(entry.entered_at),
        "retroactive": entry.is_retroactive(window),
        "repeat": entry.repeat or None,
        "seconds": exact_seconds(window.length),
    }


def _repair(service: ServiceReport) -> dict[str, Any]:
    """How many outages, the longest, the mean time to repair and the mean up time between failures (IEC 60050-192 calls it mean up time).

    All by the rule in force. Between failures counts the time that is judged, so only the outages that have a part in it are failures there.
    """
    lengths = [outage.span.length for outage in service.outages]
    figures = headline(service.profiles).figures
    up = figures.measured - figures.charged
    failures = sum(bool(charged) for charged in service.charged_of)
    return {
        "outage_count": len(lengths),
        "longest_outage_seconds": exact_seconds(max(lengths)) if lengths else None,
        "mttr_seconds": _mean(sum(lengths, timedelta(0)), len(lengths)),
        "mtbf_seconds": _mean(up, failures),
    }


def _mean(whole: timedelta, count: int) -> int | float | None:
    return exact_seconds(whole / count) if count else None


def _month(month: ServiceMonth) -> dict[str, Any]:
    figures = month.figures
    return {
        "month": month.label,
        "availability": None if figures is None else _ratio(figures.observed),
        "coverage": None if figures is None else _ratio(figures.coverage),
        "served": month.served,
    }


def _indicator(row: Indicator) -> dict[str, Any]:
    return {
        "level1": row.level1,
        "level2": row.level2,
        "name": row.name,
        "operator": row.operator,
        "target": _value(row.target),
        "unit": row.unit,
        "kind": row.kind,
        "definition": row.definition,
        "actual": _value(row.actual),
        "share": _value(row.share),
        "achieved": row.achieved,
        "met": row.met,
        "result": row.result,
        "weight": _value(row.weight),
        "score": _value(row.score),
        "deviation": row.deviation,
        "deviation_missing": row.deviation_missing,
        "flagged": row.flagged,
        "overruled": _value(row.overruled),
        "coverage": _ratio(row.coverage),
        "source": row.source,
        "note": row.note,
    }


def _total(found: Total) -> dict[str, Any]:
    return {
        "score": _value(found.score),
        "weight": _value(found.weight),
        "lacking": list(found.lacking),
        "cost_target": _value(found.cost_target),
        "cost_actual": _value(found.cost_actual),
        "budget": _value(found.budget),
        "cost_agrees": found.cost_agrees,
    }


def _value(value: Value | None) -> int | float | str | None:
    if isinstance(value, (Fraction, Decimal)):
        return int(value) if value == int(value) else float(value)
    return value


def _ratio(ratio: Fraction | None) -> float | None:
    return None if ratio is None else float(ratio)
