"""The demands and limits of a conflict in the plant's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chocolate_factory.domain.plan import Batch
from chocolate_factory.domain.plant import Order
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.conflicts.loosened import Limit
from chocolate_factory.planning.words.wording import kilograms, moment, number


def clash_words(limit: Limit, frame: Frame, language: str) -> str:
    """One demand or limit in a language.

    Args:
        frame: of the problem with all its limits.
    """
    return WORDS[limit.what](frame, limit.which, language)


def order_words(order: Order, language: str) -> str:
    """An order with what, how much and when."""
    what = {"es": "{id}: {kg} de {product} para el {due}", "en": "{id}: {kg} of {product} due {due}"}[language]
    kg, due = kilograms(order.kg, language), moment(order.due, language)
    return what.format(id=order.id, kg=kg, product=order.product, due=due)


def _order(frame: Frame, which: str, language: str) -> str:
    order = next(o for o in frame.problem.orders if o.id == which)
    return {"es": "Pedido", "en": "Order"}[language] + f" {order_words(order, language)}"


def _crew(frame: Frame, _which: str, language: str) -> str:
    hours = number(float(frame.crew.sum()) * frame.step, 0, language)
    return {
        "es": f"Horas de personal: {hours} h hasta el {moment(frame.problem.horizon.end, language)}",
        "en": f"Crew hours: {hours} h until {moment(frame.problem.horizon.end, language)}",
    }[language]


def _hall(frame: Frame, _which: str, language: str) -> str:
    hot = [s.air.temperature_c for s, held in zip(frame.problem.slots, frame.hall, strict=True) if not held]
    hours, worst = number(len(hot) * frame.step, 0, language), number(max(hot), 0, language)
    return {
        "es": f"La sala no se puede enfriar durante {hours} h (hasta {worst} °C fuera)",
        "en": f"The hall cannot be held for {hours} h (up to {worst} °C outdoors)",
    }[language]


def _contract(frame: Frame, _which: str, language: str) -> str:
    contracted_kw = frame.problem.plant.contract.power_kw
    used = [contracted_kw(s.period) for s in frame.problem.slots]
    rest = float(frame.fixed_kw.max())
    resting = {"es": "en reposo la planta ya toma", "en": "at rest the plant already takes"}[language]
    more = f" ({resting} {_kw([rest], language)})" if rest > min(used) else ""
    return {"es": "Potencia contratada: ", "en": "Contracted power: "}[language] + _kw(used, language) + more


def _peak(frame: Frame, _which: str, language: str) -> str:
    name = {"es": "Pico máximo pedido: ", "en": "Peak asked for: "}[language]
    return name + _kw([frame.options.peak_kw or 0.0], language)


def _kw(values: list[float], language: str) -> str:
    low, high = number(min(values), 0, language), number(max(values), 0, language)
    return f"{low} kW" if low == high else f"{low}-{high} kW"


def _quiet(frame: Frame, _which: str, language: str) -> str:
    windows = ", ".join(f"{_clock(a)}-{_clock(b)}" for a, b in frame.options.quiet)
    return {"es": "Horas de silencio: ", "en": "Quiet hours: "}[language] + windows


def _clock(hour: float) -> str:
    return f"{int(hour):02d}:{round(hour % 1 * 60):02d}"


def _night(_frame: Frame, _which: str, language: str) -> str:
    return {"es": "Sin trabajo nocturno: ninguna tanda sigue sin personal", "en": "No night work without crew"}[
        language
    ]


def _conches(frame: Frame, _which: str, language: str) -> str:
    conches = frame.problem.plant.conches
    kg = kilograms(conches.batch_kg, language)
    return {"es": f"{conches.count} conches de {kg}", "en": f"{conches.count} conches of {kg}"}[language]


def _refining(frame: Frame, _which: str, language: str) -> str:
    rate = number(frame.problem.plant.refining.rate_kg_h, 0, language)
    return {
        "es": f"El refino: {rate} kg/h, una carga cada vez",
        "en": f"The refining group: {rate} kg/h, one fill at a time",
    }[language]


def _line(frame: Frame, _which: str, language: str) -> str:
    line = frame.problem.plant.line
    rate, least = number(line.rate_max_kg_h, 0, language), number(line.min_on_h, 0, language)
    return {
        "es": f"La línea: hasta {rate} kg/h, {least} h seguidas como mínimo, sus arranques y cambios",
        "en": f"The line: up to {rate} kg/h, runs of {least} h at least, its starts and changeovers",
    }[language]


def _tank(frame: Frame, which: str, language: str) -> str:
    tanks = frame.problem.plant.tanks_of(which)
    names, kg = " + ".join(t.name for t in tanks), kilograms(sum(t.capacity_kg for t in tanks), language)
    return {"es": f"{names}: caben {kg}", "en": f"{names}: holds {kg}"}[language]


def _end(frame: Frame, which: str, language: str) -> str:
    names, kg = _tanks(frame, which), kilograms(float(frame.end_kg[frame.names.index(which)]), language)
    return {"es": f"{names} debe acabar con {kg}", "en": f"{names} must end with {kg}"}[language]


def _mass(frame: Frame, which: str, language: str) -> str:
    names, kg = _tanks(frame, which), kilograms(frame.problem.stocks_kg.get(which, 0.0), language)
    hours = number(frame.problem.plant.product(which).conche_hours, 0, language)
    return {
        "es": f"{names} empieza con {kg}, y una tanda nueva tarda {hours} h",
        "en": f"{names} begins with {kg}, and a new batch takes {hours} h",
    }[language]


def _tanks(frame: Frame, product: str) -> str:
    return " + ".join(t.name for t in frame.problem.plant.tanks_of(product))


def _held(frame: Frame, which: str, language: str) -> str:
    batch = held_batch(frame, which)
    at = moment(batch.start, language)
    if batch.held == "frozen":
        return {"es": f"Tanda {which}: empieza enseguida, el {at}", "en": f"Batch {which}: begins soon, {at}"}[language]
    return {"es": f"Tanda {which}: fijada el {at}", "en": f"Batch {which}: locked at {at}"}[language]


def held_batch(frame: Frame, which: str) -> Batch:
    """The batch of that id that must stay."""
    return next(b for b in frame.options.fixed if b.id == which)


WORDS: Mapping[str, Callable[[Frame, str, str], str]] = {
    "order": _order,
    "crew": _crew,
    "hall": _hall,
    "contract": _contract,
    "peak": _peak,
    "quiet": _quiet,
    "night": _night,
    "conches": _conches,
    "refining": _refining,
    "line": _line,
    "tank": _tank,
    "end": _end,
    "mass": _mass,
    "held": _held,
}
