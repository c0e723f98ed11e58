"""From the results of sessions to the numbers of docs/accuracy.md. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

Result = dict[str, Any]
Match = dict[str, Any]

ROUND_S = 3.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 95th percentile and maximum of a row of numbers, and how many there are."""

    count: int
    median: float
    p95: float
    maximum: float


def spread(numbers: Sequence[float]) -> Spread | None:
    """None where there are none. The percentile is the smallest number that 95 % of them do not pass."""
    ordered = sorted(numbers)
    if not ordered:
        return None
    return Spread(len(ordered), median(ordered), ordered[-(-95 * len(ordered) // 100) - 1], ordered[-1])


@dataclass(frozen=True, slots=True)
class Detection:
    """How one rule at one pace fared. `sure` are the faults that hold `fall` rounds whatever their phase; errors are absolute, in rounds.

    `middle` is the error of a duration that is taken from the middle of its bounds; `..._near` count the errors of at most half a round.
    """

    faults: int
    sure: int
    sure_found: int
    short: int
    short_found: int
    invented: int
    start: Spread | None
    end: Spread | None
    length: Spread | None
    middle: Spread | None
    length_near: int
    middle_near: int
    within_bounds: int
    cause_right: int
    found: int
    true_s: float
    found_true_s: float
    told_s: float

    @property
    def downtime_error(self) -> float | None:
        """The error of the total downtime, as a share of the true one; what was not found counts too."""
        return (self.told_s - self.true_s) / self.true_s if self.true_s else None

    @property
    def downtime_error_of_found(self) -> float | None:
        """The same over the outages that were found."""
        return (self.told_s - self.found_true_s) / self.found_true_s if self.found_true_s else None


def detection(results: Sequence[Result], rule: str, is_true_pace: bool, state: str = "down") -> Detection:
    """Over every session by this rule at this pace: the line's outages (`down`), or the office's own faults (`unknown`)."""
    judged = [each for each in _judged(results) if each["rule"] == rule and (each["scale"] == 1) is is_true_pace]
    scale = max((each["scale"] for each in judged), default=1)
    matches = [match for each in judged for match in each["matches"] if match["state"] == state]
    missed = [fault for each in judged for fault in each["missed"] if fault["state"] == state]
    invented = [told for each in judged if not _is_chance(each, rule) for told in each["invented"] if told["state"] == state]
    rounds = ROUND_S / scale

    def errors(of: Callable[[Match], float]) -> list[float]:
        return [abs(of(match)) / rounds for match in matches]

    lengths = errors(lambda match: match["told_seconds"] - match["seconds"])
    middles = errors(lambda match: (match["least"] + match["most"]) / 2 - match["seconds"])
    sure = [match for match in matches if match["sure"]]
    return Detection(
        faults=len(matches) + len(missed),
        sure=len(sure) + sum(fault["sure"] for fault in missed),
        sure_found=len(sure),
        short=len(matches) - len(sure) + sum(not fault["sure"] for fault in missed),
        short_found=len(matches) - len(sure),
        invented=len(invented),
        start=spread(errors(lambda match: match["start_error"])),
        end=spread(errors(lambda match: match["end_error"])),
        length=spread(lengths),
        middle=spread(middles),
        length_near=sum(error <= 0.5 for error in lengths),
        middle_near=sum(error <= 0.5 for error in middles),
        within_bounds=sum(match["least"] <= match["seconds"] <= match["most"] for match in matches),
        cause_right=sum(match["told"] == match["cause"] for match in matches),
        found=len(matches),
        true_s=sum(each["seconds"] for each in [*matches, *missed]) * scale,
        found_true_s=sum(match["seconds"] for match in matches) * scale,
        told_s=(sum(match["told_seconds"] for match in matches) + sum(told["seconds"] for told in invented)) * scale,
    )


def _is_chance(judged: Result, rule: str) -> bool:
    """By the strict rule a round that chance or a burst takes whole is an outage: it was one, though nobody cut the line."""
    return rule == "strict" and judged["scenario"] in ("bursts", "loss-60")


@dataclass(frozen=True, slots=True)
class Length:
    """The outages of about one length, at the pace of the defaults: how many there were, and how many each rule found."""

    at_least_s: float
    below_s: float
    count: int
    found: dict[str, int]


def by_length(results: Sequence[Result], edges: Sequence[float]) -> list[Length]:
    """The line's outages between two edges each, over all sessions."""
    rows = []
    for low, high in pairwise(edges):
        counts: dict[str, int] = {}
        found: dict[str, int] = {}
        for each in _judged(results):
            for kind in ("matches", "missed"):
                lengths = [fault["seconds"] * each["scale"] for fault in each[kind] if fault["state"] == "down"]
                inside = sum(low <= length < high for length in lengths)
                counts[each["rule"]] = counts.get(each["rule"], 0) + inside
                found[each["rule"]] = found.get(each["rule"], 0) + (inside if kind == "matches" else 0)
        rows.append(Length(low, high, counts.get("default", 0), found))
    return rows


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How often a scenario was played by a rule, how often the record said what was expected, and what else it said."""

    played: int
    right: int
    reproaches: tuple[str, ...]


def verdicts(results: Sequence[Result], scenario: str, rule: str) -> Verdicts:
    """Over all sessions, at both paces."""
    judged = [each for each in _judged(results) if each["scenario"] == scenario and each["rule"] == rule]
    said = [reproach for each in judged for reproach in each["reproaches"]]
    return Verdicts(len(judged), sum(not each["reproaches"] for each in judged), tuple(said))


def seconds_to_record(results: Sequence[Result], rule: str = "default") -> Spread | None:
    """From each cut of the line to the moment at which its DOWN could be read in the store, at the true pace."""
    times = []
    for result in results:
        rules = list(dict.fromkeys(each["rule"] for each in result["judged"]))
        if rule not in rules or result["judged"][0]["scale"] != 1:
            continue
        seen = {round(at, 3): noticed for noticed, state, at in result["noticed"][rules.index(rule)] if state == "down"}
        for each in result["judged"]:
            for match in each["matches"]:
                noticed = seen.get(round(match["at"] + match["start_error"], 3))
                if each["rule"] == rule and match["state"] == "down" and noticed is not None:
                    times.append(noticed - match["at"])
    return spread(times)


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario as seen by all: the true availability, and each one's error in percentage points (None: it has nothing to say)."""

    scenario: str
    true: float
    errors: dict[str, float | None]


def peer_rows(results: Sequence[Result]) -> list[Row]:
    """Every scenario that was played with the peers, in the order of their names."""
    rows = []
    for result in results:
        if not result["peers"]:
            continue
        per_scenario = len(result["judged"]) // len(result["peers"])
        for n, theirs in enumerate(result["peers"]):
            ours = result["judged"][n * per_scenario : (n + 1) * per_scenario]
            true = ours[0]["true_availability"]
            said = {f"linewatch, {each['rule']}": each["availability"] for each in ours} | theirs
            errors = {name: None if value is None else (value - true) * 100 for name, value in said.items()}
            rows.append(Row(ours[0]["scenario"], true, errors))
    return sorted(rows, key=lambda row: row.scenario)


def _judged(results: Sequence[Result]) -> Iterator[Result]:
    for result in results:
        yield from result["judged"]
