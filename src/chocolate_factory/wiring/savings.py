"""What the ledger of savings is made of."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from chocolate_factory.adapters.ledger import SqlSavingsLedger
from chocolate_factory.adapters.meter_files import parse_meter_file
from chocolate_factory.domain.series import Kind
from chocolate_factory.ports import Clock, PlanLedger, PlantFile, SavingsLedger, TimeSeriesStore
from chocolate_factory.usecases.savings.known import Known
from chocolate_factory.usecases.savings.loads import Loads
from chocolate_factory.usecases.savings.monthly import Months
from chocolate_factory.usecases.savings.readings import TakeIn
from chocolate_factory.usecases.savings.settle import Settle
from chocolate_factory.usecases.savings.statement import Statements
from chocolate_factory.usecases.tariff import TariffSlots
from chocolate_factory.usecases.weather import Weather


@dataclass(frozen=True)
class Savings:
    """The deeds, on one ledger."""

    ledger: SavingsLedger
    known: Known
    take_in: TakeIn
    settle: Settle
    statements: Statements
    loads: Loads
    months: Months


def savings_of(
    store: TimeSeriesStore,
    engine: sa.Engine,
    plans: PlanLedger,
    plant: PlantFile,
    clock: Clock,
    weather: Weather,
    filling: frozenset[Kind],
) -> Savings:
    """The deeds on these ports."""
    ledger = SqlSavingsLedger(engine)
    known = Known(store, plans, plant, TariffSlots(store, filling, plant), weather, filling)
    settle = Settle(known, ledger, clock)
    take_in = TakeIn(store, clock, plant, filling, parse_meter_file)
    statements, loads = Statements(known, ledger, clock, settle), Loads(store, ledger, filling)
    return Savings(ledger, known, take_in, settle, statements, loads, Months(statements, loads, plant))
