"""What an alarm is: its cause as a pattern, how loud it is, what it means and what to do, in English and Spanish.

Invariants:
    Only an ``Alarm`` makes a ``Cause``, and an alert is raised for a ``Cause`` alone: what is not in the catalogue
    cannot be raised.
    The causes of two alarms never coincide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from chocolate_factory.domain.work import Severity

#: What identifies an alert; an open one of the same cause is counted, not raised again.
Cause = NewType("Cause", str)
#: How loud an alarm may be: the usual first.
INFO: Final = (Severity.INFO,)
WARNING: Final = (Severity.WARNING,)
CRITICAL: Final = (Severity.CRITICAL,)
GROWS: Final = (Severity.WARNING, Severity.CRITICAL)
MAY_GROW: Final = (Severity.INFO, Severity.WARNING)

#: What the ledger keeps of a cause.
LONGEST_CAUSE: Final = 200
_GAP: Final = re.compile(r"<[\w /]+>")


class Ends(StrEnum):
    """How an alert of an alarm is closed, when it is well again; nobody has to do it by hand."""

    BY_ITSELF = "by itself"
    AT_ONCE = "at once, as a record"


@dataclass(frozen=True, slots=True)
class Words:
    """An alarm in one language: what is wrong and what to do, in general, in short plain sentences."""

    meaning: str
    action: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong now, as its alert tells it.

    Attributes:
        message: what happened, with its figures, in one sentence.
        action: what to do next.
    """

    alarm: Alarm
    cause: Cause
    severity: Severity
    message: str
    action: str


@dataclass(frozen=True, slots=True, eq=False)
class Alarm:
    """One kind of alert.

    Attributes:
        pattern: its causes, ``job-failed:<id>``; what fills the gap, if it has one, is said when it is raised.
        severities: the usual one first, then those that it may have besides.
        en, es: in English and Spanish.
    """

    pattern: str
    severities: tuple[Severity, ...]
    en: Words
    es: Words
    ends: Ends = Ends.BY_ITSELF

    def about(self, what: str = "") -> Cause:
        """The cause with its gap filled; of one that is too long the tail is kept.

        Raises:
            ValueError: a mistake of ours: a gap and nothing for it, or the other way round.
        """
        if bool(_GAP.search(self.pattern)) is not bool(what):
            raise ValueError(f"{self.pattern} and {what!r} do not go together")
        room = LONGEST_CAUSE - len(_GAP.sub("", self.pattern))
        word = what if len(what) <= room else f"…{what[1 - room :]}"
        return Cause(_GAP.sub(lambda _gap: word, self.pattern))

    def trouble(self, message: str, what: str = "", *, action: str = "", severity: Severity | None = None) -> Trouble:
        """What is wrong, in words.

        Args:
            what: fills the cause's gap.
            action: what to do in this case, where more is known than in general.
            severity: where it is not the usual one.

        Raises:
            ValueError: a mistake of ours: as ``about``, or a severity that the catalogue does not foresee.
        """
        if severity is not None and severity not in self.severities:
            raise ValueError(f"{self.pattern} is never {severity}")
        return Trouble(self, self.about(what), severity or self.severities[0], message, action or self.en.action)

    def knows(self, cause: str) -> bool:
        """Whether a cause is one of its own."""
        words = (re.escape(part) for part in _GAP.split(self.pattern))
        return re.fullmatch(".+".join(words), cause, re.DOTALL) is not None
