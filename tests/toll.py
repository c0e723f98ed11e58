"""What a fault took: how often a test tried it and what was lost, told by the test and printed by `make faults`."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str, object], None]
"""pytest's `record_property`."""

KEYS = ("fault", "tries", "lost")


def toll(record_property: Tell, fault: str, tries: str, lost: str) -> None:
    """A row of the table of faults, once the test has proved it."""
    for key, value in zip(KEYS, (fault, tries, lost), strict=True):
        record_property(key, value)
