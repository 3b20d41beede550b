"""A decision made again, wired: its bundle from this house's store and ledger, the plan in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from chocolate_factory.adapters.child import Child
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.program_facts import this_program
from chocolate_factory.domain.plan_record import Planned, PlanTask, Solve
from chocolate_factory.usecases.bundles import Bundles
from chocolate_factory.usecases.evidence import Gather
from chocolate_factory.usecases.rebuild import Rebuild
from chocolate_factory.usecases.replay import Replay

if TYPE_CHECKING:
    from chocolate_factory.wiring.house import House

#: Searches that their limit did not end may take longer on a slower machine; after this it is killed, s.
LIMIT_S: Final = 900.0
REBUILD: Final = Rebuild(MemoryStore, FixedClock)


def bundles_of(house: House) -> Bundles:
    """Bundles of this house's decisions."""
    gather = Gather(house.store, house.plans, house.shelf, house.clock.now)
    return Bundles(house.store, house.plans, gather, REBUILD, house.plant, this_program, house.clock.now)


def replay_in(child: Child) -> Replay:
    """Needs neither store nor ledger."""

    def plan_again(task: PlanTask, before: Sequence[Solve]) -> Planned:
        planned: Planned = child.call("chocolate_factory.usecases.planned:planned_again", (task, before), LIMIT_S)
        return planned

    return Replay(REBUILD, plan_again, this_program)
