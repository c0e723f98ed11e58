"""The file itself: where it is looked for, what of it can be read, and what lies beside it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from linewatch.config.loading import LARGEST, PLACES, find, load
from linewatch.errors import ConfigurationError
from tests.config.file import SMALL, refusal, written


def test_the_file_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "x = 1\n" + SMALL)
    monkeypatch.chdir(tmp_path)
    assert refusal(Path("linewatch.toml")) == ("linewatch.toml:1: x: unknown key",)


def test_the_digest_is_of_the_bytes_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)
    assert load(path, {}).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert load(path, {}).path == path


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf" + SMALL.encode(), SMALL.replace("\n", "\r\n").encode()], ids=["byte-order mark", "CRLF"])
def test_what_windows_editors_write_is_read(tmp_path: Path, text: bytes) -> None:
    assert load(written(tmp_path, text), {}).settings.line[0].name == "leased-line"


def test_lines_are_counted_right_with_windows_line_ends(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf" + f"{SMALL}fall = 0\n".replace("\n", "\r\n").encode())
    assert refusal(path) == (f"{path}:4: line[0].fall: must be at least 1, not 0",)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "linewatch.toml"
    assert refusal(path) == (f'{path}: there is no such file; "linewatch init" writes one',)


def test_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (f"{tmp_path}: is a folder, not a file",)


def test_a_path_through_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL) / "more.toml"
    assert refusal(path) == (f"{path}: cannot be read: Not a directory",)


def test_a_path_that_no_system_takes() -> None:
    assert refusal(Path("a\0b")) == (r"a\x00b: cannot be read: embedded null byte",)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL.encode() + 'title = "专线"\n'.encode("gb18030"))
    assert refusal(path) == (f"{path}:4: is not UTF-8 text; save the file as UTF-8",)


def test_a_file_too_large_to_be_a_configuration(tmp_path: Path) -> None:
    path = written(tmp_path, b"#" * (LARGEST + 1))
    assert refusal(path) == (f"{path}: is larger than 4 MiB, so it is no configuration",)


@pytest.mark.parametrize(
    ("url", "placed"),
    [
        ("sqlite:///linewatch.db", "sqlite:///{folder}/linewatch.db"),
        ("sqlite:///data/linewatch.db?timeout=30", "sqlite:///{folder}/data/linewatch.db?timeout=30"),
        ("sqlite+pysqlite:///linewatch.db", "sqlite+pysqlite:///{folder}/linewatch.db"),
        ("sqlite:////var/lib/linewatch/linewatch.db", "sqlite:////var/lib/linewatch/linewatch.db"),
        ("sqlite:///file:linewatch.db?uri=true", "sqlite:///file:linewatch.db?uri=true"),
        ("postgresql://user:pass/word@db:5432/linewatch?sslmode=require", "postgresql://user:pass/word@db:5432/linewatch?sslmode=require"),
        ("postgresql+psycopg://[2001:db8::5]/linewatch", "postgresql+psycopg://[2001:db8::5]/linewatch"),
        ("postgresql+psycopg:///linewatch", "postgresql+psycopg:///linewatch"),
    ],
)
def test_a_relative_database_lies_beside_the_configuration(tmp_path: Path, url: str, placed: str) -> None:
    settings = load(written(tmp_path, f'[store]\nurl = "{url}"\n{SMALL}'), {}).settings
    assert settings.store.url == placed.replace("{folder}", str(tmp_path))


def test_the_default_database_lies_beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etc").mkdir()
    written(tmp_path, SMALL, "etc/linewatch.toml")
    monkeypatch.chdir(tmp_path)
    assert load(Path("etc/linewatch.toml"), {}).settings.store.url == f"sqlite:///{tmp_path}/etc/linewatch.db"


def test_a_folder_that_a_url_cannot_hold(tmp_path: Path) -> None:
    (tmp_path / "100%").mkdir()
    path = written(tmp_path, SMALL, "100%/linewatch.toml")
    assert refusal(path) == (f"{path}: store.url: must be a whole path, for the ? or % in the name of this file's folder cannot stand in a URL",)


def test_the_option_comes_before_the_variable_and_the_variable_before_the_places(tmp_path: Path) -> None:
    near, far = written(tmp_path, SMALL, "near.toml"), written(tmp_path, SMALL, "far.toml")
    option, variable = tmp_path / "option.toml", {"LINEWATCH_CONFIG": "/somewhere/variable.toml"}
    assert find(option, variable, [near, far]) == option
    assert find(None, variable, [near, far]) == Path("/somewhere/variable.toml")
    assert find(None, {"LINEWATCH_CONFIG": ""}, [near, far]) == near
    assert find(None, {}, [tmp_path / "none.toml", far]) == far


def test_the_places_are_the_working_folder_and_etc() -> None:
    assert tuple(map(str, PLACES)) == ("linewatch.toml", "/etc/linewatch/linewatch.toml")


def test_a_file_in_a_folder_that_this_user_may_not_enter_is_named(tmp_path: Path) -> None:
    assert os.geteuid() == 0, "this test gives up root's rights for a moment and so needs them"
    (tmp_path / "etc").mkdir(mode=0o700)
    place = written(tmp_path, SMALL, "etc/linewatch.toml")
    os.seteuid(64_001)  # no member of the group linewatch
    try:
        with pytest.raises(ConfigurationError) as caught:
            load(find(None, {}, [place]), {})
    finally:
        os.seteuid(0)
    assert str(caught.value) == f"{place}: cannot be read: Permission denied"


def test_nothing_found_says_what_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        find(None, {}, [Path("linewatch.toml"), tmp_path / "linewatch.toml"])
    assert str(caught.value) == (
        "no configuration found: neither --config nor $LINEWATCH_CONFIG is given, "
        f'and there is no ./linewatch.toml nor {tmp_path}/linewatch.toml; "linewatch init" writes one'
    )
