"""What every test shares: how long hypothesis may think, and which files are left to the full run."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Deadlines measure the machine, not the code; examples are found the same way each time, so that CI does not flicker.
settings.register_profile("full", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("full"), max_examples=6)
settings.load_profile("quick" if os.environ.get("QUICK") else "full")

#: Whole commands, solver and simulator at length: `scripts/test --quick` leaves them out, `scripts/test` does not.
LEFT_OUT = {
    "test_cli.py", "test_cli_serve.py", "test_cli_plan.py", "test_cli_simulate.py", "test_demo_world.py",
    "test_parallel.py", "test_planned.py", "test_planning_brute_force.py", "test_simulation_certificate.py",
    "test_web_secrets.py", "test_web_work.py",
}  # fmt: skip
#: Whole processes and every operation of the API.
LEFT_OUT_FOLDERS = {"e2e", "integration"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the files that are slow as a whole."""
    for item in items:
        if item.path.name in LEFT_OUT or item.path.parent.name in LEFT_OUT_FOLDERS:
            item.add_marker(pytest.mark.slow)
