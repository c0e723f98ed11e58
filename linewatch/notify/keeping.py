"""How messages and what was told are put on disk: whole or not at all, and there after a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def keep(path: Path, text: str) -> None:
    """Put `text` into `path`, in place of what was there; its folder is made where it is missing. Raises OSError where the disk does not take it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
