"""EMHASS's day-ahead optimisation of one deferrable load; runs in a virtual environment that has EMHASS.

    python benchmarks/peers_emhass.py DAYS.json ANSWERS.json

Nothing of this project is imported. Each day is solved twice: by an ``Optimization`` made for it, as where a command is
started once a day, and by one that is kept, whose program is built already. Importing is not timed, nor is the first
solve, which is repeated.
"""

from __future__ import annotations

import importlib.resources
import json
import logging
import platform
import sys
import time
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


def optimization(day: dict[str, Any]) -> Optimization:
    """One for a day's problem."""
    conf, logger = configuration(day), logging.getLogger("emhass")
    return Optimization(conf, conf, conf, COST, SOLD, conf["costfun"], {}, logger)


def solved(made: Optimization, day: dict[str, Any]) -> tuple[list[float], str]:
    """The block's power by slot, kW, and how EMHASS calls its answer."""
    index = pd.date_range(
        day["start"], periods=len(day["eur_kwh"]), freq=pd.to_timedelta(day["step_h"], "hours")
    ).tz_convert("Europe/Madrid")
    data = pd.DataFrame({COST: day["eur_kwh"], SOLD: 0.0}, index=index)
    rest = pd.Series([1000 * kw for kw in day["rest_kw"]], index=index)
    found = made.perform_dayahead_forecast_optim(data, pd.Series(0.0, index=index), rest)
    return [w / 1000 for w in found["P_deferrable0"]], made.optim_status


def answer(day: dict[str, Any], kept: Optimization) -> dict[str, Any]:
    """A day by both ways, each with its seconds: of the wall clock and of the processor."""
    wall, core = time.perf_counter(), time.process_time()
    kw, status = solved(optimization(day), day)
    anew = {"wall_s": time.perf_counter() - wall, "core_s": time.process_time() - core}
    wall, core = time.perf_counter(), time.process_time()
    again, _ = solved(kept, day)
    held = {"wall_s": time.perf_counter() - wall, "core_s": time.process_time() - core}
    return {"kw": kw, "status": status, "anew": anew, "kept_kw": again, "kept": held}


def main() -> None:
    logging.disable(logging.WARNING)
    given, out = (Path(name) for name in sys.argv[1:3])
    days = json.loads(given.read_text())
    kept = optimization(days[0])
    solved(kept, days[0])
    names = ("emhass", "cvxpy", "highspy", "pandas")
    versions = {"Python": platform.python_version()} | {name: version(name) for name in names}
    out.write_text(json.dumps({"versions": versions, "days": [answer(day, kept) for day in days]}))


if __name__ == "__main__":
    main()
