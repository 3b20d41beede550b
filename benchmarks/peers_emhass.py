"""EMHASS's day-ahead optimisation of one deferrable load; runs in a virtual environment that has EMHASS.

    python benchmarks/peers_emhass.py DAYS.json ANSWERS.json

Nothing of this project is imported. Each day is solved twice: by an ``Optimization`` made for it, as where a command is
started once a day, and by one that is kept, whose program is built already. Importing is not timed, nor are a first
solve and the making of the data frames.
"""

from __future__ import annotations

import importlib.resources
import json
import logging
import platform
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from emhass.optimization import Optimization

#: Its names for the prices' columns; nothing is sold.
COST, SOLD = "unit_load_cost", "unit_prod_price"


def configuration(day: dict[str, Any]) -> dict[str, Any]:
    """EMHASS's own defaults, with what makes this load: one constant block within one window."""
    defaults = json.loads((importlib.resources.files("emhass") / "data" / "config_defaults.json").read_text())
    ours = {
        "costfun": "cost",
        "optimization_time_step": pd.to_timedelta(day["step_h"], "hours"),
        "delta_forecast_daily": pd.to_timedelta(len(day["eur_kwh"]) * day["step_h"], "hours"),
        "time_zone": "Europe/Madrid",
        "number_of_deferrable_loads": 1,
        "nominal_power_of_deferrable_loads": [1000 * day["block_kw"]],
        "minimum_power_of_deferrable_loads": [0.0],
        "operating_hours_of_each_deferrable_load": [day["block_h"]],
        "start_timesteps_of_each_deferrable_load": [day["from_slot"]],
        "end_timesteps_of_each_deferrable_load": [day["until_slot"]],
        "treat_deferrable_load_as_semi_cont": [True],
        "set_deferrable_load_single_constant": [True],
        "set_deferrable_startup_penalty": [0.0],
        "set_deferrable_max_startups": [0],
        "deferrable_load_max_cost": [0.0],
        "is_electric_load": [True],
        "cost_forecast_per_deferrable_load": [None],
        "maximum_power_from_grid": [1000 * kw for kw in day["limit_kw"]],
    }
    return defaults | ours


@dataclass(frozen=True)
class Day:
    """All that EMHASS asks for, ready in memory."""

    conf: dict[str, Any]
    prices: pd.DataFrame
    pv_w: pd.Series
    rest_w: pd.Series


def day_of(asked: dict[str, Any]) -> Day:
    """A day's question as EMHASS takes it."""
    step = pd.to_timedelta(asked["step_h"], "hours")
    index = pd.date_range(asked["start"], periods=len(asked["eur_kwh"]), freq=step).tz_convert("Europe/Madrid")
    prices = pd.DataFrame({COST: asked["eur_kwh"], SOLD: 0.0}, index=index)
    rest_w = pd.Series([1000 * kw for kw in asked["rest_kw"]], index=index)
    return Day(configuration(asked), prices, pd.Series(0.0, index=index), rest_w)


def optimization(day: Day) -> Optimization:
    """One for a day's problem."""
    logger = logging.getLogger("emhass")
    return Optimization(day.conf, day.conf, day.conf, COST, SOLD, day.conf["costfun"], {}, logger)


def timed(day: Day, kept: Optimization | None) -> dict[str, Any]:
    """The block's power by slot, kW, what EMHASS calls its answer, seconds by the wall clock and the processor."""
    wall, core = time.perf_counter(), time.process_time()
    made = kept or optimization(day)
    found = made.perform_dayahead_forecast_optim(day.prices, day.pv_w, day.rest_w)
    wall, core = time.perf_counter() - wall, time.process_time() - core
    kw = [w / 1000 for w in found["P_deferrable0"]]
    return {"kw": kw, "status": made.optim_status, "wall_s": wall, "core_s": core}


def main() -> None:
    logging.disable(logging.WARNING)
    given, out = (Path(name) for name in sys.argv[1:3])
    days = [day_of(asked) for asked in json.loads(given.read_text())]
    kept = optimization(days[0])
    timed(days[0], kept)
    answers = [{"anew": timed(day, None), "kept": timed(day, kept)} for day in days]
    names = ("emhass", "cvxpy", "highspy", "pandas")
    versions = {"Python": platform.python_version()} | {name: version(name) for name in names}
    out.write_text(json.dumps({"versions": versions, "days": answers}))


if __name__ == "__main__":
    main()
