"""What somebody wishes of a plan, as the planner's options."""

from __future__ import annotations

import re

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Options

#: The Spanish system's, kg/kWh: an engineering estimate, and the plan's notes say so.
CARBON_KG_KWH = 0.1

_HOURS = re.compile(r"\s*(\d{1,2})(?::([0-5]\d))?\s*-\s*(\d{1,2})(?::([0-5]\d))?\s*")


def options_of(
    *,
    carbon_eur_t: float = 0.0,
    carbon_kg_kwh: float | None = None,
    peak_kw: float | None = None,
    night_work: bool = True,
    quiet_hours: str | None = None,
    time_limit_s: float,
    gap: float = 0.005,
) -> tuple[Options, list[str]]:
    """The options, and what was assumed for them; arguments as ``Options``.

    Raises:
        InputError: naming ``quiet_hours``.
    """
    assumed = carbon_eur_t > 0 and carbon_kg_kwh is None
    options = Options(
        carbon_eur_t=carbon_eur_t,
        carbon_kg_kwh=CARBON_KG_KWH if carbon_kg_kwh is None else carbon_kg_kwh,
        night_work=night_work,
        time_limit_s=time_limit_s,
        gap=gap,
        peak_kw=peak_kw,
        quiet=(quiet_of(quiet_hours),) if quiet_hours else (),
    )
    return options, [f"The system's carbon is taken as {CARBON_KG_KWH:g} kg/kWh: estimated."] if assumed else []


def quiet_of(text: str) -> tuple[float, float]:
    """Wall-clock hours such as ``22-6`` or ``22:30-6``, over midnight where the first is the later.

    Raises:
        InputError: naming ``quiet_hours``.
    """
    found = _HOURS.fullmatch(text)
    allowed = "two hours of the day from 0 to 24, e.g. 22-6 or 22:30-6"
    if found is None:
        raise InputError("quiet_hours", text, allowed)
    start, end = (int(found[i]) + int(found[i + 1] or 0) / 60 for i in (1, 3))
    if not (0 <= start <= 24 and 0 <= end <= 24) or start == end:
        raise InputError("quiet_hours", text, allowed)
    return start, end
