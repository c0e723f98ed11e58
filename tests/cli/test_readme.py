"""The report that the README shows is the one that the program prints."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.conftest import Linewatch

README = Path(__file__).parents[2] / "README.md"
DIGEST = re.compile(r"[0-9a-f]{64}")
CONFIGURATION = """\
timezone = "Asia/Shanghai"
language = "zh"

[[line]]
name = "leased-line"
title = "融媒体中心网络IP专线"
gateway = "none"
anchors = ["127.0.1.1", "127.0.1.2"]

[line.contract]
start = 2022-01-01
end = 2024-12-31
cost = 6
payments = [{ on = 2022-03-15, amount = 6 }]

[line.sla]
target = 1.0
"""
HISTORY = """\
at,state,cause
2022-01-01T00:00:00+08:00,up,
2022-03-14T08:00:00+08:00,down,line
2022-03-14T09:00:00+08:00,up,
2023-01-01T00:00:00+08:00,unknown,
"""


def test_the_report_of_an_imported_year_with_one_hour_of_outage(folder: Path, linewatch: Linewatch) -> None:
    (folder / "linewatch.toml").write_text(CONFIGURATION, "utf-8")
    (folder / "2022.csv").write_text(HISTORY, "utf-8")
    assert linewatch("import", "2022.csv", "--service", "leased-line", "--kind", "states").code == 0
    text = README.read_text("utf-8")
    shown = text[text.index("<!-- transcript -->") : text.index("<!-- /transcript -->")]
    before, first, *lines, ellipsis, _, _ = [*shown.splitlines()[1:], ""]
    assert (before, first, ellipsis) == ("```", "$ linewatch sla --year 2022", "…")
    printed = linewatch("sla", "--year", "2022", "--as-of", "2023-01-05").out.splitlines()
    assert [DIGEST.sub("", line.rstrip()) for line in printed[: len(lines)]] == [DIGEST.sub("", line.rstrip()) for line in lines]
