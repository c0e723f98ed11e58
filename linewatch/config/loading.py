"""From a configuration file to Settings, or to every mistake in it at once."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from linewatch.config.agreement import disagreements, nothing_to_watch, tables
from linewatch.config.indicator_file import IndicatorFile, read
from linewatch.config.lines import Place, lines
from linewatch.config.problems import dotted, findings, report
from linewatch.config.rows import Row, complaints
from linewatch.config.settings import Settings
from linewatch.config.table import Surroundings
from linewatch.config.values import shown_text
from linewatch.errors import ConfigurationError

PLACES = (Path("linewatch.toml"), Path("/etc/linewatch/linewatch.toml"))
VARIABLE = "LINEWATCH_CONFIG"
LARGEST = 4 << 20

_WHERE = re.compile(r" \(at (?:line (?P<line>[0-9]+), column (?P<column>[0-9]+)|end of document)\)$")
_TOML = (  # how tomllib begins a message, and what we say instead
    ("Cannot overwrite a value", "this key is given already"),
    ("Cannot declare", "this table is there already; a list of tables has double brackets"),
    ("Expected '=' after a key", 'a key is followed by "=" and a value'),
)
_RELATIVE_SQLITE = re.compile(r"(?P<head>sqlite(?:\+[a-z0-9_]+)?:///)(?P<file>[^/?][^?]*)(?P<query>\?.*)?")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, the file that it came from (as given) and the SHA-256 of that file's bytes in hexadecimal.

    Where it names a file of indicators, of the bytes of both, one after the other, as `cat linewatch.toml indicators.csv | sha256sum` prints it.
    """

    settings: Settings
    path: Path
    sha256: str


def find(option: Path | None, environ: Mapping[str, str], places: Sequence[Path] = PLACES) -> Path:
    """The configuration file to use: `--config`, then $LINEWATCH_CONFIG, then the first of `places` that exists.

    Raises ConfigurationError where there is none; a file that was asked for by name is not looked at here.
    """
    if option is not None:
        return option
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    for place in places:
        if _may_be_there(place):
            return place
    looked = " nor ".join(str(place) if place.is_absolute() else f"./{place}" for place in places)
    raise ConfigurationError(
        [f'no configuration found: neither --config nor ${VARIABLE} is given, and there is no {looked}; "linewatch init" writes one']
    )


def _may_be_there(place: Path) -> bool:
    try:
        return place.exists()
    except PermissionError:
        return True  # this user may not look into the folder, which is said where the file is read


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Loaded:
    """The configuration in the file `path`; what it says of variables is read from `environ`, files it names are relative to its folder.

    Raises ConfigurationError with one line for each mistake, `<file>:<line>: <dotted key>: <message>`, from the top of the file to its end.
    """
    file = shown_text(str(path), longest=4096)
    content = _content(path, file)
    text = _text(content, file)
    document = _document(text, file)
    # Not resolve(): the folder is where the office put the file, not where a link of it leads.
    folder = path.absolute().parent
    settings, beside = _settings(document, text, file, Surroundings(folder, environ))
    return Loaded(settings, path, hashlib.sha256(content + beside).hexdigest())


def _content(path: Path, file: str) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise ConfigurationError([f'{file}: there is no such file; "linewatch init" writes one']) from None
    except IsADirectoryError:
        raise ConfigurationError([f"{file}: is a folder, not a file"]) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ConfigurationError([f"{file}: cannot be read: {_reason(error)}"]) from None
    if len(content) > LARGEST:
        raise ConfigurationError([f"{file}: is larger than {LARGEST >> 20} MiB, so it is no configuration"])
    return content


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _text(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")  # editors on Windows put a byte-order mark in front
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError([f"{file}:{line}: is not UTF-8 text; save the file as UTF-8"]) from None


def _document(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=_number)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([_syntax(str(error), text, file)]) from None
    except RecursionError:
        raise ConfigurationError([f"{file}: is not valid TOML: nested too deeply"]) from None
    except ValueError:  # a whole number of more digits than Python converts
        raise ConfigurationError([f"{file}: is not valid TOML: it holds a number of too many digits"]) from None


def _syntax(words: str, text: str, file: str) -> str:
    match = _WHERE.search(words)
    what = words[: match.start()] if match else words
    what = next((ours for theirs, ours in _TOML if what.startswith(theirs)), what)
    if match and match["line"]:
        return f"{file}:{match['line']}: is not valid TOML: {what} (column {match['column']})"
    return f"{file}:{text.count(chr(10)) + 1}: is not valid TOML: {what} (at the end of the file)"


def _number(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError:
        return Decimal("NaN")  # an exponent beyond all measure; whatever reads it asks for a finite number


def _settings(document: dict[str, Any], text: str, file: str, surroundings: Surroundings) -> tuple[Settings, bytes]:
    """The settings, and the content of the file of indicators where there is one."""
    found = list(disagreements(document))
    settings = None
    try:
        settings = Settings.model_validate(document, context=surroundings)
    except ValidationError as error:
        found += findings(error)
    if not found and nothing_to_watch(document):
        found = [(("line",), "there is nothing to watch: write a [[line]] or an [[endpoint]]")]
    beside = _indicator_file(document, file, surroundings.folder)
    ours, theirs = _complaints(document, beside)
    problems = report(file, [*found, *ours], lines(text)) if found or ours else []
    problems += theirs
    if problems or settings is None:
        raise ConfigurationError(problems)
    if beside is not None:
        settings = settings.model_copy(update={"indicator": (*beside.tables(), *settings.indicator)})
    return _placed(settings, surroundings, file), beside.content if beside else b""


def _indicator_file(document: Mapping[str, Any], file: str, folder: Path) -> IndicatorFile | None:
    """The rows beside the configuration; called as the configuration itself is, in the same folder."""
    table = document.get("indicators")
    name = table.get("file") if isinstance(table, dict) else None
    if not isinstance(name, str) or not name:
        return None
    return read(folder / name, shown_text(str(Path(file).parent / name), longest=4096))


def _complaints(document: Mapping[str, Any], beside: IndicatorFile | None) -> tuple[list[tuple[Place, str]], list[str]]:
    """What is wrong with the rows of the performance table taken together: those of the configuration by place, those of the file in lines."""
    first = beside.rows if beside else ()
    named = [table for _, table in tables(document, "line") if isinstance(table.get("name"), str)]
    titles = {line["name"]: line["title"] if isinstance(line.get("title"), str) else line["name"] for line in named}
    placed = tables(document, "indicator")
    rows = [*first, *(Row(dotted(place), table) for place, table in placed)]
    found = list(complaints(rows, titles))
    ours: list[tuple[Place, str]] = [((*placed[position - len(first)][0], key), words) for position, key, words in found if position >= len(first)]
    return ours, beside.problems([each for each in found if each[0] < len(first)]) if beside else []


def _placed(settings: Settings, surroundings: Surroundings, file: str) -> Settings:
    """The same with the store's files in their places: the daemon and the commands must find one and the same record."""
    store = settings.store
    if store.url.startswith("postgresql"):
        return settings if store.spool is not None else _with_store(settings, spool=_default_spool(surroundings))
    folder, match = surroundings.folder, _RELATIVE_SQLITE.fullmatch(store.url)
    if match is None or match["file"].startswith("file:"):
        return settings
    if {"?", "%"}.intersection(str(folder)):
        words = "must be a whole path, for the ? or % in the name of this file's folder cannot stand in a URL"
        raise ConfigurationError([f"{file}: store.url: {words}"])
    return _with_store(settings, url=f"{match['head']}{folder / match['file']}{match['query'] or ''}")


def _with_store(settings: Settings, **changed: object) -> Settings:
    return settings.model_copy(update={"store": settings.store.model_copy(update=changed)})


def _default_spool(surroundings: Surroundings) -> Path:
    """In the state folder, where there is one, else beside the configuration."""
    state = state_folder(surroundings.environ)
    return state / "spool" if state else surroundings.folder / "linewatch.spool"


def state_folder(environ: Mapping[str, str]) -> Path | None:
    """The state folder that systemd gives a service: the first, where it gives several; None outside of systemd."""
    first = environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(first) if first else None
