"""What chance makes of a plan, as a document: for the command and for HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chocolate_factory.domain.plan import Plan
from chocolate_factory.domain.plan_record import Certificate, Spread
from chocolate_factory.simulation.certificate import Mapper, certify

#: The KPIs that are minutes lost, by cause.
LOSS, MINUTES = "loss_", "_min"


def simulate_plan(plan: Plan, runs: int, seed: int, mapper: Mapper = map) -> dict[str, Any]:
    """A plan run many times.

    Args:
        mapper: who does the runs.

    Raises:
        InputError: no runs, or a plan that contradicts itself.
    """
    return simulation_document(certify(plan, runs, seed, mapper))


def simulated(asked: tuple[Plan, int, int, Mapper]) -> dict[str, Any]:
    """As ``simulate_plan``, with the one argument that a child process takes."""
    return simulate_plan(*asked)


def simulation_document(certificate: Certificate) -> dict[str, Any]:
    """A certificate as JSON: mean, 10th, 50th and 90th percentile of each KPI, minutes lost apart."""
    losses = {name: cause for name in certificate.kpis if (cause := _cause(name))}
    return {
        "replications": certificate.replications,
        "seed": certificate.seed,
        "kpis": {name: _spread(s) for name, s in certificate.kpis.items() if name not in losses},
        "losses_min": {cause: _spread(certificate.kpis[name]) for name, cause in losses.items()},
        "on_time_probability": certificate.on_time_probability,
        "order_on_time": dict(certificate.order_on_time),
        "weakest_batch": certificate.weakest_batch,
        "weakest_share": certificate.weakest_share,
    }


def _cause(kpi: str) -> str:
    """The cause of a loss; empty for any other KPI."""
    return kpi[len(LOSS) : -len(MINUTES)] if kpi.startswith(LOSS) and kpi.endswith(MINUTES) else ""


def _spread(spread: Spread) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 6) for name, value in asdict(spread).items()}
