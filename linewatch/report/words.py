"""The words of reports and of the terminal, in Chinese and in English: gettext catalogues, keyed by the English or by what a record spells.

A new word: use it as `words("…")`, call `make words`, give the new entry of `locale/zh/LC_MESSAGES/linewatch.po` its Chinese (the English stands
for itself unless the other catalogue says otherwise), and call `make words` again.
"""

from __future__ import annotations

import gettext
from fractions import Fraction
from pathlib import Path
from typing import Literal

from linewatch.sla.printed import with_sign

Language = Literal["zh", "en"]
LOCALE = Path(__file__).parent / "locale"


class Words:
    """The words of one language; a word without a translation stands for itself."""

    def __init__(self, language: Language) -> None:
        self.language = language
        with (LOCALE / language / "LC_MESSAGES" / "linewatch.mo").open("rb") as catalogue:
            self._word = gettext.GNUTranslations(catalogue).gettext

    def __call__(self, key: str) -> str:
        """The word for `key`."""
        return self._word(key) if key else ""  # gettext keeps its header under the empty key


def coverage_told(coverage: Fraction | None, words: Words) -> str:
    """A coverage in the middle of a sentence, with its name."""
    return words("coverage {percent}").format(percent=with_sign(coverage))


def named(words: Words, *names: str) -> tuple[str, ...]:
    """The words over a table's columns; a name that begins with `>`, over numbers, keeps its mark."""
    return tuple(">" + words(name[1:]) if name.startswith(">") else words(name) for name in names)
