"""The tables `indicator` and `indicators`: the rows of the 绩效目标表, measured or declared, and what they have in common."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from linewatch.config.table import Read, Remark, Slug, Table, Words
from linewatch.config.terms import Money
from linewatch.config.values import Unfit, operator, quantity, share, shown, some_text, unit, weight
from linewatch.sla.score import Achieved, achieved

Points = Annotated[Decimal, Read(weight)]
Quantity = Annotated[int | Decimal | str, Read(quantity)]
Operator = Annotated[str, Read(operator)]
Unit = Annotated[str, Read(unit)]
Share = Annotated[Decimal, Read(share)]

_LEVELS = {
    **{level.value: level for level in Achieved},
    "部分达成预期指标": Achieved.PARTLY,
    "部分达成预期指标并具有一定效果": Achieved.PARTLY,
    "未达成预期指标": Achieved.MISSED,
    "未达成预期指标且效果较差": Achieved.MISSED,
}


_NOT_QUALITATIVE = 'belongs to a qualitative row: one of kind = "定性", or with words for its target'


def _level(value: object) -> Achieved:
    found = _LEVELS.get(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Unfit(f'must be "达成预期指标", "部分达成" or "未达成", not {shown(value)}')
    return found


Level = Annotated[Achieved, Read(_level)]


def _is_qualitative(entered: Mapping[str, Any]) -> bool | None:
    """Whether what stands before a key says that the row is qualitative; None where it does not say."""
    if entered.get("operator") == "qualitative" or entered.get("kind") == "定性" or isinstance(entered.get("target"), str):
        return True
    if entered.get("operator") in (">=", "<=") or entered.get("kind") == "定量" or entered.get("target") is not None:
        return False
    return None


class IndicatorTable(Table):
    """An indicator by its name (三级指标); what is not given comes from the measurement or prints 未填报.

    A row is qualitative (定性) where its kind or its operator says so, or where its target is words.
    """

    name: Words
    level1: Words | None = None
    level2: Words | None = None
    kind: Literal["定量", "定性"] | None = None
    operator: Operator | None = None
    target: Quantity | None = None
    unit: Unit | None = None
    definition: Remark | None = None
    weight: Points | None = None
    actual: Quantity | None = None
    share: Share | None = None
    achieved: Level | None = None
    deviation: Remark | None = None
    evidence: Remark | None = None
    note: Remark | None = None
    source: Literal["measured", "contract", "survey", "declared"] | None = None
    measure: Literal["availability", "service_months", "term", "cost"] | None = None
    line: Slug | None = None

    @property
    def qualitative(self) -> bool:
        """Whether the row is 定性."""
        return bool(_is_qualitative({"kind": self.kind, "operator": self.operator, "target": self.target}))

    @field_validator("operator")
    @classmethod
    def _of_its_kind(cls, operator: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind == "定性" and operator in (">=", "<="):
            raise Unfit(f'must be "=" or "qualitative" in a row of kind "定性", not {shown(operator)}')
        if kind == "定量" and operator == "qualitative":
            raise Unfit('must be "=", ">=" or "<=" in a row of kind "定量", not "qualitative"')
        return operator

    @field_validator("target")
    @classmethod
    def _a_target_of_its_kind(cls, target: int | Decimal | str, info: ValidationInfo) -> int | Decimal | str:
        qualitative = _is_qualitative({key: info.data.get(key) for key in ("kind", "operator")})
        if qualitative is False and isinstance(target, str):
            raise Unfit(f"must be a number, not {shown(target)}")
        if qualitative and not isinstance(target, str):
            raise Unfit(f"must be words in a qualitative row, not {shown(target)}")
        return target

    @field_validator("actual")
    @classmethod
    def _an_actual_of_its_kind(cls, actual: int | Decimal | str, info: ValidationInfo) -> int | Decimal | str:
        qualitative = _is_qualitative(info.data)
        if qualitative is False and isinstance(actual, str):
            raise Unfit(f"must be a number, not {shown(actual)}")
        if qualitative and not isinstance(actual, str):
            raise Unfit(f"must be words in a qualitative row, not {shown(actual)}; a degree of achievement is its share")
        return actual

    @field_validator("share")
    @classmethod
    def _of_a_qualitative_row(cls, degree: Decimal, info: ValidationInfo) -> Decimal:
        if not _is_qualitative(info.data):
            raise Unfit(_NOT_QUALITATIVE)
        return degree

    @field_validator("achieved")
    @classmethod
    def _as_its_share(cls, level: Achieved, info: ValidationInfo) -> Achieved:
        degree = info.data.get("share")
        if not _is_qualitative(info.data):
            raise Unfit(_NOT_QUALITATIVE)
        if degree is not None and achieved(degree) is not level:
            raise Unfit(f"is {shown(level.value)}, but a share of {degree} % is {shown(achieved(degree).value)}")
        return level

    @field_validator("line")
    @classmethod
    def _with_a_measure(cls, line: str, info: ValidationInfo) -> str:
        if "measure" in info.data and info.data["measure"] is None:
            raise Unfit("is of use only together with measure")
        return line


class IndicatorsTable(Table):
    """`file`, a CSV that holds rows (relative to the configuration's folder), `budget`, what the whole table may cost in 万元, and `year`.

    The values that were entered are those of the `year`; where none is given, of whichever year is asked for.
    """

    file: Annotated[str, Read(some_text)] | None = None
    budget: Money | None = None
    year: Annotated[int, Field(ge=1970, le=9998)] | None = None
