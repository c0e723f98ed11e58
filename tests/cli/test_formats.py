"""The report's formats as files: the same bytes whatever the host, whole or not at all, and what an office suite makes of the workbook."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from linewatch.cli.sla import PROFILES
from linewatch.sla.profiles import NAMES
from tests.cli.conftest import Linewatch
from tests.cli.office import ROWS, configure
from tests.cli.test_terminal import on_a_terminal, shell

AS_OF = ("sla", "--year", "2022", "--as-of", "2023-01-05")
TEXTS = ("table", "json", "csv", "markdown")
OFFICE = [row.split(",")[2] for row in ROWS.splitlines()]


@pytest.fixture
def office(year: Path) -> Path:
    """The folder of the imported year, where the configuration is that of the office of the 2022 table."""
    configure(year)
    return year


@pytest.mark.parametrize("format", [*TEXTS, "xlsx", "html"])
def test_the_same_arguments_give_the_same_bytes_whatever_the_host_speaks_in_a_file_and_in_a_pipe(office: Path, format: str) -> None:
    command = f'"$LW" {" ".join(AS_OF)} --format {format}'
    one = f"PYTHONHASHSEED=1 TZ=UTC LC_ALL=C.UTF-8 {command} --output one"
    encoding = "utf-8" if format == "table" else "gbk"  # a table is for the terminal that it is sent to
    two = f"PYTHONHASHSEED=2 TZ=America/New_York LC_ALL=POSIX PYTHONIOENCODING={encoding} {command} > two"
    assert shell(f"{one} && {two} && cmp one two") == (0, "", "")
    assert (office / "one").stat().st_size > 1000


@pytest.mark.parametrize("format", ["xlsx", "pdf"])
def test_a_file_that_is_no_text_is_not_sent_to_a_terminal(office: Path, format: str) -> None:
    code, drawn = on_a_terminal(*AS_OF, "--format", format)
    assert (code, drawn.strip()) == (2, f"linewatch: --format {format} is no text for a terminal: name a file with --output")


def test_an_unknown_format_is_refused_by_its_name(office: Path, linewatch: Linewatch) -> None:
    ran = linewatch(*AS_OF, "--format", "docx")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("linewatch: --format is one of table, json, csv, markdown, ")
    assert 'not "docx"' in ran.err


@pytest.mark.parametrize("output", ["missing/a.xlsx", ".", "linewatch.toml/a.xlsx", "/dev/full", "/proc/a.xlsx", f"{'a' * 300}.xlsx"])
def test_a_workbook_that_cannot_be_written_is_one_line_and_leaves_nothing(office: Path, linewatch: Linewatch, output: str) -> None:
    before = sorted(path.name for path in office.iterdir())
    ran = linewatch(*AS_OF, "--format", "xlsx", "--output", output)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"linewatch: cannot write {output}: ")
    assert ran.err.count("\n") == 1
    assert sorted(path.name for path in office.iterdir()) == before


def test_a_full_disk_leaves_the_file_that_was_there(office: Path, linewatch: Linewatch) -> None:
    disk = office / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)], check=True)
    try:
        (disk / "a.xlsx").write_text("the old one")
        ran = linewatch(*AS_OF, "--format", "xlsx", "--output", "disk/a.xlsx")
        assert (ran.code, ran.err) == (2, "linewatch: cannot write disk/a.xlsx: No space left on device\n")
        assert {path.name: path.read_text() for path in disk.iterdir()} == {"a.xlsx": "the old one"}
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_link_is_followed_and_a_device_stays_one(office: Path, linewatch: Linewatch) -> None:
    (office / "real.csv").write_text("old")
    (office / "link.csv").symlink_to("real.csv")
    os.mkfifo(office / "pipe")
    assert linewatch("sla", "--month", "2022-02", "--format", "csv", "--output", "link.csv").code == 0
    with subprocess.Popen(["timeout", "60", "cat", office / "pipe"], stdout=subprocess.PIPE) as reader:
        assert linewatch("sla", "--month", "2022-02", "--format", "csv", "--output", "pipe").code == 0
        assert reader.communicate(timeout=60)[0].startswith(b"\xef\xbb\xbfsection,")
    assert (office / "link.csv").is_symlink()
    assert (office / "pipe").is_fifo()
    assert (office / "real.csv").read_text("utf-8-sig").startswith("section,")


def test_the_table_of_2022_as_a_workbook_that_an_office_suite_opens(office: Path, linewatch: Linewatch) -> None:
    assert linewatch(*AS_OF, "--format", "xlsx", "--output", "report.xlsx").code == 0
    sheet = load_workbook(office / "report.xlsx")["绩效自评"]
    rows = {row[2].value: [cell.value for cell in row] for row in sheet.iter_rows(min_row=2, max_row=25)}
    assert list(rows) == OFFICE
    assert rows["网络专线服务时间"][3:7] == ["=12月", 12, 4, 4]
    assert rows["网络专线畅通率"][3:7] == ["=100%", 99.98, 10, 10]
    assert rows["网络专线畅通率"][8] == "未达标"
    assert rows["网络专线使用成本"][3:9] == ["=6万元", 5.4, 10, 9, "=按实际结算，结余 0.6 万元；金额与目标不符，须人工判断", "未达标"]
    assert rows["今日头条发布条数"][5:7] == [4, 3.8]
    total = [cell.value for cell in sheet[26]]
    assert (total[0], total[5], total[6]) == ("总分", 100, 97.97)
    assert sum(Decimal(str(row[6])) for row in rows.values()) == Decimal("97.97")

    command = ["soffice", f"-env:UserInstallation=file://{office}/profile", "--headless", "--convert-to", "pdf", "report.xlsx"]
    subprocess.run(command, check=True, cwd=office, capture_output=True, timeout=100)
    text = subprocess.run(["pdftotext", "-layout", "report.pdf", "-"], check=True, cwd=office, capture_output=True, text=True, timeout=60).stdout
    first, *rest = text.split("\f")
    assert "项目支出绩效自评表 · 2022" in first
    assert [name for name in OFFICE if name[:8] not in first.replace("\n", "")] == []
    assert "99.98%" in first
    assert "97.97" in first
    assert "#NAME?" not in text
    assert any("方法说明" in page for page in rest)


def test_the_csv_is_read_by_the_csv_reader_with_its_byte_order_mark(office: Path, linewatch: Linewatch) -> None:
    assert linewatch(*AS_OF, "--format", "csv", "--output", "report.csv").code == 0
    with (office / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        facts = {(row["section"], row["service"], row["item"], row["measure"]): row["value"] for row in csv.DictReader(file)}
    assert facts["indicators", "", "网络专线畅通率", "result"] == "not_met"
    assert facts["service", "weibo", "", "title"] == "'=微博|<b>"
    assert io.StringIO(facts["indicators", "", "网络专线使用成本", "deviation"]).read(2) == "'="


def test_a_profile_gives_the_headline_of_every_format_and_decides_the_exit_code(office: Path, linewatch: Linewatch) -> None:
    assert set(PROFILES) == set(NAMES)
    text = (office / "linewatch.toml").read_text("utf-8").replace("[[endpoint]]", "[line.sla]\ntarget = 0.9999\n\n[[endpoint]]", 1)
    (office / "linewatch.toml").write_text(text, "utf-8")
    rows = ("2021-01-01T00:00:00+08:00,up,", "2021-06-01T00:00:00Z,down,line", "2021-06-01T00:04:59Z,up,", "2022-01-01T00:00:00+08:00,unknown,")
    (office / "short.csv").write_text("\n".join(("at,state,cause", *rows)) + "\n")
    assert linewatch("import", "short.csv", "-s", "leased-line", "-k", "states").code == 0
    month = ("sla", "--month", "2021-06", "--service", "leased-line", "--fail-under")
    assert linewatch(*month).code == 1
    ran = linewatch(*month, "--profile", "carrier")
    assert (ran.code, "100.00" in ran.out, "carrier" in ran.out.splitlines()[0]) == (0, True, True)
    assert "carrier" in linewatch(*month, "--profile", "carrier", "--format", "html").out
    refused = linewatch(*month, "--profile", "best")
    assert (refused.code, refused.err) == (2, 'linewatch: --profile is one of standard, strict, y1540, y1540-2011, carrier, not "best"\n')
