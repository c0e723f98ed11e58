"""Every way in which linewatch cannot go on. A measurement that failed is a value, never one of these.

LinewatchError                 one clear line for the user; `exit_code` for the shell
├── UsageError           2     arguments that make no sense together: a period in the future, --from after --to
├── ConfigurationError   2     every mistake of a configuration, each with its dotted key and line
├── HistoryFileError     2     a history file with a bad row; nothing of it was stored
├── HostError            2     the host does not permit what is asked: ICMP not allowed, a port in use
└── StoreError           3     the store cannot be used
    ├── StoreAway              no server answers there just now; trying again later may help
    ├── StoreTooNew            its schema comes from a newer linewatch
    └── StoreDamaged           it is no database, or its contents fail their own check
"""

from __future__ import annotations

from collections.abc import Sequence


def printable(text: str) -> str:
    """The text with what is not printable, such as what would move a cursor, spelt out."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text)


class LinewatchError(Exception):
    """The program cannot go on; `str()` of it is what the user reads."""

    exit_code = 2


class UsageError(LinewatchError):
    """Arguments that cannot be meant."""


class ConfigurationError(LinewatchError):
    """The configuration has mistakes; `problems` holds one line for each, `str()` all of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class HistoryFileError(LinewatchError):
    """A history file could not be read; the message names the file and the line."""


class HostError(LinewatchError):
    """This host does not allow what is asked of it."""


class StoreError(LinewatchError):
    """The store cannot be used."""

    exit_code = 3


class StoreAway(StoreError):
    """No server answers where the store should be, or it is just starting or ending; later it may."""


class StoreTooNew(StoreError):
    """The store's schema was written by a newer version."""


class StoreDamaged(StoreError):
    """The store's file is not a database or is damaged; it is never overwritten."""
