"""The catalogues: nothing asked for is missing in either language, nothing in them is asked for no more, and what is shipped is what is written."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from linewatch.report.words import LOCALE, Language, Words, named

ROOT = Path(__file__).parent.parent.parent
LANGUAGES: tuple[Language, ...] = ("zh", "en")
METHODS = [("linewatch/**.py", "tests.report.extraction:words"), ("linewatch/report/**.j2", "jinja2"), ("linewatch/web/**.j2", "jinja2")]


def folder(language: Language) -> Path:
    return LOCALE / language / "LC_MESSAGES"


def catalogue(language: Language) -> Catalog:
    with (folder(language) / "linewatch.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture(scope="module")
def asked() -> set[str]:
    """Every word that the code and the templates ask for."""
    found = extract_from_dir(
        ROOT / "linewatch", [(pattern.removeprefix("linewatch/"), method) for pattern, method in METHODS], keywords={"words": None}
    )
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_written_one(language: Language) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    assert (folder(language) / "linewatch.mo").read_bytes() == compiled.getvalue(), "call `make words`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_what_the_code_asks_for_and_nothing_else(language: Language, asked: set[str]) -> None:
    assert len(asked) > 80
    assert {message.id for message in catalogue(language) if message.id} == asked, "call `make words`"


def test_every_word_has_its_chinese() -> None:
    assert [message.id for message in catalogue("zh") if not message.string] == []


def test_what_is_no_english_has_its_english() -> None:
    """A key such as `not_met` is spelt for the record and not for people."""
    words = Words("en")
    assert [
        message.id for message in catalogue("en") if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", str(message.id)) and words(str(message.id)) == message.id
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_what_its_word_does(language: Language) -> None:
    places = re.compile(r"\{\w*\}")
    for message in catalogue(language):
        if message.string and message.id:
            assert sorted(places.findall(str(message.id))) == sorted(places.findall(str(message.string))), message.id


def test_words_of_both_languages() -> None:
    assert [Words(language)("not_met") for language in LANGUAGES] == ["未达标", "not met"]
    assert [Words(language)("Service") for language in LANGUAGES] == ["服务", "Service"]
    assert [Words(language)("") for language in LANGUAGES] == ["", ""]
    assert [Words(language)("of nobody's making") for language in LANGUAGES] == ["of nobody's making"] * 2


def test_a_column_of_numbers_keeps_its_mark() -> None:
    assert named(Words("zh"), "Service", ">Coverage %") == ("服务", ">覆盖率 %")
