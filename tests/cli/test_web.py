"""`linewatch web password`: a line for the configuration, from a pipe and from a terminal, and never the password itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from linewatch.config.loading import load
from linewatch.web.password import matches
from tests.cli.conftest import CONFIGURATION, LINEWATCH, Linewatch


def password(given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINEWATCH, "web", "password"], input=given, capture_output=True, text=True, timeout=60, check=False)


def test_it_prints_the_line_that_lets_the_page_be_reached(tmp_path: Path) -> None:
    told = password("correct horse\n")
    assert (told.returncode, told.stderr, "horse" in told.stdout) == (0, "", False)
    (tmp_path / "linewatch.toml").write_text(f'{CONFIGURATION}\n[web]\nlisten = "0.0.0.0:9823"\n{told.stdout}', "utf-8")
    kept = load(tmp_path / "linewatch.toml").settings.web.password_hash
    assert kept is not None
    assert matches("correct horse", kept)


@pytest.mark.parametrize("given", ["short\n", "", "tab\tin the middle\n"])
def test_what_is_no_password(given: str) -> None:
    told = password(given)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "linewatch: a password has at least 8 letters, none of them a control character\n"


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_page_that_others_reach_unprotected_is_refused(folder: Path, linewatch: Linewatch, command: str) -> None:
    (folder / "linewatch.toml").write_text(f'{CONFIGURATION}\n[web]\nlisten = "0.0.0.0:9823"\n', "utf-8")
    ran = linewatch(command)
    assert ran.code == 2
    assert "web.listen: others can reach it there: give web.password_hash" in ran.err
    assert ran.err.count("\n") == 1
