"""How a service's history is told: measured here, filled from imports, masked by its line, under its terms. One letter a minute."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from linewatch.report.account import Account, accounts
from linewatch.report.history import Subject
from linewatch.sample.event import Event, Happening
from linewatch.sla.terms import Terms
from linewatch.verdict.timeline import Timeline
from tests.report.record import LETTERS, MINUTE, Record, at, line, site

NAMES = {what: letter for letter, what in LETTERS.items()}


def drawn(history: Timeline) -> str:
    return "".join(NAMES[stretch.state, stretch.cause] * (stretch.span.length // MINUTE) for stretch in history)


def told(record: Record, subjects: Sequence[Subject], minute: int) -> dict[str, Account]:
    return dict(accounts(record, subjects, at(minute)))


@pytest.mark.parametrize(
    ("measured", "as_of", "history"),
    [
        ("UUUDDDUU", 8, "UUUDDDUU"),
        ("UUUDDDUU", 5, "UUUDD"),
        ("UUUDDDUU" + "U" * 90, 20, "UUUDDD" + "U" * 14),
        ("U" * 100, 20, "U" * 20),
        ("UUUU", 7, "UUUUUUU"[:4] + "???"),
        ("UUUU", 6, "UUUUUU"),
        ("UUUDDD", 20, "UUUDDD" + "?" * 14),
        ("", 8, ""),
    ],
    ids=[
        *("as it was", "as of then", "as of long ago", "as of long ago, and nothing ever happened", "nobody looked since", "not stale yet"),
        *("an outage is not drawn out by silence", "nothing recorded"),
    ],
)
def test_what_was_measured(measured: str, as_of: int, history: str) -> None:
    assert drawn(told(Record({"line": measured}), [line()], as_of)["line"].history) == history


@pytest.mark.parametrize(
    ("measured", "first", "last", "history"),
    [("UUUUUUUU", 2, 4, "UU???UUU"), ("UU~~~DDDUU", 3, 8, "UU~??DDD?U"), ("UUUU", 2, 9, "UU??"), ("UUUU", 5, 9, "UUUU"), ("llUU", 0, 1, "??UU")],
    ids=["up", "an outage stays one", "as of then", "later than then", "whatever was unknown"],
)
def test_where_rounds_were_lost_nothing_but_an_outage_is_known(measured: str, first: int, last: int, history: str) -> None:
    lost = {"count": last - first + 1, "first_at": at(first).isoformat(), "last_at": at(last).isoformat()}
    record = Record({"line": measured, "site": "U" * len(measured)}, happened=[Event(at(last), Happening.SAMPLES_LOST, "line", lost)])
    accounts = told(record, [line(), site()], len(measured))
    assert drawn(accounts["line"].history) == history
    assert drawn(accounts["site"].history) == "U" * len(measured)


@pytest.mark.parametrize(
    ("measured", "files", "history", "overlapped"),
    [
        ("", [(0, "UUDDUU")], "UUDDUU????", 0),
        ("", [(0, "UUDD"), (6, "UUUU")], "UUDD??UUUU", 0),
        ("", [(0, "UUUU"), (2, "DDDD")], "UUUUDD????", 0),
        ("????UUUUUU", [(0, "DDDDDD")], "DDDDUUUUUU", 2),
        ("llllUUUUUU", [(0, "DDDDDD")], "llllUUUUUU", 6),
        ("UUUUUUUUUU", [(2, "DD"), (3, "DD")], "UUUUUUUUUU", 3),
        ("?????UUUUU", [(0, "UUUUU")], "UUUUUUUUUU", 0),
        ("UUUUUUUUUU", [], "UUUUUUUUUU", 0),
        ("UUUUUUUUUU", [(12, "DD")], "UUUUUUUUUU", 0),
    ],
)
def test_imports_fill_only_what_nobody_here_looked_at(measured: str, files: list[tuple[int, str]], history: str, overlapped: int) -> None:
    account = told(Record({"line": measured}, {"line": files}), [line()], 10)["line"]
    assert drawn(account.history) == history
    assert account.overlapped == overlapped * MINUTE


@pytest.mark.parametrize(
    ("of_line", "of_site", "history"),
    [
        ("UUDDDUUU", "UUCCCUUU", "UUbbbUUU"),
        ("UUDDDUUU", "UUUUUUUU", "UUUUUUUU"),
        ("UUDDDUUU", "UUCCCCCU", "UUbbbCCU"),
        ("UUlllUUU", "UUCCCUUU", "UUlllUUU"),
        ("UU~~~UUU", "UUCCCUUU", "UUCCCUUU"),
    ],
)
def test_an_outage_of_the_line_is_charged_once(of_line: str, of_site: str, history: str) -> None:
    record = Record({"line": of_line, "site": of_site})
    for subjects in ([line(), site()], [site(), line()]):
        assert drawn(told(record, subjects, 8)["site"].history) == history
    assert drawn(told(record, [line(), site(behind=None)], 8)["site"].history) == of_site
    assert drawn(told(record, [site()], 8)["site"].history) == of_site


@pytest.mark.parametrize(
    ("of_site", "of_site_now"),
    [("UUCCC", "UUbbbbb"), ("UUCCCC", "UUbbbbb"), ("UUCCCCC", "UUbbbCC")],
    ids=["not looked at since the line came back", "looked at in the moment of its return", "seen bad since"],
)
def test_an_endpoint_is_not_down_by_itself_before_it_was_seen_bad_after_the_lines_return(of_site: str, of_site_now: str) -> None:
    account = told(Record({"line": "UUDDDUUU", "site": of_site}), [line(), site()], 7)["site"]
    assert drawn(account.history) == of_site_now


def test_terms_that_charge_local_faults_do_so_after_the_masking() -> None:
    record = Record({"line": "UUllUU", "site": "UUCCUU"})
    strict = Terms(local_faults="down")
    account = told(record, [line(terms=strict), site()], 6)
    assert [(stretch.state.value, stretch.cause) for stretch in account["line"].history] == [("up", None), ("down", "local"), ("up", None)]
    assert drawn(account["site"].history) == "UUllUU"
