"""The report as one CSV table, a fact a row: the facts of the JSON document, under its names, and the method statement; and its outages, one a row.

The columns are `section,service,item,measure,value,unit`: an outage's length, say, is `outages,leased-line,leased-line@…,seconds,3600,s`. RFC 4180
with UTF-8's byte order mark, without which Excel takes Chinese for another encoding.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from linewatch.report.as_json import facts, outage_rows
from linewatch.report.document import Document
from linewatch.report.harmless import harmless
from linewatch.report.method import method
from linewatch.report.words import Words

COLUMNS = ("section", "service", "item", "measure", "value", "unit")
OUTAGE_COLUMNS = (
    *("service", "id", "start", "end", "ongoing", "seconds", "seconds_min", "seconds_max", "cause", "excluded_seconds", "ticket", "noted_cause"),
    *("carrier_start", "carrier_start_difference_seconds", "carrier_end", "carrier_end_difference_seconds"),
    "charged_seconds",
)
BOM = "\ufeff"
_LINE_END = "\r\n"
_NAMES = ("id", "name", "month", "file", "start", "at")
"""What the rows of a list are told apart by: the first of these that they have."""

_RATIOS = {"target", "coverage", "observed", "low", "high", "gross", "availability", "loss", "min_coverage", "month_availability", "month_coverage"}

Row = tuple[str, str, str, str, str, str]


def as_csv(document: Document, words: Words) -> str:
    """The whole report; the statement of the method is in the language of `words`, everything else in that of the JSON document."""
    out = io.StringIO()
    out.write(BOM)
    writer = csv.writer(out, lineterminator=_LINE_END)
    writer.writerow(COLUMNS)
    writer.writerows(_rows(document, words))
    return out.getvalue()


def outages_csv(document: Document) -> str:
    """Its outages alone, under the JSON document's names."""
    out = io.StringIO()
    out.write(BOM)
    writer = csv.DictWriter(out, OUTAGE_COLUMNS, lineterminator=_LINE_END, extrasaction="ignore")
    writer.writeheader()
    for service in document.services:
        for row in outage_rows(service):
            cells = {name: _text(value) for name, value in row.items()}
            writer.writerow({"service": service.subject.name, **cells})
    return out.getvalue()


def _rows(document: Document, words: Words) -> Iterator[Row]:
    told = facts(document)
    services, rest = told.pop("services"), told
    yield from _of("", "report", rest)
    for service in services:
        yield from _of(service["name"], "service", service)
    for section in method(document, words):
        for number, text in enumerate(section.paragraphs, start=1):
            yield ("method", "", harmless(section.heading), str(number), harmless(text), "")
        for table in section.tables:
            names = [name.removeprefix(">") for name in table.columns]
            for number, row in enumerate(table.rows, start=1):
                for name, cell in zip(names, row, strict=True):
                    yield ("method", "", harmless(f"{table.heading or section.heading} {number}"), harmless(name), harmless(cell), "")


def _of(service: str, section: str, told: Mapping[str, Any]) -> Iterator[Row]:
    """A mapping's own values under `section`, and each mapping and list in it as a section of its own."""
    for name, value in told.items():
        if isinstance(value, Mapping) and value and all(isinstance(each, Mapping) for each in value.values()):
            for item, each in value.items():
                yield from _facts(name, service, item, each)
        elif isinstance(value, Mapping):
            yield from _facts(name, service, "", value)
        elif isinstance(value, list):
            yield from _list(name, service, value)
        else:
            yield _fact(section, service, "", name, value)


def _list(section: str, service: str, rows: list[Any]) -> Iterator[Row]:
    """The rows of a list, each under a name of its own; where two would have one, all are numbered."""
    names = [_name(row) for row in rows]
    distinct = len(set(names)) == len(names) and "" not in names
    for number, (name, row) in enumerate(zip(names, rows, strict=True), start=1):
        item = name if distinct else f"{name} {number}".strip()
        if isinstance(row, Mapping):
            yield from _facts(section, service, item, row)
        else:
            yield _fact(section, service, item, section, row)


def _name(row: Any) -> str:
    return next((str(row[name]) for name in _NAMES if row.get(name) is not None), "") if isinstance(row, Mapping) else ""


def _facts(section: str, service: str, item: str, told: Mapping[str, Any], within: str = "") -> Iterator[Row]:
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from _facts(section, service, item, value, f"{within}{name}.")
        elif isinstance(value, list):
            for number, each in enumerate(value, start=1):
                yield from _facts(section, service, item, each if isinstance(each, Mapping) else {"": each}, f"{within}{name}.{number}.")
        else:
            unit = told.get("unit", "") if name in ("target", "actual") else None
            yield _fact(section, service, item, f"{within}{name}".removesuffix("."), value, unit)


def _fact(section: str, service: str, item: str, measure: str, value: object, unit: str | None = None) -> Row:
    return (section, harmless(service), harmless(item), measure, _text(value), harmless(_unit(section, measure) if unit is None else unit))


def _text(value: object) -> str:
    return harmless(value) if isinstance(value, str) else "" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _unit(section: str, measure: str) -> str:
    name = measure.rpartition(".")[2]
    if section == "seconds" or "seconds" in measure:
        return "s"
    if section == "rtt_ms":
        return "ms"
    if name == "printed":
        return "%"
    if section == "indicator_total" and name in ("cost_target", "cost_actual", "budget"):
        return "万元"
    return "ratio" if name in _RATIOS and section != "indicators" else ""
