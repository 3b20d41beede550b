"""What an upstream answered, and what its status means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamLiedError,
    UpstreamRefusedError,
)

#: A key's look: long and without a break. Words and numbers are shorter.
KEYLIKE = re.compile(r"[\w.~+/=-]{20,}")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose status the caller can use."""

    upstream: str
    status: int
    content_type: str
    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self, encoding: str = "utf-8") -> Any:
        """The body as JSON.

        Raises:
            UpstreamLiedError: it is none.
        """
        try:
            return json.loads(self.body.decode(encoding), parse_constant=_no_constant)
        except (ValueError, RecursionError) as e:
            raise UpstreamLiedError(self.upstream, f"its body is not JSON ({self.glimpse()})") from e

    def glimpse(self) -> str:
        """The first characters, for a message; what looks like a key that an upstream echoes is left out."""
        return repr(KEYLIKE.sub("…", self.body[:600].decode("latin-1"))[:60])


def _no_constant(name: str) -> float:
    """JSON has no NaN or Infinity, and no price is either."""
    raise ValueError(f"{name} is not a JSON number")


class SettledError(UpstreamLiedError):
    """A lie that the same request would only hear again: it is not asked twice."""


def judge(reply: Reply, now: datetime, meaningful: frozenset[int]) -> None:
    """Raise what the status and the kind of content mean; nothing for an answer that can be read.

    Args:
        meaningful: error statuses that the caller reads itself.

    Raises:
        UpstreamError: one of its leaves.
    """
    status, html = reply.status, "html" in reply.content_type.lower()
    if status == 200:
        _judge_content(reply, html=html)
    elif status in meaningful and not (html and status >= 500):
        return
    elif status == 401 or (status == 403 and not html):
        what = "the key" if status == 401 else "access"
        raise UpstreamRefusedError(reply.upstream, f"it refuses {what} ({status})")
    elif status == 429 or (status == 503 and "retry-after" in reply.headers):
        wait = retry_after(reply, now)
        what = "too many requests" if status == 429 else "not in service"
        retry_at = now + timedelta(seconds=wait)
        raise UpstreamDownError(reply.upstream, f"{what} ({status}), {wait:.0f} s to wait", retry_at)
    elif status in (403, 408) or status >= 500:
        what = "its firewall's page" if status == 403 else "a server error"
        raise UpstreamDownError(reply.upstream, f"{what} (HTTP {status})")
    elif status == 404:
        raise UpstreamEmptyError(reply.upstream, "nothing at that address (404)")
    else:
        raise SettledError(reply.upstream, f"HTTP {status}: {reply.glimpse()}")


def _judge_content(reply: Reply, *, html: bool) -> None:
    if not reply.body:
        raise UpstreamLiedError(reply.upstream, "it answered 200 with an empty body")
    if html:
        raise UpstreamDownError(reply.upstream, "a page of HTML came instead of data")


def retry_after(reply: Reply, now: datetime) -> float:
    """Seconds, from a number or a date; a minute when it does not say, an hour at most."""
    text = reply.headers.get("retry-after", "").strip()
    try:
        seconds = float(text) if text[:1].isdigit() else (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError):
        seconds = 60.0
    return min(max(seconds, 1.0), 3600.0)
