"""One box, the daemons in it, perhaps the peers, and one scenario after the other; afterwards the record of each beside its truth, as plain values.

    python -m tests.lab.session FOLDER SEED --scale 5 [--tries MINUTES] [--peers] [NAME ...]

plays the scenarios called so (all, where none is called) in an order that the seed decides, or `--tries` outages that chance chooses, and writes
FOLDER/result.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from linewatch.report.account import Account
from linewatch.sample.cause import Cause
from linewatch.sla.availability import availability
from linewatch.span import Span, shared, total, without
from linewatch.verdict.state import State
from linewatch.verdict.timeline import padded
from tests.lab.box import Box, Played, Truth
from tests.lab.comparison import MARGIN, Comparison, Fault, compared, reproaches, sure
from tests.lab.peers import Availability, Peers
from tests.lab.scenario import Expectation, OnLink, Scenario, catalogue
from tests.lab.watcher import LINE, SITE, Pace, Watcher, default_rule, strict_rule

PAUSE_S = 63.0
"""Between two scenarios at the least, at the pace of the default rule: 21 rounds, so that no loss of the first is in the window of the second."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One scenario by one rule: what was true of the line, what the record says, and what is wrong with that (nothing, we hope)."""

    played: Played
    pace: Pace
    faults: tuple[Fault, ...]
    comparison: Comparison
    line: Account
    site: Account
    reproaches: tuple[str, ...]

    @property
    def true_availability(self) -> float:
        """The share of its time in which the line was not cut."""
        return 1 - total(fault.span for fault in self.faults if fault.state is State.DOWN) / self.played.span.length

    @property
    def availability(self) -> float | None:
        """What a report on this time would print, before it is cut off."""
        observed = availability(self.line.history, self.played.span, self.line.subject.terms).observed
        return None if observed is None else float(observed)


def session(
    folder: Path, seed: str, paces: Sequence[Pace], scenarios: Sequence[Scenario], with_peers: bool = False, extra: str = ""
) -> tuple[list[Judged], list[Availability], list[list[tuple[datetime, str, datetime]]]]:
    """Play the scenarios one after the other while a daemon for each of `paces` (all of one scale) watches.

    What is judged is in the order of the scenarios, and of the paces within them; then what the peers say, scenario by scenario; and for each pace
    when each change of the line's state became readable in the store.
    """
    scale = paces[0].scale
    phases = Random(seed)
    with Box(folder, seed) as box:
        watchers = [Watcher(box, folder, pace, 19900 + number, extra) for number, pace in enumerate(paces)]
        for watcher in watchers:
            watcher.wait_for("up")
        noticing = [watcher.watch_record() for watcher in watchers]
        peers = Peers(box, folder, paces[0]) if with_peers else None
        plays: list[Played] = []
        theirs: list[Availability] = []
        for scenario in scenarios:
            # The rest of a round more, or every scenario would meet the rounds at the same phase.
            time.sleep((PAUSE_S + phases.uniform(0, 3) if plays or peers else phases.uniform(3, 6)) / scale)
            plays.append(box.play(scenario, scale))
            if peers is not None:
                time.sleep(paces[0].interval.total_seconds() + 0.5)  # what belongs to the window has been scraped
                theirs.append(peers.availability(plays[-1].span))
        for each in noticing:
            each.stop()
        for watcher in watchers:
            watcher.stop()
        truth = box.truth()
    told = [watcher.accounts(datetime.now(UTC)) for watcher in watchers]
    judged = [
        judge(played, watcher.pace, truth, accounts[LINE], accounts[SITE])
        for played in plays
        for watcher, accounts in zip(watchers, told, strict=True)
    ]
    return judged, theirs, [each.noticed for each in noticing]


def judge(played: Played, pace: Pace, truth: Truth, line: Account, site: Account) -> Judged:
    """The record of one scenario's time beside its truth."""
    window, scenario = played.span, played.scenario
    faults = tuple(line_faults(truth, window))
    expected = scenario.strict if pace.fall == 1 else scenario.line
    wrong = reproaches(line.history, window, expected, faults, pace)
    if scenario.site is not None:
        wrong += site_reproaches(site, window, scenario.site, truth, pace)
    return Judged(played, pace, faults, compared(line.history, window, faults, pace), line, site, tuple(wrong))


def line_faults(truth: Truth, window: Span) -> list[Fault]:
    """What the line and this office's own side suffered in the window: what is charged to the carrier, and what cannot be."""
    named = (
        (truth.cuts("line"), State.DOWN, Cause.LINE),
        (truth.cuts("upstream"), State.DOWN, Cause.UPSTREAM),
        (truth.local(), State.UNKNOWN, Cause.LOCAL),
    )
    found = [Fault(span, state, cause) for spans, state, cause in named for span in shared(spans, [window])]
    return sorted(found, key=lambda fault: fault.span)


def site_reproaches(site: Account, window: Span, expected: Expectation, truth: Truth, pace: Pace) -> list[str]:
    """The site is charged with its own faults alone, and only while its line stands."""
    cuts, wrong = truth.cuts("line", "upstream"), truth.wrong("site")
    shown = {state: [stretch for stretch in padded(site.history, window) if stretch.state is state] for state in State}
    down = [stretch.span for stretch in shown[State.DOWN]]
    found = []
    if any(fault.length > 3 * pace.sure for fault in shared(without(wrong, cuts), [window])) and not down:
        found.append("site: its own fault was not found")
    if total(shared(down, cuts)) > MARGIN * pace.interval:
        found.append("site: it is charged with its line's outage")
    if total(without(down, wrong)) > 2 * pace.interval:
        found.append("site: down while it answered")
    if expected.state == "unknown" and not shown[State.UNKNOWN]:
        found.append("site: its line's outage is not shown as unknown")
    if expected.state == "up" and (down or shown[State.UNKNOWN]):
        found.append("site: was not up")
    causes = {stretch.cause.value for state in (State.DOWN, State.UNKNOWN) for stretch in shown[state] if stretch.cause}
    if expected.causes and causes - expected.causes:
        found.append(f"site: is called {', '.join(sorted(causes - expected.causes))}")
    return found


def tries(seed: str, minutes: float, longest_s: float = 120.0) -> Scenario:
    """Outages that chance chooses, at the line and beyond it: of one second to `longest_s`, spread evenly over the logarithm."""
    random = Random(seed)
    at_s, steps = 20.0, []
    while at_s < minutes * 60:
        link = random.choice(("line", "upstream"))
        length_s = longest_s ** random.random()
        steps += [OnLink(at_s, link, "both", None, {"cut": True}), OnLink(at_s + length_s, link, "both", None, {})]
        at_s += length_s + random.uniform(8, 20)
    down = Expectation("down")
    return Scenario("tries", "outages that chance chooses", at_s, tuple(steps), down, down)


def as_values(judged: Sequence[Judged], peers: Sequence[Availability], noticed: Sequence[list[tuple[datetime, str, datetime]]]) -> dict[str, Any]:
    """The same in JSON's terms, times in seconds."""
    return {
        "judged": [_values(each) for each in judged],
        "peers": [dict(each) for each in peers],
        "noticed": [[[seen.timestamp(), state, at.timestamp()] for seen, state, at in each] for each in noticed],
    }


def _values(judged: Judged) -> dict[str, Any]:
    comparison, pace = judged.comparison, judged.pace
    return {
        "scenario": judged.played.scenario.name,
        "rule": pace.name,
        "scale": pace.scale,
        "began": judged.played.span.start.timestamp(),
        "seconds": judged.played.span.length.total_seconds(),
        "reproaches": list(judged.reproaches),
        "true_availability": judged.true_availability,
        "availability": judged.availability,
        "matches": [
            {
                "at": match.fault.span.start.timestamp(),
                "state": match.fault.state.value,
                "cause": match.fault.cause.value,
                "told": match.told.cause.value,
                "seconds": match.fault.span.length.total_seconds(),
                "told_seconds": match.told.span.length.total_seconds(),
                "start_error": match.start_error.total_seconds(),
                "end_error": match.end_error.total_seconds(),
                "least": match.told.least.total_seconds(),
                "most": match.told.most.total_seconds(),
                "sure": match.fault.span.length >= sure(match.fault, pace),
            }
            for match in comparison.matches
        ],
        "missed": [
            {
                "state": fault.state.value,
                "cause": fault.cause.value,
                "seconds": fault.span.length.total_seconds(),
                "sure": fault.span.length >= sure(fault, pace),
            }
            for fault in comparison.missed
        ],
        "invented": [
            {"state": each.state.value, "cause": each.cause.value, "seconds": each.span.length.total_seconds()} for each in comparison.invented
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("seed")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--tries", type=float, metavar="MINUTES")
    parser.add_argument("--longest", type=float, default=120.0, metavar="SECONDS")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_intermixed_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    scenarios = [each for each in catalogue() if not asked.names or each.name in asked.names]
    Random(asked.seed).shuffle(scenarios)
    if asked.tries:
        scenarios = [tries(asked.seed, asked.tries, asked.longest)]
    paces = [default_rule(asked.scale), strict_rule(asked.scale)]
    result = as_values(*session(asked.folder, asked.seed, paces, scenarios, asked.peers))
    (asked.folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
