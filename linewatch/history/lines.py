"""A file of text as numbered lines: that it is a file and text, in which encoding, and the SHA-256 of its bytes."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from linewatch.errors import HistoryFileError, printable
from linewatch.progress import EVERY, Progress, untold

LONGEST_LINE = 1_000
"""In characters; a row of ours takes under a hundred."""
_CHUNK = 1 << 20
_ENCODINGS = ("utf-8-sig", "gb18030")  # gb18030 reads all that GBK and GB2312 do


@dataclass(frozen=True, slots=True)
class TextFile:
    """The lines of an open file, without their ends, numbered from 1; a line over LONGEST_LINE comes as None and is the last."""

    name: str
    sha256: str
    size: int
    lines: Iterator[tuple[int, str | None]]


@contextmanager
def opened(path: Path, progress: Progress = untold) -> Iterator[TextFile]:
    """The file at `path`, UTF-8 (with or without a byte order mark) or GBK, with any of the usual line ends.

    It is looked through once before its lines come; `progress` hears of both.
    Raises HistoryFileError where it is no regular file, cannot be read, is no text, or changes while it is read.
    """
    name = shown(str(path))
    if "\0" in str(path):
        raise HistoryFileError(f"{name}: is no name of a file")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise HistoryFileError(f"{name}: is {'a directory' if path.is_dir() else 'not a regular file'}")
        with path.open("rb") as raw:
            before = _mark(raw)
            size = before[0]

            def tell(what: str) -> None:
                progress(f"{shown(path.name)}: {what}", raw.tell() / size if size else None)

            sha256, encoding = _looked_through(name, raw, lambda: tell("looked through"))
            raw.seek(0)
            with io.TextIOWrapper(raw, encoding) as text:
                yield TextFile(name, sha256, size, _numbered(text, lambda: tell("read")))
                if _mark(raw) != before:
                    raise HistoryFileError(f"{name}: was changed while it was read")
    except OSError as error:
        raise HistoryFileError(f"{name}: cannot be read: {error.strerror or error}") from None


def kept_name(path: Path) -> str:
    """The file's own name as it is kept and printed: GBK where it is no UTF-8, as Windows leaves it; what cannot be printed is escaped."""
    raw = os.fsencode(path.name)
    for encoding in ("utf-8", _ENCODINGS[1]):
        try:
            return shown(raw.decode(encoding))
        except UnicodeDecodeError:
            pass
    return shown(raw.decode("utf-8", "backslashreplace"))


def shown(text: str, longest: int | None = None) -> str:
    """Foreign text as it may stand in a line for a person: nothing unprintable, and no more than `longest` characters."""
    if longest is not None and len(text) > longest:
        text = text[:longest] + "…"
    return printable(text)


def _mark(raw: BinaryIO) -> tuple[int, int]:
    """What tells that a file has been written to: its size and the time of its last change."""
    now = os.fstat(raw.fileno())
    return now.st_size, now.st_mtime_ns


def _looked_through(name: str, raw: BinaryIO, tell: Callable[[], None]) -> tuple[str, str]:
    """The hash of the file's bytes, and the first encoding that all of them fit."""
    digest = hashlib.sha256()
    fitting = {encoding: codecs.getincrementaldecoder(encoding)() for encoding in _ENCODINGS}
    while True:
        chunk = raw.read(_CHUNK)
        digest.update(chunk)
        tell()
        if b"\0" in chunk:
            raise HistoryFileError(f"{name}: is no text in UTF-8 or GBK")
        for encoding, decoder in list(fitting.items()):
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                del fitting[encoding]
        if not fitting:
            raise HistoryFileError(f"{name}: is no text in UTF-8 or GBK")
        if not chunk:
            return digest.hexdigest(), next(iter(fitting))


def _numbered(text: io.TextIOWrapper, tell: Callable[[], None]) -> Iterator[tuple[int, str | None]]:
    number = 0
    while line := text.readline(LONGEST_LINE + 1):
        number += 1
        if number % EVERY == 1:
            tell()
        if len(line) > LONGEST_LINE and not line.endswith("\n"):
            yield number, None
            return
        yield number, line.rstrip("\n")
