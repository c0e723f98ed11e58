"""The dashboards as code: `make dashboards` writes them as JSON, in Chinese and in English, into `provisioning/dashboards/`.

What a dashboard shows is a table of panels below; no panel names a service, a target or a threshold: all of it comes from the daemon's metrics.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal

from grafana_foundation_sdk.builders import barchart, common, dashboard, heatmap, prometheus, stat, statetimeline, table, timeseries
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


@dataclass(frozen=True)
class Panel:
    """One panel: queries pair an expression with the legend of its series."""

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
    hidden: Sequence[str] = field(default=("Time", "__name__", "instance", "job"))


@dataclass(frozen=True)
class Board:
    """One dashboard. `chosen` is the kind of service that its variable chooses, if it has one; `outages` marks those as annotations."""

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


def state(only: str = "", kind: str = "") -> str:
    """0 up, 1 degraded, 2 unknown, 3 down: one series for each service."""
    parts = [f'{weight} * linewatch_service_state{{state="{name}"{only}}}' for weight, name in ((1, "degraded"), (2, "unknown"), (3, "down"))]
    return titled(" + ignoring (state) ".join(parts), kind)


def cut(ratio: str) -> str:
    """A ratio cut off at a millionth: Grafana rounds what it shows, and no availability may be rounded up."""
    return f"floor(1e6 * {ratio}) / 1e6"


PERIOD = 'period="$period"'
THIS = 'service="$service"'
RTT = 'histogram_quantile({q}, sum by (le) (rate(linewatch_probe_duration_seconds_bucket{{service="$service"}}[$__rate_interval])))'
LOST = (
    'sum by (target) (rate(linewatch_probes_total{service="$service", outcome="lost"}[$__rate_interval]))'
    ' / sum by (target) (rate(linewatch_probes_total{service="$service", outcome=~"ok|lost|bad"}[$__rate_interval]))'
)

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
                        (titled(cut(f'linewatch_availability_ratio{{{PERIOD}, bound="low"}}')), "low"),
                        (titled(cut(f'linewatch_availability_ratio{{{PERIOD}, bound="high"}}')), "high"),
                        (titled(cut(f"linewatch_coverage_ratio{{{PERIOD}}}")), "coverage"),
                        (titled("linewatch_target_ratio"), "target"),
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
                Panel(("中断时长", "Downtime"), "stat", [(titled(f"linewatch_downtime_seconds{{{PERIOD}}}"), "{{title}}")], "s", 8),
                Panel(
                    ("剩余可中断时长", "Downtime left by the target"),
                    "stat",
                    [(titled(f"linewatch_downtime_allowed_seconds{{{PERIOD}}} - linewatch_downtime_seconds{{{PERIOD}}}"), "{{title}}")],
                    "s",
                    8,
                    about=("负数：目标已无法达到", "Negative: the target is lost"),
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
                    [("sum by (service, cause) (increase(linewatch_outages_total[$__range]))", "{{service}} {{cause}}")],
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
            ("专线 $service", "Line $service"),
            [
                Panel(("状态", "State"), "state", [(state(f", {THIS}"), "{{title}}")], width=24, height=5),
                Panel(
                    ("往返时延", "Round-trip time"),
                    "timeseries",
                    [(RTT.format(q=quantile), f"p{name}") for quantile, name in ((0.5, "50"), (0.95, "95"), (0.99, "99"))],
                    "s",
                ),
                Panel(("丢包率（按目标）", "Loss by target"), "timeseries", [(LOST, "{{target}}")], "percentunit"),
                Panel(
                    ("时延分布", "Round-trip times, how many of each"),
                    "heatmap",
                    [(f"sum by (le) (increase(linewatch_probe_duration_seconds_bucket{{{THIS}}}[$__rate_interval]))", "{{le}}")],
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
                    [(f"sum by (cause) (increase(linewatch_outages_total{{{THIS}}}[$__range]))", "{{cause}}")],
                    "none",
                    instant=True,
                ),
                Panel(
                    ("每轮判读", "Rounds by reading"),
                    "timeseries",
                    [(f"sum by (reading) (rate(linewatch_rounds_total{{{THIS}}}[$__rate_interval]))", "{{reading}}")],
                    "ops",
                    stacked=True,
                ),
                Panel(
                    ("畅通率与覆盖率（$period）", "Availability and coverage ($period)"),
                    "timeseries",
                    [
                        (cut(f"linewatch_availability_ratio{{{THIS}, {PERIOD}}}"), "{{bound}}"),
                        (cut(f"linewatch_coverage_ratio{{{THIS}, {PERIOD}}}"), "coverage"),
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
                ),
            ],
        ),
        (
            ("平台 $service", "Endpoint $service"),
            [
                Panel(
                    ("各阶段耗时", "Phases of a check"),
                    "timeseries",
                    [(f"linewatch_http_phase_seconds{{{THIS}}}", "{{phase}}")],
                    "s",
                    stacked=True,
                ),
                Panel(
                    ("检查结果", "Checks by outcome"),
                    "timeseries",
                    [(f"sum by (outcome) (increase(linewatch_probes_total{{{THIS}}}[$__rate_interval]))", "{{outcome}}")],
                    "none",
                    stacked=True,
                ),
                Panel(
                    ("整体耗时", "Duration of a check"),
                    "timeseries",
                    [(RTT.format(q=quantile), f"p{name}") for quantile, name in ((0.5, "50"), (0.95, "95"), (0.99, "99"))],
                    "s",
                ),
                Panel(
                    ("中断原因", "Outages by cause"),
                    "bars",
                    [(f"sum by (cause) (increase(linewatch_outages_total{{{THIS}}}[$__range]))", "{{cause}}")],
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
                Panel(("版本", "Version"), "table", [("linewatch_build_info", "")], "none", 8, 5, instant=True),
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
LOSSES = [(None, "green"), (1.0, "light-yellow"), (5.0, "orange"), (20.0, "red")]


def _mappings(language: Language) -> list[models.ValueMapping]:
    options = {
        value: models.ValueMappingResult(text=words[0 if language == "zh" else 1], color=words[2], index=number)
        for number, (value, words) in enumerate(STATES.items())
    }
    return [models.ValueMap(options=options)]


def _stat(_: Panel, __: Language) -> Any:
    return stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"])).color_mode(common_models.BigValueColorMode.NONE)


def _states(panel: Panel, language: Language) -> Any:
    made = statetimeline.Panel().merge_values(True).show_value(common_models.VisibilityMode.AUTO).row_height(0.8)
    if panel.unit != "percent":
        return made.mappings(_mappings(language))
    steps = [models.Threshold(value=value, color=colour) for value, colour in LOSSES]
    made.thresholds(dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps))
    return made.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))


def _table(panel: Panel, _: Language) -> Any:
    hide = models.DataTransformerConfig(id_val="organize", options={"excludeByName": dict.fromkeys(panel.hidden, True)})
    return table.Panel().with_transformation(models.DataTransformerConfig(id_val="merge", options={})).with_transformation(hide)


def _series(panel: Panel, _: Language) -> Any:
    made = timeseries.Panel().fill_opacity(10).show_points(common_models.VisibilityMode.NEVER)
    return made.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL)) if panel.stacked else made


KINDS: dict[str, Callable[[Panel, Language], Any]] = {
    "stat": _stat,
    "state": _states,
    "heatmap": lambda _, __: heatmap.Panel(),
    "table": _table,
    "bars": lambda _, __: barchart.Panel(),
    "timeseries": _series,
}


def _drawn(panel: Panel, language: Language) -> Any:
    made = KINDS[panel.kind](panel, language)
    made.title(_of(panel.title, language)).description(_of(panel.about, language)).datasource(SOURCE).span(panel.width).height(panel.height)
    if not (panel.kind == "state" and panel.unit == "short"):
        made.unit(panel.unit)
    if panel.decimals is not None:
        made.decimals(panel.decimals)
    for number, (expression, legend) in enumerate(panel.queries):
        made.with_target(_query(panel, number, expression, legend))
    return made


def _query(panel: Panel, number: int, expression: str, legend: str) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id("ABCDEFGH"[number])
    if panel.kind == "heatmap":
        query.format(prometheus_models.PromQueryFormat.HEATMAP)
    if panel.kind in ("table", "bars"):
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
        chosen = dashboard.QueryVariable("service").label(_of(("服务", "Service"), language)).datasource(SOURCE).query(query)
        made.with_variable(chosen.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED))
    if board.period:
        options = {"day": ("今天", "today"), "month": ("本月", "this month"), "year": ("今年", "this year")}
        periods = dashboard.CustomVariable("period").label(_of(("时段", "Period"), language))
        periods.values(", ".join(f"{_of(words, language)} : {value}" for value, words in options.items()))
        made.with_variable(periods.current(models.VariableOption(text=_of(options["year"], language), value="year", selected=True)))
    if board.outages:
        shown = dashboard.AnnotationQuery().name(_of(("中断", "Outages"), language)).datasource(SOURCE).enable(True).icon_color("red")
        made.annotation(shown.expr(f'linewatch_service_state{{{THIS}, state="down"}} == 1'))
    link = dashboard.DashboardLink("linewatch").type(models.DashboardLinkType.DASHBOARDS).tags(["linewatch", language]).as_dropdown(True)
    made.link(link.include_vars(True).keep_time(True))
    numbers = count(1)
    for heading, panels in board.rows:
        made.with_row(dashboard.Row(_of(heading, language)).id(next(numbers)))
        for panel in panels:
            made.with_panel(_drawn(panel, language).id(next(numbers)))
    return json.dumps(json.loads(JSONEncoder(sort_keys=True).encode(made.build())), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write every dashboard."""
    for language in ("zh", "en"):
        (TO / language).mkdir(parents=True, exist_ok=True)
        for board in BOARDS:
            (TO / language / f"{board.uid}.json").write_text(built(board, language), "utf-8")


if __name__ == "__main__":
    main()
