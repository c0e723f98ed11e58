"""Whatever lies on the disk, the answer is a file or one clear error."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linewatch.errors import HistoryFileError
from linewatch.history.samples import read_samples
from linewatch.history.states import read_states
from linewatch.history.table import Columns, read_table
from linewatch.sample.target import Role
from linewatch.verdict.rule import Rule
from tests.fuzzing import cases

RULE = Rule(interval=timedelta(minutes=1), stale_after=timedelta(minutes=3))

HEADER = st.sampled_from([b"at,state,cause\n", b"at,ok,rtt_ms,cause\r\n", b"\xef\xbb\xbfat,ok\n", b"state,at\r", b""])
CELL = st.sampled_from(
    ["2022-01-01T00:00:00Z", "2022-01-02T00:00:00+08:00", "1650000000.5", "9" * 30, "1", "0", "", "up", "down", "unknown", "line", '"', "-3.5"]
)
ROW = st.one_of(st.lists(CELL, max_size=5).map(lambda cells: ",".join(cells).encode()), st.binary(max_size=40))


STATES = "at,state,cause\n" + "".join(f"2022-01-{day:02d}T00:00:00+08:00,{state},\n" for day, state in enumerate(["up", "down", "degraded"] * 3, 1))
SAMPLES = "at,ok,rtt_ms,cause\n" + "".join(f"{1641000000 + 60 * n}.25,{'1' if n % 3 else '0'},{'12.5' if n % 3 else ''},\n" for n in range(12))
PIECES = [
    "",
    "\n",
    "\r",
    ",",
    '"',
    '""',
    "\0",
    "\ufeff",
    "\u2028",
    "é",
    "未",
    "-",
    "+",
    "e",
    "E9",
    "inf",
    "nan",
    "_",
    "0x",
    "Z",
    "+24:00",
    "9" * 20,
    "up",
    "unknown",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file with pieces of it cut out, doubled, moved or overwritten, in some coding of characters."""
    text = draw(st.sampled_from([STATES + "2022-02-01T00:00:00Z,unknown,\n", SAMPLES]))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 30))
        text = text[:start] + draw(st.one_of(st.sampled_from([*PIECES, text[start:end] * 2]), st.text(max_size=4))) + text[end:]
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "gb18030"])), "replace")


@cases(200)
@given(
    content=st.one_of(
        damaged(), st.binary(max_size=300), st.builds(lambda header, rows: header + b"\n".join(rows), HEADER, st.lists(ROW, max_size=8))
    )
)
@example(content=b"at,state\n0,up\n1,unknown")
@example(content=b"at,ok\n0,1\n1,")
@example(content="at,state\n0,up\n1,未知".encode("utf-16"))
@example(content="at,state\n0,up\n1,未知".encode("gbk"))
def test_any_bytes_are_a_file_or_a_clear_error(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    for read in (read_states, lambda path: read_samples(path, "192.0.2.1", Role.ENDPOINT, RULE)):
        try:
            file = read(path)
        except HistoryFileError as error:
            lines = str(error).splitlines()
            assert 1 <= len(lines) <= 21
            assert all(line.startswith(f"{path}:") and line.isprintable() for line in lines)
        else:
            assert 1 <= file.rows <= content.count(b"\n") + content.count(b"\r") + 1
            assert file.first_at <= file.last_at
            assert all(one.at <= two.at for one, two in zip(file.transitions, file.transitions[1:], strict=False))


def refusal(path: Path) -> str:
    with pytest.raises(HistoryFileError) as caught:
        read_states(path)
    return str(caught.value)


def test_what_is_no_readable_file_is_named(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    nested = tmp_path / ("x" * 300)
    assert refusal(tmp_path / "none.csv") == f"{tmp_path}/none.csv: cannot be read: No such file or directory"
    assert refusal(tmp_path) == f"{tmp_path}: is a directory"
    assert refusal(pipe) == f"{pipe}: is not a regular file"
    assert refusal(nested) == f"{nested}: cannot be read: File name too long"
    assert refusal(Path("a\0b")) == "a\\x00b: is no name of a file"
    assert refusal(tmp_path / "line\nend.csv") == f"{tmp_path}/line\\nend.csv: cannot be read: No such file or directory"


def test_a_line_of_ten_megabytes_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(b"at,state\n" + b"9" * 10_000_000 + b",up\n")
    assert refusal(path) == f"{path}:2: line: is longer than 1000 characters"


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "growing.csv"
    path.write_text("at\n1\n")

    class Writer:
        """Another program, writing on."""

        def take(self, values: Sequence[str]) -> None:
            with path.open("a") as out:
                out.write(f"{values[0]}\n" if path.stat().st_size < 50 else "")

        def close(self) -> None:
            pass

    with pytest.raises(HistoryFileError) as caught:
        read_table(path, Columns(("at",), 1), Writer())
    assert str(caught.value) == f"{path}: was changed while it was read"
