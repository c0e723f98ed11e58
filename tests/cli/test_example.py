"""The example configuration of the seed's office: it loads, and an imported year prints the whole table of 24 rows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from shutil import copy

import pytest

from linewatch.config.loading import load
from linewatch.config.services import services
from tests.cli.conftest import ONE_HOUR_DOWN, Linewatch

EXAMPLE = Path(__file__).parents[2] / "deploy" / "example"

# The table of 2022: name, operator, target, unit, in its order.
TABLE = """\
抖音、快手短视频条数 >= 3000 期
微博信息发布条数 >= 15000 条
网络信息纠错时长覆盖率 = 100 %
网络专线服务时间 = 12 月
今日头条发布条数 >= 2000 篇
学习强国县融号发布文章数 >= 1000 条
视频合格率 = 100 %
网络专线畅通率 = 100 %
微博、今日头条、学习强国县融号信息发布合格率 = 100 %
网络信息纠错准确率 = 100 %
视频推送及时率 = 100 %
网络专线使用时限 = 100 %
微博、今日头条、学习强国县融号信息发布及时率 = 100 %
网络信息纠错及时率 = 100 %
抖音、快手短视频运维成本 = 20 万元
网络专线使用成本 = 6 万元
微博运维成本 = 20 万元
网络信息纠错使用成本 = 10 万元
今日头条运维成本 = 10 万元
学习强国县融号运维成本 = 35 万元
抖音、快手、今日头条、学习强国县融号、微博关注人数 = 进一步增加 %
网络信息纠错安全率 = 100 %
可持续影响指标 = 综合影响力持续提升、舆论引导良好、平台价值显现 %
使用人员满意度 = 较满意 %
""".splitlines()


@pytest.fixture
def office(folder: Path, linewatch: Linewatch) -> Path:
    """The example, with a year of one hour down imported for its line."""
    for file in EXAMPLE.iterdir():
        copy(file, folder)
    (folder / "states.csv").write_text(ONE_HOUR_DOWN, "utf-8")
    assert linewatch("import", "states.csv", "--service", "leased-line", "--kind", "states").code == 0
    return folder


def rows(linewatch: Linewatch) -> list[dict[str, str]]:
    found = json.loads(linewatch("sla", "--year", "2022", "--format", "json").out)["indicators"]
    assert isinstance(found, list)
    return found


def test_it_loads_with_its_line_and_its_six_sites() -> None:
    line, *sites = services(load(EXAMPLE / "linewatch.toml", {}).settings)
    assert (line.title, [site.title for site in sites]) == (
        "融媒体中心网络IP专线",
        ["抖音", "快手", "微博", "今日头条", "学习强国", "昆明信息港"],
    )


def test_its_rows_are_those_of_the_table_and_what_is_made_up_says_so() -> None:
    table = list(csv.DictReader(io.StringIO((EXAMPLE / "indicators.csv").read_text("utf-8-sig"))))
    assert [" ".join((row["三级指标"], row["指标性质"], row["指标值"], row["度量单位"])) for row in table] == TABLE
    assert all("示例" in row["佐证"] for row in table if row["完成值"])
    assert [row["三级指标"] for row in table if not row["完成值"]] == ["网络专线服务时间", "网络专线畅通率", "网络专线使用时限", "网络专线使用成本"]


def test_an_imported_year_fills_in_the_line_s_rows_among_the_others(office: Path, linewatch: Linewatch) -> None:
    found = rows(linewatch)
    assert [f"{row['name']} {row['operator']} {row['target']} {row['unit']}" for row in found] == TABLE
    filled = {row["name"]: row for row in found if row["source"] in ("measured", "contract")}
    assert {name: (row["actual"], row["result"], row["score"]) for name, row in filled.items()} == {
        "网络专线服务时间": (12, "met", 2.5),
        "网络专线畅通率": (pytest.approx(100 * (1 - 1 / 8760)), "not_met", 2.5),
        "网络专线使用时限": (100, "met", 2.5),
        "网络专线使用成本": (6, "met", 2.5),
    }
    assert all(row["definition"] and row["result"] != "not_filled_in" for row in found)


def test_its_points_and_its_costs_add_up(office: Path, linewatch: Linewatch) -> None:
    told = json.loads(linewatch("sla", "--year", "2022", "--format", "json").out)["indicator_total"]
    assert told == {"score": 87.32, "weight": 90, "lacking": [], "cost_target": 101, "cost_actual": 101, "budget": 101, "cost_agrees": True}


def test_a_terminal_shows_score_and_judgement_and_the_reason_that_is_to_be_given(office: Path, linewatch: Linewatch) -> None:
    out = linewatch("sla", "--year", "2022").out
    [line] = [line for line in out.splitlines() if line.startswith("网络专线畅通率")]
    assert line.split()[-4:] == ["2.5", "2.50", "未达标", "须填写偏差原因及改进措施（未填）"]
    assert "总分 87.32 / 90" in out
    assert "成本指标合计 101 万元 · 完成值 101 万元 · 项目预算 101 万元: 相符" in out


def test_a_row_that_loses_its_value_leaves_no_total(office: Path, linewatch: Linewatch) -> None:
    path = office / "indicators.csv"
    path.write_text(path.read_text("utf-8-sig").replace(",15230,", ",,"), "gb18030")
    out = linewatch("sla", "--year", "2022").out
    [line] = [line for line in out.splitlines() if line.startswith("微博信息发布条数")]
    assert line.split()[-4:] == ["未填报", "2.5", "—", "未填报"]
    assert "总分 — / 90 · 尚缺: 微博信息发布条数" in out


def test_a_report_on_one_site_does_not_call_the_line_s_rows_empty(office: Path, linewatch: Linewatch) -> None:
    names = [row["name"] for row in json.loads(linewatch("sla", "--year", "2022", "--service", "weibo", "--format", "json").out)["indicators"]]
    assert len(names) == 20
    assert "网络专线畅通率" not in names


def test_a_report_on_one_site_has_no_total_of_a_table_without_the_line_s_rows(office: Path, linewatch: Linewatch) -> None:
    asked = ("sla", "--year", "2022", "--service", "weibo")
    missing = ["网络专线服务时间", "网络专线畅通率", "网络专线使用时限", "网络专线使用成本"]
    found = json.loads(linewatch(*asked, "--format", "json").out)["indicator_total"]
    assert (found["score"], found["weight"], found["lacking"]) == (None, 90, missing)
    assert (found["cost_target"], found["cost_actual"], found["cost_agrees"]) == (None, None, None)
    out = linewatch(*asked).out
    assert f"总分 — / 90 · 尚缺: {'、'.join(missing)}" in out
    assert "成本指标合计" not in out
    assert linewatch(*asked, "--format", "xlsx", "--output", "weibo.xlsx").code == 0


def test_what_was_entered_for_one_year_is_not_told_of_another(office: Path, linewatch: Linewatch) -> None:
    found = {row["name"]: row for row in json.loads(linewatch("sla", "--year", "2023", "--format", "json").out)["indicators"]}
    row = found["微博信息发布条数"]
    assert (row["target"], row["weight"], row["actual"], row["score"], row["note"]) == (15000, 2.5, None, None, "")
    assert found["使用人员满意度"]["actual"] is None
    assert found["网络专线使用时限"]["actual"] == 0
    assert "15230" not in linewatch("sla", "--year", "2023").out
    path = office / "linewatch.toml"
    path.write_text(path.read_text("utf-8").replace("year = 2022", "#year = 2022"), "utf-8")
    assert "15230" in linewatch("sla", "--year", "2023").out
