"""What `linewatch init` writes."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel

from linewatch.config.endpoint import EndpointTable, ExpectTable
from linewatch.config.indicator import IndicatorsTable, IndicatorTable
from linewatch.config.line import LineTable
from linewatch.config.loading import Loaded, load
from linewatch.config.services import EndpointService, LineService, services
from linewatch.config.settings import Settings, StoreTable, WebTable
from linewatch.config.template import template, write_new
from linewatch.config.terms import ContractTable, PaymentTable, SlaTable
from linewatch.errors import UsageError
from linewatch.sla.terms import Contract

LANGUAGES: tuple[Literal["zh", "en"], ...] = ("zh", "en")
NEEDED = ("name", "title", "anchors", "url", "behind")


def loaded(folder: Path, text: str) -> Loaded:
    path = folder / "linewatch.toml"
    path.write_text(text)
    return load(path, {"PORTAL_AUTH": "user:password", "NOTIFY_URL": "json://127.0.0.1:9/"})


def with_every_key(text: str) -> str:
    return re.sub(r"(?m)^#(?=[a-z\[])", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("gateway", ["192.168.1.1", "fe80::1%eth0", None])
def test_it_loads_as_it_stands(tmp_path: Path, gateway: str | None, language: Literal["zh", "en"]) -> None:
    found = loaded(tmp_path, template(gateway, language))
    assert found.settings.language == language


def test_it_watches_one_line_of_six_targets_and_six_sites_behind_it(tmp_path: Path) -> None:
    line, *sites = services(loaded(tmp_path, template("192.168.1.1")).settings)
    assert isinstance(line, LineService)
    assert (line.name, line.title, line.path.gateway) == ("leased-line", "融媒体中心网络IP专线", "auto")
    assert [str(target) for target in line.path.anchors] == [
        *("223.5.5.5", "119.29.29.29", "114.114.114.114", "tcp://180.76.76.76:53", "dns://223.6.6.6/www.gov.cn")
    ]
    assert line.contract == Contract()
    assert [(site.name, site.title, str(site.target), site.behind) for site in sites if isinstance(site, EndpointService)] == [
        ("douyin", "抖音", "https://www.douyin.com/", "leased-line"),
        ("kuaishou", "快手", "https://www.kuaishou.com/", "leased-line"),
        ("weibo", "微博", "https://weibo.com/", "leased-line"),
        ("toutiao", "今日头条", "https://www.toutiao.com/", "leased-line"),
        ("xuexi", "学习强国", "https://www.xuexi.cn/", "leased-line"),
        ("kunming", "昆明信息港", "https://www.kunming.cn/", "leased-line"),
    ]
    assert {site.interval.total_seconds() for site in sites} == {60}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_loads_with_every_key_in_use(tmp_path: Path, language: Literal["zh", "en"]) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    (tmp_path / "indicators.csv").write_text("name,weight\n抖音、快手短视频条数,10\n", "utf-8")
    found = loaded(tmp_path, with_every_key(template(None, language))).settings
    assert [endpoint.name for endpoint in found.endpoint][6:] == ["portal", "mail-port", "own-domain"]
    assert found.line[0].contract.cost == 6
    assert found.indicator[1].actual == 15230


@pytest.mark.parametrize(
    "table",
    [Settings, StoreTable, WebTable, LineTable, ContractTable, PaymentTable, SlaTable, EndpointTable, ExpectTable, IndicatorsTable, IndicatorTable],
)
def test_it_shows_every_key(table: type[BaseModel]) -> None:
    text = with_every_key(template(None))
    keys = set(re.findall(r"([a-z_0-9]+) = ", text)) | set(re.findall(r"[a-z]+", " ".join(re.findall(r"(?m)^\[+(.*?)\]", text))))
    assert set(table.model_fields) - keys == set()


def test_the_keys_in_use_show_their_defaults(tmp_path: Path) -> None:
    text = template("192.168.1.1")
    bare = "\n".join(line for line in text.splitlines() if line.startswith(("[", *NEEDED)) and "sqlite" not in line)
    left_out = [line.split(" = ")[0] for line in text.splitlines() if line and line[0] != "#" and line not in bare]
    assert len(left_out) == 5 + 9 + 7
    written, silent = loaded(tmp_path, text).settings, loaded(tmp_path, bare).settings
    assert services(written) == services(silent)
    assert written.model_dump(exclude={"line", "endpoint"}) == silent.model_dump(exclude={"line", "endpoint"})


def test_the_keys_of_a_site_that_are_not_in_use_show_their_defaults(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    (tmp_path / "indicators.csv").write_text("name,weight\n抖音、快手短视频条数,10\n", "utf-8")
    settings = loaded(tmp_path, with_every_key(template(None))).settings
    shown, plain = settings.endpoint[6], settings.endpoint[0]
    for key in ("interval", "timeout", "fall", "rise", "behind", "method", "redirects", "verify_tls", "ip", "max_bytes", "sla"):
        assert getattr(shown, key) == getattr(plain, key)
    assert shown.expect.status == plain.expect.status
    followed = services(settings)
    assert (followed[7].retry_interval, followed[7].rule) == (followed[1].retry_interval, followed[1].rule)
    assert followed[0].rule.stale_after == services(loaded(tmp_path, template(None)).settings)[0].rule.stale_after


@pytest.mark.parametrize(
    ("gateway", "language", "words"),
    [
        ("192.168.1.1", "zh", "（现为 192.168.1.1）"),
        ("192.168.1.1", "en", "(now 192.168.1.1)"),
        (None, "zh", "（现在没有找到）"),
        (None, "en", "(none found now)"),
    ],
)
def test_the_gateway_that_was_found_stands_beside_auto(gateway: str | None, language: Literal["zh", "en"], words: str) -> None:
    (line,) = [line for line in template(gateway, language).splitlines() if line.startswith("gateway")]
    assert line.startswith('gateway = "auto" ')
    assert line.endswith(words)


def test_english_comments_hold_no_chinese_but_proper_names() -> None:
    comments = "".join(re.findall(r"(?m)(?:^| )# (.*)$", template("192.168.1.1", "en")))
    assert set(re.findall(r"[\u4e00-\u9fff]+", comments)) == {"万元", "绩效目标表", "未填报", "定量", "定性", "部分达成", "未达成"}


def test_no_mark_of_the_template_remains() -> None:
    for language in LANGUAGES:
        assert re.findall(r"#\||@[a-z]+@| +$", template("192.168.1.1", language), re.MULTILINE) == []


def test_a_new_file_is_written_whole_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "linewatch.toml"
    write_new(path, template("192.168.1.1"))
    assert path.read_bytes().decode() == template("192.168.1.1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_is_there_is_left_as_it_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "linewatch.toml"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere.toml")
    before = path.lstat()
    with pytest.raises(UsageError) as caught:
        write_new(path, "new")
    assert str(caught.value) == f"{path} exists already and is left as it is; move it away, or name another file with --config"
    assert path.lstat() == before
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none" / "linewatch.toml"
    with pytest.raises(UsageError, match=r"cannot be written: its folder does not exist$"):
        write_new(path, "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "reason"), [("file/linewatch.toml", "Not a directory"), ("x" * 300, "File name too long"), ("a\0b", "embedded null byte")]
)
def test_a_place_where_nothing_can_be_written(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=rf"cannot be written: .*{reason}$"):
        write_new(tmp_path / name, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
