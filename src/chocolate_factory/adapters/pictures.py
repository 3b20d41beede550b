"""A plan's chart as bytes, drawn where matplotlib may be loaded: in a child process."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from chocolate_factory.adapters.gantt_chart import Picture
from chocolate_factory.domain.plan import Plan


class Drawing(NamedTuple):
    """What is asked for: ``png`` or ``svg``, a moment to mark, and ``es`` or ``en``."""

    plan: Plan
    kind: str
    now: datetime
    language: str


def drawn(asked: Drawing) -> bytes:
    """The file's content."""
    body = BytesIO()
    Picture(asked.plan, asked.language, asked.now, ()).figure().savefig(body, format=asked.kind, dpi=110)
    return body.getvalue()
