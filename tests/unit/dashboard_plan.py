"""A plan, its surroundings, models and jobs as /dashboard/complete has them, made by hand."""

from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.domain.time import HOUR, isoformat_madrid, madrid_day

SIX = 6 * HOUR


def plan(present: datetime) -> dict[str, Any]:
    """Two days; the dark batch runs since 06:00, the milk one begins at 18:00, the line runs 08:00 to 12:00."""
    midnight = madrid_day(present.date()).start
    return {
        "id": "0123456789ab",
        "made_at": isoformat_madrid(present - timedelta(minutes=12)),
        "trigger": "schedule",
        "status": "feasible",
        "solver": {"name": "HiGHS", "gap": 0.012, "seconds": 3.2, "bound_eur": 400.0},
        "horizon": {
            "start": isoformat_madrid(midnight),
            "end": isoformat_madrid(midnight + 48 * HOUR),
            "resolution_minutes": 60,
        },
        "batches": batches(midnight),
        "slots": [_slot(midnight, i) for i in range(48)],
        "level_reasons": {
            "works": {"es": "Se trabaja.", "en": "It works."},
            "crew": {"es": "No hay personal.", "en": "There is no crew."},
        },
        "cost_eur": 437.11,
        "kg": 3650.0,
        "kwh": 4154.0,
        "eur_per_kg": 0.1198,
        "peak_kw": {"P2": 137.0, "P6": 90.0},
        "late_kg_h": 0.0,
        "owed_kg": 0.0,
        "baseline": {"name": "compact_block", "cost_eur": 458.89, "kg": 3650.0, "eur_per_kg": 0.1257, "kwh": 4154.0},
        "saving_eur": 21.78,
        "saving_pct": 4.7,
        "certificate": {"on_time_probability": 0.97, "replications": 200, "order_on_time": {}},
        "conflicts": [],
        "notes": ["The stocks are the plant file's."],
    }


def batches(midnight: datetime) -> list[dict[str, Any]]:
    return [
        _batch("conche-dark-1", "dark", "conche", "conche-1", midnight + SIX, 12, 1000, "begun"),
        _batch("line-dark-1", "dark", "line", "line", midnight + 8 * HOUR, 4, 1650, "begun"),
        _batch("conche-milk-1", "milk", "conche", "conche-2", midnight + 18 * HOUR, 12, 1000, "steady"),
        _batch("line-milk-1", "milk", "line", "line", midnight + 32 * HOUR, 5, 2000, None, locked=True),
    ]


def _batch(
    name: str,
    product: str,
    stage: str,
    machine: str,
    start: datetime,
    hours: int,
    kg: float,
    held: str | None,
    *,
    locked: bool = False,
) -> dict[str, Any]:
    return {
        "id": name,
        "product": product,
        "stage": stage,
        "machine": machine,
        "start": isoformat_madrid(start),
        "end": isoformat_madrid(start + hours * HOUR),
        "kg": kg,
        "reason": {"es": f"Porque sí: {name}.", "en": f"Because: {name}."},
        "held": held,
        "kept_eur": None,
        "locked": locked,
    }


def _slot(midnight: datetime, i: int) -> dict[str, Any]:
    crew = 6 <= i % 24 < 22
    return {
        "start": isoformat_madrid(midnight + i * HOUR),
        "energy_eur_kwh": 0.08 + 0.002 * (i % 24),
        "price_kind": "observed" if i < 24 else "forecast",
        "tariff_period": "P2" if crew else "P6",
        "temperature_c": 12.0,
        "power_kw": 137.0 if crew else 40.0,
        "energy_kwh": 137.0 if crew else 40.0,
        "cost_eur": 12.0,
        "line_product": None,
        "output_kg": 400.0 if 8 <= i % 24 < 12 else 0.0,
        "stocks_kg": {"tank-dark": 1500.0 - 10 * i, "tank-milk": 1000.0 + 5 * i},
        "level": "Optimal" if crew else "Halt Production",
        "reasons": ["works"] if crew else ["crew"],
    }


def context(present: datetime) -> dict[str, Any]:
    """What stands around it at ``present``."""
    midnight = madrid_day(present.date()).start
    made = batches(midnight)
    return {
        "machines": ["refining", "conche-1", "conche-2", "line"],
        "tanks": [
            {"name": "tank-dark", "product": "dark", "capacity_kg": 2000.0, "heel_kg": 100.0},
            {"name": "tank-milk", "product": "milk", "capacity_kg": 2000.0, "heel_kg": 100.0},
        ],
        "contracted_kw": {f"P{i}": 150.0 for i in range(1, 7)},
        "asked_on_time": 0.9,
        "now": {
            "start": isoformat_madrid(present.replace(minute=0, second=0)),
            "level": "Optimal",
            "reasons": ["works"],
            "price_kind": "observed",
            "energy_eur_kwh": 0.1,
            "tariff_period": "P2",
            "power_planned_kw": 137.0,
            "power_contracted_kw": 150.0,
            "until": isoformat_madrid(midnight + 22 * HOUR),
            "next_level": "Halt Production",
        },
        "running": made[:2],
        "next": made[2:],
        "fills": [
            {
                "batch_id": made[0]["id"],
                "product": "dark",
                "start": made[0]["start"],
                "end": isoformat_madrid(midnight + 8 * HOUR),
            }
        ],
        "before": {
            "id": "ba9876543210",
            "made_at": isoformat_madrid(present - 24 * HOUR),
            "of_yesterday": True,
            "batches": made[:2],
            "changes": [
                {
                    "what": "moved",
                    "stage": "conche",
                    "product": "milk",
                    "machine": "conche-2",
                    "from": isoformat_madrid(midnight + 10 * HOUR),
                    "to": isoformat_madrid(midnight + 18 * HOUR),
                    "kg_before": 1000.0,
                    "kg": 1000.0,
                }
            ],
        },
    }


def predictions(present: datetime) -> dict[str, Any]:
    """A classifier that is of another mind than the plan."""
    model = {"name": "production_recommendation", "version": 3, "alias": "champion", "sort": "forest"}
    return {
        "energy_optimization": {
            "energy_optimization_score": 71.4,
            "model": {"name": "energy_optimization", "version": 2, "alias": "champion", "sort": "forest"},
        },
        "production_recommendation": {
            "recommendation": "Moderate",
            "probabilities": {"Moderate": 0.6, "Optimal": 0.4},
            "model": model,
            "reasons": [{"es": "El precio es medio.", "en": "The price is middling."}],
        },
        "missing": None,
    }


def models() -> list[dict[str, Any]]:
    """One that serves beside its baseline and a challenger, one that waits for data."""
    nobody = {"version": None, "sort": None, "is_baseline": None, "made_at": None, "age_days": None}
    return [
        {
            "name": "spot_price",
            "version": 4,
            "sort": "blend",
            "is_baseline": False,
            "made_at": "2026-11-22T10:00:00+01:00",
            "age_days": 2.2,
            "scores": {"mae_eur_mwh": 8.123, "rmae": 0.7},
            "baselines": {"epf_naive": {"mae_eur_mwh": 11.987}},
            "challenger": {"version": 5, "sort": "lear", "age_days": 0.5, "scores": {"mae_eur_mwh": 8.4}},
            "waiting_for": "",
            "drift": ["The errors of the last days are larger than they were."],
        },
        {
            **nobody,
            "name": "pvpc_price",
            "scores": {},
            "baselines": {},
            "challenger": None,
            "waiting_for": "149 more days of pvpc are needed.",
            "drift": [],
        },
    ]


def jobs(present: datetime) -> list[dict[str, Any]]:
    """One that is well, one that hung, one that is paused."""

    def job(name: str, **more: Any) -> dict[str, Any]:
        at = isoformat_madrid(present - timedelta(minutes=5))
        usual = {"summary": "", "schedule": "every 5 min", "next_run": isoformat_madrid(present + timedelta(minutes=5))}
        state = {"last_run": at, "last_outcome": "done", "hung": False, "error": "", "running": False, "paused": False}
        return {"id": name, **usual, **state, **more}

    return [
        job("ree_ingestion"),
        job("ml_training", hung=True, last_outcome="failed", error="killed in /srv/secret-path"),
        job("weekly_cleanup", paused=True, last_run=None, last_outcome=None),
    ]


def week(present: datetime) -> dict[str, Any]:
    """``outlook`` and ``market``: a week that came, one that is expected, and two days of both."""
    midnight = madrid_day(present.date()).start
    past = [midnight + i * HOUR for i in range(-7 * 24, 48)]
    ahead = [midnight + i * HOUR for i in range(48, 8 * 24)]

    def price(at: datetime) -> float:
        return 0.06 + 0.04 * ((at.hour % 12) / 12)

    def slot(at: datetime) -> dict[str, Any]:
        low, value, high = (round(1000 * price(at) * share, 2) for share in (0.8, 1, 1.3))
        quantiles = {"p10_eur_mwh": low, "p50_eur_mwh": value, "p90_eur_mwh": high}
        made = {"kind": "forecast", "made_at": isoformat_madrid(present), "source": "spot_price/4"}
        return {"start": isoformat_madrid(at), "resolution_minutes": 60, **quantiles, **made}

    def judged(at: datetime) -> dict[str, Any]:
        value = price(at)
        said = {"forecast_eur_kwh": value * 1.1, "actual_eur_kwh": value, "naive_eur_kwh": value * 0.8}
        return {"start": isoformat_madrid(at), **said}

    history = [{"start": isoformat_madrid(at), "price_eur_kwh": price(at), "kind": "observed"} for at in past]
    record = {"hours": [judged(at) for at in past[:48]], "mae_eur_mwh": 8.0, "naive_mae_eur_mwh": 16.0}
    span = {"start": isoformat_madrid(present), "end": isoformat_madrid(present + 7 * 24 * HOUR), "problem": None}
    return {
        "outlook": {"spot": {"series": "spot", **span, "prices": [slot(at) for at in ahead]}},
        "market": {"history": history, "record": record},
    }


def money() -> dict[str, Any]:
    """A peak above the contract, and indicators that are better than the reference's."""
    power = [
        {
            "tariff_period": f"P{i}",
            "contracted_kw": 150.0,
            "peak_planned_kw": kw,
            "peak_metered_kw": 152.0 if i == 2 else None,
            "peak_baseline_kw": 149.0,
        }
        for i, kw in ((1, None), (2, 137.0), (6, 151.0))
    ]
    return {
        "power": power,
        "meter_type": 4,
        "plan": {"kg": 3650.0, "eur_kg": 0.1198, "kwh_kg": 1.138, "carbon_kg_kg": 0.1138},
        "baseline": {"kg": 3650.0, "eur_kg": 0.1257, "kwh_kg": 1.15, "carbon_kg_kg": 0.115},
        "carbon_kg_kwh": 0.1,
    }


def savings(present: datetime) -> dict[str, Any]:
    """Measured today, planned for the month, not measured for the year."""

    def span(name: str, status: str, **known: Any) -> dict[str, Any]:
        keys = ("saving_eur", "saving_pct", "uncertainty_eur", "planned_saving_eur", "carbon_kg")
        counts = {"days_measured": 1, "days_not_measured": 2, "days_planned": 3, "days_compared": 1}
        return {"span": name, "status": status, **dict.fromkeys(keys), **counts, **known}

    def day(back: int, status: str, **known: Any) -> dict[str, Any]:
        keys = ("planned_eur", "measured_eur", "saving_eur", "carbon_kg")
        figures = {"baseline_eur": 200.0, "eur_per_kg": 0.0912, "kwh_per_kg": 0.61, "kg": 2000.0}
        when = (present - back * 24 * HOUR).date().isoformat()
        return {"day": when, "status": status, **dict.fromkeys(keys), **figures, **known}

    return {
        "status": "measured",
        "problem": "",
        "spans": [
            span("today", "measured", saving_eur=12.34, uncertainty_eur=1.5),
            span("month", "planned", planned_saving_eur=250.0),
            span("year", "not measured"),
        ],
        "days": [
            day(1, "measured", measured_eur=182.4, saving_eur=17.6, carbon_kg=120.4),
            day(0, "planned", planned_eur=180.0),
        ],
    }


def meter(present: datetime) -> dict[str, Any]:
    """A meter that was read until a quarter of an hour ago."""
    start = madrid_day(present.date()).start
    load = [{"start": isoformat_madrid(start + i * timedelta(minutes=15)), "power_kw": 120.0} for i in range(42)]
    return {"power_kw": 131.2, "last_at": load[-1]["start"], "peaks_kw": {"P2": 152.0}, "load": load}
