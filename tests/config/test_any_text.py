"""Laws: whatever stands in the file, loading gives Settings or a ConfigurationError of plain single lines, and nothing else."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.config.lines import Place, lines
from linewatch.config.loading import Loaded, load
from linewatch.config.services import services
from linewatch.config.template import template
from linewatch.errors import ConfigurationError
from tests.fuzzing import cases

BASIS = template("192.168.1.1") + (
    '[[endpoint]]\nname = "p"\nurl = "https://www.example.com/"\nmethod = "GET"\nheaders = { A = "b" }\n'
    'body = "x\nauth = "u:p"\nca_file = "ca.pem"\n'
    'expect = { status = [200], body_regex = "x", header = { A = "b" }, max_ms = 5 }\n'
    '[[endpoint]]\nname = "t"\nurl = "tcp://192.0.2.1:25"\nsend = "x"\nexpect = { reply_regex = "x" }\n'
    '[[endpoint]]\nname = "d"\nurl = "dns://192.0.2.1/a.example"\nrecord = "A"\nexpect = { answer = ["x"], rcode = "NOERROR" }\n'
    '[[indicator]]\nname = "i"\nactual = 1.5\nweight = 2\nnote = ""\noperator = "="\n'
    '[[indicator]]\nname = "j"\nkind = "定性"\ntarget = "x"\nunit = "%"\nactual = "x"\nshare = 90\nachieved = "达成预期指标"\nsource = "survey"\n'
    '[[indicator]]\nname = "k"\nmeasure = "term"\nline = "b"\ndeviation = ""\ndefinition = "x"\n[indicators]\nbudget = 1\n'
    '[[line]]\nname = "b"\nanchors = ["::1"]\nsource = "::2"\nnext_hop = "::3"\n[line.contract]\nstart = 2022-01-01\nend = 2022-12-31\ncost = 6\n'
    "payments = [{ on = 2022-03-15, amount = 6 }]\n"
)
VALUES = (
    *('""', '"x"', '"3s"', '"999999999d"', '"auto"', '"::1"', '"tcp://a:1"', '"dns://a/b"', '"https://a/"', '"\\u0000"', '"[["', '"a:b"', "'''\n'''"),
    *("0", "-1", "3", "1_0", "0xff", "9" * 400, "0x" + "f" * 4000, "1.0", "-0.0", "nan", "-inf", "1e999999999999999999999", "1e-99999", "0e-9999999"),
    *("true", "2022-01-01", "2022-01-01T00:00:00Z", "12:00:00", "[]", "[[]]", "[1, 'a']", "{}", "{ a = 1 }", '{ env = "A" }', '[{ on = "x" }]'),
)
FEW = cases(150)  # one file is rewritten for every example; nothing in it outlives one


def loaded(path: Path, content: bytes) -> Loaded | None:
    path.write_bytes(content)
    try:
        found = load(path, {"A": "u:p"})
    except ConfigurationError as error:
        problems = error.problems
    else:
        assert services(found.settings)
        return found
    assert [problem for problem in problems if problem.startswith(str(path)) and problem.isprintable()] == list(problems) != []
    return None


def leaves(value: object, place: Place = ()) -> Iterator[Place]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*place, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from leaves(inner, (*place, position))
    else:
        yield place


def every_value_has_a_line(text: str) -> None:
    with suppress(ValueError):  # no TOML, and so nothing to find in it
        document = tomllib.loads(text)
        assert set(leaves(document)) <= set(lines(text))


@st.composite
def with_other_values(draw: st.DrawFn) -> str:
    """The basis with some of its values replaced by others."""
    rows = BASIS.splitlines()
    places = [number for number, row in enumerate(rows) if " = " in row and not row.startswith("#")]
    for number in draw(st.lists(st.sampled_from(places), min_size=1, max_size=4)):
        rows[number] = f"{rows[number].partition(' = ')[0]} = {draw(st.sampled_from(VALUES))}"
    return "\n".join(rows)


@st.composite
def with_damage(draw: st.DrawFn) -> str:
    """The basis with pieces cut out, doubled, moved or overwritten."""
    text = BASIS
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 60))
        piece = draw(st.one_of(st.sampled_from(["", text[start:end] * 2, "\n", '"', "[", "]]", "=", "#", "\x00", "\r"]), st.text(max_size=5)))
        text = text[:start] + piece + text[end:]
    return text


def with_new_keys() -> st.SearchStrategy[str]:
    """TOML of our tables with keys and values that are thrown together."""
    keys = [
        "name",
        "title",
        "url",
        "anchors",
        "interval",
        "behind",
        "expect",
        "sla",
        "contract",
        "line",
        "a.b",
        '"x y"',
        "sla.target",
        "expect.status",
        "measure",
        "weight",
        "budget",
    ]
    pair = st.tuples(st.sampled_from(keys), st.sampled_from(VALUES)).map(lambda pair: f"{pair[0]} = {pair[1]}")
    header = st.sampled_from(
        ["[[line]]", "[[endpoint]]", "[[indicator]]", "[indicators]", "[line.sla]", "[store]", "[x]", "[[line.contract.payments]]", "[endpoint]"]
    )
    return st.lists(st.one_of(pair, pair, header), max_size=12).map("\n".join)


@FEW
@given(content=st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    assert loaded(tmp_path / "linewatch.toml", content) is None


@FEW
@given(text=with_other_values())
def test_the_template_with_other_values(tmp_path: Path, text: str) -> None:
    loaded(tmp_path / "linewatch.toml", text.encode())
    every_value_has_a_line(text)


@FEW
@given(text=with_damage())
def test_the_template_damaged(tmp_path: Path, text: str) -> None:
    loaded(tmp_path / "linewatch.toml", text.encode(errors="surrogatepass"))
    every_value_has_a_line(text)


@FEW
@given(text=with_new_keys())
def test_tables_thrown_together(tmp_path: Path, text: str) -> None:
    loaded(tmp_path / "linewatch.toml", text.encode())
    every_value_has_a_line(text)


@pytest.mark.parametrize("value", VALUES)
def test_each_odd_value_at_every_key(tmp_path: Path, value: str) -> None:
    rows = [
        f"{row.partition(' = ')[0]} = {value}" if " = " in row and not row.startswith(("#", "name", "url", "anchors")) else row
        for row in BASIS.splitlines()
    ]
    assert loaded(tmp_path / "linewatch.toml", "\n".join(rows).encode()) is None
