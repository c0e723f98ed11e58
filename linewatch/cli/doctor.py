"""`linewatch doctor`: what an expert would ask for first."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from linewatch.cli import options

if TYPE_CHECKING:
    from linewatch.wiring.doctor import Finding

_MARKS = {"ok": ("green", "ok"), "warning": ("yellow", "warning"), "failing": ("red", "FAILING")}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config: options.Config = None,
) -> int:
    """Look everything over: permissions, clock, route, each probe once, store, daemon, coverage today; exit code 1 where something fails."""
    loaded = options.loaded(config)
    from linewatch.wiring.doctor import findings

    seen = []
    for finding in findings(loaded):
        seen.append(finding)
        if not as_json:
            _say(finding)
    if as_json:
        facts = [{"subject": each.subject, "grade": each.grade, "seen": each.seen, "advice": each.advice} for each in seen]
        typer.echo(json.dumps({"findings": facts}, ensure_ascii=False, indent=2))
    return int(any(finding.grade == "failing" for finding in seen))


def _say(finding: Finding) -> None:
    colour, mark = _MARKS[finding.grade]
    shown = typer.style(f"{mark:>8}", fg=colour, bold=True) if sys.stdout.isatty() else f"{mark:>8}"
    typer.echo(f"{shown}  {finding.subject}: {finding.seen}")
    if finding.advice:
        typer.echo(f"{'':>8}  → {finding.advice}")
