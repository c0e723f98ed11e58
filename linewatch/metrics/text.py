"""How a value, the labels and the head of a family are written, in the Prometheus text format 0.0.4 and in OpenMetrics 1.0."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan

Labels = tuple[str, ...]


def number(value: float) -> str:
    """A value as both formats write it: the shortest decimal that reads back as the same float."""
    if isnan(value):
        return "NaN"
    if value in (inf, -inf):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


def braces(names: Sequence[str], values: Labels) -> str:
    """The label part of a series, `{name="value",...}`, escaped; empty where there are no labels."""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{','.join(pairs)}}}" if names else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def header(name: str, kind: str, text: str, *, openmetrics: bool) -> str:
    """The HELP and TYPE lines; OpenMetrics names a counter without its `_total`."""
    if openmetrics and kind == "counter":
        name = name.removesuffix("_total")
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
