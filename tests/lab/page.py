"""docs/accuracy.md from the results of `make accuracy`: words and tables, no arithmetic."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linewatch.version import __version__
from tests.lab.scenario import Expectation, catalogue
from tests.lab.simulated import Day
from tests.lab.tally import Detection, Row, Spread, by_length, detection, peer_rows, seconds_to_record, verdicts

SECTIONS = (
    "How it was measured",
    "Detection",
    "Outages by length",
    "This office's own side",
    "From a cut to a recorded DOWN",
    "Nothing invented in simulated days",
    "Scenarios",
    "Beside the peers",
    "Beside Trinocular",
    "What this does not show",
)
COLUMNS = (("default", True), ("default", False), ("strict", True), ("strict", False))
EDGES = (1.0, 2.0, 3.15, 5.15, 10.0, 30.0, 60.0, 121.0)
OURS = ("linewatch, default", "linewatch, strict")
PROGRAMS = ("prometheus", "prometheus-blackbox-exporter", "prometheus-smokeping-prober", "fping")


def page(results: Sequence[dict[str, Any]], days: Sequence[tuple[str, Day]], seed: str) -> str:
    """The whole page."""
    parts = [
        _head(seed),
        _measured(results),
        _detection(results),
        _lengths(results),
        _own_side(results),
        _to_record(results),
        _days(days),
        _scenarios(results),
        _peers(results),
        _trinocular(results),
        _limits(),
    ]
    bodies = [parts[0], *(f"## {title}\n\n{body}" for title, body in zip(SECTIONS, parts[1:], strict=True))]
    return "\n\n".join(bodies) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _head(seed: str) -> str:
    return f"""# How accurate it is

Written by `make accuracy` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {seed}; not edited by hand. {_machine()}"""


def _machine() -> str:
    processor = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory_gb = int(_lines("/proc/meminfo")[0].split()[1]) / 1e6
    load = os.getloadavg()[2]
    versions = ", ".join(f"{name} {_version(name)}" for name in PROGRAMS)
    return (
        f"Machine: {os.cpu_count()} x {processor}, {memory_gb:.0f} GB, Linux {platform.release().partition('-')[0]}; "
        f"load over the last quarter of an hour {load:.1f} "
        f"(other work ran beside it). Programs: linewatch {__version__}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {versions}."
    )


def _measured(results: Sequence[dict[str, Any]]) -> str:
    judged = [each for result in results for each in result["judged"]]
    plays = len({(each["scenario"], each["began"]) for each in judged})
    return f"""A line in a box (`tests/lab/`): office, gateway, the carrier's edge, a router and six hosts, each a network namespace that routes;
between them an element that carries every packet by TUN devices and cuts, loses, delays, doubles, holds back and corrupts them by a script and a
seed. It logs when it did what, on the wall clock: that is the truth. In the office runs the real daemon, twice, by the default rule (`fall = 3,
rise = 2`) and by `strict` (`fall = 1, rise = 1`), on the same packets. What is compared with the truth is the record in the store, as a report
reads it.

- {plays} plays of {len(catalogue())} scenarios and of sequences of outages that chance chooses (at the line and beyond the carrier's edge, 1 s to
  2 min, spread evenly over the logarithm, at any phase of the rounds), in {len(results)} boxes.
- *True pace*: the defaults, a round every 3 s, timeout 2 s, retry 1 s. *Five times the pace*: a round every 0.6 s, timeout 0.4 s, retry 0.2 s, and
  every time of the scenario a fifth. In rounds the arithmetic is the same; what is not the same is the share that a busy host takes: 50 ms late
  are a sixtieth of a round at the true pace, a twelfth at five times.
- The errors are absolute values, in rounds of the interval; beside them seconds at the true pace.
- An outage is *sure to be found* where it holds `fall` rounds whatever its phase: 3 s + (`fall` - 1) x 1 s, so 5 s by default and 3 s by `strict`.
  A shorter one is found or not, by its phase; that is no error."""


def _detection(results: Sequence[dict[str, Any]]) -> str:
    columns = [detection(results, rule, is_true) for rule, is_true in COLUMNS]
    rows = [
        ["outages of the line", *(f"{each.faults}" for each in columns)],
        ["sure to be found: found", *(f"{each.sure_found} of {each.sure}" for each in columns)],
        ["shorter: found", *(f"{each.short_found} of {each.short}" for each in columns)],
        ["invented", *(f"{each.invented}" for each in columns)],
        ["start: median", *(_rounds(each, each.start, "median", is_true) for each, (_, is_true) in zip(columns, COLUMNS, strict=True))],
        ["start: 95th percentile", *(_rounds(each, each.start, "p95", is_true) for each, (_, is_true) in zip(columns, COLUMNS, strict=True))],
        ["start: maximum", *(_rounds(each, each.start, "maximum", is_true) for each, (_, is_true) in zip(columns, COLUMNS, strict=True))],
        ["end: median", *(_rounds(each, each.end, "median", is_true) for each, (_, is_true) in zip(columns, COLUMNS, strict=True))],
        ["end: 95th percentile", *(_rounds(each, each.end, "p95", is_true) for each, (_, is_true) in zip(columns, COLUMNS, strict=True))],
        ["end: maximum", *(_rounds(each, each.end, "maximum", is_true) for each, (_, is_true) in zip(columns, COLUMNS, strict=True))],
        ["duration: median", *(_rounds(each, each.length, "median", is_true) for each, (_, is_true) in zip(columns, COLUMNS, strict=True))],
        ["duration: 95th percentile", *(_rounds(each, each.length, "p95", is_true) for each, (_, is_true) in zip(columns, COLUMNS, strict=True))],
        ["duration: maximum", *(_rounds(each, each.length, "maximum", is_true) for each, (_, is_true) in zip(columns, COLUMNS, strict=True))],
        ["truth inside [seconds_min, seconds_max]", *(f"{each.within_bounds} of {each.found}" for each in columns)],
        ["cause right", *(f"{each.cause_right} of {each.found}" for each in columns)],
        ["total downtime, true", *(f"{each.true_s:,.0f} s" for each in columns)],
        ["total downtime of all outages, error", *(_signed_percent(each.downtime_error) for each in columns)],
        ["total downtime of the outages found, error", *(_signed_percent(each.downtime_error_of_found) for each in columns)],
    ]
    heads = [f"{rule}, {'true pace' if is_true else 'five times the pace'}" for rule, is_true in COLUMNS]
    text = table(["", *heads], rows)
    return f"""{text}

The record begins an outage with its first bad round, so up to a round late, and ends it with the first good one, so up to a retry interval late:
it has outages a little too short on average. The total of all outages lacks, besides, the short ones that were not found. By
`strict`, rounds that random loss of 60 % or a burst took whole are not counted as invented."""


def _lengths(results: Sequence[dict[str, Any]]) -> str:
    rows = [
        [f"{row.at_least_s:g} to {row.below_s:g} s", f"{row.count}", *(f"{row.found.get(rule, 0)}" for rule in ("default", "strict"))]
        for row in by_length(results, EDGES)
    ]
    text = table(["length (at the true pace)", "outages", "found by default", "found by strict"], rows)
    return f"{text}\n\nBy default nothing below 2 s can be found and everything above 5 s is; by `strict` everything above 3 s."


def _own_side(results: Sequence[dict[str, Any]]) -> str:
    rows = []
    for rule, is_true in COLUMNS:
        each = detection(results, rule, is_true, "unknown")
        rows.append(
            [
                f"{rule}, {'true pace' if is_true else 'five times the pace'}",
                f"{each.faults}",
                f"{each.sure_found} of {each.sure}",
                f"{each.cause_right} of {each.found}",
                f"{each.invented}",
                _pair(each.start, is_true),
                _pair(each.end, is_true),
            ]
        )
    head = ["", "faults", "of at least a round: found", "called local", "invented", "start: median / maximum", "end: median / maximum"]
    text = table(head, rows)
    return f"The LAN before the gateway cut, or the host's own interface down: unknown time of cause `local`, never the carrier's downtime.\n\n{text}"


def _to_record(results: Sequence[dict[str, Any]]) -> str:
    rows = []
    for rule in ("default", "strict"):
        times = seconds_to_record(results, rule)
        rows.append([rule, *(("0", "-", "-", "-") if times is None else (f"{times.count}", *_numbers(times, "{:.2f} s")))])
    text = table(["rule, true pace", "outages", "median", "95th percentile", "maximum"], rows)
    return f"Another process asks the store every 20 ms; the time ends when it can read the change.\n\n{text}"


def _days(days: Sequence[tuple[str, Day]]) -> str:
    rows = [[name, f"{each.rounds:,}", f"{each.bad:,}", f"{each.outages:,}"] for name, each in days]
    text = table(["24 hours of", "rounds", "bad rounds", "outages"], rows)
    return f"""The judge and the machine alone, over rounds whose losses a seed draws; the line is never cut, so every outage would be invented.

{text}

The last two rows are why a line should have several anchors: one anchor's bad luck is no outage of the line."""


def _scenarios(results: Sequence[dict[str, Any]]) -> str:
    rows = []
    said: list[str] = []
    for scenario in catalogue():
        counts = []
        for rule in ("default", "strict"):
            found = verdicts(results, scenario.name, rule)
            counts.append(f"{found.right} of {found.played}")
            said += [f"- {scenario.name}, {rule}: {reproach}" for reproach in found.reproaches]
        differs = f"; strict: {_expected(scenario.strict)}" if scenario.strict != scenario.line else ""
        site = f"; site: {_expected(scenario.site)}" if scenario.site is not None else ""
        rows.append([scenario.title, _expected(scenario.line) + differs + site, *counts])
    text = table(["scenario", "expected", "default: as expected", "strict: as expected"], rows)
    return text + ("\n\nWhat was not as expected:\n\n" + "\n".join(said) if said else "\n\nEvery play was as expected.")


def _expected(expected: Expectation) -> str:
    cause = f" ({', '.join(sorted(expected.causes))})" if expected.causes else ""
    also = f", perhaps {', '.join(sorted(expected.also))}" if expected.also else ""
    return f"{expected.state}{cause}{also}"


def _peers(results: Sequence[dict[str, Any]]) -> str:
    rows = peer_rows(results)
    names = list(OURS) + [name for name in (rows[0].errors if rows else {}) if name not in OURS]
    body = [[row.scenario, f"{row.true:.2%}", *(_point(row, name) for name in names)] for row in rows]
    for title, number in (("**mean of the absolute errors**", _mean), ("**largest absolute error**", _largest)):
        body.append([title, "", *(f"**{number(rows, name):.2f}**" for name in names)])
    body.append(["**rows won or shared**", "", *(f"**{sum(name in _winners(row) for row in rows)}**" for name in names)])
    text = table(["scenario (true pace)", "true availability", *names], body)
    return f"""The same scenarios, in the same boxes, on the same packets, at the same interval and timeout (3 s, 2 s); the error of the
availability over the scenario's time, in percentage points. Availability is the share of the time in which the line was not cut; random loss and
a broken LAN are no downtime of the line. The best of a row is in bold. The peers are asked what their documentation suggests:
`avg_over_time(probe_success[..])`, here as the mean of the five anchors and, kinder to it, as the share of scrapes in which any anchor answered;
the share of pings answered; fping's lines in the same two ways.

{text}

Read it so: the scenarios are short (1 to 3 minutes), so that one round is one to five points; `tries` are outages that chance chooses, for as long as
`--minutes` says. Where the line is cut and nothing else happens, counting samples is as good as dating outages or better: Prometheus asks the five
anchors at five phases of the interval, and outages and windows of whole multiples of 3 s suit who counts every 3 s. linewatch dates an outage by
rounds of all anchors at once, and says by how much it may be off. Where the line loses packets, an anchor dies or the office's own LAN fails, the
peers call it downtime of the line, since nothing tells them otherwise. Outages shorter than `fall` rounds are no downtime by the default rule: there
`strict` and the peers win."""


def _trinocular(results: Sequence[dict[str, Any]]) -> str:
    rules = [detection(results, rule, is_true_pace=True) for rule in ("default", "strict")]
    rows = [
        ["a round", "11 min", "3 s", "3 s"],
        ["outages that are sure to be found", "one round or longer", "5 s or longer", "one round or longer"],
        ["... found", "100 %", *(f"{each.sure_found} of {each.sure}" for each in rules)],
        ["duration, as recorded, within half a round", "stated", *(_share(each.length_near, each.found) for each in rules)],
        ["... median / 95th percentile / maximum", "", *(_three(each.length) for each in rules)],
        ["duration, middle of the printed bounds, within half a round", "", *(_share(each.middle_near, each.found) for each in rules)],
        ["... median / 95th percentile / maximum", "", *(_three(each.middle) for each in rules)],
        ["bounds of each outage, truth inside", "", *(f"{each.within_bounds} of {each.found}" for each in rules)],
    ]
    text = table(["", "Trinocular", "linewatch, default", "linewatch, strict"], rows)
    return f"""Quan, Heidemann and Pradkin, *Trinocular: Understanding Internet Reliability Through Adaptive Probing* (SIGCOMM 2013), say in
their abstract: "Probing in rounds of 11 minutes, we detect 100% of outages one round or longer, and estimate outage duration within one-half
round." Trinocular watches millions of networks from outside with few packets; we watch one line from its end with many. So rounds are compared,
not minutes: half of theirs is 330 s, a whole one of ours 3 s.

{text}

The record dates an outage to rounds (after ITU-T G.826), which errs by up to a round at its start and by a third of one at its end. Who wants the
best single guess takes the middle of `seconds_min` and `seconds_max`: it is off by two thirds of a round at the most."""


def _limits() -> str:
    return """- Real lines fail in ways that no script of ours thought of; this measures the instrument, not the world.
- The element, the daemons and the peers share one host's clock: an error of the office's clock against true time is not in the figures.
- Boxes run side by side on a host that does other things. The daemons and the peers run at nice -10, the element in real time, all alike.
- The office's line states `mtu = 1500`, which is not the default: without it an MTU black hole is not seen. Everything else is the default."""


def _rounds(_: Detection, found: Spread | None, which: str, is_true: bool) -> str:
    if found is None:
        return "-"
    value: float = getattr(found, which)
    return f"{value:.2f} ({value * 3:.2f} s)" if is_true else f"{value:.2f}"


def _pair(found: Spread | None, is_true: bool) -> str:
    if found is None:
        return "-"
    seconds = f" ({found.median * 3:.2f} / {found.maximum * 3:.2f} s)" if is_true else ""
    return f"{found.median:.2f} / {found.maximum:.2f} rounds{seconds}"


def _numbers(found: Spread, form: str) -> Iterator[str]:
    yield from (form.format(value) for value in (found.median, found.p95, found.maximum))


def _share(count: int, whole: int) -> str:
    return f"{count} of {whole} ({count / whole:.0%})" if whole else "-"


def _three(found: Spread | None) -> str:
    return "-" if found is None else f"{found.median:.2f} / {found.p95:.2f} / {found.maximum:.2f} rounds"


def _signed_percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:+.2%}"


def _point(row: Row, name: str) -> str:
    error = row.errors[name]
    if error is None:
        return "-"
    text = f"{error:+.2f}" if round(error, 2) else "0.00"
    return f"**{text}**" if name in _winners(row) else text


def _winners(row: Row) -> set[str]:
    """Who comes nearest to the truth, to the hundredth of a point."""
    off = {name: round(abs(error), 2) for name, error in row.errors.items() if error is not None}
    return {name for name, error in off.items() if error == min(off.values())}


def _off(rows: Sequence[Row], name: str) -> list[float]:
    return [abs(error) for row in rows if (error := row.errors[name]) is not None]


def _mean(rows: Sequence[Row], name: str) -> float:
    off = _off(rows, name)
    return sum(off) / len(off) if off else float("nan")


def _largest(rows: Sequence[Row], name: str) -> float:
    return max(_off(rows, name), default=float("nan"))


def _version(package: str) -> str:
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False)
    return done.stdout or "(no package)"


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
