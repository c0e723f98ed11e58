"""The guide for the office: its configuration, its history files and its commands are taken from the page and used, in the order of the page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Linewatch

GUIDE = Path(__file__).parents[2] / "docs" / "guide.zh.md"
NEEDS_A_HOST = ("init", "check", "run", "notify")
"""What asks the network, people or the host, and has tests of its own."""


def blocks(language: str) -> list[str]:
    """The guide's blocks of code of a language, without the indent of the list that they stand in."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) for indent, named, text in found if named == language]


def commands() -> Iterator[list[str]]:
    """Each `linewatch …` of the guide as words, without comments and without what a shell does with its output; /backup is in the folder here."""
    for block in blocks(""):
        for line in block.replace("\\\n", " ").replace(" /backup/", " backup/").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["linewatch"] and words[1] not in NEEDS_A_HOST:
                yield words[1 : words.index(">") if ">" in words else None]


@pytest.fixture
def office(folder: Path, linewatch: Linewatch) -> Path:
    """A folder as the guide lets one make it: its configuration, and its history imported."""
    configuration, *changes = blocks("toml")
    [hours] = [text for text in changes if text.startswith("service_hours")]
    whole = configuration.replace("[line.sla]\n", f"[line.sla]\n{hours}\n")
    (folder / "linewatch.toml").write_text(whole, "utf-8")
    states, samples = (text for text in blocks("") if text.startswith("at,"))
    (folder / "2022.csv").write_text(states + "\n", "utf-8")
    (folder / "ping.csv").write_text(samples + "\n", "utf-8")
    (folder / "backup").mkdir()
    for words in commands():
        if words[0] == "import":
            assert linewatch(*words).code == 0
    return folder


def test_every_command_of_the_guide_does_what_it_is_shown_for(office: Path, linewatch: Linewatch) -> None:
    shown = [words for words in commands() if words[0] != "import"]
    assert len(shown) > 15
    for words in shown:
        ran = linewatch(*words)
        differs = words[0] == "recompute" and "--fall" in words  # another rule may differ, which is told by 1
        assert (words, ran.err, ran.code in (0, int(differs))) == (words, "", True)
    made = {path.name for path in office.iterdir()}
    assert {words[words.index("--output") + 1] for words in shown if "--output" in words} <= made
    assert "GD-17" in linewatch("outages", "--month", "2022-03").out
