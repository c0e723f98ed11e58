"""`make accuracy`: plays all scenarios and many outages that chance chooses, in boxes side by side, and writes docs/accuracy.md.

    python -m tests.lab.accuracy [--minutes 15] [--seed 2022] [--output docs/accuracy.md] [--keep FOLDER] [--results FOLDER]

It takes about a quarter of an hour more than `--minutes`, and about 5 GB of memory. What is counted is in `tests.lab.tally`, how it is written in
`tests.lab.page`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.box import ROOT
from tests.lab.page import page
from tests.lab.scenario import Scenario, catalogue
from tests.lab.session import PAUSE_S
from tests.lab.simulated import Day, day
from tests.lab.watcher import default_rule, strict_rule

SCALE = 5.0
STAGGER_S = 4.0
"""Between the starts of two boxes: daemons cost most when they start."""


@dataclass(frozen=True, slots=True)
class Job:
    """One box: what is played in it."""

    name: str
    arguments: tuple[str, ...]


def jobs(minutes: float) -> list[Job]:
    """All scenarios at the true pace with the peers, and thrice at five times the pace; and outages that chance chooses, at both."""
    return [
        *(Job(f"true-{n}", ("--scale", "1", "--peers", *names)) for n, names in enumerate(parts(catalogue(), 8))),
        *(Job(f"true-tries-{n}", ("--scale", "1", "--tries", f"{minutes}", "--longest", "60", *(["--peers"] if n < 2 else []))) for n in range(5)),
        *(Job(f"fast-{repetition}-{n}", ("--scale", f"{SCALE}", *names)) for repetition in range(3) for n, names in enumerate(parts(catalogue(), 2))),
        *(Job(f"fast-tries-{n}", ("--scale", f"{SCALE}", "--tries", f"{minutes * SCALE}")) for n in range(3)),
    ]


def parts(scenarios: Sequence[Scenario], count: int) -> list[list[str]]:
    """The scenarios' names in `count` parts that take about the same time."""
    lengths = [0.0] * count
    names: list[list[str]] = [[] for _ in range(count)]
    for scenario in sorted(scenarios, key=lambda each: each.seconds, reverse=True):
        least = lengths.index(min(lengths))
        lengths[least] += scenario.seconds + PAUSE_S
        names[least].append(scenario.name)
    return names


def played(folder: Path, seed: str, chosen: Sequence[Job]) -> list[dict[str, Any]]:
    """The result of every job, all at the same time. Raises RuntimeError where one fails."""
    with ThreadPoolExecutor(len(chosen)) as pool:
        return list(pool.map(lambda job: _played(folder / job.name, f"{seed}-{job.name}", job, chosen.index(job) * STAGGER_S), chosen))


def _played(folder: Path, seed: str, job: Job, wait_s: float) -> dict[str, Any]:
    time.sleep(wait_s)
    folder.mkdir(parents=True)
    command = ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "tests.lab.session", str(folder), seed, *job.arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{job.name}: {done.stderr[-2000:]}")
    print(f"{time.strftime('%H:%M:%S')} {job.name} is done", flush=True)
    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return result


def simulated(seed: str) -> list[tuple[str, Day]]:
    """The days in which nothing may be invented; and, for comparison, those of a line with one anchor."""
    rules = (default_rule(), strict_rule())
    days = [(f"clean line, five anchors, `{rule.name}`", day(seed, 0.0, rule)) for rule in rules]
    days += [(f"5 % random loss, five anchors, `{rule.name}`", day(seed, 0.05, rule)) for rule in rules]
    return days + [(f"for comparison: 5 % random loss, one anchor, `{rule.name}`", day(seed, 0.05, rule, anchors=1)) for rule in rules]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15.0, help="how long chance chooses outages")
    parser.add_argument("--seed", default="2022")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "accuracy.md")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave logs, stores and results there")
    parser.add_argument("--results", type=Path, metavar="FOLDER", help="play nothing: write the page from what was left there, with the same --seed")
    asked = parser.parse_args()
    with _folder(asked.keep) as folder:
        if asked.results:
            results = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(asked.results.glob("*/result.json"))]
        else:
            results = played(folder, asked.seed, jobs(asked.minutes))
        asked.output.write_text(page(results, simulated(asked.seed), asked.seed), encoding="utf-8")
    print(f"{asked.output} is written")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="linewatch-accuracy-") as made:
        yield Path(made)


if __name__ == "__main__":
    main()
