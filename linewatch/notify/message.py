"""A message, and the one line of JSON that it is kept as while it waits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linewatch.notify.news import Topic


@dataclass(frozen=True, slots=True)
class Message:
    """What a person is told: `id` is the same for the same news, `written_at` (UTC) when it was written."""

    id: str
    topic: Topic
    title: str
    body: str
    written_at: datetime


def text_of(message: Message) -> str:
    """The message as JSON."""
    facts = {"id": message.id, "topic": message.topic, "title": message.title, "body": message.body, "written_at": message.written_at.isoformat()}
    return json.dumps(facts, ensure_ascii=False)


def message_of(text: str) -> Message:
    """The message that `text_of` spelt. Raises ValueError for anything else."""
    try:
        facts: dict[str, Any] = json.loads(text)
        return Message(str(facts["id"]), Topic(facts["topic"]), str(facts["title"]), str(facts["body"]), datetime.fromisoformat(facts["written_at"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a message: {error}") from error
