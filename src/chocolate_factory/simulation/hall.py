"""The room's temperature and the chiller's power, from one change to the next, solved exactly.

The chiller holds the set point while the line is on and the setback otherwise, as ``thermal.load`` has it. Between
the two the room drifts without cold; it is pulled down again with what chiller and contracted power leave, and never
slower than by holding the set point. Heating is not electrical (heat recovered): the room stays above its least. [E]
"""

from __future__ import annotations

import math

from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.thermal import gains_kw, room_after_c
from chocolate_factory.simulation.cold import Weather

#: A room this near to its target is there, K; and shorter than this is no time, h.
NEAR_K, SHORT_H = 1e-6, 1e-9


class Room:
    """The hall.

    Attributes:
        room_c: its temperature now.
    """

    def __init__(self, plant: Plant, weather: Weather) -> None:
        hall = plant.hall
        self._hall = hall
        self._least_c = plant.limits.room_min_c
        self._targets = (hall.setback_c, hall.set_point_c)
        self._gains = (gains_kw(hall, producing=False), gains_kw(hall, producing=True))
        settled_c = weather.air.temperature_c + self._gains[0] / hall.ua_kw_k
        self.room_c = max(self._least_c, min(hall.setback_c, settled_c))

    def step(
        self, weather: Weather, hours: float, *, on: bool, product_heat_kw: float, other_kw: float
    ) -> list[tuple[float, float]]:
        """Some hours of steady weather and load.

        Args:
            product_heat_kw: heat of the line's output.
            other_kw: electricity of all else.

        Returns:
            (hours, kW of electricity for cold), one or a few; the room is then as they leave it.
        """
        target_c = self._targets[on]
        hold_kw = weather.hold_kw[on]
        fixed_kw = product_heat_kw + weather.latent_kw[on]
        most_kw = max(0.0, weather.capacity_kw - fixed_kw)
        if 0.0 <= hold_kw <= most_kw and abs(self.room_c - target_c) < NEAR_K:
            return [(hours, (fixed_kw + hold_kw) / weather.cop)]
        steps = []
        while hours > SHORT_H:
            cold_kw = self._cold_kw(weather, target_c, hold_kw, most_kw, fixed_kw, other_kw)
            spent_h = self._drift(weather, target_c, cold_kw, hours, on=on)
            steps.append((spent_h, (fixed_kw + cold_kw) / weather.cop))
            hours -= spent_h
        return steps

    def _cold_kw(
        self, weather: Weather, target_c: float, hold_kw: float, most_kw: float, fixed_kw: float, other_kw: float
    ) -> float:
        """Cold against the room's own heat: none below the target, what holds it there, and to pull it down more."""
        above_k = self.room_c - target_c
        if above_k < -NEAR_K:
            return 0.0
        if above_k <= NEAR_K:
            return min(most_kw, max(0.0, hold_kw))
        spare_kw = (weather.contracted_kw - other_kw) * weather.cop - fixed_kw
        return min(most_kw, max(0.0, hold_kw, spare_kw))

    def _drift(self, weather: Weather, target_c: float, cold_kw: float, hours: float, *, on: bool) -> float:
        """Moves the room, at most to where it meets its target; returns the hours that took."""
        before_c, hall = self.room_c, self._hall
        after_c = room_after_c(before_c, weather.air, hall, producing=on, cold_kw=cold_kw, hours=hours)
        # strictly on opposite sides: a room that leaves its target goes on
        if (before_c - target_c) * (after_c - target_c) < 0 and abs(before_c - target_c) > NEAR_K:
            settled_c = weather.air.temperature_c + (self._gains[on] - cold_kw) / hall.ua_kw_k
            share = (target_c - settled_c) / (before_c - settled_c)
            hours = min(hours, -math.log(share) * hall.heat_capacity_kwh_k / hall.ua_kw_k)
            after_c = target_c
        self.room_c = max(self._least_c, after_c)
        return hours
