"""Carbon of the Spanish system's electricity, estimated by the day: generation by technology with direct factors.

Factors: the project's facts on electricity, "Carbon" (coal 971, gas 398, oil 881 gCO2/kWh; one good source). What burns
waste or biomass counts as nothing, imports and losses too: an estimate, and called one wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

COAL_G_KWH, GAS_G_KWH, OIL_G_KWH = 971.0, 398.0, 881.0

#: gCO2/kWh by technology (names of the catalogue); the others burn none of the three.
FACTORS: Final[Mapping[str, float]] = {
    "coal": COAL_G_KWH,
    "combined_cycle": GAS_G_KWH,
    "cogeneration": GAS_G_KWH,
    "gas_turbine": GAS_G_KWH,
    "diesel": OIL_G_KWH,
    "fuel_gas": OIL_G_KWH,
    "steam_turbine": OIL_G_KWH,
}


def system_g_kwh(generation_mwh: Mapping[str, float]) -> float | None:
    """Carbon of a kWh, g; None where nothing was generated.

    Args:
        generation_mwh: by technology; less than nothing is what was pumped, and generates nothing.
    """
    generated = {name: mwh for name, mwh in generation_mwh.items() if mwh > 0}
    total = sum(generated.values())
    return sum(FACTORS.get(name, 0.0) * mwh for name, mwh in generated.items()) / total if total else None
