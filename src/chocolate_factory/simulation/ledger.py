"""Power, energy, room and output of a replication, integrated from one change to the next (piecewise constant).

Nothing ticks: a day has some hundred changes. Quarter-hours and slots are read off the energy's running sum, which is
a straight line between two changes, so their energy is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.simulation.hall import Room
from chocolate_factory.simulation.trace import LineSegment, Stay, Trace
from chocolate_factory.simulation.world import Floats, Ints, World

#: Changes nearer than this, in hours, are one.
SAME_H = 1e-9


@dataclass(frozen=True, slots=True)
class Output:
    """Mass that left the line, piece of time by piece of time, kg; good + reject + rework is gross.

    Attributes:
        segments: of the line's trace, for each piece.
        room_c: mean of the hall's temperature at the piece's start and end.
    """

    segments: tuple[LineSegment, ...]
    start_h: Floats
    end_h: Floats
    gross_kg: Floats
    reject_kg: Floats
    rework_kg: Floats
    room_c: Floats

    @property
    def good_kg(self) -> Floats:
        """What can be delivered."""
        return self.gross_kg - self.reject_kg - self.rework_kg


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the meters say: between ``edge_h[i]`` and ``edge_h[i + 1]`` the plant takes ``power_kw[i]``."""

    edge_h: Floats
    power_kw: Floats
    output: Output

    def energy_between(self, hours: Floats) -> Floats:
        """Energy between each of these hours and the next, kWh."""
        sums = np.concatenate(([0.0], np.cumsum(np.diff(self.edge_h) * self.power_kw)))
        return np.diff(np.interp(hours, self.edge_h, sums))


def account(trace: Trace, world: World) -> Ledger:
    """The ledger of a trace."""
    edges, machines_kw = _machines(trace, world)
    segments = _segment_of(edges, trace)
    hours, power, room_c = _walk(trace, world, edges, machines_kw, segments)
    return Ledger(hours, power, _output(trace, world, edges, segments, room_c))


def _walk(
    trace: Trace, world: World, edges: Floats, machines_kw: Floats, segments: Ints
) -> tuple[Floats, Floats, Floats]:
    """Through the pieces in order, for the room remembers: (edges of power, power, mean room of each piece)."""
    room, line = Room(world.plant, world.weather[0]), world.plant.line
    slots = np.minimum(((edges[:-1] + edges[1:]) / 2 / world.step_h).astype(np.int64), len(world.prices) - 1)
    hours, power, rooms = [0.0], [], []
    columns = (edges[1:], np.diff(edges), machines_kw, segments, slots)
    for end_h, length_h, machine_kw, index, slot in zip(*(c.tolist() for c in columns), strict=True):
        on = index >= 0
        rate = trace.line[index].rate_kg_h if on else 0.0
        other_kw = machine_kw + line.power_kw + line.energy_kwh_kg * rate if on else machine_kw
        heat_kw, before_c = line.heat_kwh_kg * rate, room.room_c
        for spent_h, cold_kw in room.step(
            world.weather[slot], length_h, on=on, product_heat_kw=heat_kw, other_kw=other_kw
        ):
            hours.append(hours[-1] + spent_h)
            power.append(other_kw + cold_kw)
        hours[-1] = end_h
        rooms.append((before_c + room.room_c) / 2)
    return np.array(hours), np.array(power), np.array(rooms)


def _machines(trace: Trace, world: World) -> tuple[Floats, Floats]:
    """Every moment at which anything changes, and between them the power of all but line and cold."""
    at, by_kw = [0.0], [world.plant.base_kw + world.plant.tanks_kw]
    for stay in trace.stays:
        _jumps(stay, world, at, by_kw)
    moments = [*at, *world.weather_edges_h, *(s.start_h for s in trace.line), *(s.end_h for s in trace.line)]
    edges = np.sort(np.array(moments))
    edges = edges[(np.diff(edges, prepend=-1.0) > SAME_H) & (edges < world.hours - SAME_H)]
    edges = np.append(edges, world.hours)
    order = np.argsort(at)
    level_kw = np.cumsum(np.array(by_kw)[order])
    return edges, level_kw[np.searchsorted(np.array(at)[order], (edges[:-1] + edges[1:]) / 2) - 1]


def _jumps(stay: Stay, world: World, at: list[float], by_kw: list[float]) -> None:
    """When a batch changes the plant's power, and by how much: refining group and conche."""
    at += (stay.start_h, stay.fill_end_h)
    refining_kw = world.plant.refining.power_kw if stay.fill_end_h > stay.start_h else 0.0
    by_kw += (refining_kw, -refining_kw)
    before_kw = 0.0
    for start_h, _, kw in stay.steps:
        at.append(start_h)
        by_kw.append(kw - before_kw)
        before_kw = kw
    # a conche that waits for room in the tank goes on stirring
    at.append(world.hours if stay.released_h is None else stay.released_h)
    by_kw.append(-before_kw)


def _segment_of(edges: Floats, trace: Trace) -> Ints:
    """For each piece the line's segment, or -1 where it is off."""
    if not trace.line:
        return np.full(len(edges) - 1, -1)
    middles = (edges[:-1] + edges[1:]) / 2
    index = np.searchsorted([s.start_h for s in trace.line], middles) - 1
    ends = np.array([s.end_h for s in trace.line])
    return np.where((index >= 0) & (middles < ends[index]), index, -1)


def _output(trace: Trace, world: World, edges: Floats, segments: Ints, room_c: Floats) -> Output:
    """What was made in each piece in which the line gave anything."""
    rates = np.array([s.rate_kg_h for s in trace.line] or [0.0])
    gross = np.where(segments >= 0, rates[segments], 0.0) * np.diff(edges)
    running = gross > 0
    gross, room_c, made_by = gross[running], room_c[running], [trace.line[i] for i in segments[running]]
    rework = _rework(gross, np.array([s.start for s in made_by], dtype=np.int64), world.plant.line.rework_kg)
    quality = world.plant.quality
    share = np.array([quality.reject_share(c) for c in room_c.tolist()])
    starts, ends = edges[:-1][running], edges[1:][running]
    return Output(tuple(made_by), starts, ends, gross, (gross - rework) * share, rework, room_c)


def _rework(gross_kg: Floats, start: Ints, each_kg: float) -> Floats:
    """The first ``each_kg`` of each start, by piece."""
    made_before = np.cumsum(gross_kg) - gross_kg
    first = np.concatenate(([True], start[1:] != start[:-1])) if len(start) else np.zeros(0, bool)
    before_start = np.repeat(made_before[first], np.diff(np.flatnonzero([*first, True])))
    return np.clip(each_kg - (made_before - before_start), 0.0, gross_kg)
