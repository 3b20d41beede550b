"""A plan as it is kept: with its inputs, what it is measured against, and what chance makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isclose

from chocolate_factory.domain.plan import Options, Plan, Problem, SlotInput
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import Interval


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the replications.

    Attributes:
        half_width: of the 95 % confidence interval of the mean (normal approximation); None for one replication.
    """

    mean: float
    p10: float
    p50: float
    p90: float
    half_width: float | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a plan is worth under chance.

    Attributes:
        kpis: by name, as ``Outcome.kpis``; only those that every replication has.
        on_time_probability: that all orders due inside the horizon are complete in time.
        order_on_time: the same by order that was ever late; the others are always on time.
        weakest_batch: the batch whose delay cost the orders most often, and in which share of the late replications.
    """

    replications: int
    seed: int
    kpis: Mapping[str, Spread]
    on_time_probability: float
    order_on_time: Mapping[str, float]
    weakest_batch: str | None
    weakest_share: float


@dataclass(frozen=True, slots=True)
class PlanTask:
    """What a planner is given; the same task gives the same plan, unless its time limit is what ended it.

    Attributes:
        replications: simulated runs for the certificate; 0 for none. ``seed`` is theirs.
        repair_rounds: how often at most a plan below the plant's asked probability gets a buffer and is made again.
        beyond: hours behind the problem's, one after another, that are looked at and not planned.
    """

    problem: Problem
    options: Options = field(default_factory=Options)
    replications: int = 200
    seed: int = 1
    repair_rounds: int = 3
    beyond: tuple[SlotInput, ...] = ()

    @property
    def looked_at(self) -> Interval:
        """From the problem's start to the end of what is looked at."""
        horizon = self.problem.horizon
        return Interval(horizon.start, self.beyond[-1].slot.end if self.beyond else horizon.end)


@dataclass(frozen=True, slots=True)
class Solve:
    """One call of the solver, as it is kept with a plan.

    Attributes:
        seconds: it took.
        eur: what its answer costs by its program; None where it found none.
        bound_eur: no answer costs less; None where nothing was proved.
        nodes: of the search tree.
        stopped: whether its time limit ended it. Then ``columns`` is the answer: no search finds that one again.
    """

    seconds: float
    eur: float | None
    bound_eur: float | None
    nodes: int
    stopped: bool = False
    columns: tuple[float, ...] = ()

    def agrees(self, other: Solve) -> bool:
        """Whether two calls came to the same; a proof that ends elsewhere may lead elsewhere."""
        figures = ((self.eur, other.eur), (self.bound_eur, other.bound_eur))
        return self.stopped == other.stopped and all(_near(*pair) for pair in figures)


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a planner gives back: the plan, the declared baseline (B2) on the same problem, the certificate, notes.

    Attributes:
        saving_eur: what the plan's energy costs less than the baseline's for the same chocolate; None where the two
            cannot be compared.
        solves: the solver's calls, in order.
    """

    plan: Plan
    baseline: Plan
    certificate: Certificate | None
    notes: tuple[str, ...] = ()
    saving_eur: float | None = None
    solves: tuple[Solve, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """Which program decides.

    Attributes:
        version: as released.
        code: sha256 of the modules and tables that decide, its first digits.
        beside: versions of what it computes with, by name.
    """

    version: str
    code: str
    beside: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grounds:
    """Where a plan's inputs came from, so that they can be found again in store and ledger.

    Attributes:
        known_at: when the last of them had been read: what was received later is none of them.
        kinds: what counted as known.
        before: id of the plan that was in force; empty where none was.
        locked: batches that were held by hand, in their order.
        counted_at: when stocks were counted last.
        forecast: whose price forecast was in force, e.g. ``spot_price/3``; empty where none was.
        forecast_at: when it was made.
        program: None where nobody said.
    """

    known_at: datetime
    kinds: tuple[Kind, ...]
    before: str = ""
    locked: tuple[str, ...] = ()
    counted_at: datetime | None = None
    forecast: str = ""
    forecast_at: datetime | None = None
    program: Program | None = None


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan in the ledger.

    Attributes:
        id: short, of what it says.
        trigger: why it was made: ``schedule``, ``new prices``, ``request``, ``moved``, ``lock``, ``unlock``.
        task: every input.
        notes: what was assumed for it, in English.
        grounds: None where a version before this one made it.
    """

    id: str
    made_at: datetime
    trigger: str
    task: PlanTask
    planned: Planned
    notes: tuple[str, ...] = ()
    grounds: Grounds | None = None


@dataclass(frozen=True, slots=True)
class StockCount:
    """What somebody counted: warm mass by tank and finished bars by product, kg."""

    at: datetime
    tanks_kg: Mapping[str, float]
    finished_kg: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Moving:
    """A batch of a plan, and where else it might begin."""

    task: PlanTask
    plan: Plan
    batch_id: str
    start: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """What moving one batch would do, all else planned around it.

    Attributes:
        delta_eur: energy, starts and lateness against the plan as it is, EUR; None where nothing fits then.
        reason: one sentence by language.
    """

    delta_eur: float | None
    feasible: bool
    reason: Mapping[str, str]
