"""From the configuration to what a report speaks of."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from linewatch.config.loading import Loaded, load
from linewatch.errors import UsageError
from linewatch.sla.indicators import judged
from linewatch.wiring.office import now, office, subject
from tests.wiring.conftest import LINE

SITE = '[[endpoint]]\nname = "site"\ntitle = "平台"\nurl = "tcp://127.0.0.1:9"\nbehind = "line"\ninterval = "30s"\n'


def told(folder: Path, text: str) -> Loaded:
    path = folder / "linewatch.toml"
    path.write_text(text, "utf-8")
    return load(path)


def test_a_line_and_the_site_behind_it(tmp_path: Path) -> None:
    loaded = told(tmp_path, LINE + SITE)
    made = office(loaded)
    assert [(each.name, each.title, each.is_line, each.behind) for each in made.subjects] == [
        ("line", "line", True, None),
        ("site", "平台", False, "line"),
    ]
    assert subject(made, "site").rule.interval == timedelta(seconds=30)
    assert made.config_sha256 == loaded.sha256


def test_a_name_that_is_none_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r'^no service is called "nobody"; the configuration has: line, site$'):
        subject(office(told(tmp_path, LINE + SITE)), "nobody")


def test_now_is_in_utc() -> None:
    assert now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("operator", "target", "actual", "kind", "met"),
    [
        (">=", "15000", "15230", "定量", True),
        (">=", "15000", "14999.5", "定量", False),
        ("<=", "6", "6.0", "定量", True),
        ("<=", "6", "6.01", "定量", False),
        ("=", "12", "12", "定量", True),
        ("=", "12", "11", "定量", False),
        ("qualitative", '"满意"', '"满意"', "定性", None),
    ],
)
def test_a_declared_row_is_compared_where_it_can_be(tmp_path: Path, operator: str, target: str, actual: str, kind: str, met: bool | None) -> None:
    [row] = office(told(tmp_path, f'{LINE}[[indicator]]\nname = "条数"\noperator = "{operator}"\ntarget = {target}\nactual = {actual}\n')).declared
    assert (row.kind, judged(row).met, row.source) == (kind, met, "declared")


def test_a_declared_row_without_a_value_has_none(tmp_path: Path) -> None:
    text = f'{LINE}[[indicator]]\nname = "条数"\noperator = ">="\ntarget = 15000\nweight = 10\nevidence = "截图"\nnote = "年报"\n'
    [row] = office(told(tmp_path, text)).declared
    assert (row.actual, row.met, row.target, row.weight, row.note) == (None, None, Fraction(15000), Decimal(10), "截图；年报")
    assert (row.level1, row.level2, row.unit) == ("", "", "")
