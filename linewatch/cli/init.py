"""`linewatch init`: a configuration for this host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linewatch.cli import options


def init(
    config: Annotated[Path, typer.Option("--config", "-c", help="The file to write.")] = Path("linewatch.toml"),
    lang: Annotated[str, typer.Option("--lang", help="The language of its comments: zh or en.")] = "zh",
    store: Annotated[str | None, typer.Option("--store", help="The URL of the store [default: a file beside the configuration].")] = None,
) -> None:
    """Write a commented configuration for this host; a file that exists is left as it is."""
    from linewatch.config.template import template, write_new
    from linewatch.probe.gateway import default_gateway

    gateway = default_gateway()
    write_new(config, template(gateway, options.language(lang, "zh"), store))
    typer.echo(f"wrote {config}; gateway: {gateway or 'none found in the routing table'}")
