"""Units of the plant's figures: each number carries its unit and its range as a ``Range``.

One walk checks, shows and documents them all (``domain/plant_figures.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Range:
    """The unit of a number and what it may be; ``above`` leaves the lower bound itself out."""

    low: float
    high: float
    unit: str = ""
    above: bool = False

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high and not (self.above and value == self.low)

    def __str__(self) -> str:
        if self.low == self.high:
            return f"only {self.low:g}"
        start = f"above {self.low:g} and at most" if self.above else f"from {self.low:g} to"
        return f"a number {start} {self.high:g} {self.unit}".rstrip()


Kw = Annotated[float, Range(0, 10_000, "kW")]
Kg = Annotated[float, Range(0, 1_000_000, "kg")]
SomeKg = Annotated[float, Range(0, 1_000_000, "kg", above=True)]
KgPerHour = Annotated[float, Range(0, 100_000, "kg/h", above=True)]
KwhPerKg = Annotated[float, Range(0, 10, "kWh/kg")]
Hours = Annotated[float, Range(0, 168, "h")]
SomeHours = Annotated[float, Range(0, 100_000, "h", above=True)]
Minutes = Annotated[float, Range(0, 10_080, "min")]
HourOfDay = Annotated[float, Range(0, 24, "h")]
Celsius = Annotated[float, Range(-30, 60, "°C")]
Kelvin = Annotated[float, Range(0, 60, "K")]
Percent = Annotated[float, Range(0, 100, "%")]
Share = Annotated[float, Range(0, 1, "per unit")]
SomeShare = Annotated[float, Range(0, 1, "per unit", above=True)]
Eur = Annotated[float, Range(0, 1_000_000, "EUR")]
EurPerMwh = Annotated[float, Range(0, 200, "EUR/MWh")]
EurPerKg = Annotated[float, Range(0, 1_000, "EUR/kg")]
