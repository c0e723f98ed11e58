"""A damaged store recovered by the rules of the configuration."""

from __future__ import annotations

from pathlib import Path

from linewatch.config.loading import Loaded
from linewatch.config.services import services
from linewatch.progress import Progress
from linewatch.store.recovery import Recovered, recover
from linewatch.wiring.office import now


def recovered(loaded: Loaded, to: Path, progress: Progress) -> Recovered:
    """Make the new store `to` of what can be read of the configured one. Raises UsageError, StoreError."""
    rules = {service.name: service.rule for service in services(loaded.settings)}
    return recover(loaded.settings.store.url, to, rules, now(), progress)
