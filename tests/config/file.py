"""A configuration's file: the least that is one, written, and what is said where it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from linewatch.config.loading import load
from linewatch.errors import ConfigurationError

SMALL = '[[line]]\nname = "leased-line"\nanchors = ["192.0.2.1"]\n'


def written(folder: Path, text: str | bytes, name: str = "linewatch.toml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(path, {})
    return caught.value.problems
