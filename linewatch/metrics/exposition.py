"""What a scrape receives: the series of linewatch and of its process, in the format and the encoding that the scraper asks for."""

from __future__ import annotations

import gzip

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from linewatch.metrics.metrics import Metrics

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Exposition:
    """Answers scrapes of one `Metrics`; may be called in a thread of its own."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def __call__(self, accept: str = "", accept_encoding: str = "") -> tuple[bytes, str, str | None]:
        """The body, its content type and its content encoding (None: as it is), for these Accept and Accept-Encoding headers."""
        openmetrics = choose_encoder(accept)[1].startswith("application/openmetrics-text")
        kind = OPENMETRICS if openmetrics else TEXT
        encoder, _ = choose_encoder(kind)
        # The process's dozen series come last: their encoder writes the `# EOF` that OpenMetrics ends with.
        process = encoder(self._process)
        body = "".join(self._metrics.text(openmetrics=openmetrics)).encode() + process
        if _gzip_accepted(accept_encoding):
            # Level 1: a scrape's text shrinks to a twentieth even so, in a third of the time of the default level.
            return gzip.compress(body, compresslevel=1), kind, "gzip"
        return body, kind, None


def _gzip_accepted(accept_encoding: str) -> bool:
    """Whether the header names gzip and does not refuse it with a weight of zero (RFC 9110, 12.5.3)."""
    for coding in accept_encoding.lower().split(","):
        name, *parameters = (part.strip().replace(" ", "") for part in coding.split(";"))
        if name == "gzip":
            return not any(weight.startswith("q=") and not weight[2:].strip("0.") for weight in parameters)
    return False
