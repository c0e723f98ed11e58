"""On which line of a TOML text a key stands. The text has been read without a syntax error before; only places are looked for here.

A place is the key's path with the positions in lists, as in `("line", 0, "anchors", 2)`. Lines count from 1.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping

Place = tuple[str | int, ...]

_IGNORED = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_KEY = re.compile(rf"(?:{_PART.pattern})(?:[ \t]*\.[ \t]*(?:{_PART.pattern}))*[ \t]*")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:\\.|[^"\\])*"|'[^']*\'''',
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\n]*")  # numbers, true and false, dates with a space in them


def lines(text: str) -> dict[Place, int]:
    """The line of every table, key and list element of a TOML text that has no syntax error, in the order in which they first stand there."""
    return _Scan(text.replace("\r\n", "\n")).places()


def nearest(known: Mapping[Place, int], place: Place) -> Place:
    """`place` itself, or the closest that it lies in, of those that are known; empty where none of them is."""
    while place and place not in known:
        place = place[:-1]
    return place


class _Scan:
    """One walk over the text; `at` is how far it has come."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.known: dict[Place, int] = {}
        self.counts: dict[Place, int] = {}
        self.breaks = [match.start() for match in re.finditer("\n", text)]

    def places(self) -> dict[Place, int]:
        table: Place = ()
        while self._ignore() < len(self.text):
            table = self._statement(table)
        return self.known

    def _statement(self, table: Place) -> Place:
        start = self.at
        if self._taken("[["):
            table = self._entry(self._key())
            self.at = self.text.index("]]", self.at) + 2
            self._note(table, start)
        elif self._taken("["):
            table = self._resolved(self._key())
            self.at = self.text.index("]", self.at) + 1
            self._note(table, start)
        else:
            self._pair(table)
        return table

    def _pair(self, table: Place) -> None:
        start = self.at
        key = self._key()
        for length in range(1, len(key) + 1):
            self._note(table + key[:length], start)
        self.at = self.text.index("=", self.at) + 1
        self._skip(_BLANK)
        self._value(table + key)

    def _value(self, place: Place) -> None:
        if self._taken("["):
            self._list(place)
        elif self._taken("{"):
            self._inline(place)
        elif not self._skip(_STRING):
            self._skip(_PLAIN)

    def _list(self, place: Place) -> None:
        position = 0
        while self._inside("]"):
            self._note((*place, position), self.at)
            self._value((*place, position))
            position += 1

    def _inline(self, place: Place) -> None:
        while self._inside("}"):
            self._pair(place)

    def _inside(self, end: str) -> bool:
        """Whether another element stands before the `end` of a list or an inline table, which is passed."""
        self._ignore()
        self._taken(",")
        self._ignore()
        return not self._taken(end) and self.at < len(self.text)

    def _key(self) -> Place:
        """A key, dotted or not, from the blanks before it to those behind."""
        self._skip(_BLANK)
        start = self.at
        self._skip(_KEY)
        return tuple(_unquoted(part) for part in _PART.findall(self.text[start : self.at]))

    def _entry(self, key: Place) -> Place:
        """The place of a new element of the list of tables `key`."""
        place = (*self._resolved(key[:-1]), key[-1])
        self.counts[place] = self.counts.get(place, 0) + 1
        return (*place, self.counts[place] - 1)

    def _resolved(self, key: Place) -> Place:
        """A table's key with the position of the newest element behind every list of tables in it."""
        place: Place = ()
        for part in key:
            place = (*place, part)
            if place in self.counts:
                place = (*place, self.counts[place] - 1)
        return place

    def _note(self, place: Place, at: int) -> None:
        self.known.setdefault(place, bisect_left(self.breaks, at) + 1)

    def _ignore(self) -> int:
        self._skip(_IGNORED)
        return self.at

    def _taken(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def _skip(self, what: re.Pattern[str]) -> bool:
        match = what.match(self.text, self.at)
        if match is None or match.end() == self.at:
            return False
        self.at = match.end()
        return True


def _unquoted(part: str) -> str:
    return next(iter(tomllib.loads(f"{part} = 0"))) if part[0] in "\"'" else part
