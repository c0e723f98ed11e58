"""The report as PDF: the HTML page on A4. That the bytes are the same twice is tested where whole processes make them."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from linewatch.report.as_pdf import as_pdf
from linewatch.report.words import Words
from linewatch.sla.period import month
from tests.report.drawn import OFFICE, ZONE, told
from tests.report.record import Record, line

MARCH = told(month("2022-03", ZONE), Record({"line": "UUDDDUU??U"}), replace(OFFICE, subjects=(line(),)), as_of=900)


def seen(path: Path) -> tuple[str, str]:
    """What pdfinfo and pdftotext tell of a file."""
    told = [
        subprocess.run([*command, str(path), *rest], capture_output=True, text=True, check=True).stdout
        for command, rest in ((["pdfinfo"], []), (["pdftotext", "-layout"], ["-"]))
    ]
    return told[0], told[1]


def test_a_report_as_pdf_is_the_page_on_a4_with_the_time_of_the_report_alone(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(as_pdf(MARCH, Words("zh")))
    told, text = seen(tmp_path / "report.pdf")
    assert "(A4)" in told
    assert "Tagged:          yes" in told
    assert "Tue Mar  1 15:00:00 2022 UTC" in told
    pages = text.split("\f")[:-1]
    assert all(f"第{number}页/共{len(pages)}页" in "".join(page.split()) for number, page in enumerate(pages, start=1))
    assert all("网络专线与发布平台可用性报告" in page for page in pages)
    assert "一、结论" in text
    assert "未证明" in text
