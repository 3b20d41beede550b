"""The evening briefing: what tomorrow brings, in half a minute."""

from chocolate_factory.usecases.briefing.brief import Brief, Briefing
from chocolate_factory.usecases.briefing.facts import DayFacts, day_facts

__all__ = ["Brief", "Briefing", "DayFacts", "day_facts"]
