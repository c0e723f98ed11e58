"""The table `service_hours`: the hours in which a service is owed; and the table `calendar`: the holidays of a year that the office supplies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from linewatch.config.holidays import Announced, ChineseCalendar
from linewatch.config.table import Read, Table
from linewatch.config.values import Unfit, shown
from linewatch.sla.hours import ALWAYS, WHOLE_DAY, Hours, Window, Windows

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


def windows(value: object) -> Windows:
    """Windows of a day such as "08:30-12:00, 14:00-17:30", in order; "closed" for none."""
    if value == "closed":
        return ()
    found: list[Window] = []
    for part in value.split(",") if isinstance(value, str) else ():
        match = _WINDOW.fullmatch(part.strip())
        if match is None:
            raise Unfit(f'must be hours such as "08:30-12:00, 14:00-17:30", or "closed", not {shown(value)}')
        start, end = (timedelta(hours=int(match[n]), minutes=int(match[n + 1])) for n in (1, 3))
        if not start < end <= WHOLE_DAY[0].end:
            raise Unfit(f"must end after they start and by 24:00, not {shown(part.strip())}; hours over midnight are two windows on two days")
        if found and start < found[-1].end:
            raise Unfit(f"must be in order and not overlap, {shown(part.strip())} does")
        found.append(Window(start, end))
    if not found:
        raise Unfit(f'must be hours such as "08:30-17:30", or "closed", not {shown(value)}')
    return tuple(found)


def single_days(value: object) -> dict[date, Windows]:
    """The windows of single days, by date."""
    if not isinstance(value, dict):
        raise Unfit(f'must be a table such as {{ 2022-10-05 = "closed" }}, not {shown(value)}')
    found: dict[date, Windows] = {}
    for key, text in value.items():
        try:
            day = date.fromisoformat(key)
        except ValueError:
            raise Unfit(f"must have dates such as 2022-10-05 as keys, not {shown(key)}") from None
        try:
            found[day] = windows(text)
        except Unfit as problem:
            raise Unfit(f"{key} {problem}") from None
    return found


DayWindows = Annotated[Windows, Read(windows)]


class HoursTable(Table):
    """Service hours: by working days and days off, or by days of the week; "24x7" is the table without a key."""

    workdays: DayWindows | None = None
    restdays: DayWindows | None = None
    holidays: Literal["none", "china"] = "none"
    mon: DayWindows | None = None
    tue: DayWindows | None = None
    wed: DayWindows | None = None
    thu: DayWindows | None = None
    fri: DayWindows | None = None
    sat: DayWindows | None = None
    sun: DayWindows | None = None
    overrides: Annotated[Mapping[date, Windows], Read(single_days)] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _always(cls, value: Any) -> Any:
        if value == "24x7":
            return {}
        if not isinstance(value, dict):
            raise Unfit(f'must be "24x7" or a table such as {{ workdays = "08:30-17:30", holidays = "china" }}, not {shown(value)}')
        if not value:
            raise Unfit('is empty; write "24x7" where every hour counts')
        return value

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        by_week = [day for day in DAYS if getattr(self, day) is not None]
        if by_week and (self.workdays is not None or self.restdays is not None):
            raise Unfit(f"has workdays or restdays beside {by_week[0]}: write working days or days of the week, not both")
        if self.workdays is None and (self.restdays is not None or self.holidays == "china"):
            raise Unfit("has restdays or holidays without workdays: write the hours of a working day too")
        if self.model_fields_set and not self.always and not any((*self.week, *self.overrides.values())):
            raise Unfit("leaves no hour in which the service is owed")
        return self

    @property
    def always(self) -> bool:
        """Whether nothing narrows the hours."""
        return not self.model_fields_set

    @property
    def week(self) -> tuple[Windows, ...]:
        """The windows of each day of the week, Monday first; a day that is not named has none, but where only single days are given, all."""
        if self.workdays is not None:
            return (*((self.workdays,) * 5), *((self.restdays or (),) * 2))
        named = tuple(getattr(self, day) for day in DAYS)
        return (WHOLE_DAY,) * 7 if all(day is None for day in named) else tuple(day or () for day in named)

    def hours(self, supplied: Mapping[int, Announced]) -> Hours:
        """The same as the contract's arithmetic takes it; `supplied` are the years whose holidays the configuration gives."""
        if self.always:
            return ALWAYS
        calendar = ChineseCalendar(supplied) if self.holidays == "china" else None
        return Hours(self._text(), self.week, calendar, self.overrides)

    def _text(self) -> str:
        parts = [f"{key} {_written(getattr(self, key))}" for key in ("workdays", "restdays", *DAYS) if getattr(self, key) is not None]
        if self.holidays == "china":
            parts.append("holidays china")
        parts += [f"{day.isoformat()} {_written(given)}" for day, given in sorted(self.overrides.items())]
        return "; ".join(parts)


def _written(given: Windows) -> str:
    return ", ".join(f"{_clock(window.start)}-{_clock(window.end)}" for window in given) or "closed"


def _clock(since_midnight: timedelta) -> str:
    minutes = since_midnight // timedelta(minutes=1)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


class CalendarTable(Table):
    """The holidays of one year, in place of what chinesecalendar says of it."""

    year: Annotated[int, Field(ge=1970, le=9998)]
    holidays: tuple[date, ...] = Field(default=(), strict=False)
    workdays: tuple[date, ...] = Field(default=(), strict=False)

    @field_validator("holidays", "workdays")
    @classmethod
    def _of_the_year(cls, days: tuple[date, ...], info: ValidationInfo) -> tuple[date, ...]:
        year = info.data.get("year")
        for day in days:
            if year is not None and day.year != year:
                raise Unfit(f"must lie in {year}, {day} does not")
        return days

    def announced(self) -> Announced:
        """The same as the calendar takes it."""
        return Announced(frozenset(self.holidays), frozenset(self.workdays))
