"""A decision made again from its bundle, wherever that is: its inputs compared, its plan made anew and compared.

Two comparisons, and neither rests on the other: the inputs that were kept with the plan against those that store and
ledger still give, and the plan that was kept against the one that its kept inputs give now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from chocolate_factory.domain.plan_record import Planned, PlanRecord, PlanTask, Program, Solve
from chocolate_factory.domain.replay import Bundle, Difference, Replayed, Searches, Why
from chocolate_factory.usecases.bundles import found_again, inputs_of
from chocolate_factory.usecases.differences import Compare
from chocolate_factory.usecases.rebuild import Rebuild

#: A plan is the same to a ten-thousandth of a cent, a milligram, a milliwatt. What does not count: its problem, which
#: is compared by itself; how long it took; its words; the conflicts, which are looked for while their time lasts.
PLANS = Compare(
    frozenset({"problem", "input", "seconds", "build_seconds", "reason", "notes", "conflicts", "solves"}), 1e-9, 1e-6
)

#: Makes the plan of a task, given what the solver said before.
PlanAgain = Callable[[PlanTask, Sequence[Solve]], Planned]


@dataclass(frozen=True)
class Replay:
    """The deed.

    Attributes:
        program: that makes the plan again.
    """

    rebuild: Rebuild
    plan_again: PlanAgain
    program: Callable[[], Program]

    def __call__(self, bundle: Bundle) -> Replayed:
        """The decision made again; it takes as long as a plan, and twice that where the inputs differ.

        Raises:
            ChocolateFactoryError: the planner was stopped at its limit.
        """
        record, before = bundle.record, bundle.record.planned.solves
        task, evidence = found_again(self.rebuild, record, bundle.evidence)
        inputs = tuple(self._explained(bundle, inputs_of(record, task)))
        again = self.plan_again(record.task, before)
        differs = task is not None and bool(inputs)
        return Replayed(
            bundle=replace(bundle, evidence=evidence),
            program=self.program(),
            inputs=inputs,
            again=again,
            plan=tuple(PLANS(record.planned, again)),
            searches=_searches(record, again),
            otherwise=self.plan_again(task, ()) if task is not None and differs else None,
        )

    def _explained(self, bundle: Bundle, differences: Sequence[Difference]) -> Iterator[Difference]:
        """What differs here, with the reasons found where store and ledger are."""
        known = {(d.path, d.then, d.now): d for d in bundle.found.differences}
        yield from (d for d in bundle.found.differences if d.why is Why.LEDGER)
        otherwise = Why.UNKNOWN if self.program() == bundle.found.program else Why.PROGRAM
        yield from (known.get((d.path, d.then, d.now), replace(d, why=otherwise)) for d in differences)


def _searches(record: PlanRecord, again: Planned) -> Searches:
    before = record.planned.solves
    if not before:
        return Searches(len(again.solves), 0, None)
    pairs = enumerate(zip_longest(before, again.solves), start=1)
    parted = (i for i, (one, other) in pairs if one is None or other is None or not one.agrees(other))
    return Searches(len(before), sum(s.stopped for s in before), next(parted, None))
