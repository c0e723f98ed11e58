"""Plays a scenario file in a box of its own and prints truth beside verdict; exit code 1 where the record does not say what the file expects.

    python -m tests.lab.play tests/lab/scenarios/outage-line-010s.toml [--scale 5] [--peers] [--seed 1] [--keep FOLDER]

`--scale 5` plays it five times as fast, with rounds five times as close: in rounds the arithmetic is the same. Who is not root gets a user
namespace for it (/dev/net/tun must be open to all, as it is on Debian). `--keep` leaves logs, configurations and stores in a folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from linewatch.sla.printed import percent
from linewatch.span import Span
from linewatch.verdict.timeline import padded
from tests.lab.peers import Availability
from tests.lab.scenario import Scenario, read
from tests.lab.session import Judged, session
from tests.lab.watcher import default_rule, strict_rule

_UNSHARED = "LINEWATCH_LAB_UNSHARED"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    try:
        scenario = read(asked.scenario)
    except (OSError, ValueError) as error:
        print(f"play: {error}", file=sys.stderr)
        return 2
    if os.geteuid() != 0 and _UNSHARED not in os.environ:
        again = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-m", "tests.lab.play", *sys.argv[1:]]
        os.execvpe(again[0], again, {**os.environ, _UNSHARED: "1"})
    print(f"{scenario.title}: {scenario.seconds / asked.scale:.0f} s, seed {asked.seed}", flush=True)
    with _folder(asked.keep) as folder:
        judged, peers, _ = session(folder, asked.seed, [default_rule(asked.scale), strict_rule(asked.scale)], [scenario], asked.peers)
        print("\n".join(told(scenario, judged, peers)))
    return int(any(each.reproaches for each in judged))


def told(scenario: Scenario, judged: list[Judged], peers: list[Availability]) -> Iterator[str]:
    """Truth beside verdict, line by line; times are seconds from the scenario's beginning."""
    window = judged[0].played.span
    yield f"truth    the line was there for {_percent(judged[0].true_availability)} of the time"
    for fault in judged[0].faults:
        yield f"           {_times(fault.span, window)}  {fault.state} ({fault.cause})"
    for each in judged:
        yield f"{each.pace.name:<8} availability {_percent(each.availability)}"
        for stretch in padded(each.line.history, window):
            yield f"           {_times(stretch.span, window)}  {stretch.state}{f' ({stretch.cause})' if stretch.cause else ''}"
        for match in each.comparison.matches:
            begun, ended = match.start_error.total_seconds(), match.end_error.total_seconds()
            bounds = f"{_s(match.told.least)} to {_s(match.told.most)}"
            lengths = f"{_s(match.fault.span.length)} in truth, {_s(match.told.span.length)} on record"
            yield f"           {lengths} ({bounds}); off {begun:+.2f} s, {ended:+.2f} s"
        if scenario.site is not None:
            for stretch in padded(each.site.history, window):
                yield f"  site     {_times(stretch.span, window)}  {stretch.state}{f' ({stretch.cause})' if stretch.cause else ''}"
        yield from (f"  WRONG    {reproach}" for reproach in each.reproaches)
        yield "  as expected" if not each.reproaches else "  NOT as expected"
    for name, availability in (peers[0] if peers else {}).items():
        yield f"{name}: {_percent(availability)}"


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="linewatch-lab-") as made:
        yield Path(made)


def _times(span: Span, window: Span) -> str:
    return f"{(span.start - window.start).total_seconds():8.2f} - {(span.end - window.start).total_seconds():8.2f}"


def _s(duration: timedelta) -> str:
    return f"{duration.total_seconds():.2f} s"


def _percent(ratio: float | None) -> str:
    return "nothing" if ratio is None else f"{percent(Fraction(ratio))} %"


if __name__ == "__main__":
    sys.exit(main())
