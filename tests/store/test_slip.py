"""Entries on slips: they come back as they went, and what is torn or spoilt costs itself and nothing else."""

from __future__ import annotations

from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.event import Event, Happening
from linewatch.store.backlog import Entry
from linewatch.store.entry import ServiceRow
from linewatch.store.slip import Slips, slip, slips
from tests.store.material import SECOND, T, bad, down, good, instants, looked, looks, transitions

names = st.text(min_size=1, max_size=8)
facts = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.booleans())
events = st.builds(Event, instants, st.sampled_from(Happening), st.none() | names, facts)
intervals = st.integers(1, 3600).map(lambda n: n * SECOND)
entries = st.builds(
    Entry,
    service=names,
    sample=st.none() | looked(),
    transitions=st.lists(transitions(), max_size=3).map(tuple),
    event=st.none() | events,
    enrolled=st.none() | st.builds(ServiceRow, names, st.sampled_from(("line", "endpoint")), intervals),
)
STARTED = Event(T, Happening.STARTED, None, {"版本": "1\n2"})
THREE = (Entry("线路", good(T)), Entry("line", bad(T + SECOND), (down(T + SECOND),)), Entry(event=STARTED))


def as_kept(entry: Entry) -> Entry:
    return Entry(entry.service, looks([entry.sample])[0] if entry.sample else None, entry.transitions, entry.event, entry.enrolled)


@given(st.lists(entries, max_size=5))
@settings(deadline=None)
def test_entries_come_back_as_they_went(several: list[Entry]) -> None:
    assert slips(b"".join(map(slip, several))) == Slips(tuple(map(as_kept, several)))


def test_a_slip_is_a_line_that_can_be_read_with_eyes() -> None:
    head, _, text = slip(THREE[1]).decode().partition("{")
    assert head == f"{len(text):08x} {head[9:17]} "
    assert text == (
        '"service":"line","sample":[1704067201000000,"[[\\"gateway\\",\\"10.0.0.1\\"],[\\"anchor\\",\\"192.0.2.1\\"],[\\"anchor\\",\\"192.0.2.2\\"],'
        '[\\"anchor\\",\\"192.0.2.3\\"]]","b","line","500 - - -"],"states":[[1704067201000000,"down","line",1704067198000000]]}\n'
    )


def test_a_torn_end_is_left_out_wherever_it_was_torn() -> None:
    whole = b"".join(map(slip, THREE))
    before = len(whole) - len(slip(THREE[2]))
    for end in range(before, len(whole)):
        assert slips(whole[:end]) == Slips(tuple(map(as_kept, THREE[:2])), torn=end - before)


def test_an_end_of_zeros_as_a_power_cut_leaves_it_is_a_torn_one() -> None:
    assert slips(slip(THREE[0]) + bytes(4096)) == Slips((as_kept(THREE[0]),), torn=4096)


@given(st.data())
def test_a_spoilt_slip_costs_itself_alone(data: st.DataObject) -> None:
    written = [slip(entry) for entry in THREE]
    place = data.draw(st.integers(0, len(written[1]) - 2))
    spoilt = bytearray(written[1])
    spoilt[place] ^= data.draw(st.integers(1, 255).filter(lambda mask: spoilt[place] ^ mask != ord("\n")))
    assert slips(written[0] + bytes(spoilt) + written[2]) == Slips((as_kept(THREE[0]), as_kept(THREE[2])), spoilt=len(spoilt))


def test_a_line_that_a_later_version_wrote_is_spoilt_and_not_guessed_at() -> None:
    text = b'{"service":"line","states":[[1,"sideways",null,1]]}'
    line = b"%08x %08x %s\n" % (len(text), crc32(text), text)
    assert slips(line + slip(THREE[0])) == Slips((as_kept(THREE[0]),), spoilt=len(line))


@given(st.binary(max_size=300))
def test_nothing_is_read_out_of_noise(noise: bytes) -> None:
    found = slips(noise)
    assert found.entries == ()
    assert found.torn + found.spoilt == len(noise)
