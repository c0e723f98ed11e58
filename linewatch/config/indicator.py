"""The table `indicator`: one row of the 绩效目标表, measured or declared."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from linewatch.config.table import Read, Remark, Table, Words
from linewatch.config.values import quantity, weight

Points = Annotated[Decimal, Read(weight)]
Quantity = Annotated[int | Decimal | str, Read(quantity)]


class IndicatorTable(Table):
    """An indicator by its name (三级指标); what is not given comes from the measurement or prints 未填报."""

    name: Words
    level1: Words | None = None
    level2: Words | None = None
    operator: Literal["=", ">=", "<=", "qualitative"] | None = None
    target: Quantity | None = None
    unit: Remark | None = None
    actual: Quantity | None = None
    weight: Points | None = None
    evidence: Remark | None = None
    note: Remark | None = None
