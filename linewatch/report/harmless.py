"""Text from outside, as a spreadsheet may see it."""

from __future__ import annotations

_TRIGGERS = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes a formula to begin with (after OWASP, CSV Injection), the wide forms of Chinese keyboards among them."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula."""
    return text.startswith(_TRIGGERS)


def harmless(text: str) -> str:
    """The text as a CSV may hold it: an apostrophe before what could be taken for a formula."""
    return f"'{text}" if is_formula(text) else text
