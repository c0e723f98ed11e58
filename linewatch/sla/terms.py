"""What the contract says: the promised figures, the rules for judging them, its term and its payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from linewatch.sla.hours import ALWAYS, Hours


@dataclass(frozen=True, slots=True)
class Payment:
    """Money paid on a day of the contract's zone, in 万元; `ref` names the voucher."""

    on: date
    amount: Decimal
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """The lease: its parties' words for it, its first and last day (both belong to it; None: open), its yearly cost in 万元 and what was paid."""

    provider: str = ""
    circuit: str = ""
    start: date | None = None
    end: date | None = None
    cost: Decimal | None = None
    payments: tuple[Payment, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """How availability is judged; every ratio exact, between 0 and 1.

    `degraded = "down"` charges degraded time as downtime, `local_faults = "down"` charges this office's own faults (semantics, section 3).
    `hours` are the service hours.
    """

    target: Fraction = Fraction(1)
    min_coverage: Fraction = Fraction(99, 100)
    month_availability: Fraction = Fraction(90, 100)
    month_coverage: Fraction = Fraction(90, 100)
    degraded: Literal["up", "down"] = "up"
    local_faults: Literal["unknown", "down"] = "unknown"
    hours: Hours = ALWAYS
