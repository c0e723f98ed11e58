"""`linewatch web`: what the status page needs from a person."""

from __future__ import annotations

import sys

import typer

from linewatch.errors import UsageError

app = typer.Typer(rich_markup_mode=None)

LEAST_LETTERS = 8


@app.callback()
def _web() -> None:
    """The status page."""


@app.command("password")
def password() -> None:
    """Ask for a password, and print the line of [web] that keeps its hash; without a terminal it is read from standard input."""
    from linewatch.web.password import hashed

    given = _asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if len(given) < LEAST_LETTERS or not given.isprintable():
        raise UsageError(f"a password has at least {LEAST_LETTERS} letters, none of them a control character")
    typer.echo(f'password_hash = "{hashed(given)}"')


def _asked() -> str:
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer
