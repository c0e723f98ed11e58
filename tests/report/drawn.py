"""A report to be drawn, with something of everything in it, and texts that would like to be markup."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from linewatch.report.document import Document
from linewatch.report.review import Office, review
from linewatch.sla.exclusions import Exclusion, Note
from linewatch.sla.indicators import Indicator
from linewatch.sla.period import Period, year
from linewatch.sla.terms import Terms
from linewatch.span import Span
from tests.report.record import Record, at, line, site

ZONE = ZoneInfo("Asia/Shanghai")
HOSTILE = "<script>alert(1)</script>\"'&</style><b>"
DECLARED = Indicator("产出指标", "数量指标", HOSTILE, ">=", Fraction(15000), "条", Decimal("15230.5"), True, "declared", weight=Decimal(10))
OUTAGE = "line@20220301T000500Z"
RECORD = Record(
    {"line": "UUUUUDDDUU~~UU" + "?" * 90 + "UUUDUUU" * 100, "site": "UUUUUCCU" * 20},
    {"line": [(-400, "UUUUUUDU" * 40)]},
    echoes={"line": (1, 800_000)},
    rtts={"line": {20_000: 40, 90_000: 4}},
    ledger=(
        Exclusion(1, (), Span(at(6), at(7)), HOSTILE, HOSTILE, at(8), HOSTILE),
        Exclusion(2, ("line",), Span(at(200), at(260)), "planned work", "Li", at(100)),
    ),
    written=(Note(OUTAGE, HOSTILE, at(20), HOSTILE, HOSTILE, HOSTILE, at(4), at(9)),),
)
LINE = replace(line(), title=HOSTILE)
OFFICE = Office((LINE, site(terms=Terms(target=Fraction(1, 2), min_coverage=Fraction(1, 1000)))), (DECLARED,), "0.0.0", "cd" * 32)


def told(period: Period | None = None, record: Record = RECORD, office: Office = OFFICE, as_of: float = 900) -> Document:
    return review(record, office, period or year(2022, ZONE), at(as_of), drawn=True)
