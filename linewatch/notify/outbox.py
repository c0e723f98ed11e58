"""Where messages wait on disk until they have left: one folder for each receiver, one file for each message, oldest first."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from linewatch.notify.keeping import keep
from linewatch.notify.message import Message, message_of, text_of

log = logging.getLogger(__name__)

MOST = 500
"""How many messages wait for one receiver; beyond it the oldest goes. A receiver that is away for so long reads the report."""


class Outbox:
    """The messages that wait for one receiver. Put in by one thread and taken out by another; what is put in survives a kill and a power cut."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first message."""
        self._folder = folder
        self._unreadable: set[Path] = set()

    def put(self, message: Message) -> bool:
        """Keep the message until `done`; False where the same is waiting already. Raises OSError where the disk does not take it."""
        digest = hashlib.sha256(message.id.encode()).hexdigest()[:16]
        if any(path.name.endswith(f"-{digest}.json") for path in self._waiting()):
            return False
        keep(self._folder / f"{int(message.written_at.timestamp() * 1e6):020d}-{digest}.json", text_of(message))
        for old in self._waiting()[:-MOST]:
            log.warning("message dropped, too many wait receiver=%s file=%s", self._folder.name, old.name)
            old.unlink(missing_ok=True)
        return True

    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._waiting())

    def oldest(self) -> tuple[Path, Message] | None:
        """The message to be sent next, and what `done` is told. One that cannot be read is set aside."""
        for path, message in self._messages():
            return path, message
        return None

    def done(self, path: Path) -> None:
        """The message has left, or is given up."""
        path.unlink(missing_ok=True)

    def _messages(self) -> Iterator[tuple[Path, Message]]:
        for path in self._waiting():
            try:
                yield path, message_of(path.read_text("utf-8"))
            except FileNotFoundError:
                continue
            except ValueError as error:  # what is no JSON, or no UTF-8, is one too
                if path not in self._unreadable:  # where the disk does not let it be set aside it is met again
                    log.warning("message set aside, it cannot be read file=%s: %s", path, error)
                self._unreadable.add(path)
                with suppress(OSError):
                    path.rename(path.with_suffix(".unreadable"))

    def _waiting(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))
