"""The report as HTML and as PDF, as they are asked for: made again by the command in it, and refused in one line where something is missing."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

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


def test_the_commands_in_a_page_make_it_again(year: Path, linewatch: Linewatch) -> None:
    page = linewatch(*YEAR, "--format", "html", "--lang", "zh").out
    assert page.startswith("<!DOCTYPE html>")
    assert "99.98" in page
    report, recompute = re.findall(r"<pre><code>linewatch (.*?)</code></pre>", page)
    assert linewatch(*shlex.split(report)).out == page
    assert linewatch(*shlex.split(recompute)).code == 0


def test_a_page_under_another_profile_says_so_and_is_made_again(year: Path, linewatch: Linewatch) -> None:
    page = linewatch(*YEAR, "--format", "html", "--profile", "carrier", "--lang", "en").out
    assert "The results above are those of carrier." in page
    assert linewatch(*shlex.split(re.findall(r"<pre><code>linewatch (.*?)</code></pre>", page)[0])).out == page


def test_a_pdf_is_the_same_whatever_the_host_speaks(year: Path, process: Linewatch) -> None:
    asked = ("sla", "--month", "2022-06", "--service", "leased-line", "--as-of", "2023-01-05", "--format", "pdf", "--output")
    one = process(*asked, "one.pdf", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")
    two = process(*asked, "two.pdf", PYTHONHASHSEED="2", TZ="America/New_York", LC_ALL="POSIX")
    assert [(ran.code, ran.out, ran.err) for ran in (one, two)] == [(0, "", "")] * 2
    assert (year / "one.pdf").read_bytes() == (year / "two.pdf").read_bytes()


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
