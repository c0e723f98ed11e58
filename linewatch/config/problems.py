"""From mistakes to the lines that a person reads: pydantic's findings in our words, and `<file>:<line>: <key>: <message>`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from linewatch.config.endpoint import EndpointTable, ExpectTable
from linewatch.config.hours import CalendarTable, HoursTable
from linewatch.config.indicator import IndicatorsTable, IndicatorTable
from linewatch.config.line import LineTable
from linewatch.config.lines import Place, nearest
from linewatch.config.notify import NotifyTable
from linewatch.config.settings import Settings, StoreTable, WebTable
from linewatch.config.terms import ContractTable, PaymentTable, SlaTable
from linewatch.config.values import shown, shown_text

_TABLES: dict[tuple[str, ...], type[BaseModel]] = {
    (): Settings,
    ("store",): StoreTable,
    ("web",): WebTable,
    ("line",): LineTable,
    ("line", "contract"): ContractTable,
    ("line", "contract", "payments"): PaymentTable,
    ("line", "sla"): SlaTable,
    ("line", "sla", "service_hours"): HoursTable,
    ("endpoint",): EndpointTable,
    ("endpoint", "expect"): ExpectTable,
    ("endpoint", "sla"): SlaTable,
    ("endpoint", "sla", "service_hours"): HoursTable,
    ("notify",): NotifyTable,
    ("calendar",): CalendarTable,
    ("indicators",): IndicatorsTable,
    ("indicator",): IndicatorTable,
}
_LISTS = (("line",), ("endpoint",), ("notify",), ("calendar",), ("indicator",))
_SECRET = {"auth", "body", "headers", "password_hash", "send", "url"}  # what stands there is never quoted
_BARE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _unknown(error: ErrorDetails) -> str:
    *table, key = error["loc"]
    fields = _TABLES[tuple(part for part in table if isinstance(part, str))].model_fields
    close = difflib.get_close_matches(str(key)[:64], fields, n=1)
    return f'unknown key; did you mean "{close[0]}"?' if close else "unknown key"


def _one_of(error: ErrorDetails) -> str:
    expected: str = error["ctx"]["expected"]
    return f"must be {expected.replace(chr(39), chr(34))}"


def _list(error: ErrorDetails) -> str:
    key = str(error["loc"][-1])
    return f"must be written [[{key}]], with double brackets" if error["loc"] in _LISTS else "must be a list"


def _table(error: ErrorDetails) -> str:
    return "must be one table, [indicators]; each row is an [[indicator]]" if error["loc"] == ("indicators",) else "must be a table"


Wording = tuple[Callable[[ErrorDetails], str], bool]
"""What to say; and whether the value is quoted behind it, unless it may hold a secret."""

_OTHERWISE: Wording = (lambda _: "cannot be understood", True)
# The left side is pydantic's vocabulary.
_WORDS: dict[str, Wording] = {
    "extra_forbidden": (_unknown, False),
    "missing": (lambda _: "must be given", False),
    "value_error": (lambda error: str(error["ctx"]["error"]), False),
    "model_type": (_table, True),
    "tuple_type": (_list, True),
    "frozen_set_type": (_list, True),
    "too_short": (lambda _: "must hold at least one value", False),
    "too_long": (lambda error: f"must hold at most {error['ctx']['max_length']} values", False),
    "literal_error": (_one_of, True),
    "int_type": (lambda _: "must be a whole number", True),
    "bool_type": (lambda _: "must be true or false", True),
    "date_type": (lambda _: "must be a date such as 2022-01-31, without quotes", True),
    "greater_than_equal": (lambda error: f"must be at least {error['ctx']['ge']}", True),
    "less_than_equal": (lambda error: f"must be at most {error['ctx']['le']}", True),
}


def message(error: ErrorDetails) -> str:
    """What one finding of pydantic means, in plain words."""
    words, with_value = _WORDS.get(error["type"], _OTHERWISE)
    if not with_value or _SECRET.intersection(error["loc"]):
        return words(error)
    return f"{words(error)}, not {shown(error['input'])}"


def dotted(place: Place) -> str:
    """A place as people write it: `line[0].sla.target`; a key that needs quotes gets them."""
    out = ""
    for part in place:
        if isinstance(part, int):
            out += f"[{part}]"
        else:
            out += ("." if out else "") + (part if _BARE.fullmatch(part) else f'"{shown_text(part)}"')
    return out


def report(file: str, findings: Iterable[tuple[Place, str]], known: Mapping[Place, int]) -> list[str]:
    """One line for each mistake, from the top of the file to its end."""
    order = {place: position for position, place in enumerate(known, start=1)}
    placed = sorted(((nearest(known, place), place, words) for place, words in findings), key=lambda found: order.get(found[0], 0))
    return [f"{file}:{known.get(near, 1)}: {dotted(place)}: {words}" for near, place, words in placed]


def findings(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Where each finding of pydantic lies, and what it means."""
    for found in error.errors(include_url=False):
        # Pydantic calls a list short where its elements are unfit; they are reported for themselves.
        if found["type"] != "too_short" or not found["input"]:
            yield found["loc"], message(found)
