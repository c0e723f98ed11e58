"""Files that commands write: whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from linewatch.errors import UsageError

_DATABASE = b"SQLite format 3\0"
"""What every SQLite file begins with (its file format, section 1.3)."""


def write(path: Path, content: str | bytes) -> None:
    """Put `content` (text as UTF-8) into `path`, replacing what was there only once all of it is on disk.

    A link is followed; a device or a pipe is written to, for nothing can take its place. Raises UsageError where that cannot be done.
    """
    whole = content.encode() if isinstance(content, str) else content
    try:
        if _is_special(path):
            path.write_bytes(whole)
        else:
            _replace(Path(os.path.realpath(path)), whole)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def spare(path: Path | None, kept: Iterable[Path]) -> None:
    """Raises UsageError where writing to `path` would put a report in the place of a database, or of a file that is to be `kept`."""
    try:
        if path is None or not path.is_file():
            return
        if any(each.exists() and path.samefile(each) for each in kept):
            raise UsageError(f"cannot write {path}: the configuration is in it")
        with path.open("rb") as file:
            if file.read(len(_DATABASE)) == _DATABASE:
                raise UsageError(f"cannot write {path}: it is a database")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _is_special(path: Path) -> bool:
    return path.exists() and not (stat.S_ISREG(mode := path.stat().st_mode) or stat.S_ISDIR(mode))


def _replace(path: Path, content: bytes) -> None:
    if path.is_dir():
        raise IsADirectoryError(None, "Is a directory")
    handle, name = tempfile.mkstemp(prefix=".linewatch-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
