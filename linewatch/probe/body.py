"""The body of an HTTP response: read up to a limit, its coding undone on the way, its characters read."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from linewatch.probe.fault import Fault
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Result

CODINGS = "gzip, deflate"
_SLACK = 65_536
_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS  # the header says which
_BARE_DEFLATE = -zlib.MAX_WBITS
# Read as text in time that grows with the square of the length, or no coding of characters at all.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.\-]{1,40})", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_:.\-]{1,40})", re.IGNORECASE)
_META_WITHIN = 1024


@dataclass(frozen=True, slots=True)
class Body:
    """What was read: the decoded bytes, and whether that is all there was."""

    data: bytes
    whole: bool


async def body_of(pieces: AsyncIterator[bytes], coding: str, max_bytes: int) -> Body:
    """The body whose wire form is `pieces`, at most `max_bytes` of it once decoded; no more is taken from `pieces` than that needs.

    `coding` is the Content-Encoding; gzip and deflate are undone piece by piece with a bound on each step, so that a few bytes that
    decode to gigabytes cost no more than `max_bytes` of memory. Another coding is left as it came.

    Raises Fault where the data are not what `coding` says.
    """
    undo = _Inflated() if coding in ("gzip", "x-gzip", "deflate") else None
    data = bytearray()
    on_the_wire = 0
    async for piece in pieces:
        on_the_wire += len(piece)
        room = max_bytes - len(data)
        if room <= 0 or on_the_wire > max_bytes + _SLACK:
            return Body(bytes(data), False)
        data += undo.fed(piece, room) if undo is not None else piece[:room]
        if len(data) >= max_bytes:
            return Body(bytes(data), False)
    return Body(bytes(data), True)


class _Inflated:
    """gzip, zlib or bare deflate data, undone piece by piece."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(_ZLIB_OR_GZIP)
        self._begun = False

    def fed(self, piece: bytes, room: int) -> bytes:
        """What `piece` adds, at most `room` bytes (above 0). What follows the end of the data is the next gzip member or is left out."""
        out = bytearray()
        while piece and len(out) < room and self._open(piece):
            out += self._step(piece, room - len(out))
            piece = self._zlib.unused_data
        return bytes(out)

    def _open(self, piece: bytes) -> bool:
        """Whether `piece` belongs to the data."""
        if self._zlib.eof and piece.startswith(b"\x1f\x8b"):
            self._zlib = zlib.decompressobj(_ZLIB_OR_GZIP)
        return not self._zlib.eof

    def _step(self, piece: bytes, room: int) -> bytes:
        try:
            data = self._zlib.decompress(piece, room)
        except zlib.error:
            if self._begun:
                raise Fault(Result.BAD, Cause.CONTENT, "the compressed body is damaged") from None
            data = self._bare(piece, room)
        self._begun = True
        return data

    def _bare(self, piece: bytes, room: int) -> bytes:
        self._zlib = zlib.decompressobj(_BARE_DEFLATE)  # what some servers call deflate (RFC 9110, 8.4.1.2, notes it)
        try:
            return self._zlib.decompress(piece, room)
        except zlib.error:
            raise Fault(Result.BAD, Cause.CONTENT, "the body is not compressed as its header says") from None


def text_of(data: bytes, content_type: str) -> str:
    """The characters of a body: as the Content-Type says, else as an HTML page says of itself at its beginning, else UTF-8.

    What cannot be read becomes U+FFFD. GB2312 is read as GB18030, which contains it and is what pages so labelled really hold.
    """
    said = _CHARSET.search(content_type)
    name = said.group(1) if said else ""
    if not name:
        meta = _META.search(data[:_META_WITHIN])
        name = meta.group(1).decode("ascii") if meta else "utf-8-sig"
    return data.decode(_known(name), "replace")


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name).name
        b"-".decode(found, "replace")
    except (LookupError, ValueError):
        return "utf-8"
    if found.replace("-", "_") in _NO_CHARSETS:
        return "utf-8"
    return "gb18030" if found in ("gb2312", "gbk") else found
