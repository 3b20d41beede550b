"""The tariff slot by slot: period, and the all-in price of one more kWh where the market's price is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean

from chocolate_factory.billing.marginal import taxed_terms
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plant import Contract
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.tariff import EnergyTerms, Period, Tariff, energy_eur_kwh, period, prices_at, slots
from chocolate_factory.domain.time import Interval, Resolution, floor, madrid_date
from chocolate_factory.ports import PlantFile, TimeSeriesStore
from chocolate_factory.quality.select import best_per_slot


def terms_on(day: date, contract: Contract) -> EnergyTerms:
    """What the plant's contract adds to the spot price, with a day's own levies and taxes.

    Raises:
        InputError: there is no table of taxes for the day.
    """
    return taxed_terms(day, EnergyTerms(supplier_fee_eur_mwh=contract.supplier_fee_eur_mwh))


@dataclass(frozen=True, slots=True)
class TariffSlot:
    """One slot.

    Attributes:
        energy_eur_kwh: all-in marginal price without VAT; None without a market price or a table of tolls.
        price_kind: what sort of truth the market price is.
    """

    slot: Interval
    period: Period
    energy_eur_kwh: float | None
    price_kind: Kind | None


class TariffSlots:
    """The deed, with its ports."""

    def __init__(self, store: TimeSeriesStore, filling: frozenset[Kind], plant: PlantFile) -> None:
        self._store = store
        self._filling = filling
        self._plant = plant

    def __call__(self, window: Interval, tariff: Tariff, resolution: Resolution) -> Iterator[TariffSlot]:
        """Every slot of the window, indexed to the spot price on the plant's own terms.

        Raises:
            InputError: no table of periods holds on a day of the window, or the resolution is none of a tariff's.
        """
        if resolution not in (Resolution.QUARTER, Resolution.HOUR):
            raise InputError("resolution", int(resolution), "15 or 60 minutes")
        wide = Interval(floor(window.start, Resolution.HOUR), window.end)
        spot = {o.start: o for o in best_per_slot(self._store.read(Query("spot", wide, kinds=self._filling)))}
        for slot, in_period in slots(window, tariff, resolution):
            found = _spot_of(spot, slot.start, resolution)
            prices = prices_at(madrid_date(slot.start), tariff)
            if not found or prices is None:
                yield TariffSlot(slot, in_period, None, None)
                continue
            mean, terms = fmean(o.value for o in found), terms_on(madrid_date(slot.start), self._plant().contract)
            yield TariffSlot(slot, in_period, round(energy_eur_kwh(mean, in_period, prices, terms), 6), found[0].kind)


def _spot_of(spot: dict[datetime, Observation], start: datetime, resolution: Resolution) -> list[Observation]:
    """The prices that make up a slot: an hour's own or its four quarters; a quarter's own or its hour's."""
    own = spot.get(start)
    if own is not None and own.resolution_minutes >= resolution:
        return [own]
    if resolution is Resolution.QUARTER:
        hour = spot.get(floor(start, Resolution.HOUR))
        return [hour] if hour is not None and hour.resolution_minutes == Resolution.HOUR else []
    quarters = [spot.get(start + i * Resolution.QUARTER.span) for i in range(4)]
    present = [q for q in quarters if q is not None]
    return present if len(present) == 4 else []


def period_or_none(moment: datetime, tariff: Tariff) -> Period | None:
    """The period, or None for a day before the tariff's first table."""
    try:
        return period(moment, tariff)
    except InputError:
        return None
