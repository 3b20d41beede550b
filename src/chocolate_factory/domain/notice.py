"""What is told to people: notices, how a try to send one ended, and the one policy of trying again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import Severity

#: Pause after the first try in vain; it doubles with each further one.
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = HOUR
#: A notice that has not arrived so long after it was made is given up.
GIVE_UP_AFTER = DAY

#: How loudly: the later, the louder.
LOUDNESS = tuple(Severity)


class NoticeState(StrEnum):
    """Life of a notice.

    ``UNSURE`` is the end of one that must not come twice and whose sending was cut off: it may not have arrived.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    GIVEN_UP = "given-up"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing told to one target.

    Attributes:
        key: what is told, e.g. ``alert:12:opened``; with the target it is unique.
        target: the name of a way to people, never its address.
        next_try_at: it is due from then on.
        once: rather never than twice.
        id: in the ledger; 0 before it is there.
        attempts: how often it was tried in vain.
        error: why the last try was in vain.
    """

    key: str
    target: str
    created_at: datetime
    severity: Severity
    title: str
    body: str
    next_try_at: datetime
    once: bool = False
    id: int = 0
    state: NoticeState = NoticeState.WAITING
    attempts: int = 0
    sent_at: datetime | None = None
    error: str = ""


class Message(NamedTuple):
    """What a person reads: plain text."""

    title: str
    body: str
    severity: Severity


class Fate(StrEnum):
    """How a try to send ended. ``REFUSED`` is sure not to have arrived, ``UNSURE`` may have, in whole or in part."""

    ARRIVED = "arrived"
    REFUSED = "refused"
    UNSURE = "unsure"


class Delivery(NamedTuple):
    """A try to send, and in a clause why it did not arrive; the clause shows nothing of the target's address."""

    fate: Fate
    why: str = ""


def louder(one: Severity, other: Severity) -> bool:
    """Whether one severity is above another."""
    return LOUDNESS.index(one) > LOUDNESS.index(other)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries in vain, one at least."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 16)), LONGEST_PAUSE)
