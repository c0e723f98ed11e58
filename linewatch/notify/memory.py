"""What was told of each service, kept on disk so that a restart tells nothing twice."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from linewatch.notify.keeping import keep
from linewatch.notify.news import Told

log = logging.getLogger(__name__)

_INSTANTS = ("until", "open", "last_at", "degraded_since", "certificate")


@dataclass(frozen=True, slots=True)
class Memory:
    """What one receiver was told, by service, and the label of the last summary ("" before the first)."""

    services: Mapping[str, Told] = field(default_factory=dict)
    summary: str = ""


def recalled(path: Path) -> Memory:
    """The memory that `remember` wrote; an empty one where there is none or it cannot be read (then what has ended is not told again)."""
    try:
        facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return Memory({name: _told(each) for name, each in facts["services"].items()}, str(facts["summary"]))
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("what was told before cannot be read file=%s: %s", path, error)
        return Memory()


def remember(path: Path, memory: Memory) -> None:
    """Keep it, whole or not at all. Raises OSError where the disk does not take it."""
    facts = {"services": {name: _facts(told) for name, told in memory.services.items()}, "summary": memory.summary}
    keep(path, json.dumps(facts, ensure_ascii=False))


def _facts(told: Told) -> dict[str, str | None]:
    instants = {name: getattr(told, name) for name in _INSTANTS}
    return {**{name: at and at.isoformat() for name, at in instants.items()}, "coverage_month": told.coverage_month}


def _told(facts: Mapping[str, Any]) -> Told:
    instants = {name: datetime.fromisoformat(facts[name]) if facts[name] else None for name in _INSTANTS[1:]}
    return Told(until=datetime.fromisoformat(facts["until"]), coverage_month=str(facts["coverage_month"]), **instants)
