"""A small office: a line on loopback and an endpoint behind it, as its configuration says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linewatch.config.loading import Loaded, load
from linewatch.metrics.exposition import Exposition
from linewatch.metrics.metrics import Metrics

LINE = '[[line]]\nname = "line"\ngateway = "none"\nanchors = ["127.0.1.1"]\n'
OFFICE = """
timezone = "Asia/Shanghai"
[store]
url = "sqlite:///{folder}/lw.db"
[[line]]
name = "line"
gateway = "127.0.0.1"
anchors = ["127.0.1.1", "127.0.1.2"]
[[endpoint]]
name = "shop"
url = "https://127.0.0.1:9/"
behind = "line"
[[indicator]]
name = "微博信息发布条数"
target = 12000
actual = 15230
[[indicator]]
name = "使用人员满意度"
target = "高"
"""


@pytest.fixture
def office_file(tmp_path: Path) -> Loaded:
    path = tmp_path / "linewatch.toml"
    path.write_text(OFFICE.format(folder=tmp_path), encoding="utf-8")
    return load(path)


def shown(metrics: Metrics) -> dict[str, float]:
    """Every series of linewatch as a scrape shows it."""
    text = Exposition(metrics)()[0].decode()
    return {series: float(value) for series, value in re.findall(r"^(linewatch_\S+) (\S+)$", text, re.M)}
