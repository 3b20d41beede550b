"""The deed: forecasts walked forward, then every strategy's chain month by month, then the accounts.

What is parallel: the steps of the forecasts, and within each month the strategies. Months come one after another,
because stocks are carried over; so a year is one year, without seams, and the same on any number of cores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Final

from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.forecasting.learn import Recipe
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.planning.declared import require_declared
from chocolate_factory.usecases.backtest.accounts import Account, account_of, captured_pct, worth_by
from chocolate_factory.usecases.backtest.chain import DayRecord, State, Stretch, Walked, beginning, walk
from chocolate_factory.usecases.backtest.forecast_scores import AheadScore, Spoken, scores_of, spoken
from chocolate_factory.usecases.backtest.given import Given
from chocolate_factory.usecases.backtest.identity import plant_sha256, versions
from chocolate_factory.usecases.backtest.kept import asked_of, asked_to_json, walked_of, walked_to_json
from chocolate_factory.usecases.backtest.price_walk import Asked, Mapper, asked, origins_of, outlook_of, panel_for
from chocolate_factory.usecases.backtest.sight import Outlook
from chocolate_factory.usecases.backtest.strategies import (
    ABLATIONS,
    BASELINE,
    CLAIRVOYANT,
    LONGER_H,
    PLANNER,
    STRATEGIES,
    Strategy,
)
from chocolate_factory.usecases.problem import LOOK_BACK_DAYS

#: What was walked through before, by name.
Kept = MutableMapping[str, Any]
Tell = Callable[[float, str], None]
#: The share of the work that the forecasts are, for who watches.
_FORECASTS: Final = 0.15


@dataclass(frozen=True)
class Wanted:
    """What is asked of a backtest.

    Attributes:
        refit_days: how long a price model serves before it is learnt again.
        ablate: whether the planner is tried with one thing changed at a time.
    """

    given: Given
    refit_days: int = 14
    ablate: bool = False
    recipe: Recipe = field(default_factory=Recipe)
    strategies: tuple[Strategy, ...] = STRATEGIES

    @property
    def all_strategies(self) -> tuple[Strategy, ...]:
        """With the ablations where they are asked for."""
        return (*self.strategies, *ABLATIONS) if self.ablate else self.strategies


@dataclass(frozen=True)
class Result:
    """What came of it.

    Attributes:
        chains: days by strategy.
        scores: of the forecasts by day ahead; ``guided`` with the demand forecast, where it was given.
    """

    wanted: Wanted
    chains: Mapping[str, tuple[DayRecord, ...]]
    accounts: Mapping[str, Account]
    spoken: Sequence[Spoken]
    scores: Sequence[AheadScore]
    guided: Sequence[AheadScore]

    def captured_pct(self, name: str = PLANNER.name) -> float | None:
        """A strategy's saving as a share of the clairvoyant's, %."""
        of = self.accounts
        return captured_pct(of[name], of[CLAIRVOYANT.name], of[BASELINE.name])


def backtest(
    wanted: Wanted, mapper: Mapper = map, kept: Kept | None = None, tell: Tell = lambda _share, _message: None
) -> Result:
    """History walked through; slow: a year takes minutes.

    Args:
        mapper: who does the pieces; the result is the same whoever does.
        kept: where finished pieces are found and put; a piece that is there is not walked again.

    Raises:
        InputError: prices or weather of the period are missing, or the baseline is not what was declared.
    """
    require_declared()
    wanted.given.require_whole()
    memory = _Memory({} if kept is None else kept, _fingerprint(wanted))
    tell(0.0, "learning prices")
    panel = panel_for(wanted.given)
    steps = _forecasts(wanted, panel, mapper, memory)
    chains = _chains(wanted, outlook_of(panel, steps), mapper, memory, tell)
    worth = worth_by(wanted.given, chains[BASELINE.name])
    return Result(
        wanted=wanted,
        chains=chains,
        accounts={name: account_of(wanted.given, days, worth) for name, days in chains.items()},
        spoken=spoken(panel, steps),
        scores=scores_of(panel, steps),
        guided=scores_of(panel, steps, guided=True),
    )


@dataclass(frozen=True)
class _Memory:
    """Pieces by name, under a fingerprint of all that they follow from."""

    pieces: Kept
    fingerprint: str

    def find(self, name: str) -> Any:
        return self.pieces.get(f"{self.fingerprint}-{name}")

    def keep(self, name: str, piece: Any) -> None:
        self.pieces[f"{self.fingerprint}-{name}"] = piece


def _fingerprint(wanted: Wanted) -> str:
    given = wanted.given
    said = (versions(), given.history.checksums(), plant_sha256(given.plant), given.first, given.last, given.seed)
    return hashlib.sha256(repr((*said, wanted.refit_days, wanted.recipe)).encode()).hexdigest()[:16]


# ------------------------------------------------------------------------------------------------------- forecasts
def _forecasts(wanted: Wanted, panel: Panel, mapper: Mapper, memory: _Memory) -> list[Asked]:
    origins = origins_of(panel, wanted.given, wanted.refit_days, wanted.recipe)
    names = [f"prices-{panel.day(int(one.rows[0]))}" for one in origins]
    found = {name: asked_of(piece) for name in names if (piece := memory.find(name)) is not None}
    missing = [(name, one) for name, one in zip(names, origins, strict=True) if name not in found]
    for (name, _), step in zip(missing, mapper(asked, [one for _, one in missing]), strict=True):
        memory.keep(name, asked_to_json(step))
        found[name] = step
    return [found[name] for name in names]


# ---------------------------------------------------------------------------------------------------------- chains
def _chains(
    wanted: Wanted, outlook: Outlook, mapper: Mapper, memory: _Memory, tell: Tell
) -> dict[str, tuple[DayRecord, ...]]:
    months = list(_months(wanted.given.days))
    states = {strategy.name: beginning(wanted.given) for strategy in wanted.all_strategies}
    chains: dict[str, tuple[DayRecord, ...]] = dict.fromkeys(states, ())
    for number, days in enumerate(months):
        tell(_FORECASTS + (1 - _FORECASTS) * number / len(months), f"{days[0]:%Y-%m}")
        for name, walked in _month(wanted, outlook, days, states, mapper, memory):
            chains[name] += walked.days
            states[name] = walked.state
    return chains


def _months(days: Iterable[date]) -> Iterator[list[date]]:
    return (list(month) for _, month in groupby(days, key=lambda day: (day.year, day.month)))


def _month(
    wanted: Wanted, outlook: Outlook, days: list[date], states: Mapping[str, State], mapper: Mapper, memory: _Memory
) -> Iterator[tuple[str, Walked]]:
    """Each strategy's month; the longest first, so that the cores end together."""
    strategies = sorted(wanted.all_strategies, key=lambda s: s.decide is not PLANNER.decide)
    keys = {s.name: _key(s, days) for s in strategies}
    found = {name: memory.find(key) for name, key in keys.items()}
    yield from ((name, walked_of(piece)) for name, piece in found.items() if piece is not None)
    missing = [s for s in strategies if found[s.name] is None]
    stretches = [_stretch(wanted.given, outlook, s, states[s.name], days) for s in missing]
    for strategy, walked in zip(missing, mapper(walk, stretches), strict=True):
        memory.keep(keys[strategy.name], walked_to_json(walked))
        yield strategy.name, walked


def _key(strategy: Strategy, days: list[date]) -> str:
    defined = hashlib.sha256(strategy.definition.encode()).hexdigest()[:8]
    return f"{strategy.name}-{defined}-{days[0]:%Y-%m}"


def _stretch(given: Given, outlook: Outlook, strategy: Strategy, state: State, days: list[date]) -> Stretch:
    """With what its days can see, and no more: it travels to another process."""
    seen = Interval(
        given.horizon(days[0], 1).start - (LOOK_BACK_DAYS + 2) * DAY, given.horizon(days[-1], LONGER_H).end + HOUR
    )
    cut = Given(given.plant, given.history.between(seen), given.first, given.last, given.seed)
    return Stretch(cut, {day: outlook.get(day, {}) for day in days}, strategy, state, days)
