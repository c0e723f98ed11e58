"""The CSV of the performance table: what spreadsheets save is read, and every mistake is told by file, line and column."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linewatch.config.indicator_file import LARGEST
from linewatch.config.loading import Loaded, load
from linewatch.errors import ConfigurationError
from tests.config.file import SMALL

BAD = Path(__file__).parent / "bad_indicators"
TABLE = "三级指标,指标性质,指标值,度量单位,完成值,权重\n微博信息发布条数,≥,15000,条,15230,10\n视频合格率,＝,100,％,99.95,2.5\n"

# What follows the file's name, line by line.
MESSAGES = {
    "empty": (": holds no rows: its first line names the columns",),
    "header-unknown": (':1: "colour": unknown column',),
    "header-close": (':1: "wieght": unknown column; did you mean "weight"?',),
    "header-twice": (':1: "name": the column name is there twice',),
    "header-no-name": (":1: must have a column name (三级指标)",),
    "not-text": (": is neither UTF-8 nor GBK text",),
    "quote": (":2: is not valid CSV: unexpected end of data",),
    "cells": (":2: has 3 cells, the first line has 2",),
    "name-missing": (":2: name: must be given",),
    "operator": (':2: 指标性质: must be "=", ">=", "<=" or "qualitative", not ">"',),
    "unit": (':2: 度量单位: must be a unit such as 条, % or 万元, not "12"',),
    "target-percent": (':2: 指标值: must be a number, not "100%"',),
    "words-as-number": (":2: target: must be words in a qualitative row, not 100",),
    "name-twice": (':4: name: "条数" is the name of {file}:2 already',),
    "weights": (":3: 分值: the weights up to here add up to 101, more than 100 points",),
    "many": (
        ':2: 指标性质: must be "=", ">=", "<=" or "qualitative", not "大于"',
        ':2: 分值: must be a number of points from 0 to 100, not "十"',
        ":3: 分值: must be a number of points from 0 to 100, not 101",
        ':3: 完成值: must be a number, not "很多"',
    ),
    "measured-unit": (':2: unit: must be "%", for linewatch fills this row in, not "月"',),
    "source": (":2: in_scope: nothing is measured under this name; a measure is to be given",),
    "after-a-long-cell": (':4: weight: must be a number of points from 0 to 100, not "x"',),
}


def loaded(folder: Path, content: str | bytes, more: str = "") -> Loaded:
    (folder / "indicators.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "linewatch.toml").write_text(f'[indicators]\nfile = "indicators.csv"\n{SMALL}{more}', "utf-8")
    return load(folder / "linewatch.toml", {})


def refusal(folder: Path, content: str | bytes, more: str = "") -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, content, more)
    return caught.value.problems


@pytest.mark.parametrize("name", MESSAGES)
def test_every_mistake_gets_its_line_and_column(tmp_path: Path, name: str) -> None:
    file = tmp_path / "indicators.csv"
    found = refusal(tmp_path, (BAD / f"{name}.csv").read_bytes())
    assert found == tuple(f"{file}{message.replace('{file}', str(file))}" for message in MESSAGES[name])


def test_every_file_of_the_folder_is_in_the_table() -> None:
    assert {file.name for file in BAD.iterdir()} == {f"{name}.csv" for name in MESSAGES}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_spreadsheet_saves_is_read(tmp_path: Path, encoding: str, end: str) -> None:
    first, second = loaded(tmp_path, TABLE.replace("≥", ">=").replace("\n", end).encode(encoding)).settings.indicator
    assert (first.name, first.operator, first.target, first.unit, first.actual, first.weight) == (
        "微博信息发布条数",
        ">=",
        15000,
        "条",
        15230,
        Decimal(10),
    )
    assert (second.operator, second.unit, second.actual, second.weight) == ("=", "%", Decimal("99.95"), Decimal("2.5"))


def test_the_signs_of_the_form_are_ours(tmp_path: Path) -> None:
    first, second = loaded(tmp_path, TABLE).settings.indicator
    assert (first.operator, second.operator, second.unit) == (">=", "=", "%")


def test_an_empty_cell_is_no_value_and_an_empty_line_no_row(tmp_path: Path) -> None:
    text = "序号,一级指标,三级指标,完成值,得分,偏差原因分析及改进措施,\n1,产出指标,条数,,9.99,,\n,,,,,,\n"
    [row] = loaded(tmp_path, text).settings.indicator
    assert row.model_dump(exclude_none=True) == {"name": "条数", "level1": "产出指标"}


def test_the_form_as_it_is_printed_is_read(tmp_path: Path) -> None:
    """Merged levels, the whole target in one cell, and a last row of sums."""
    text = (
        "一级指标,二级指标,三级指标,年度指标值,实际完成值,分值,得分,偏差原因分析及改进措施,是否达标\n"
        "产出指标,数量指标,条数,≥3000期,3126,10,10,,达标\n,,月数,= 12 月,12,10,10,,达标\n,质量指标,合格率,=99.5%,100,10,10,,达标\n"
        "效益指标,,关注人数,进一步增加,,10,,,\n总分,,,,,40,30,,\n"
    )
    found = loaded(tmp_path, text).settings.indicator
    assert [(row.level1, row.level2, row.name, row.operator, row.target, row.unit) for row in found] == [
        ("产出指标", "数量指标", "条数", ">=", 3000, "期"),
        ("产出指标", "数量指标", "月数", "=", 12, "月"),
        ("产出指标", "质量指标", "合格率", "=", Decimal("99.5"), "%"),
        ("效益指标", None, "关注人数", None, "进一步增加", None),
    ]


def test_a_whole_target_beside_an_operator_or_a_unit_is_left_as_it_is_and_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "name,operator,target\n条数,>=,≥3000\n") == (f'{tmp_path}/indicators.csv:2: target: must be a number, not "≥3000"',)
    assert refusal(tmp_path, "name,kind,target,unit\n条数,定量,≥3000期,条\n") == (
        f'{tmp_path}/indicators.csv:2: target: must be a number, not "≥3000期"',
    )


def test_the_rows_of_the_file_stand_before_those_of_the_configuration(tmp_path: Path) -> None:
    found = loaded(tmp_path, TABLE, '[[indicator]]\nname = "条数"\n').settings.indicator
    assert [row.name for row in found] == ["微博信息发布条数", "视频合格率", "条数"]


def test_both_places_are_held_against_each_other(tmp_path: Path) -> None:
    again = '[[indicator]]\nname = "视频合格率"\nweight = 90\n'
    assert refusal(tmp_path, TABLE, again) == (
        f'{tmp_path}/linewatch.toml:7: indicator[0].name: "视频合格率" is the name of {tmp_path}/indicators.csv:3 already',
        f"{tmp_path}/linewatch.toml:8: indicator[0].weight: the weights up to here add up to 102.5, more than 100 points",
    )


def test_the_mistakes_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    found = refusal(tmp_path, "name,weight\n条数,-1\n", "fall = 0\n")
    assert [problem.removeprefix(f"{tmp_path}/") for problem in found] == [
        "linewatch.toml:6: line[0].fall: must be at least 1, not 0",
        "indicators.csv:2: weight: must be a number of points from 0 to 100, not -1",
    ]


def test_the_digest_is_of_both_files(tmp_path: Path) -> None:
    found = loaded(tmp_path, TABLE)
    assert found.sha256 == hashlib.sha256((tmp_path / "linewatch.toml").read_bytes() + TABLE.encode()).hexdigest()


def test_files_that_cannot_be_the_table(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "large.csv").write_bytes(b"name\n" * (LARGEST // 5 + 1))
    (tmp_path / "plain").write_text("name\n")
    told = []
    for name in ("none.csv", "folder", "large.csv", "plain/more.csv", "a\\u0000b"):
        (tmp_path / "linewatch.toml").write_text(f'[indicators]\nfile = "{name}"\n{SMALL}')
        with pytest.raises(ConfigurationError) as caught:
            load(tmp_path / "linewatch.toml", {})
        told += [problem.removeprefix(f"{tmp_path}/") for problem in caught.value.problems]
    assert told == [
        "none.csv: there is no such file",
        "folder: is a folder, not a file",
        "large.csv: is larger than 1 MiB, so it is no table of indicators",
        "plain/more.csv: cannot be read: Not a directory",
        r"a\x00b: cannot be read: embedded null byte",
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(lambda text: f"name,weight,target\n{text}".encode(errors="ignore"))))
def test_any_content_is_read_or_told_in_lines(tmp_path: Path, content: bytes) -> None:
    problems: tuple[str, ...] = ()
    try:
        loaded(tmp_path, content)
    except ConfigurationError as error:
        problems = error.problems
    assert [problem for problem in problems if problem.startswith(f"{tmp_path}/indicators.csv:") and problem.isprintable()] == list(problems)
