"""The Chinese calendar of working days: the State Council's, as chinesecalendar knows it, and the years that the configuration supplies itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version

from linewatch.errors import UsageError


@dataclass(frozen=True, slots=True)
class Announced:
    """One year's exceptions to Monday to Friday: the days of the week that are off, and those of the weekend that are worked."""

    holidays: frozenset[date]
    workdays: frozenset[date]


@dataclass(frozen=True, slots=True)
class ChineseCalendar:
    """法定节假日 and 调休 (the State Council's yearly notice); a year in `supplied` takes the place of what the library says of it."""

    supplied: Mapping[int, Announced] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """chinesecalendar and its version, and the years that come from the configuration."""
        own = f", {', '.join(str(year) for year in sorted(self.supplied))} as configured" if self.supplied else ""
        return f"chinesecalendar {version('chinesecalendar')}{own}"

    def is_workday(self, day: date) -> bool:
        """Whether people work on that day. Raises UsageError for a year that is not announced and not supplied."""
        year = self.supplied.get(day.year)
        if year is not None:
            return day in year.workdays or (day.weekday() < 5 and day not in year.holidays)
        from chinese_calendar import is_workday

        try:
            return bool(is_workday(day))
        except NotImplementedError:
            known = f"the holidays of {day.year} are not known to {self.name}"
            way_out = f"give them in the configuration as a [[calendar]] with year = {day.year}, or install a newer chinesecalendar"
            raise UsageError(f"{known}: {way_out}") from None
