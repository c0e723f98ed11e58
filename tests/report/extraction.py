"""Where Babel finds the words of the program's own code: `make words` calls it, and the test of the catalogues does."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO

ASKED = {"words", "named"}
ENUMERATIONS = {"State", "Kind", "Cause", "Verdict", "Served"}

Found = tuple[int, str, str, list[str]]


def words(file: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, str]) -> Iterator[Found]:
    """What is given literally to `words` and `named`, and the values of the enumerations that reports spell out."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and _name(node.func) in ASKED:
            yield from _texts(node.args)
        elif isinstance(node, ast.ClassDef) and node.name in ENUMERATIONS and [_name(base) for base in node.bases] == ["StrEnum"]:
            yield from _texts([each.value for each in node.body if isinstance(each, ast.Assign)])


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _texts(nodes: Collection[ast.expr]) -> Iterator[Found]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node.lineno, "words", node.value.removeprefix(">"), []
        elif isinstance(node, ast.Tuple | ast.List):
            yield from _texts(node.elts)
        elif isinstance(node, ast.Starred):
            yield from _texts([node.value])
        elif isinstance(node, ast.IfExp):
            yield from _texts([node.body, node.orelse])
        elif isinstance(node, ast.BinOp):
            yield from _texts([node.left, node.right])
