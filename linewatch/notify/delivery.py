"""The way out: Apprise, which knows WeCom, DingTalk, Feishu, mail, webhooks and the rest by their URLs. The one door to that library."""

from __future__ import annotations

import logging
from collections.abc import Callable

import apprise

from linewatch.errors import UsageError

Send = Callable[[str, str], bool]
"""From a title and a body to whether they were handed over. Blocks for as long as the receiver's side takes, within Apprise's time limits."""


def delivery(url: str) -> Send:
    """What sends to the receiver that `url` names. Raises UsageError for a URL that Apprise does not understand.

    It is never quoted, for it may hold a secret.
    """
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs URLs
    channel = apprise.Apprise()
    if not channel.add(url):
        raise UsageError("the URL is none that Apprise understands; see its list of services")

    def send(title: str, body: str) -> bool:
        return bool(channel.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))

    return send
