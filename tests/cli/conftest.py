"""The command line as it is called: in this process for speed, in one of its own where pipes and exit codes are the matter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from linewatch.cli.main import run_app

LINEWATCH = str(Path(sys.executable).with_name("linewatch"))

CONFIGURATION = """\
timezone = "Asia/Shanghai"
language = "en"

[[line]]
name = "leased-line"
title = "专线"
gateway = "none"
anchors = ["127.0.1.1", "127.0.1.2"]

[line.contract]
start = 2022-01-01
end = 2024-12-31
cost = 6
payments = [{ on = 2022-03-15, amount = 6, ref = "voucher 17" }]

[[endpoint]]
name = "site"
url = "tcp://127.0.0.1:9"
behind = "leased-line"
"""

ZONED = """\
timezone = "{zone}"

[[line]]
name = "leased-line"
gateway = "none"
anchors = ["127.0.1.1"]
"""
"""A line and nothing else, under the clocks of a zone."""

ONE_HOUR_DOWN = """\
at,state,cause
2022-01-01T00:00:00+08:00,up,
2022-06-15T10:00:00+08:00,down,line
2022-06-15T11:00:00+08:00,up,
2023-01-01T00:00:00+08:00,unknown,
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Linewatch = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, where the configuration is the one above."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LINEWATCH_CONFIG", raising=False)
    (tmp_path / "linewatch.toml").write_text(CONFIGURATION, "utf-8")
    return tmp_path


@pytest.fixture
def linewatch(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Linewatch:
    """Call a command in this process."""

    def call(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["linewatch", *map(str, arguments)])
        code = run_app()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Ran(code, out, err)

    return call


@pytest.fixture
def process(folder: Path) -> Linewatch:
    """Call a command in a process of its own; the keywords go to the environment."""

    def call(*arguments: str | Path, **environ: str) -> Ran:
        done = subprocess.run([LINEWATCH, *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **environ}, timeout=60)
        assert "Traceback" not in done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def year(folder: Path, linewatch: Linewatch) -> Path:
    """The folder, with one hour down in 2022 imported for the line."""
    (folder / "states.csv").write_text(ONE_HOUR_DOWN, "utf-8")
    assert linewatch("import", "states.csv", "--service", "leased-line", "--kind", "states").code == 0
    return folder
