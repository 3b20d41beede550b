"""What a plant must satisfy: every figure within its range, and the figures with one another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import combinations, pairwise

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.plant_figures import figures, is_below
from chocolate_factory.domain.tariff import Period, Tariff
from chocolate_factory.domain.thermal import dew_point_c, relative_humidity_pct

#: Código Universal del Punto de Suministro, with or without the two characters of its measuring point.
CUPS = re.compile(r"ES\d{16}[A-Z]{2}(\d[A-Z])?")


class PlantError(InputError):
    """A plant that cannot be, with everything that is wrong.

    Attributes:
        flaws: one error for each wrong value; ``field`` is its path.
    """

    def __init__(self, flaws: list[InputError], origin: str = "plant") -> None:
        self.flaws = flaws
        super().__init__(flaws[0].field, flaws[0].value, flaws[0].allowed)
        self.args = (f"{origin} is wrong:\n  " + "\n  ".join(map(str, flaws)),)


# --------------------------------------------------------------------------------------------------------- the checks
def flaws(plant: Plant) -> list[InputError]:
    """Everything that is wrong; what belongs together is looked at only once every figure is within its range."""
    found = [
        InputError(f.path, f"{f.value:g}", str(f.range)) for f in figures(plant) if f.range and f.value not in f.range
    ]
    return found or [flaw for check in CHECKS for flaw in check(plant)]


def require_sound(plant: Plant, origin: str = "plant") -> Plant:
    """The same plant.

    Raises:
        PlantError: naming every flaw.
    """
    found = flaws(plant)
    if found:
        raise PlantError(found, origin)
    return plant


def _names_once(plant: Plant) -> Iterator[InputError]:
    parts = {
        "products": [p.name for p in plant.products],
        "tanks": [t.name for t in plant.tanks],
        "crew.shifts": [s.name for s in plant.crew.shifts],
        "demand.orders": [o.id for o in plant.demand.orders],
    }
    for path, names in parts.items():
        yield from (InputError(path, name, "each name once") for name, n in Counter(names).items() if n > 1)
        yield from (InputError(path, name, "a name without dots") for name in names if not name or "." in name)


def _something_there(plant: Plant) -> Iterator[InputError]:
    for path, part in (("products", plant.products), ("tanks", plant.tanks), ("crew.shifts", plant.crew.shifts)):
        if not part:
            yield InputError(path, "[]", "at least one")


def _products(plant: Plant) -> Iterator[InputError]:
    for p in plant.products:
        path, total, t = f"products.{p.name}", sum(p.recipe.values()), p.tempering
        if abs(total - 1) > 0.0005:
            yield InputError(f"{path}.recipe", f"{total:g}", "shares that add up to 1")
        if len(p.conche_kw) != p.conche_hours:
            allowed = f"one power for each of its {p.conche_hours} conche_hours"
            yield InputError(f"{path}.conche_kw", f"{len(p.conche_kw)} values", allowed)
        if plant.fill_h > p.conche_hours:
            yield InputError(f"{path}.conche_hours", p.conche_hours, f"the fill alone takes {plant.fill_h:g} h")
        if not t.cool_c < t.work_c < t.melt_c:
            yield InputError(f"{path}.tempering", f"{t.melt_c:g}, {t.cool_c:g}, {t.work_c:g}", "cool < work < melt")


def _changeovers(plant: Plant) -> Iterator[InputError]:
    minutes, names = plant.changeover.minutes, [p.name for p in plant.products]
    yield from _must_be_known("changeover.minutes", minutes, names)
    for before in plant.products:
        row, path = minutes.get(before.name, {}), f"changeover.minutes.{before.name}"
        yield from _must_be_known(path, row, names)
        for after in plant.products:
            least = _least_changeover(plant, before.allergens, after.allergens)
            given = row.get(after.name)
            if given is None:
                yield InputError(f"{path}.{after.name}", "nothing", "minutes for every pair of products")
            elif before.name == after.name and given != 0:
                yield InputError(f"{path}.{after.name}", given, "0 for the same product")
            elif before.name != after.name and given < least:
                yield InputError(
                    f"{path}.{after.name}", given, f"at least {least:g}: the allergens must be cleaned out"
                )


def _least_changeover(plant: Plant, before: tuple[str, ...], after: tuple[str, ...]) -> float:
    return plant.changeover.allergen_cleaning_min if set(before) - set(after) else 0.0


def _tanks(plant: Plant) -> Iterator[InputError]:
    names, batch = [p.name for p in plant.products], plant.conches.batch_kg
    for t in plant.tanks:
        yield from _must_be_known(f"tanks.{t.name}.product", [t.product], names)
        if t.heel_kg >= t.capacity_kg:
            yield InputError(f"tanks.{t.name}.heel_kg", t.heel_kg, f"less than its capacity, {t.capacity_kg:g} kg")
        elif t.capacity_kg - t.heel_kg < batch:
            allowed = f"at least {batch + t.heel_kg:g} kg: a batch of a conche above the heel"
            yield InputError(f"tanks.{t.name}.capacity_kg", t.capacity_kg, allowed)
    held = {t.product for t in plant.tanks}
    yield from (InputError("tanks", name, "a tank for every product") for name in names if name not in held)


def _stocks(plant: Plant) -> Iterator[InputError]:
    capacity = {t.name: t.capacity_kg for t in plant.tanks}
    yield from _must_be_known("stocks.tanks_kg", plant.stocks.tanks_kg, list(capacity))
    yield from _must_be_known("stocks.finished_kg", plant.stocks.finished_kg, [p.name for p in plant.products])
    for name, most in capacity.items():
        kg = plant.stocks.tanks_kg.get(name)
        if kg is None:
            yield InputError(f"stocks.tanks_kg.{name}", "nothing", "kg for every tank; 0 where it is empty")
        elif kg > most:
            yield InputError(f"stocks.tanks_kg.{name}", kg, f"at most its capacity, {most:g} kg")


def _bounds_in_order(plant: Plant) -> Iterator[InputError]:
    line, chiller, hall, limits = plant.line, plant.chiller, plant.hall, plant.limits
    pairs = (
        ("line.rate_min_kg_h", line.rate_min_kg_h, "line.rate_max_kg_h", line.rate_max_kg_h),
        ("chiller.share_min", chiller.share_min, "chiller.share_max", chiller.share_max),
        ("chiller.cop_min", chiller.cop_min, "chiller.cop_max", chiller.cop_max),
        ("limits.room_min_c", limits.room_min_c, "limits.room_max_c", limits.room_max_c),
        ("limits.room_min_c", limits.room_min_c, "hall.set_point_c", hall.set_point_c),
        ("hall.set_point_c", hall.set_point_c, "limits.room_max_c", limits.room_max_c),
        ("hall.set_point_c", hall.set_point_c, "hall.setback_c", hall.setback_c),
    )
    for low, a, high, b in pairs:
        if a > b:
            yield InputError(low, a, f"at most {high}, which is {b:g}")


def _room_is_dry_enough(plant: Plant) -> Iterator[InputError]:
    """The air that the hall is held at must keep within the limits of humidity and dew point."""
    hall, limits = plant.hall, plant.limits
    humidity = relative_humidity_pct(hall.set_point_c, hall.humidity_ratio_g_kg / 1000, hall.pressure_kpa)
    dew = dew_point_c(hall.set_point_c, humidity)
    for what, value, most, unit in (
        ("relative humidity", humidity, limits.humidity_max_pct, "%"),
        ("a dew point", dew, limits.dew_point_max_c, "°C"),
    ):
        if value > most:
            given = f"{hall.humidity_ratio_g_kg:g} g/kg"
            allowed = f"it means {what} of {value:.1f} {unit} at the set point, and limits allow {most:g} {unit}"
            yield InputError("hall.humidity_ratio_g_kg", given, allowed)


def _shifts(plant: Plant) -> Iterator[InputError]:
    for s in plant.crew.shifts:
        if s.start_h >= s.end_h:
            allowed = "a start before the end; a night shift is two, one to 24 and one from 0"
            yield InputError(f"crew.shifts.{s.name}", f"{s.start_h:g} to {s.end_h:g}", allowed)
        if not s.days or len(set(s.days)) < len(s.days):
            yield InputError(f"crew.shifts.{s.name}.days", ", ".join(s.days), "at least one day, each once")
    for a, b in combinations(plant.crew.shifts, 2):
        if set(a.days) & set(b.days) and a.start_h < b.end_h and b.start_h < a.end_h:
            allowed = f"hours apart from those of {a.name}, {a.start_h:g} to {a.end_h:g}"
            yield InputError(f"crew.shifts.{b.name}", f"{b.start_h:g} to {b.end_h:g}", allowed)


def _holidays(plant: Plant) -> Iterator[InputError]:
    for i, text in enumerate(plant.crew.yearly_holidays):
        try:
            well_formed = f"{date.fromisoformat(f'2024-{text}'):%m-%d}" == text  # a leap year knows 29 February
        except ValueError:
            well_formed = False
        if not well_formed:
            yield InputError(f"crew.yearly_holidays.{i}", text, "a day of every year as MM-DD, e.g. 12-25")


def _supply_code(plant: Plant) -> Iterator[InputError]:
    cups = plant.contract.cups
    if cups and not CUPS.fullmatch(cups):
        yield InputError("contract.cups", cups, "ES, 16 digits, two letters, and perhaps the measuring point, e.g. 0F")


def _contract(plant: Plant) -> Iterator[InputError]:
    contract, given = plant.contract, plant.contract.contracted_kw
    periods = list(Period)[:2] if contract.tariff is Tariff.TD20 else list(Period)
    if set(given) != set(periods):
        allowed = f"one power for each of {', '.join(periods)} of {contract.tariff}"
        yield InputError("contract.contracted_kw", ", ".join(given), allowed)
        return
    for before, after in pairwise(periods):
        # 2.0TD's two power periods are free of the rule
        if contract.tariff is not Tariff.TD20 and given[after] < given[before]:
            allowed = f"at least {before}'s {given[before]:g} kW: it must not decrease from P1 to P6"
            yield InputError(f"contract.contracted_kw.{after}", given[after], allowed)
    if contract.tariff is Tariff.TD20 and max(given.values()) > 15:
        yield InputError("contract.contracted_kw", max(given.values()), "at most 15 kW in 2.0TD")


def _demand(plant: Plant) -> Iterator[InputError]:
    names = [p.name for p in plant.products]
    for order in plant.demand.orders:
        yield from _must_be_known(f"demand.orders.{order.id}.product", [order.product], names)
    for day, by_product in plant.demand.weekly.items():
        yield from _must_be_known(f"demand.weekly.{day}", by_product, names)


def _estimates_point_somewhere(plant: Plant) -> Iterator[InputError]:
    paths = [figure.path for figure in figures(plant)]
    for i, path in enumerate(plant.estimated):
        if not any(is_below(known, path) for known in paths):
            yield InputError(f"estimated.{i}", path, "the path of a figure of this file, e.g. line.power_kw")


def _must_be_known(path: str, given: Iterable[str], known: list[str]) -> Iterator[InputError]:
    yield from (InputError(path, name, f"one of {', '.join(known)}") for name in given if name not in known)


CHECKS: tuple[Callable[[Plant], Iterator[InputError]], ...] = (
    _names_once,
    _something_there,
    _products,
    _changeovers,
    _tanks,
    _stocks,
    _bounds_in_order,
    _room_is_dry_enough,
    _shifts,
    _holidays,
    _contract,
    _supply_code,
    _demand,
    _estimates_point_somewhere,
)
