"""Service hours for people: as the configuration writes them, with its keys in words."""

from __future__ import annotations

from linewatch.report.words import Words
from linewatch.sla.hours import Hours


def hours_told(hours: Hours, words: Words) -> str:
    """`24x7`, or each part of the table with its key in words: `工作日 08:30-17:30; 节假日 依国务院办公厅通知`."""
    meant = {
        "workdays": words("workdays"),
        "restdays": words("restdays"),
        "holidays": words("holidays"),
        "china": words("china"),
        "closed": words("closed"),
        "mon": words("mon"),
        "tue": words("tue"),
        "wed": words("wed"),
        "thu": words("thu"),
        "fri": words("fri"),
        "sat": words("sat"),
        "sun": words("sun"),
    }
    return "; ".join(" ".join(meant.get(word, word) for word in part.split(" ")) for part in hours.text.split("; "))
