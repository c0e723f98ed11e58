"""What is true of the tree as a whole: nothing of a working machine in it, packages without code of their own, a README that shows the real help."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINEWATCH = str(Path(sys.executable).with_name("linewatch"))

# Spelt in pieces, so that this file is not among what it finds.
FORBIDDEN = {
    "a path of a working machine": re.compile(r"(?<![\w.\-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me|Use" + r"rs|tmp/br" + r"ief)/\w"),
    "the address of a package registry": re.compile(
        r"pypi\.(?:o" + r"rg|python)|pythonho" + r"sted\.org|simple/?[\"'\s].*ind" + r"ex-url|--(?:extra-)?ind" + r"ex-url", re.I
    ),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIV" + r"ATE KEY-----\s+[A-Za-z0-9+/]"),
    "a token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_p" + r"at_\w{20,}|AK" + r"IA[0-9A-Z]{16}|xox[bp]-\w{10,}|sk-[A-Za-z0-9]{20,})"),
}


def tracked() -> list[Path]:
    """The files of the repository, those of the folder where it is none (an unpacked archive)."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = []
    for path in tracked():
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a path of a working machine", "see /wo" + "rk/main/README.md"),
        ("the address of a package registry", "https://py" + "pi.org/simple"),
        ("a private key", "-----BEGIN RSA PRIV" + "ATE KEY----- MIIE"),
        ("a token", "gh" + "p_" + "a" * 36),
    ],
)
def test_it_would_be_found(what: str, line: str) -> None:
    assert FORBIDDEN[what].search(line)


def test_packages_have_no_code_of_their_own() -> None:
    packages = [path for path in tracked() if path.name == "__init__.py"]
    assert len(packages) > 10
    assert [str(path.relative_to(ROOT)) for path in packages if path.read_bytes()] == []


def test_the_readme_shows_the_help_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    [block] = re.findall(r"<!-- help -->\n```[a-z]*\n(.*?)```\n<!-- /help -->", readme, re.S)
    told = subprocess.run(
        [LINEWATCH, "--help"], capture_output=True, text=True, check=True, timeout=30, env={"COLUMNS": "100", "PATH": "/usr/bin:/bin"}
    )
    assert block == told.stdout
