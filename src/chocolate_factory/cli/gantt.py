"""A plan as a Gantt chart on the terminal: letters, so that it can be read without colours; 48 h in 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from statistics import fmean

from rich.text import Text

from chocolate_factory.domain.plan import Plan, PlanSlot
from chocolate_factory.domain.time import MADRID
from chocolate_factory.simulation.gantt import Bar, machines_of, planned_bars

#: Characters left of the chart.
MARGIN = 12
#: What one column may stand for, h; the finest that fits is taken.
STEPS_H = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0)
BLOCKS = "▁▂▃▄▅▆▇█"
IDLE = "·"
#: What a machine does beside making its product.
SIGNS = {"setup": "+", "wait": "~", "breakdown": "!", "micro_stop": "!", "starved": "?"}
#: By product, in the plant's order; letters say the same.
STYLES = ("bold yellow", "bold cyan", "bold magenta", "bold green", "bold blue", "bold red")
WORDS = {
    "en": {
        "price": "price",
        "tariff": "tariff",
        "crew": "crew",
        "due": "due",
        "ran": "as it ran",
        "now": "now",
        "letters": "{letters}; a capital begins a batch or run; = crew",
        "signs": "+ set-up, ! stands, ? waits for mass, ~ waits for room in the tank",
        "price_scale": "price {low:.3f} to {high:.3f} EUR/kWh; tariff periods P1 to P6",
        "scale": "tanks from heel to full; due at the hour; a column is {step:g} h of Madrid's",
    },
    "es": {
        "price": "precio",
        "tariff": "tarifa",
        "crew": "personal",
        "due": "entregas",
        "ran": "como fue",
        "now": "ahora",
        "refining": "refino",
        "line": "línea",
        "letters": "{letters}; la mayúscula es donde empieza; = hay personal",
        "signs": "+ preparación, ! parada, ? espera masa, ~ espera sitio en el tanque",
        "price_scale": "precio de {low:.3f} a {high:.3f} EUR/kWh; periodos P1 a P6",
        "scale": "tanques de mínimo a lleno; entregas en su hora; una columna son {step:g} h",
    },
}
DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
}


def gantt(
    plan: Plan, width: int = 80, *, now: datetime | None = None, ran: Sequence[Bar] = (), language: str = "en"
) -> Text:
    """The chart.

    Args:
        width: of the terminal, characters.
        now: a moment to mark.
        ran: what the machines really did or did in a replication, drawn below what was planned.
        language: ``en`` or ``es``.
    """
    sheet = Sheet(plan, width, language)
    lines = [*sheet.head(now), *sheet.machines(ran), *sheet.tanks(), sheet.due(), Text(), *sheet.legend()]
    return Text("\n").join(lines)


@dataclass(frozen=True)
class Sheet:
    """The chart's columns and what stands in them."""

    plan: Plan
    width: int
    language: str

    # -------------------------------------------------------------------------------------------------------- columns
    @cached_property
    def step_h(self) -> float:
        """What a column stands for; of a terminal that is too narrow for any, the coarsest."""
        hours = self.plan.problem.horizon.duration.total_seconds() / 3600
        return next((s for s in STEPS_H if hours / s <= self.width - MARGIN), STEPS_H[-1])

    @cached_property
    def starts(self) -> list[datetime]:
        """Where each column begins."""
        horizon, step = self.plan.problem.horizon, timedelta(hours=self.step_h)
        return [horizon.start + i * step for i in range(-(-horizon.duration // step))]

    @cached_property
    def slots(self) -> list[Sequence[PlanSlot]]:
        """The plan's slots that each column touches; at least one."""
        per_column = self.step_h / self.plan.problem.step_h
        firsts = [int(i * per_column) for i in range(len(self.starts))]
        return [self.plan.slots[first : first + max(1, round(per_column))] for first in firsts]

    def column(self, moment: datetime) -> int:
        """The column that holds a moment; it may lie outside."""
        return (moment - self.plan.problem.horizon.start) // timedelta(hours=self.step_h)

    # ---------------------------------------------------------------------------------------------------------- words
    @cached_property
    def words(self) -> dict[str, str]:
        """The words of the language."""
        return WORDS[self.language]

    @cached_property
    def letters(self) -> dict[str, str]:
        """A letter for each product: the first of its name that is free."""
        taken: dict[str, str] = {}
        for product in self.plan.problem.plant.products:
            spare = (*product.name.upper(), *"0123456789")
            taken[product.name] = next(c for c in spare if c not in taken.values() and c.isalnum())
        return taken

    def style(self, product: str) -> str:
        """The colour of a product."""
        return STYLES[list(self.letters).index(product) % len(STYLES)]

    def row(self, label: str, cells: Sequence[str], style: Callable[[int], str] = lambda _: "") -> Text:
        """A line: its label and one character a column, each in its style."""
        line = Text(f"{label[: MARGIN - 1]:<{MARGIN}}", no_wrap=True)
        for i, cell in enumerate(cells):
            line.append(cell, style=style(i))
        return line

    # ----------------------------------------------------------------------------------------------------------- rows
    def head(self, now: datetime | None) -> Iterator[Text]:
        """Days, hours, now, price, tariff, crew."""
        yield self.row("", self._marks(self._days()))
        yield self.row("", self._marks(self._hours()))
        if now is not None and 0 <= self.column(now) < len(self.starts):
            yield self.row(self.words["now"], self._marks({self.column(now): "▼"}), lambda _: "bold red")
        prices = [fmean(s.input.energy_eur_kwh for s in slots) for slots in self.slots]
        yield self.row(self.words["price"], [_block(p, min(prices), max(prices)) for p in prices])
        yield self.row(self.words["tariff"], [slots[0].input.period[-1] for slots in self.slots])
        yield self.row(self.words["crew"], ["=" if any(s.input.crew for s in slots) else " " for slots in self.slots])

    def _days(self) -> dict[int, str]:
        local = [s.astimezone(MADRID) for s in self.starts]
        firsts = [i for i, at in enumerate(local) if i == 0 or at.date() != local[i - 1].date()]
        return {i: f"{DAYS[self.language][local[i].weekday()]} {local[i].day}" for i in firsts}

    def _hours(self) -> dict[int, str]:
        """Every sixth hour, or as many as there is room for."""
        every = next(h for h in (3, 6, 12, 24) if h / self.step_h >= 3 or h == 24)
        local = [s.astimezone(MADRID) for s in self.starts]
        return {i: f"{at.hour:02d}" for i, at in enumerate(local) if at.hour % every == 0 and at.minute == 0}

    def _marks(self, marks: dict[int, str]) -> list[str]:
        """Short texts at their columns; one that would run into the text before it is left out."""
        cells, free = [" "] * len(self.starts), 0
        for column, text in sorted(marks.items()):
            if column >= free and column + len(text) <= len(cells):
                cells[column : column + len(text)] = text
                free = column + len(text) + 1
        return cells

    def machines(self, ran: Sequence[Bar]) -> Iterator[Text]:
        """A row for each machine, and below it what it did where that is given."""
        planned = planned_bars(self.plan)
        for machine in machines_of(self.plan):
            yield self._machine(self.words.get(machine, machine), [b for b in planned if b.machine == machine])
            if ran:
                yield self._machine(f" {self.words['ran']}", [b for b in ran if b.machine == machine])

    def _machine(self, label: str, bars: Sequence[Bar]) -> Text:
        longest = [self._longest(bars, start) for start in self.starts]
        cells = [self._cell(bar, before) for bar, before in zip(longest, [None, *longest], strict=False)]
        return self.row(label, cells, lambda i: "dim" if (b := longest[i]) is None else self.style(b.product))

    def _cell(self, bar: Bar | None, before: Bar | None) -> str:
        if bar is None:
            return IDLE
        goes_on = before is not None and before.batch == bar.batch and before.doing != "setup"
        letter = self.letters[bar.product]
        return SIGNS.get(bar.doing, letter.lower() if goes_on else letter)

    def _longest(self, bars: Sequence[Bar], start: datetime) -> Bar | None:
        """What fills most of a column, if anything does."""
        end = start + timedelta(hours=self.step_h)
        inside = {b: (min(b.end, end) - max(b.start, start)).total_seconds() for b in bars}
        there = {b: seconds for b, seconds in inside.items() if seconds > 0}
        return max(there, key=lambda b: there[b], default=None)

    def tanks(self) -> Iterator[Text]:
        """The warm mass of each product, from heel to full."""
        plant = self.plan.problem.plant
        for product in self.letters:
            tanks = plant.tanks_of(product)
            heel, full = sum(t.heel_kg for t in tanks), sum(t.capacity_kg for t in tanks)
            levels = [slots[-1].stocks_kg.get(product) for slots in self.slots]
            if any(kg is not None for kg in levels):
                cells = [" " if kg is None else _block(kg, heel, full) for kg in levels]
                style = self.style(product)
                yield self.row(f"{self.letters[product]} {product}", cells, partial(_same, style))

    def due(self) -> Text:
        """The letter of each order at its hour; two products in one column are a star."""
        cells = [" "] * len(self.starts)
        for order in self.plan.problem.orders:
            column = min(self.column(order.due), len(cells) - 1)
            if column >= 0 and order.due <= self.plan.problem.horizon.end:
                letter = self.letters[order.product]
                cells[column] = letter if cells[column] in {" ", letter} else "*"
        return self.row(self.words["due"], cells, lambda _: "bold")

    def legend(self) -> Iterator[Text]:
        """What the letters and signs mean."""
        letters = ", ".join(f"{letter} {product}" for product, letter in self.letters.items())
        prices = [s.input.energy_eur_kwh for s in self.plan.slots]
        known = {"letters": letters, "low": min(prices), "high": max(prices), "step": self.step_h}
        for name in ("letters", "signs", "price_scale", "scale"):
            yield Text(self.words[name].format(**known), style="dim")


def _same(style: str, _: int) -> str:
    """One style for a whole row."""
    return style


def _block(value: float, low: float, high: float) -> str:
    """The eighth of the way from low to high."""
    share = (value - low) / (high - low) if high > low else 0.5
    return BLOCKS[max(0, min(len(BLOCKS) - 1, int(share * len(BLOCKS))))]
