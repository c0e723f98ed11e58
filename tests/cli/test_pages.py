"""The report as HTML and as PDF, as they are asked for: into a file, into a pipe, and refused in one line where something is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Linewatch

YEAR = ("sla", "--year", "2022", "--as-of", "2023-01-05")
WITHOUT_WEASYPRINT = """
import sys
sys.modules["weasyprint"] = None
from linewatch.cli.main import run_app
sys.argv = ["linewatch", "sla", "--year", "2022", "--format", "pdf", "-o", "out.pdf"]
sys.exit(run_app())
"""
NO_CHINESE = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>cache</cachedir></fontconfig>
"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_the_same_in_a_file_and_in_a_pipe(year: Path, linewatch: Linewatch, lang: str) -> None:
    piped = linewatch(*YEAR, "--format", "html", "--lang", lang)
    assert linewatch(*YEAR, "--format", "html", "--lang", lang, "--output", "year.html").code == 0
    assert piped.code == 0
    assert piped.out == (year / "year.html").read_text("utf-8")
    assert piped.out.startswith("<!DOCTYPE html>")
    assert "99.98" in piped.out
    assert f"linewatch sla --year 2022 --as-of 2023-01-04T16:00:00+00:00 --lang {lang} --format html" in piped.out


def test_without_weasyprint_a_line_says_what_to_install(year: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_WEASYPRINT], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "linewatch: --format pdf needs WeasyPrint: pip install 'linewatch[pdf]'\n"
    assert not (year / "out.pdf").exists()


def test_without_a_font_that_has_chinese_there_is_no_pdf_of_boxes(year: Path, process: Linewatch) -> None:
    (year / "fonts.conf").write_text(NO_CHINESE, "utf-8")
    ran = process(*YEAR, "--service", "leased-line", "--format", "pdf", "--output", "out.pdf", FONTCONFIG_FILE=str(year / "fonts.conf"))
    assert (ran.code, ran.out) == (2, "")
    assert "no font on this host has 专: install one that has Chinese, such as Debian's fonts-noto-cjk" in ran.err
    assert ran.err.count("\n") == 1
    assert not (year / "out.pdf").exists()
