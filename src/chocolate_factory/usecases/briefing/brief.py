"""Tomorrow's plan, told in the evening to whoever is to be told; never twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.time import DAY, MADRID
from chocolate_factory.ports import Clock, PlanLedger
from chocolate_factory.usecases.briefing import words
from chocolate_factory.usecases.briefing.facts import DayFacts, day_facts
from chocolate_factory.usecases.notify import Notify

#: Before this wall clock of Madrid the day to be told of is today's: a machine that was off all evening says so then.
FROM = time(12, 0)
TOLD, LATE = "brief:{}", "brief-late:{}"


@dataclass(frozen=True, slots=True)
class Briefing:
    """What is told.

    Attributes:
        late: prices of that day are not published yet.
    """

    day: date
    plan_id: str
    title: str
    body: str
    late: bool
    facts: DayFacts


class Brief:
    """The deed, with its ports."""

    def __init__(self, plans: PlanLedger, notify: Notify, clock: Clock, language: str) -> None:
        self._plans = plans
        self._notify = notify
        self._clock = clock
        self._language = language

    @property
    def day(self) -> date:
        """The Madrid day that is to be told of now: tomorrow, in the morning today."""
        local = self._clock.now().astimezone(MADRID)
        return local.date() + (DAY if local.time() >= FROM else 0 * DAY)

    def compose(self, day: date | None = None, language: str | None = None) -> Briefing:
        """The briefing of a day, as the plan in force has it.

        Raises:
            NotYetError: no plan holds that day.
        """
        day, language = day or self.day, language or self._language
        record = self._plans.plan_in_force()
        facts = day_facts(record, day) if record is not None else None
        if record is None or facts is None:
            raise NotYetError(f"No plan holds {day} yet; one is made within half an hour, or by POST /plan.")
        return self._briefing(record, facts, language)

    def tell(self) -> tuple[Briefing, int]:
        """Tell it, once; while prices are missing tell that, once, and the rest when they are there; to how many.

        Raises:
            NotYetError: no plan holds that day.
        """
        briefing = self.compose()
        key = (LATE if briefing.late else TOLD).format(briefing.day)
        if briefing.late and self._notify.was_told(TOLD.format(briefing.day)):
            return briefing, 0  # it was whole once: a price that fell away again is no news
        return briefing, self._notify.tell_once(key, briefing.title, briefing.body)

    def waits(self) -> bool:
        """Whether somebody was told that prices are missing, and is to be told the rest."""
        return self._notify.was_told(LATE.format(self.day)) and not self._notify.was_told(TOLD.format(self.day))

    def _briefing(self, record: PlanRecord, facts: DayFacts, language: str) -> Briefing:
        late = facts.guessed > 0
        notice = words.prices_missing(facts.day, self._clock.now(), language) if late else ""
        text = words.sentences([notice, words.body(facts, language)])
        return Briefing(facts.day, record.id, words.title(facts.day, language, late=late), text, late, facts)
