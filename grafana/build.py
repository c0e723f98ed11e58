"""The dashboards as code: `make dashboards` writes them as JSON, in Chinese and in English, into `provisioning/dashboards/`.

What a dashboard shows is a table of panels below; no panel names a service, a target or a threshold: all of it comes from the daemon's metrics.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from grafana_foundation_sdk.builders import bargauge, common, dashboard, heatmap, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as prometheus_models

HERE = Path(__file__).parent
TO = HERE / "provisioning/dashboards"
SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
Language = Literal["zh", "en"]
Title = tuple[str, str]
"""In Chinese and in English."""

UNTOLD = ("Time", "__name__", "instance", "job", "service")
"""The columns that a table does not show: a service has its title."""


@dataclass(frozen=True)
class Panel:
    """One panel: queries pair an expression with the legend of its series; `steps` are the thresholds that colour it, `every` its least step."""

    title: Title
    kind: Literal["stat", "timeseries", "state", "heatmap", "table", "bars"]
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    width: int = 12
    height: int = 8
    about: Title = ("", "")
    decimals: int | None = None
    stacked: bool = False
    instant: bool = False
    hidden: Sequence[str] = UNTOLD
    steps: Sequence[tuple[float | None, str]] = ()
    every: str = ""


@dataclass(frozen=True)
class Board:
    """One dashboard. `chosen` is the kind of service that its variable of that name chooses, if it has one; `outages` marks those as annotations.

    The variables of different kinds have different names, for a link hands a variable on to the dashboard that it leads to.
    """

    uid: str
    title: Title
    rows: Sequence[tuple[Title, Sequence[Panel]]]
    chosen: Literal["line", "endpoint", ""] = ""
    period: bool = False
    outages: bool = False
    since: str = "now-24h"


def titled(expression: str, kind: str = "") -> str:
    """The series of a service (of one kind) with its title as a label."""
    only = f'{{kind="{kind}"}}' if kind else ""
    return f"({expression}) * on (instance, service) group_left (title) linewatch_service_info{only}"


def a_row_each(expression: str) -> str:
    """The same as a row of a table for each service: with no label beside, so that the rows of several queries are merged."""
    return f"max by (instance, service, title) ({titled(expression)})"


def state(only: str = "", kind: str = "") -> str:
    """0 up, 1 degraded, 2 unknown, 3 down: one series for each service."""
    parts = [f'{weight} * linewatch_service_state{{state="{name}"{only}}}' for weight, name in ((1, "degraded"), (2, "unknown"), (3, "down"))]
    return titled(" + ignoring (state) ".join(parts), kind)


def cut(ratio: str) -> str:
    """A ratio cut off at a millionth: Grafana rounds what it shows, and no availability may be rounded up."""
    return f"floor(1e6 * {ratio}) / 1e6"


PERIOD = 'period="$period"'
THIS_LINE, THIS_ENDPOINT = 'service="$line"', 'service="$endpoint"'
LOST = (
    f'sum by (target) (rate(linewatch_probes_total{{{THIS_LINE}, outcome="lost"}}[$__rate_interval]))'
    f' / sum by (target) (rate(linewatch_probes_total{{{THIS_LINE}, outcome=~"ok|lost|bad"}}[$__rate_interval]))'
)
A_DAY = 86400.0


def percentiles(this: str) -> list[tuple[str, str]]:
    """How long a service's targets took to answer."""
    counted = f"sum by (le) (rate(linewatch_probe_duration_seconds_bucket{{{this}}}[$__rate_interval]))"
    return [(f"histogram_quantile({quantile}, {counted})", f"p{name}") for quantile, name in ((0.5, "50"), (0.95, "95"), (0.99, "99"))]


def outages_by_cause(this: str) -> str:
    """How many outages there were in the chosen time; none, no bar."""
    return f"round(sum by (instance, service, cause) (increase(linewatch_outages_total{{{this}}}[$__range]))) > 0"


OVERVIEW = Board(
    "linewatch-overview",
    ("linewatch 总览", "linewatch overview"),
    [
        (
            ("现在", "Now"),
            [
                Panel(("状态", "State"), "state", [(state(), "{{title}}")], width=24, height=9),
            ],
        ),
        (
            ("畅通率（$period）", "Availability ($period)"),
            [
                Panel(
                    ("畅通率", "Availability"),
                    "stat",
                    [(titled(cut(f'linewatch_availability_ratio{{{PERIOD}, bound="observed"}}')), "{{title}}")],
                    "percentunit",
                    about=("实测值，与报告相同", "Observed, the report's own number"),
                    decimals=4,
                ),
                Panel(
                    ("上下界", "Bounds"),
                    "table",
                    [
                        (a_row_each(cut(f'linewatch_availability_ratio{{{PERIOD}, bound="low"}}')), "low"),
                        (a_row_each(cut(f'linewatch_availability_ratio{{{PERIOD}, bound="high"}}')), "high"),
                        (a_row_each(cut(f"linewatch_coverage_ratio{{{PERIOD}}}")), "coverage"),
                        (a_row_each("linewatch_target_ratio"), "target"),
                    ],
                    "percentunit",
                    about=("下界把未知时间算作中断，上界算作正常", "Low counts unknown time as down, high as up"),
                    decimals=4,
                    instant=True,
                ),
                Panel(
                    ("覆盖率", "Coverage"),
                    "stat",
                    [(titled(cut(f"linewatch_coverage_ratio{{{PERIOD}}}")), "{{title}}")],
                    "percentunit",
                    8,
                    decimals=4,
                ),
                Panel(("中断时长", "Downtime"), "stat", [(titled(f"linewatch_downtime_seconds{{{PERIOD}}}"), "{{title}}")], "dtdhms", 8),
                Panel(
                    ("剩余可中断时长", "Downtime left by the target"),
                    "stat",
                    [(titled(f"linewatch_downtime_allowed_seconds{{{PERIOD}}} - linewatch_downtime_seconds{{{PERIOD}}}"), "{{title}}")],
                    "s",
                    8,
                    about=("负数：目标已无法达到", "Negative: the target is lost"),
                    steps=((None, "red"), (0.0, "text")),
                ),
            ],
        ),
        (
            ("全年", "The year"),
            [
                Panel(("已服务月数", "Months served"), "stat", [(titled("linewatch_service_months"), "{{title}}")], "none", 8),
                Panel(
                    ("绩效指标", "Performance table"),
                    "table",
                    [("linewatch_indicator_actual", "actual"), ("linewatch_indicator_target", "target")],
                    "none",
                    16,
                    instant=True,
                ),
                Panel(
                    ("中断次数（所选时段）", "Outages in the chosen time"),
                    "bars",
                    [(titled(outages_by_cause("")), "{{title}} · {{cause}}")],
                    "none",
                    24,
                    instant=True,
                ),
            ],
        ),
    ],
    period=True,
)

LINE = Board(
    "linewatch-line",
    ("linewatch 专线", "linewatch line"),
    [
        (
            ("专线 $line", "Line $line"),
            [
                Panel(("状态", "State"), "state", [(state(f", {THIS_LINE}"), "{{title}}")], width=24, height=5),
                Panel(
                    ("往返时延", "Round-trip time"),
                    "timeseries",
                    percentiles(THIS_LINE),
                    "s",
                ),
                Panel(("丢包率（按目标）", "Loss by target"), "timeseries", [(LOST, "{{target}}")], "percentunit"),
                Panel(
                    ("时延分布", "Round-trip times, how many of each"),
                    "heatmap",
                    [(f"sum by (le) (increase(linewatch_probe_duration_seconds_bucket{{{THIS_LINE}}}[$__rate_interval]))", "{{le}}")],
                    "s",
                    24,
                    9,
                ),
                Panel(
                    ("丢包热力图（按锚点）", "Loss by anchor, over time"),
                    "state",
                    [(f"round(100 * ({LOST}))", "{{target}}")],
                    "percent",
                    24,
                    about=("每个锚点的丢包百分数", "Per cent lost, an anchor a row"),
                ),
                Panel(
                    ("中断原因", "Outages by cause"),
                    "bars",
                    [(outages_by_cause(THIS_LINE), "{{cause}}")],
                    "none",
                    instant=True,
                ),
                Panel(
                    ("每轮判读", "Rounds by reading"),
                    "timeseries",
                    [(f"sum by (reading) (rate(linewatch_rounds_total{{{THIS_LINE}}}[$__rate_interval]))", "{{reading}}")],
                    "ops",
                    stacked=True,
                ),
                Panel(
                    ("畅通率与覆盖率（$period）", "Availability and coverage ($period)"),
                    "timeseries",
                    [
                        (cut(f"linewatch_availability_ratio{{{THIS_LINE}, {PERIOD}}}"), "{{bound}}"),
                        (cut(f"linewatch_coverage_ratio{{{THIS_LINE}, {PERIOD}}}"), "coverage"),
                    ],
                    "percentunit",
                    24,
                    decimals=4,
                ),
            ],
        ),
    ],
    chosen="line",
    period=True,
    outages=True,
)

ENDPOINTS = Board(
    "linewatch-endpoints",
    ("linewatch 平台", "linewatch endpoints"),
    [
        (
            ("全部平台", "All endpoints"),
            [
                Panel(
                    ("状态", "State"),
                    "state",
                    [(state(kind="endpoint"), "{{title}}")],
                    width=24,
                ),
                Panel(
                    ("证书剩余", "Certificates: time left"),
                    "stat",
                    [(titled("linewatch_tls_certificate_expiry_timestamp_seconds - time()"), "{{title}}")],
                    "s",
                    24,
                    6,
                    steps=((None, "red"), (7 * A_DAY, "orange"), (14 * A_DAY, "green")),
                ),
            ],
        ),
        (
            ("平台 $endpoint", "Endpoint $endpoint"),
            [
                Panel(
                    ("各阶段耗时", "Phases of a check"),
                    "timeseries",
                    [(f"linewatch_http_phase_seconds{{{THIS_ENDPOINT}}}", "{{phase}}")],
                    "s",
                    stacked=True,
                ),
                Panel(
                    ("检查结果", "Checks by outcome"),
                    "timeseries",
                    [(f"sum by (outcome) (increase(linewatch_probes_total{{{THIS_ENDPOINT}}}[$__rate_interval]))", "{{outcome}}")],
                    "none",
                    stacked=True,
                    every="2m",
                ),
                Panel(
                    ("整体耗时", "Duration of a check"),
                    "timeseries",
                    percentiles(THIS_ENDPOINT),
                    "s",
                    every="2m",
                ),
                Panel(
                    ("中断原因", "Outages by cause"),
                    "bars",
                    [(outages_by_cause(THIS_ENDPOINT), "{{cause}}")],
                    "none",
                    instant=True,
                ),
            ],
        ),
    ],
    chosen="endpoint",
    outages=True,
)

ITSELF = Board(
    "linewatch-itself",
    ("linewatch 自身", "linewatch itself"),
    [
        (
            ("探测", "Rounds"),
            [
                Panel(("版本", "Version"), "table", [("linewatch_build_info", "")], "none", 8, 5, instant=True, hidden=(*UNTOLD, "Value")),
                Panel(("一轮的迟到", "Lateness of rounds"), "timeseries", [("linewatch_round_lag_seconds", "lag")], "s", 8, 5),
                Panel(
                    ("错过的轮次", "Rounds missed"),
                    "timeseries",
                    [("sum by (service) (increase(linewatch_rounds_missed_total[$__rate_interval]))", "{{service}}")],
                    "none",
                    8,
                    5,
                ),
                Panel(
                    ("距最近一轮", "Since the last round"),
                    "timeseries",
                    [("time() - linewatch_last_round_timestamp_seconds", "{{service}}")],
                    "s",
                ),
                Panel(
                    ("被丢弃的 ICMP 应答", "ICMP replies discarded"),
                    "timeseries",
                    [("sum by (reason) (rate(linewatch_icmp_discarded_replies_total[$__rate_interval]))", "{{reason}}")],
                    "ops",
                ),
            ],
        ),
        (
            ("记录", "The record"),
            [
                Panel(("等待写入的行", "Rows that wait"), "timeseries", [("linewatch_store_queue_rows", "rows")], "none", 8),
                Panel(
                    ("写入失败", "Writes that failed"),
                    "timeseries",
                    [("increase(linewatch_store_errors_total[$__rate_interval])", "errors")],
                    "none",
                    8,
                ),
                Panel(
                    ("数据的时龄", "Age of the figures"),
                    "timeseries",
                    [("time() - linewatch_figures_as_of_timestamp_seconds", "age")],
                    "s",
                    8,
                ),
            ],
        ),
        (
            ("主机与进程", "Host and process"),
            [
                Panel(
                    ("时钟跳变", "Steps of the clock"),
                    "timeseries",
                    [("increase(linewatch_clock_steps_total[$__rate_interval])", "steps")],
                    "none",
                    8,
                ),
                Panel(
                    ("处理器", "Processor"),
                    "timeseries",
                    [('rate(process_cpu_seconds_total{job="linewatch"}[$__rate_interval])', "cpu")],
                    "percentunit",
                    8,
                ),
                Panel(("内存", "Memory"), "timeseries", [('process_resident_memory_bytes{job="linewatch"}', "resident")], "bytes", 8),
                Panel(("抓取耗时", "Duration of scrapes"), "timeseries", [('scrape_duration_seconds{job="linewatch"}', "scrape")], "s", 12),
                Panel(
                    ("抓取的序列", "Series scraped"),
                    "timeseries",
                    [('scrape_samples_scraped{job="linewatch"}', "series")],
                    "none",
                    12,
                ),
            ],
        ),
    ],
)

BOARDS = (OVERVIEW, LINE, ENDPOINTS, ITSELF)

STATES = {"0": ("正常", "up", "green"), "1": ("劣化", "degraded", "yellow"), "2": ("未知", "unknown", "gray"), "3": ("中断", "down", "red")}
NAMES: dict[str, Title] = {
    "title": ("服务", "Service"),
    "indicator": ("指标", "Indicator"),
    "version": ("版本", "Version"),
    "python": ("Python", "Python"),
    "low": ("下界", "Low"),
    "high": ("上界", "High"),
    "coverage": ("覆盖率", "Coverage"),
    "target": ("目标", "Target"),
    "actual": ("完成值", "Actual"),
    "lag": ("迟到", "lag"),
    "rows": ("行数", "rows"),
    "errors": ("次数", "errors"),
    "age": ("时龄", "age"),
    "steps": ("次数", "steps"),
    "cpu": ("处理器", "cpu"),
    "resident": ("内存", "resident"),
    "scrape": ("耗时", "scrape"),
    "series": ("序列", "series"),
}
"""Columns and legends that are words."""

NOTHING = "—"
LOSSES = [(None, "green"), (1.0, "light-yellow"), (5.0, "orange"), (20.0, "red")]


def _named(name: str, language: Language) -> str:
    return _of(NAMES[name], language) if name in NAMES else name


def _unmeasured() -> models.SpecialValueMap:
    """What is not known is a dash, as in the report."""
    result = models.ValueMappingResult(text=NOTHING)
    return models.SpecialValueMap(options=models.DashboardSpecialValueMapOptions(match=models.SpecialValueMatch.NULL_AND_NAN, result=result))


def _coloured(panel: Panel) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value=value, color=colour) for value, colour in panel.steps]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _mappings(language: Language) -> list[models.ValueMapping]:
    options = {
        value: models.ValueMappingResult(text=words[0 if language == "zh" else 1], color=words[2], index=number)
        for number, (value, words) in enumerate(STATES.items())
    }
    return [models.ValueMap(options=options)]


def _stat(panel: Panel, _: Language) -> Any:
    # The very last value: Grafana's "last not null" would go on to show a figure that is not known any more.
    made = stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["last"])).mappings([_unmeasured()])
    if panel.steps:
        return made.thresholds(_coloured(panel)).color_mode(common_models.BigValueColorMode.VALUE)
    return made.color_mode(common_models.BigValueColorMode.NONE)


def _bars(_: Panel, __: Language) -> Any:
    made = bargauge.Panel().reduce_options(common.ReduceDataOptions().calcs(["last"])).orientation(common_models.VizOrientation.HORIZONTAL)
    return (
        made.display_mode(common_models.BarGaugeDisplayMode.BASIC)
        .min(0)
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC))
    )


def _heat(panel: Panel, _: Language) -> Any:
    return heatmap.Panel().calculate(False).y_axis(heatmap.YAxisConfig().unit(panel.unit)).cell_values(heatmap.CellValues().unit("short"))


def _states(panel: Panel, language: Language) -> Any:
    made = statetimeline.Panel().merge_values(True).show_value(common_models.VisibilityMode.AUTO).row_height(0.8)
    if panel.unit != "percent":
        return made.mappings(_mappings(language))
    steps = [models.Threshold(value=value, color=colour) for value, colour in LOSSES]
    made.thresholds(dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps))
    return made.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))


def _table(panel: Panel, language: Language) -> Any:
    names = {column: _named(column, language) for column in ("title", "indicator", "version", "python")}
    if len(panel.queries) > 1:  # the legends of the queries do not name the columns
        names |= {f"Value #{REFS[number]}": _named(legend, language) for number, (_, legend) in enumerate(panel.queries)}
    options = {"excludeByName": dict.fromkeys(panel.hidden, True), "renameByName": names, "indexByName": {}}
    made = table.Panel().with_transformation(models.DataTransformerConfig(id_val="merge", options={})).mappings([_unmeasured()])
    return made.with_transformation(models.DataTransformerConfig(id_val="organize", options=options))


def _series(panel: Panel, _: Language) -> Any:
    made = timeseries.Panel().fill_opacity(10).show_points(common_models.VisibilityMode.NEVER)
    return made.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL)) if panel.stacked else made


REFS = "ABCDEFGH"
KINDS: dict[str, Callable[[Panel, Language], Any]] = {
    "stat": _stat,
    "state": _states,
    "heatmap": _heat,
    "table": _table,
    "bars": _bars,
    "timeseries": _series,
}


def _drawn(panel: Panel, language: Language) -> Any:
    made = KINDS[panel.kind](panel, language)
    made.title(_of(panel.title, language)).description(_of(panel.about, language)).datasource(SOURCE).span(panel.width).height(panel.height)
    made.no_value(NOTHING)
    if panel.kind != "heatmap" and not (panel.kind == "state" and panel.unit == "short"):
        made.unit(panel.unit)
    if panel.every:
        made.interval(panel.every)
    if panel.decimals is not None:
        made.decimals(panel.decimals)
    for number, (expression, legend) in enumerate(panel.queries):
        made.with_target(_query(panel, number, expression, _named(legend, language)))
    return made


def _query(panel: Panel, number: int, expression: str, legend: str) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(REFS[number])
    if panel.kind == "heatmap":
        query.format(prometheus_models.PromQueryFormat.HEATMAP)
    if panel.kind == "table":
        query.format(prometheus_models.PromQueryFormat.TABLE)
    return query.instant() if panel.instant else query.range()


def _of(title: Title, language: Language) -> str:
    return title[0 if language == "zh" else 1]


def built(board: Board, language: Language) -> str:
    """The dashboard as JSON."""
    made = dashboard.Dashboard(_of(board.title, language)).uid(f"{board.uid}-{language}").tags(["linewatch", language]).refresh("30s")
    made.time(board.since, "now").timezone("browser").tooltip(models.DashboardCursorSync.CROSSHAIR).readonly()
    made.with_variable(dashboard.DatasourceVariable("datasource").label(_of(("数据源", "Data source"), language)).type("prometheus"))
    if board.chosen:
        query = f'label_values(linewatch_service_info{{kind="{board.chosen}"}}, service)'
        chosen = dashboard.QueryVariable(board.chosen).label(_of(("服务", "Service"), language)).datasource(SOURCE).query(query)
        made.with_variable(chosen.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED))
    if board.period:
        options = {"day": ("今天", "today"), "month": ("本月", "this month"), "year": ("今年", "this year")}
        periods = dashboard.CustomVariable("period").label(_of(("时段", "Period"), language))
        periods.values(", ".join(f"{_of(words, language)} : {value}" for value, words in options.items()))
        made.with_variable(periods.current(models.VariableOption(text=_of(options["year"], language), value="year", selected=True)))
    if board.outages:
        shown = dashboard.AnnotationQuery().name(_of(("中断", "Outages"), language)).datasource(SOURCE).enable(True).icon_color("red")
        made.annotation(shown.expr(f'linewatch_service_state{{service="${board.chosen}", state="down"}} == 1'))
    link = dashboard.DashboardLink("linewatch").type(models.DashboardLinkType.DASHBOARDS).tags(["linewatch", language]).as_dropdown(True)
    made.link(link.include_vars(True).keep_time(True))
    numbers = count(1)
    for heading, panels in board.rows:
        made.with_row(dashboard.Row(_of(heading, language)).id(next(numbers)))
        for panel in panels:
            made.with_panel(_drawn(panel, language).id(next(numbers)))
    return (
        json.dumps(_finished(json.loads(JSONEncoder(sort_keys=True).encode(made.build())), language), ensure_ascii=False, indent=1, sort_keys=True)
        + "\n"
    )


def _finished(made: dict[str, Any], language: Language) -> dict[str, Any]:
    """With what the SDK has no words for, and without options that are null, for a panel's are a table."""
    for marks in made["annotations"].get("list", []):
        # As often as the shipped scrape job: at the default of a minute shorter outages would have no mark.
        marks |= {"step": "15s", "titleFormat": f"{_of(('中断', 'down'), language)} {{{{service}}}}"}
    for panel in made["panels"]:
        if panel.get("options", {}) is None:
            del panel["options"]
    return made


def main() -> None:
    """Write every dashboard."""
    for language in ("zh", "en"):
        (TO / language).mkdir(parents=True, exist_ok=True)
        for board in BOARDS:
            (TO / language / f"{board.uid}.json").write_text(built(board, language), "utf-8")


if __name__ == "__main__":
    main()
