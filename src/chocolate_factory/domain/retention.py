"""How long what grows by itself is kept, what becomes of it then, and why; ``weekly_cleanup`` goes by this table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from chocolate_factory.domain.time import DAY, madrid_date, madrid_midnight

FOR_EVER: Final = "for ever"


class Kept(StrEnum):
    """What grows by itself."""

    TRUTH = "what a station, a market, a meter or a reanalysis said, every revision"
    FIVE_MINUTES = "`demand_5min`"
    FORECASTS = "forecasts of others, estimates of days that were not over"
    PREDICTIONS = "what our models said: price forecasts, predictions, features"
    PLANS = "plans with all their inputs"
    RUNS = "runs of the timetable that ended well"
    FAILED_RUNS = "runs that failed"
    JOBS = "long work that is over"
    ALERTS = "closed alerts"
    NOTICES = "what people were told"
    GAPS = "filled gaps"
    RECOVERIES = "recoveries"
    COUNTS = "counted stocks, locks, the lives of the models"
    SAVINGS = "the ledger of savings, every revision"
    VERSIONS = "versions of the models"
    RAW = "`raw/`"
    BACKUPS = "`backups/weekly-…`"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    Attributes:
        keep: whole for so long; None for ever, or where another limit holds.
        then: what becomes of it, for people.
        why: the reason for the length.
    """

    keep: timedelta | None
    then: str
    why: str


RULES: Final[Mapping[Kept, Rule]] = {
    Kept.TRUTH: Rule(None, FOR_EVER, "models, backtests and bills are made of it, as it was known at the time"),
    Kept.FIVE_MINUTES: Rule(
        90 * DAY,
        "its mean of the hour as `demand`, `estimated`, where REE's own hour is not there",
        "shows the present; REE's hours say the same of the past",
    ),
    Kept.FORECASTS: Rule(
        800 * DAY, "gone", "backtests and replays of two years find each forecast as it was known at any moment"
    ),
    Kept.PREDICTIONS: Rule(1200 * DAY, "gone", "drift holds what models say against three earlier years"),
    Kept.PLANS: Rule(62 * DAY, "the last of each UTC day", "a month that is over can be replayed, plan by plan"),
    Kept.RUNS: Rule(100 * DAY, "gone, but the newest of each job", "830 a day"),
    Kept.FAILED_RUNS: Rule(400 * DAY, "gone, but the newest of each job", "a year can be looked back on"),
    Kept.JOBS: Rule(400 * DAY, "gone", "as above"),
    Kept.ALERTS: Rule(400 * DAY, "gone", "as above"),
    Kept.NOTICES: Rule(400 * DAY, "gone, but of alerts that are open", "as the alerts that they tell of"),
    Kept.GAPS: Rule(400 * DAY, "gone", "as above; what is in the store proves that they are filled"),
    Kept.RECOVERIES: Rule(400 * DAY, "gone, but the newest", "as above"),
    Kept.COUNTS: Rule(None, FOR_EVER, "typed by people, or few"),
    Kept.SAVINGS: Rule(None, FOR_EVER, "a saving is believed by those who can look up how it was computed"),
    Kept.VERSIONS: Rule(None, FOR_EVER, "a decision names the version that it rests on"),
    Kept.RAW: Rule(None, "the oldest days go at `RAW_LIMIT_MB`", "evidence, no data"),
    Kept.BACKUPS: Rule(None, "the newest of each of 8 weeks and of 12 months", "a fault may be found late"),
}
#: Backups that stay: the newest of so many weeks that have one, and of so many months.
WEEKS, MONTHS = 8, 12


def kept_since(what: Kept, now: datetime) -> datetime:
    """What is older than this goes: a midnight in Madrid, and never of this month.

    Raises:
        KeyError: it is kept for ever, or another limit holds.
    """
    keep = RULES[what].keep
    if keep is None:
        raise KeyError(what)
    today = madrid_date(now)
    return min(madrid_midnight(madrid_date(now - keep)), madrid_midnight(today.replace(day=1)))


def spared(made: Iterable[datetime]) -> set[datetime]:
    """The backups that stay, by when they were made: the newest of each of the last weeks and months."""
    newest_first = sorted(made, reverse=True)
    weeks: dict[tuple[int, int], datetime] = {}
    months: dict[date, datetime] = {}
    for moment in newest_first:
        day = madrid_date(moment)
        weeks.setdefault(day.isocalendar()[:2], moment)
        months.setdefault(day.replace(day=1), moment)
    return {*list(weeks.values())[:WEEKS], *list(months.values())[:MONTHS]}
