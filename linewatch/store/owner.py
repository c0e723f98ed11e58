"""Whose the files of a store are."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def open_or_make(path: Path) -> int:
    """A descriptor that reads and writes the file, made empty where there is none. Raises OSError."""
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        hand_over(descriptor, path.parent)
        return descriptor


def hand_over(file: int | Path, folder: Path) -> None:
    """Give what root has made to the owner of its folder: the service has a user of its own, who could not write to what root's commands leave."""
    if os.geteuid() == 0:
        owner = folder.stat()
        with suppress(OSError):  # a container's root may not
            os.chown(file, owner.st_uid, owner.st_gid)
