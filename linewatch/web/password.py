"""The page's password: never kept as it is, but as what scrypt (RFC 7914) makes of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import unicodedata

COST = 14
"""The binary logarithm of scrypt's N: with its r = 8 and p = 1 a guess costs 16 MiB and some 50 ms."""

_SALT_BYTES, _LENGTH = 16, 32
_MOST_MEMORY = 1 << 28


def hashed(password: str) -> str:
    """What the configuration keeps: `scrypt$cost$`, and salt and hash in base64. A new salt each time."""
    salt = os.urandom(_SALT_BYTES)
    return f"scrypt${COST}${base64.b64encode(salt + _scrypt(password, salt, COST)).decode()}"


def matches(password: str, kept: str) -> bool:
    """Whether this is the password that `kept` was made of; it takes as long whether it is or not."""
    _, cost, both = kept.split("$")
    salt, made = base64.b64decode(both)[:_SALT_BYTES], base64.b64decode(both)[_SALT_BYTES:]
    return hmac.compare_digest(_scrypt(password, salt, int(cost)), made)


def plain_bytes(password: str) -> bytes:
    """The password as bytes, the same however a keyboard composes its letters (RFC 7617, 2.1)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(plain_bytes(password), salt=salt, n=1 << cost, r=8, p=1, maxmem=_MOST_MEMORY, dklen=_LENGTH)
