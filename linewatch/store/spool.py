"""The spool: a folder of this host in which entries wait, safe on its disk, until the store has taken them.

    00000017.slips   entries, oldest first, in files of about a quarter of a megabyte; one is appended to, the others are complete
    standing         how every service stood when the newest of them was begun
    store            whose entries these are
    lock             held by the daemon that writes here

A file goes when the store has committed all of it. It is never appended to after a restart, so a torn end stays where it is, and is left out.
Where the folder passes its limit, the samples of the oldest file that has any go, counted, with an event that says so in their place;
changes of state and events stay.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from linewatch.errors import StoreError
from linewatch.store.backlog import Entry, Gap, gap_entries
from linewatch.store.reading import History
from linewatch.store.recall import KEPT_ROUNDS, Recall
from linewatch.store.slip import slip, slips, total_rows

logger = logging.getLogger(__name__)

LIMIT_BYTES = 256 * 1024 * 1024
"""More than three weeks of a line every 3 s with six targets and six endpoints every minute."""

FILE_BYTES = 256 * 1024
_SUFFIX = ".slips"


@dataclass(slots=True)
class _File:
    path: Path
    size: int
    samples: int
    rows: int  # that are not delivered; of a file from before a restart about so many


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries to be delivered: those of a file from where the last delivery ended. `before` says that they may have been delivered before."""

    entries: Sequence[Entry]
    path: Path
    end: int
    before: bool


class Spool:
    """Appended to by one thread and delivered from by another. What the file system refuses is raised as OSError."""

    def __init__(self, folder: Path, whose: str, limit_bytes: int = LIMIT_BYTES, file_bytes: int = FILE_BYTES) -> None:
        """The spool in a folder that nobody else uses; `whose` names the store that its entries are for.

        Raises StoreError where entries wait in it for another store.
        """
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._file_bytes = file_bytes
        self._changed = threading.Condition()
        self._open: int | None = None  # the descriptor of the newest file
        self._delivered = 0  # bytes of the oldest file
        self._finished = False
        self._nudged = False
        self._closed = False
        self.recall = Recall()
        self.let_go = 0  # samples that the limit cost
        self.has_learnt = False  # the recollection is the store's own word, and knows all that the store knows
        self._belong_to(whose)
        self.recall.take(slips(self._read(folder / "standing")).entries)
        self._files = [file for path in sorted(folder.glob(f"*{_SUFFIX}")) if (file := self._found(path)) is not None]
        if self._files:  # what is noted of the standing holds all that is older
            self.recall.take(slips(self._read(self._files[-1].path)).entries)
        self._next_number = int(self._files[-1].path.stem) + 1 if self._files else 1
        self._left_before = {file.path for file in self._files}
        if self._files:
            self.note_standing()  # before the first of them is delivered, and gone

    def _belong_to(self, whose: str) -> None:
        mark = self._folder / "store"
        before = self._read(mark).decode(errors="replace").strip()
        if before == whose:
            return
        if before and any(self._folder.glob(f"*{_SUFFIX}")):
            raise StoreError(
                f"the spool {self._folder} waits to be delivered to {before}, and store.url names {whose}: "
                f"let it be delivered first, name another folder in store.spool, or, if the two are one store, delete {mark}"
            )
        (self._folder / "standing").unlink(missing_ok=True)  # it speaks of the other store
        self._replace(mark, f"{whose}\n".encode())

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._folder

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return b""

    def _found(self, path: Path) -> _File | None:
        content = self._read(path)
        if not content:  # killed before its first entry
            path.unlink()
            return None
        # Counted and not read, for a large spool must not hold up the start.
        return _File(path, len(content), content.count(b'"sample":['), content.count(b"\n"))

    @property
    def rows(self) -> int:
        """How many rows wait for delivery."""
        return sum(file.rows for file in tuple(self._files))

    # The one side.

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep the entries, in order; they are on the disk when this returns, and none of them is where it raises OSError."""
        kept = [entry for entry in entries if entry.rows]
        if not kept:
            return
        content = b"".join(map(slip, kept))
        with self._changed:
            if self._open is None or self._files[-1].size >= self._file_bytes:
                self._begin_file()
            self._write(content)
            self._files[-1].size += len(content)
            self._files[-1].samples += _samples(kept)
            self._files[-1].rows += total_rows(kept)
            self.recall.take(kept)
            self._keep_the_limit()
            self._changed.notify_all()

    def _begin_file(self) -> None:
        self.note_standing()
        self._end_file()
        path = self._folder / f"{self._next_number:08d}{_SUFFIX}"
        self._open = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._next_number += 1
        self._files.append(_File(path, 0, 0, 0))
        self._synchronise_folder()

    def _end_file(self) -> None:
        if self._open is not None:
            os.close(self._open)
            self._open = None
            self._drop_delivered()

    def _write(self, content: bytes) -> None:
        descriptor, good = self._open, self._files[-1].size
        assert descriptor is not None
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fdatasync(descriptor)
        except OSError:
            try:
                os.ftruncate(descriptor, good)
            except OSError:
                self._end_file()  # what is torn stays at the end of a file that is written to no more
            raise

    def note_standing(self) -> None:
        """Write down how every service stands now, in place of what was written before."""
        self._replace(self._folder / "standing", b"".join(map(slip, self.recall.entries())))

    def learn(self, history: History) -> None:
        """Take the word of the store, which has everything now, for how every service stands."""
        for row in history.services():
            self.recall.learn(row, history.last_transition(row.name), history.last_rounds(row.name, KEPT_ROUNDS))
        self.note_standing()
        self.has_learnt = True

    def _replace(self, path: Path, content: bytes) -> None:
        fresh = path.with_name(f"{path.name}.new")
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fdatasync(file.fileno())
        fresh.replace(path)
        self._synchronise_folder()

    def _synchronise_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _keep_the_limit(self) -> None:
        beyond = sum(file.size for file in self._files) - self._limit_bytes
        # Neither the file that is being delivered nor the one that is being written.
        for file in self._files[1:-1] if beyond > 0 else ():
            if file.samples:
                before = file.size
                self._let_samples_go(file)
                beyond -= before - file.size
            if beyond <= 0:
                break

    def _let_samples_go(self, file: _File) -> None:
        entries = slips(self._read(file.path)).entries
        gaps: dict[str, Gap] = {}
        for entry in entries:
            if entry.sample is not None and entry.service is not None:
                at = entry.sample[0].at
                gap = gaps.get(entry.service, Gap(0, at, at))
                gaps[entry.service] = Gap(gap.count + 1, gap.first_at, at)
        kept = [bare for entry in entries if (bare := replace(entry, sample=None)).rows] + gap_entries(gaps)
        content = b"".join(map(slip, kept))
        self._replace(file.path, content)
        self.let_go += _samples(entries)
        file.size, file.samples, file.rows = len(content), 0, total_rows(kept)

    # The other side.

    def next_batch(self, patience_s: float | None) -> Batch | None:
        """The oldest entries that are not delivered; waits for some, and gives None where `patience_s` passes, or there is something else to do."""
        with self._changed:
            self._changed.wait_for(lambda: self._finished or self._nudged or self._waiting(), patience_s)
            self._nudged = False
            return self._batch() if self._waiting() else None

    def _waiting(self) -> bool:
        return bool(self._files) and self._files[0].size > self._delivered

    def _batch(self) -> Batch:
        oldest = self._files[0]
        with oldest.path.open("rb") as file:
            file.seek(self._delivered)
            found = slips(file.read(oldest.size - self._delivered))
        if found.spoilt:
            kept = oldest.path.with_suffix(".spoilt")
            logger.warning(
                "the spool's file %s is damaged: %d bytes cannot be read and are left out; it is kept as %s", oldest.path, found.spoilt, kept
            )
            with suppress(OSError):
                os.link(oldest.path, kept)
        return Batch(found.entries, oldest.path, oldest.size, oldest.path in self._left_before)

    def nudge(self) -> None:
        """Wake who waits for a batch."""
        with self._changed:
            self._nudged = True
            self._changed.notify_all()

    def done(self, batch: Batch) -> None:
        """The store has committed the batch."""
        with self._changed:
            if self._closed:
                return
            self._delivered = batch.end
            self._files[0].rows = max(0, self._files[0].rows - total_rows(batch.entries))
            self._drop_delivered()
            self._changed.notify_all()

    def _drop_delivered(self) -> None:
        """The oldest file goes once all of it is delivered, unless it is still written to."""
        if self._files and self._delivered >= self._files[0].size and (self._open is None or len(self._files) > 1):
            self._files.pop(0).path.unlink(missing_ok=True)
            self._delivered = 0

    def wait_until_delivered(self, patience_s: float) -> bool:
        """Whether nothing waits any more, at the latest after `patience_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting(), patience_s)

    # The end.

    def finish(self) -> None:
        """Nothing more is appended: who waits for a batch gets what there is, and then None."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def close(self) -> None:
        """Leave the folder as a restart needs it; a delivery that is still under way will be repeated by it."""
        with self._changed:
            self._closed = True
            with suppress(OSError):
                self.note_standing()
                self._end_file()


def _samples(entries: Sequence[Entry]) -> int:
    return sum(entry.sample is not None for entry in entries)
