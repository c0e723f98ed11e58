"""The tables `sla` and `contract`: what was promised, for how long and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from linewatch.config.holidays import Announced
from linewatch.config.hours import HoursTable
from linewatch.config.table import Read, Remark, Table
from linewatch.config.values import Unfit, money, ratio
from linewatch.sla.terms import Contract, Payment, Terms

Ratio = Annotated[Fraction, Read(ratio)]
Money = Annotated[Decimal, Read(money)]


class SlaTable(Table):
    """How a service's availability is judged."""

    target: Ratio = Fraction(1)
    min_coverage: Ratio = Fraction(99, 100)
    month_availability: Ratio = Fraction(90, 100)
    month_coverage: Ratio = Fraction(90, 100)
    service_hours: HoursTable = HoursTable.model_validate("24x7")
    degraded: Literal["up", "down"] = "up"
    local_faults: Literal["unknown", "down"] = "unknown"

    def terms(self, supplied: Mapping[int, Announced]) -> Terms:
        """The same as the contract's arithmetic takes it; `supplied` are the years whose holidays the configuration gives."""
        hours = self.service_hours.hours(supplied)
        return Terms(self.target, self.min_coverage, self.month_availability, self.month_coverage, self.degraded, self.local_faults, hours)


class PaymentTable(Table):
    """One payment."""

    on: date
    amount: Money
    ref: Remark = ""


class ContractTable(Table):
    """The lease of a line."""

    provider: Remark = ""
    circuit: Remark = ""
    start: date | None = None
    end: date | None = None
    cost: Money | None = None
    payments: tuple[PaymentTable, ...] = Field(default=(), strict=False)

    @field_validator("end")
    @classmethod
    def _not_before_start(cls, end: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start")
        if start is not None and end is not None and end < start:
            raise Unfit(f"{end} is before start, {start}")
        return end

    def contract(self) -> Contract:
        """The same as the contract's arithmetic takes it."""
        payments = tuple(Payment(paid.on, paid.amount, paid.ref) for paid in self.payments)
        return Contract(self.provider, self.circuit, self.start, self.end, self.cost, payments)
