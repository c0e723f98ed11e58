"""The line of a key in every shape that TOML gives it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from linewatch.config.lines import Place, lines, nearest
from linewatch.config.template import template

EVERY_SHAPE = (Path(__file__).parent / "shapes.toml").read_text()

PLACES = {
    ("title",): 2,
    ("quoted key",): 3,
    ("a.b",): 4,
    ("été",): 5,
    ("physical",): 6,
    ("physical", "the colour"): 6,
    ("physical", "shape"): 7,
    ("text",): 8,
    ("literal",): 12,
    ("many",): 16,
    ("many", 0): 17,
    ("many", 1): 18,
    ("many", 1, 1): 18,
    ("many", 2): 18,
    ("many", 3): 19,
    ("many", 3, "note"): 19,
    ("many", 4): 19,
    ("nothing",): 21,
    ("spaced", "out"): 22,
    ("spaced", "out", "inner"): 23,
    ("spaced", "out", "inner", "a", "b"): 23,
    ("spaced", "out", "inner", "c", 1, "d"): 23,
    ("line", 0): 24,
    ("line", 0, "name"): 25,
    ("line", 0, "sla"): 26,
    ("line", 0, "sla", "target"): 27,
    ("line", 1): 28,
    ("line", 1, "name"): 29,
    ("line", 1, "contract"): 30,
    ("line", 1, "contract", "payments", 0): 31,
    ("line", 1, "contract", "payments", 0, "on"): 32,
    ("line", 1, "contract", "payments", 1): 33,
    ("line", 1, "contract", "payments", 1, "on"): 34,
    ("line", 1, "sla"): 35,
    ("line", 1, "sla", "target"): 36,
}


def leaves(value: object, place: Place = ()) -> set[Place]:
    """The place of every value that is neither a table nor a list, as tomllib understands the text."""
    if isinstance(value, dict):
        return set().union(*(leaves(inner, (*place, key)) for key, inner in value.items()))
    if isinstance(value, list):
        return set().union(*(leaves(inner, (*place, position)) for position, inner in enumerate(value)))
    return {place}


@pytest.mark.parametrize("place", PLACES)
def test_the_line_of_a_place(place: Place) -> None:
    assert lines(EVERY_SHAPE)[place] == PLACES[place]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_do_not_matter(ends: str) -> None:
    assert lines(EVERY_SHAPE.replace("\n", ends)) == lines(EVERY_SHAPE)


@pytest.mark.parametrize("text", [EVERY_SHAPE, template("192.0.2.1"), "", "# nothing", "a=1", "a=[[[]]]", "[a]", 'a=""\nb=\'\'\nc=""""""\nd=[]'])
def test_every_value_that_tomllib_reads_has_a_line(text: str) -> None:
    assert leaves(tomllib.loads(text)) - {()} <= set(lines(text))


def test_places_come_in_the_order_of_the_text() -> None:
    found = list(lines(EVERY_SHAPE).values())
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("place", "near"),
    [
        (("line", 0, "sla", "target"), ("line", 0, "sla", "target")),
        (("line", 0, "anchors", 3), ("line", 0)),
        (("line", 7, "name"), ()),
        (("web", "listen"), ()),
    ],
)
def test_what_is_not_written_down_is_told_of_where_it_would_stand(place: Place, near: Place) -> None:
    assert nearest(lines(EVERY_SHAPE), place) == near
