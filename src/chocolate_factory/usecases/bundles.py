"""A decision with all that is needed to make it again somewhere else, put together where store and ledger are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chocolate_factory.domain.errors import InputError, NotFoundError, NotYetError
from chocolate_factory.domain.plan_record import PlanRecord, PlanTask, Program
from chocolate_factory.domain.replay import Bundle, Difference, Evidence, Found, Lack, Revised
from chocolate_factory.domain.retention import Kept, kept_since
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.ports import PlanLedger, PlantFile, TimeSeriesStore
from chocolate_factory.usecases.differences import Compare
from chocolate_factory.usecases.evidence import Gather
from chocolate_factory.usecases.rebuild import Rebuild
from chocolate_factory.usecases.replay_why import Explain, revised_since

#: Inputs are the same to the last digit, but for what a sum loses in another order.
INPUTS = Compare()


@dataclass(frozen=True)
class Bundles:
    """The deed, with its ports.

    Attributes:
        program: that looks.
    """

    store: TimeSeriesStore
    plans: PlanLedger
    gather: Gather
    rebuild: Rebuild
    plant: PlantFile
    program: Callable[[], Program]
    now: Callable[[], datetime]

    def record_at(self, moment: datetime) -> PlanRecord:
        """The decision that was made last at a moment, or before it.

        Raises:
            InputError: the moment is to come, or no plan is kept from before it.
        """
        if moment > self.now():
            raise InputError("at", isoformat_madrid(moment), f"a moment up to now, {isoformat_madrid(self.now())}")
        found = self.plans.plans(moment + timedelta(microseconds=1), limit=1)
        if not found:
            raise InputError("at", isoformat_madrid(moment), "a moment since the oldest plan of `plan history`")
        return found[0]

    def record(self, plan_id: str) -> PlanRecord:
        """A decision by its plan's id.

        Raises:
            NotFoundError: no such plan is kept.
            UnreadableError: another version wrote it.
        """
        found = self.plans.plan(plan_id)
        if found is None:
            raise NotFoundError("plan", plan_id, "the id of a plan that is kept; `plan history` lists them")
        return found

    def may_be_another(self, record: PlanRecord, moment: datetime) -> bool:
        """Whether another plan may have been in force at a moment, of which retention has left nothing."""
        thinned = moment < kept_since(Kept.PLANS, self.now())
        return thinned and moment.date() > record.made_at.date()

    def __call__(self, record: PlanRecord) -> Bundle:
        """The decision's bundle.

        Raises:
            StoreError: store or ledger cannot serve.
        """
        evidence, grounds = self.gather(record), record.grounds
        if grounds is None:
            return Bundle(record, evidence, self._found(record))
        task, evidence = found_again(self.rebuild, record, evidence)
        explain = Explain(self.store, record, grounds, evidence, self.program(), self.now())
        revised = revised_since(self.store, record, grounds)
        return Bundle(record, evidence, self._found(record, explain(inputs_of(record, task)), revised))

    def _found(
        self, record: PlanRecord, differences: tuple[Difference, ...] = (), revised: tuple[Revised, ...] = ()
    ) -> Found:
        plant = tuple(INPUTS(record.task.problem.plant, self.plant()))
        return Found(differences, revised, plant, self.now(), self.program())


def found_again(rebuild: Rebuild, record: PlanRecord, evidence: Evidence) -> tuple[PlanTask | None, Evidence]:
    """The inputs as the evidence gives them, None where it gives none; and the evidence with what it lacks for that."""
    if record.grounds is None:
        return None, evidence
    try:
        return rebuild(record, record.grounds, evidence), evidence
    except NotYetError:
        lacks = dict.fromkeys((*evidence.lacks, Lack.INPUTS))
        return None, replace(evidence, lacks=tuple(lacks))


def inputs_of(record: PlanRecord, task: PlanTask | None) -> tuple[Difference, ...]:
    """What differs between the inputs that were kept and those that were found again."""
    return () if task is None else tuple(INPUTS(record.task, task))
