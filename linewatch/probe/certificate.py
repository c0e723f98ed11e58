"""TLS contexts, shared by all checks, and what a server's certificate says: when it ends, and what is wrong with it."""

from __future__ import annotations

import functools
import ssl
from datetime import UTC, datetime
from pathlib import Path

from linewatch.probe.fault import Fault
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Result

# OpenSSL's verification codes (x509_vfy.h; openssl-verification-options(1) describes them).
_FAULTS = {
    2: "no certificate of its issuer",
    9: "not valid yet",
    10: "expired",
    18: "self-signed",
    19: "issued by an unknown authority (a self-signed one in its chain)",
    20: "issued by an unknown authority",
    21: "issued by an unknown authority (an intermediate certificate is missing)",
    23: "revoked",
    62: "made out to another host",
    64: "made out to another address",
}


def tls_context(verify: bool, ca_file: str | None) -> ssl.SSLContext:
    """The context for such checks, made once (it costs tens of milliseconds) and again when `ca_file` has changed.

    Trusts the certificates in `ca_file` where one is given, else the system's, else (where the system has none) those that come with httpx.

    Raises Fault where `ca_file` cannot be used.
    """
    if not verify:
        return _context(False, None, 0)
    try:
        return _context(True, ca_file, 0 if ca_file is None else Path(ca_file).stat().st_mtime_ns)
    except ssl.SSLError:
        raise Fault(Result.ERROR, Cause.MONITOR, f"ca_file {ca_file} holds no certificates that can be read") from None
    except OSError as error:
        raise Fault(Result.ERROR, Cause.MONITOR, f"ca_file {ca_file} cannot be read: {(error.strerror or 'failed').lower()}") from None


@functools.lru_cache(maxsize=32)
def _context(verify: bool, ca_file: str | None, _changed_ns: int) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    else:
        _trust_the_system(context)
    return context


def _trust_the_system(context: ssl.SSLContext) -> None:
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        context.set_default_verify_paths()
        return
    import certifi

    context.load_verify_locations(cafile=certifi.where())


def fault_of_certificate(error: ssl.SSLCertVerificationError, host: str) -> Fault:
    """What is wrong with the certificate that `host` showed."""
    reason = _FAULTS.get(error.verify_code) or f"not to be trusted: {error.verify_message}"
    return Fault(Result.BAD, Cause.TLS, f"the certificate of {host} is {reason}")


def fault_of_tls(error: ssl.SSLError, whom: str) -> Fault:
    """What TLS itself, not the certificate, stumbled over in what `whom` said."""
    return Fault(Result.BAD, Cause.TLS, f"{whom}: TLS failed: {(error.reason or 'no reason given').replace('_', ' ').lower()}")


def expiry(connection: ssl.SSLObject) -> datetime | None:
    """The end (UTC) of the peer's certificate, verified or not; None where there is none or it cannot be read."""
    text = (connection.getpeercert() or {}).get("notAfter")
    if isinstance(text, str):
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
    encoded = connection.getpeercert(binary_form=True)
    if not encoded:
        return None
    from cryptography import x509  # 8 MB, needed only where a certificate was not verified

    try:
        return x509.load_der_x509_certificate(encoded).not_valid_after_utc
    except ValueError:
        return None
