"""A plan as a picture, PNG or SVG: price over tariff periods, what each machine does, tank levels; by matplotlib.

matplotlib is slow to import and large: it is imported when a picture is asked for, and not before. The time axis
counts hours from the horizon's start, so that days of 23 and 25 hours are drawn as they are; only its labels are local.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from chocolate_factory.adapters.gantt_look import BANDS, COLOURS, GRID, HATCHES, INK, NOW, SMALL, WORDS
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Plan
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR, MADRID, isoformat_madrid
from chocolate_factory.simulation.gantt import Bar, machines_of, planned_bars

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: By file suffix.
FORMATS = {".png": "png", ".svg": "svg"}


def write_gantt(
    plan: Plan, file: Path, *, now: datetime | None = None, ran: Sequence[Bar] = (), language: str = "es"
) -> None:
    """Write the picture; its format is the file's suffix.

    Args:
        now: a moment to mark.
        ran: what the machines did, as ``Outcome.gantt``: drawn in the lower part of each row.
        language: ``en`` or ``es``.

    Raises:
        InputError: neither ``.png`` nor ``.svg``.
        OSError: the file cannot be written.
    """
    suffix = file.suffix.lower()
    if suffix not in FORMATS:
        raise InputError("file", file, f"a name that ends in {' or '.join(FORMATS)}")
    Picture(plan, language, now, tuple(ran)).figure().savefig(file, format=FORMATS[suffix], dpi=110)


@dataclass(frozen=True)
class Picture:
    """What is drawn, and how its time and numbers are written."""

    plan: Plan
    language: str
    now: datetime | None
    ran: tuple[Bar, ...]

    def figure(self) -> Figure:
        """The picture: a ``Figure`` of one's own, drawn by Agg or as SVG, opens no window and shares no state."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  see the module
        from matplotlib.figure import Figure  # noqa: PLC0415

        figure = Figure(figsize=(12, 6), layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        price, machines, tanks = figure.subplots(3, 1, sharex=True, height_ratios=(1.2, 2.6, 1.3))
        figure.suptitle(self._title(), color=INK, fontsize=11, x=0.01, ha="left")
        self._price(price)
        self._machines(machines)
        self._tanks(tanks)
        for axes in (price, machines, tanks):
            self._clean(axes)
        self._mark_now(price)
        self._time(tanks)
        self._legend(figure)
        return figure

    # -------------------------------------------------------------------------------------------------- time, numbers
    @cached_property
    def words(self) -> dict[str, str]:
        """The words of the language."""
        return WORDS[self.language]

    @cached_property
    def hours(self) -> float:
        """Length of the horizon."""
        return self.x(self.plan.problem.horizon.end)

    def x(self, moment: datetime) -> float:
        """Where a moment stands on the axis, h."""
        return (moment - self.plan.problem.horizon.start) / HOUR

    def number(self, value: float, digits: int) -> str:
        """A number as the language writes it."""
        text = f"{value:,.{digits}f}"
        return text if self.language == "en" else text.translate(str.maketrans(",.", ".,"))

    def colour(self, product: str) -> str:
        """A product's."""
        return COLOURS[[p.name for p in self.plan.problem.plant.products].index(product) % len(COLOURS)]

    def _title(self) -> str:
        start = isoformat_madrid(self.plan.problem.horizon.start)[:16].replace("T", " ")
        kg, kwh = self.number(self.plan.kg, 0), self.number(self.plan.kwh, 0)
        return self.words["title"].format(start=start, kg=kg, kwh=kwh, eur=self.number(self.plan.cost_eur, 2))

    # ---------------------------------------------------------------------------------------------------------- price
    def _price(self, axes: Axes) -> None:
        """The price as steps over the tariff's periods; where it is not known yet, broken."""
        slots = self.plan.problem.slots
        edges = [self.x(s.slot.start) for s in slots] + [self.hours]
        values = [s.energy_eur_kwh for s in slots]
        axes.stairs(values, edges, baseline=None, color=INK, linewidth=1.4)
        self._bands(axes, edges)
        guessed = [s.price_kind in {Kind.ESTIMATED, Kind.FORECAST} for s in slots]
        if any(guessed):
            broken = [v if g else float("nan") for v, g in zip(values, guessed, strict=True)]
            axes.stairs(broken, edges, baseline=None, color="white", linewidth=1.6, linestyle=(0, (2, 2)))
            axes.text(edges[guessed.index(True)], min(values), self.words["guess"], va="bottom", **SMALL)
        axes.yaxis.set_major_formatter(lambda value, _: self.number(value, 2))
        axes.set_ylabel(self.words["price"], fontsize=8, color=INK)

    def _bands(self, axes: Axes, edges: Sequence[float]) -> None:
        """A stripe for each stretch of a period, with its name where there is room."""
        for period, group in groupby(enumerate(self.plan.problem.slots), key=lambda pair: pair[1].period):
            indexes = [i for i, _ in group]
            left, right = edges[indexes[0]], edges[indexes[-1] + 1]
            axes.axvspan(left, right, color=BANDS[period], linewidth=0, zorder=0)
            if right - left > self.hours / 60:
                at = axes.get_xaxis_transform()
                axes.text((left + right) / 2, 0.97, period, transform=at, ha="center", va="top", **SMALL)

    # ------------------------------------------------------------------------------------------------------- machines
    def _machines(self, axes: Axes) -> None:
        """A row for each machine, what it did below what it was to do, and a row for the orders."""
        rows = machines_of(self.plan)
        held = {b.id for b in self.plan.batches if b.held}
        for bar in planned_bars(self.plan):
            self._bar(axes, bar, rows.index(bar.machine) - 0.38, 0.48 if self.ran else 0.76, held=bar.batch in held)
            self._name(axes, bar, rows.index(bar.machine) - (0.14 if self.ran else 0.0))
        for bar in self.ran:
            self._bar(axes, bar, rows.index(bar.machine) + 0.14, 0.24, held=False)
        self._orders(axes, len(rows))
        axes.set_ylim(len(rows) + 0.6, -0.6)
        axes.set_yticks(range(len(rows) + 1), [self.words.get(r, r) for r in (*rows, "due")])

    def _bar(self, axes: Axes, bar: Bar, top: float, height: float, *, held: bool) -> None:
        left, right, colour = self.x(bar.start), self.x(bar.end), self.colour(bar.product)
        aside = bar.doing in HATCHES
        axes.barh(
            top,
            right - left,
            height,
            left,
            align="edge",
            color="white" if aside else colour,
            hatch=HATCHES.get(bar.doing),
            edgecolor=NOW if held else colour if aside else INK,
            linewidth=1.6 if held else 0.5,
            zorder=3,
        )

    def _name(self, axes: Axes, bar: Bar, middle: float) -> None:
        """The product on its bar, where there is room for it."""
        left, right = self.x(bar.start), self.x(bar.end)
        if bar.doing not in HATCHES and right - left > self.hours / 30:
            style = {**SMALL, "color": _ink_on(self.colour(bar.product))}
            axes.text((left + right) / 2, middle, bar.product, ha="center", va="center", zorder=4, **style)

    def _orders(self, axes: Axes, row: int) -> None:
        """A triangle at each due time; orders due together stand one below the other."""
        horizon = self.plan.problem.horizon
        inside = sorted((o for o in self.plan.problem.orders if o.due <= horizon.end), key=lambda o: o.due)
        for due, group in groupby(inside, key=lambda o: o.due):
            together = list(group)
            for i, order in enumerate(together):
                at = (self.x(due), row + 0.45 * (i - (len(together) - 1) / 2))
                face = self.colour(order.product)
                axes.plot(*at, marker="<", markersize=6, color=face, markeredgecolor=INK, markeredgewidth=0.5, zorder=5)
                said = f"{self.number(order.kg, 0)} kg {order.product}"
                axes.annotate(said, at, xytext=(-7, 0), textcoords="offset points", ha="right", va="center", **SMALL)

    def _legend(self, figure: Figure) -> None:
        from matplotlib.patches import Patch  # noqa: PLC0415

        there = {b.doing for b in (*planned_bars(self.plan), *self.ran)}
        names = [p.name for p in self.plan.problem.plant.products]
        keys = [Patch(facecolor=self.colour(name), edgecolor=INK, label=name) for name in names]
        aside = [doing for doing in HATCHES if doing in there and doing in self.words]
        keys += [Patch(facecolor="white", edgecolor=INK, hatch=HATCHES[d], label=self.words[d]) for d in aside]
        if any(b.held for b in self.plan.batches):
            keys.append(Patch(facecolor="white", edgecolor=NOW, linewidth=1.6, label=self.words["held"]))
        if self.ran:
            keys.append(Patch(facecolor="none", edgecolor="none", label=self.words["ran"]))
        figure.legend(handles=keys, loc="outside upper right", ncols=len(keys), fontsize=7, frameon=False)

    # ---------------------------------------------------------------------------------------------------------- tanks
    def _tanks(self, axes: Axes) -> None:
        """The warm mass of each product at the slots' edges, and what its tanks hold."""
        problem, slots = self.plan.problem, self.plan.slots
        edges = [0.0, *(self.x(s.input.slot.end) for s in slots)]
        full = {p.name: sum(t.capacity_kg for t in problem.plant.tanks_of(p.name)) for p in problem.plant.products}
        for name in full:
            levels = [problem.stocks_kg.get(name, 0.0), *(s.stocks_kg.get(name, 0.0) for s in slots)]
            axes.plot(edges, levels, color=INK, linewidth=2.6, zorder=3)
            axes.plot(edges, levels, color=self.colour(name), linewidth=1.6, zorder=4)
        for kg in set(full.values()):
            axes.axhline(kg, color=INK, linewidth=0.8, linestyle=":")
            at = axes.get_yaxis_transform()
            axes.text(1.003, kg, self.words["full"], transform=at, va="center", **SMALL)
        axes.set_ylim(0, 1.08 * max(full.values()))
        axes.yaxis.set_major_formatter(lambda value, _: self.number(value, 0))
        axes.set_ylabel(self.words["tanks"], fontsize=8, color=INK)

    # ----------------------------------------------------------------------------------------------------------- axes
    def _clean(self, axes: Axes) -> None:
        """The look of every axis: a thin line at each tick, a firm one at each midnight."""
        axes.set_xlim(0, self.hours)
        axes.grid(axis="x", color=GRID, linewidth=0.6, zorder=1)
        axes.tick_params(labelsize=8, colors=INK)
        axes.spines[["top", "right"]].set_visible(False)
        for moment in self._whole_hours(24)[1:]:
            axes.axvline(self.x(moment), color=INK, linewidth=0.9, zorder=2)
        if self.now is not None and self.now in self.plan.problem.horizon:
            axes.axvline(self.x(self.now), color=NOW, linewidth=1.4, zorder=6)

    def _mark_now(self, axes: Axes) -> None:
        if self.now is not None and self.now in self.plan.problem.horizon:
            at = axes.get_xaxis_transform()
            axes.text(
                self.x(self.now), 1, self.words["now"], transform=at, ha="center", va="bottom", fontsize=8, color=NOW
            )

    def _whole_hours(self, every: int) -> list[datetime]:
        """Moments of the horizon at which Madrid's clock shows a multiple of so many hours."""
        start, count = self.plan.problem.horizon.start, int(self.hours) + 1
        moments = [start + i * HOUR for i in range(count)]
        local = [m.astimezone(MADRID) for m in moments]
        return [m for m, at in zip(moments, local, strict=True) if at.hour % every == 0 and at.minute == 0]

    def _time(self, axes: Axes) -> None:
        """Hours, and below each midnight the day."""
        ticks = self._whole_hours(3 if self.hours <= 60 else 12)
        local = [t.astimezone(MADRID) for t in ticks]
        axes.set_xticks([self.x(t) for t in ticks], [at.strftime("%H" if at.hour else "%H\n%d/%m") for at in local])
        axes.set_xlabel(self.words["time"], fontsize=8, color=INK)


def _ink_on(colour: str) -> str:
    """White on dark, ink on light."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "white" if 0.3 * red + 0.59 * green + 0.11 * blue < 140 else INK
