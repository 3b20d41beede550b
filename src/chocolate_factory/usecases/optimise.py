"""The plan in force: made again as time and prices go on, kept with its inputs, locked and asked about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from chocolate_factory.domain.alarms.plans import PLAN_CERTIFICATE, PLAN_CONFLICT
from chocolate_factory.domain.errors import BusyError, InputError, NotFoundError, NotYetError
from chocolate_factory.domain.plan import GUESSED, Batch, Status
from chocolate_factory.domain.plan_record import Move, Moving, Planned, PlanRecord, PlanTask, Program, StockCount
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.planning.elsewhere import begun_at, held_there
from chocolate_factory.ports import AlertLedger, Clock, PlanLedger, PlantFile, Turn
from chocolate_factory.usecases.situation import Pace, Situation
from chocolate_factory.usecases.tell import tell

#: More finished goods than any count of this plant finds, kg.
MOST_FINISHED_KG = 1e6

Planner = Callable[[PlanTask], Planned]
Mover = Callable[[Moving], Move]


class Optimise:
    """The deed, with its ports."""

    def __init__(
        self,
        situation: Situation,
        plans: PlanLedger,
        alerts: AlertLedger,
        clock: Clock,
        plant: PlantFile,
        planner: Planner,
        mover: Mover,
        pace: Pace,
        turn: Turn,
        program: Callable[[], Program | None] = lambda: None,
    ) -> None:
        self._situation = situation
        self._plans = plans
        self._alerts = alerts
        self._clock = clock
        self._plant = plant
        self._planner = planner
        self._mover = mover
        self._pace = pace
        self._turn = turn
        self._program = program

    def __call__(self, trigger: str, pace: Pace | None = None) -> PlanRecord:
        """Plan again; the record that is in force from now on.

        Args:
            trigger: ``schedule``, ``request``, or what ``outdated`` said.

        Raises:
            BusyError: a plan is being made.
            InputError: the plant's file is wrong.
            NotYetError: prices or weather are not known well enough.
            ChocolateFactoryError: the planner was stopped at its limit.
        """
        with self._alone():
            now = self._clock.now()
            task, notes, grounds = self._situation.task(self._plant(), now, pace or self._pace)
            grounds = replace(grounds, known_at=self._clock.now(), program=self._program())
            made = self._planner(task)
            record = PlanRecord(_id(task, made, now), now, trigger, task, made, tuple(notes), grounds)
            self._judge(record)
            if made.plan.status is not Status.INFEASIBLE or not self._covers(now):
                self._plans.keep_plan(record)
            return record

    def outdated(self) -> str:
        """Why a new plan is due before its time: ``first``, ``expired``, ``new prices``; empty where none is."""
        record, now = self._plans.plan_in_force(), self._clock.now()
        if record is None:
            return "first"
        plan = record.planned.plan
        if now not in plan.problem.horizon:
            return "expired"
        known_until = self._situation.prices_known_until()
        guessed = (s.input.slot.end for s in plan.slots if s.input.price_kind in GUESSED)
        return "new prices" if any(end <= known_until for end in guessed) else ""

    def in_force(self) -> PlanRecord:
        """The plan in force.

        Raises:
            NotYetError: none was made yet.
        """
        record = self._plans.plan_in_force()
        if record is None:
            raise NotYetError(
                "No plan has been made yet. The service makes one within a minute of its start, once prices and "
                "weather are there; POST /plan or `chocolate-factory plan again` makes one now."
            )
        return record

    def batch(self, batch_id: str) -> Batch:
        """A batch of the plan in force.

        Raises:
            NotFoundError: no such batch.
            NotYetError: no plan was made yet.
        """
        found = next((b for b in self.in_force().planned.plan.batches if b.id == batch_id), None)
        if found is None:
            raise NotFoundError("batch_id", batch_id, "an id of the plan in force; GET /plan lists them")
        return found

    def stand_alone(self, task: PlanTask) -> Planned:
        """A posted problem planned; nothing is kept."""
        with self._alone():
            return self._planner(task)

    def what_if(self, batch_id: str, start: datetime) -> Move:
        """What it would cost to move a batch of the plan in force, all else planned around it.

        Raises:
            InputError: the batch was begun, or the new start has passed.
            NotFoundError: no such batch.
            NotYetError: no plan was made yet.
        """
        record = self.in_force()
        self._movable(batch_id, start)
        with self._alone():
            return self._mover(Moving(record.task, record.planned.plan, batch_id, start))

    def move(self, batch_id: str, start: datetime) -> PlanRecord:
        """Plan again with a batch of the plan in force begun elsewhere, and hold it there.

        Raises:
            BusyError: a plan is being made.
            InputError: the batch was begun, the new start has passed, or no plan fits with the batch there.
            NotFoundError: no such batch.
            NotYetError: no plan was made yet, or prices or weather are not known well enough.
        """
        before = self.in_force().planned.plan
        batch = self._movable(batch_id, start)
        with self._alone():
            now, there = self._clock.now(), begun_at(batch, start)
            task, notes, grounds = self._situation.task(self._plant(), now, self._pace)
            grounds = replace(grounds, known_at=self._clock.now(), program=self._program())
            task = replace(task, options=held_there(task.options, before, batch, there))
            made = self._planner(task)
            moved = next((b for b in made.plan.batches if _place(b) == _place(there)), None)
            if made.plan.status is Status.INFEASIBLE or moved is None:
                raise InputError(
                    "start", _when(start), "a start at which a plan fits; POST /plan/what-if tells why not"
                )
            record = PlanRecord(_id(task, made, now), now, "moved", task, made, tuple(notes), grounds)
            self._judge(record)
            self._plans.lock_batch(batch_id, locked=False, at=now)
            self._plans.lock_batch(moved.id, locked=True, at=now)
            self._plans.keep_plan(record)
            return record

    def lock(self, batch_id: str, *, locked: bool) -> Batch:
        """Hold a batch of the plan in force where it is, or let it go; the next plan heeds it.

        Raises:
            NotFoundError: no such batch.
            NotYetError: no plan was made yet.
        """
        batch = self.batch(batch_id)
        self._plans.lock_batch(batch_id, locked=locked, at=self._clock.now())
        return replace(batch, held="locked" if locked else batch.held)

    def count(self, tanks_kg: dict[str, float], finished_kg: dict[str, float]) -> StockCount:
        """What somebody counted now; the next plan begins with it.

        Raises:
            InputError: a tank or product that the plant has not, or more than a tank holds.
        """
        plant = self._plant()
        capacity = {t.name: t.capacity_kg for t in plant.tanks}
        for name, kg in tanks_kg.items():
            if name not in capacity:
                raise NotFoundError("tanks_kg", name, f"one of {', '.join(capacity)}")
            if not 0 <= kg <= capacity[name]:
                raise InputError(f"tanks_kg.{name}", kg, f"a number from 0 to {capacity[name]:g} kg")
        for name, kg in finished_kg.items():
            plant.product(name)
            if not 0 <= kg <= MOST_FINISHED_KG:
                raise InputError(f"finished_kg.{name}", kg, f"a number from 0 to {MOST_FINISHED_KG:.0f} kg")
        missing = [name for name in capacity if name not in tanks_kg]
        if missing:
            raise InputError("tanks_kg", ", ".join(tanks_kg) or "nothing", f"every tank: {', '.join(missing)} too")
        count = StockCount(self._clock.now(), tanks_kg, finished_kg)
        self._plans.add_count(count)
        return count

    # ------------------------------------------------------------------ inside
    def _movable(self, batch_id: str, start: datetime) -> Batch:
        """The batch, if it may begin then."""
        batch, now = self.batch(batch_id), self._clock.now()
        if batch.start < now:
            raise InputError("batch_id", batch_id, f"a batch that has not begun; this one began {_when(batch.start)}")
        if start < now:
            raise InputError("start", _when(start), f"a moment from now on, {_when(now)}")
        return batch

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One plan at a time; who comes meanwhile is told."""
        with self._turn.take(wait=False) as given:
            if not given:
                raise BusyError("A plan is being made; ask again in half a minute.")
            yield

    def _covers(self, now: datetime) -> bool:
        held = self._plans.plan_in_force()
        return held is not None and now in held.planned.plan.problem.horizon

    def _judge(self, record: PlanRecord) -> None:
        """Alerts for a plan that is late, that cannot be, or that chance is likely to make late where it is not."""
        plan, certificate = record.planned.plan, record.planned.certificate
        late = plan.status is Status.INFEASIBLE or plan.late_kg_h > 0
        if late:
            why = "; ".join(c.text["en"] for conflict in plan.conflicts for c in conflict.clashes) or "see its notes"
            ways = [w.text["en"] for conflict in plan.conflicts for w in conflict.ways_out]
            what = "No plan fits" if plan.status is Status.INFEASIBLE else "The plan is late"
            way_out = f"Cheapest way out: {ways[0]}" if ways else ""
            tell(self._alerts, PLAN_CONFLICT.trouble(f"{what}: {why}", action=way_out))
        else:
            self._alerts.close_alert(PLAN_CONFLICT.about())
        asked = plan.problem.plant.policy.on_time_probability
        if certificate is not None and not late and certificate.on_time_probability < asked:
            chance = f"{100 * certificate.on_time_probability:.0f} % of simulated runs, {100 * asked:.0f} % are asked"
            tell(self._alerts, PLAN_CERTIFICATE.trouble(f"The plan is on time in only {chance}."))
        else:
            self._alerts.close_alert(PLAN_CERTIFICATE.about())


def _place(batch: Batch) -> tuple[str, str, datetime]:
    return batch.stage, batch.product, batch.start


def _when(moment: datetime) -> str:
    return isoformat_madrid(moment)


def _id(task: PlanTask, made: Planned, now: datetime) -> str:
    """Short, and of what the plan says: when it was made, on what, and what runs when."""
    said = [isoformat_madrid(now), repr(task), *(f"{b.id} {b.end} {b.kg:.3f}" for b in made.plan.batches)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]
