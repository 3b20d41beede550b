"""Every series the plant knows: unit, resolution, plausible range, when it is published and when it is late.

Sources of the rules: ../shared/facts (electricity.md for publication hours, upstreams.md for delays). The demand
forecast's hour is the one that Regulation (EU) 543/2013 art. 6.2(b) sets: two hours before the day-ahead gate.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.metering import METER_ENERGY
from chocolate_factory.domain.series import DEFAULT_SITE, Kind, Observation
from chocolate_factory.domain.series_spec import (
    QUARTER_HOUR_MARKET,
    Family,
    SeriesSpec,
    after_end,
    daily,
    day_before_at,
    hourly,
    own,
)
from chocolate_factory.domain.time import Resolution

#: REE's technologies: apidatos id -> our name (ids as in recorded bodies of the peninsula and of the whole system).
#: 10296 is their total and is skipped.
TECHNOLOGIES: dict[str, str] = {
    "10288": "hydro",
    "10344": "diesel",
    "1446": "nuclear",
    "1450": "gas_turbine",
    "1451": "steam_turbine",
    "1454": "combined_cycle",
    "1458": "solar_pv",
    "1459": "solar_thermal",
    "10289": "coal",
    "10291": "wind",
    "10292": "other_renewable",
    "10293": "cogeneration",
    "10294": "non_renewable_waste",
    "10295": "renewable_waste",
    "1455": "hydro_wind",
    "1445": "pumped_hydro",
    "10290": "fuel_gas",
}
RENEWABLE = frozenset(
    {"hydro", "solar_pv", "solar_thermal", "wind", "other_renewable", "renewable_waste", "hydro_wind"}
)

_SPECS = [
    SeriesSpec("pvpc", "EUR/MWh", Family.PRICES, Resolution.HOUR, day_before_at(20, 20), -600.0, 6000.0),
    SeriesSpec(
        "spot",
        "EUR/MWh",
        Family.PRICES,
        Resolution.QUARTER,
        day_before_at(14, 0),
        -600.0,
        6000.0,
        finest_since=QUARTER_HOUR_MARKET,
    ),
    hourly("demand", "MW", Family.DEMAND, 5000.0, 60000.0, expected=True),
    SeriesSpec(
        "demand_forecast",
        "MW",
        Family.DEMAND,
        Resolution.HOUR,
        day_before_at(10, 0),
        5000.0,
        60000.0,
        late=timedelta(hours=38),  # apidatos shows it with the day itself: its absence is a gap once that day is over
    ),
    SeriesSpec(
        "demand_scheduled",
        "MW",
        Family.DEMAND,
        Resolution.HOUR,
        day_before_at(14, 0),
        5000.0,
        60000.0,
        expected=False,
    ),
    SeriesSpec(
        "demand_5min",
        "MW",
        Family.DEMAND,
        Resolution.FIVE_MINUTES,
        after_end(Resolution.FIVE_MINUTES, timedelta(0)),
        5000.0,
        60000.0,
        expected=False,
    ),
    *(
        daily(f"generation_{t}", "MWh", Family.GENERATION, 1.5e6, low=-1e5, late_days=0.5, expected=False)
        for t in TECHNOLOGIES.values()
    ),
    daily("renewable_share", "%", Family.GENERATION, 100.0, late_days=0.5, expected=True),
    hourly("temperature", "°C", Family.WEATHER, -25.0, 52.0, expected=True),
    hourly("humidity", "%", Family.WEATHER, 1.0, 100.0, expected=True),
    hourly("dew_point", "°C", Family.WEATHER, -45.0, 35.0, expected=False),
    hourly("pressure", "hPa", Family.WEATHER, 850.0, 1060.0, expected=False),
    hourly("wind_speed", "m/s", Family.WEATHER, 0.0, 60.0, expected=False),
    daily("temperature_max", "°C", Family.DAILY_WEATHER, 52.0, low=-25.0, late_days=6, expected=True),
    daily("temperature_min", "°C", Family.DAILY_WEATHER, 45.0, low=-30.0, late_days=6, expected=True),
    daily("temperature_mean", "°C", Family.DAILY_WEATHER, 48.0, low=-28.0, late_days=6, expected=False),
    daily("humidity_mean", "%", Family.DAILY_WEATHER, 100.0, late_days=6, expected=False),
    daily("wind_speed_mean", "m/s", Family.DAILY_WEATHER, 60.0, late_days=6, expected=False),
    daily("wind_gust", "m/s", Family.DAILY_WEATHER, 90.0, late_days=6, expected=False),
    daily("precipitation", "mm", Family.DAILY_WEATHER, 500.0, late_days=6, expected=False),
    daily("radiation", "MJ/m2", Family.DAILY_WEATHER, 45.0, late_days=6, expected=False),
    SeriesSpec(
        METER_ENERGY,
        "kWh",
        Family.METER,
        Resolution.QUARTER,
        after_end(Resolution.QUARTER, timedelta(0)),
        0.0,
        10000.0,
        expected=False,
        also=Resolution.HOUR,
    ),
]

#: Our own forecasts and predictions: their source names the model and its version, e.g. ``spot_price/3``.
_OUTPUTS = {
    **{f"{series}_{q}": ("EUR/MWh", -600.0, 6000.0) for series in ("spot", "pvpc") for q in ("p10", "p50", "p90")},
    "energy_optimization_score": ("0..100", 0.0, 100.0),
    "production_recommendation": ("0 Halt Production .. 3 Optimal", 0.0, 3.0),
}
#: The 13 features of an hour, and what the hybrid chose its weather from (``docs/MLFLOW_IMPLEMENTATION.md``).
FEATURES = {
    "ree_price_eur_kwh": "EUR/kWh",
    "ree_demand_mw": "MW",
    "tariff_period": "1..6",
    "hour": "h",
    "is_working_day": "0 or 1",
    "temperature_c": "°C",
    "humidity_pct": "%",
    "dew_point_c": "°C",
    "price_rank_in_day": "0..1",
    "price_percentile_7d": "0..1",
    "heat_stress_factor": "0..",
    "chocolate_production_index": "kWh/kg",
    "energy_optimization_index": "ratio",
}
AUDIT = {
    "temp_observed": "°C",
    "temp_realtime": "°C",
    "temp_interpolated": "°C",
    "humidity_observed": "%",
    "humidity_realtime": "%",
}
_SPECS += [own(name, unit, low, high) for name, (unit, low, high) in _OUTPUTS.items()]
_SPECS += [own(f"feature_{name}", unit, -1e4, 1e6) for name, unit in (FEATURES | AUDIT).items()]

CATALOGUE: dict[str, SeriesSpec] = {spec.name: spec for spec in _SPECS}


def spec_of(series: str) -> SeriesSpec:
    """The catalogue's entry.

    Raises:
        NotFoundError: no such series; it names those there are.
    """
    try:
        return CATALOGUE[series]
    except KeyError:
        raise NotFoundError("series", series, f"one of {', '.join(sorted(CATALOGUE))}") from None


def expected_series() -> list[SeriesSpec]:
    """The series whose missing slots are gaps."""
    return [spec for spec in CATALOGUE.values() if spec.expected]


def observations(
    series: str,
    source: str,
    kind: Kind,
    points: Iterable[tuple[datetime, float]],
    received_at: datetime,
    site: str = DEFAULT_SITE,
) -> list[Observation]:
    """Values of one of the catalogue's series, with the resolution and publication times that its rules give.

    Args:
        points: start of the slot and value.
    """
    spec = spec_of(series)
    resolution, known_at = spec.resolution, spec.known_at
    return [
        Observation(
            series, source, kind, start, value, known_at(kind, start, received_at), received_at,
            int(resolution(start)), site,
        )
        for start, value in points
    ]  # fmt: skip


def observation(
    series: str,
    source: str,
    kind: Kind,
    start: datetime,
    value: float,
    received_at: datetime,
    site: str = DEFAULT_SITE,
) -> Observation:
    """One value; see ``observations``."""
    return observations(series, source, kind, [(start, value)], received_at, site)[0]
