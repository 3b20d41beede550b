"""What every test shares: how long hypothesis may think, and which files are left to the full run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from chocolate_factory import logs

# Deadlines measure the machine, not the code; examples are found the same way each time, so that CI does not flicker.
settings.register_profile("full", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("full"), max_examples=6)
settings.load_profile("quick" if os.environ.get("QUICK") else "full")

#: Whole commands, solver and simulator at length: `scripts/test --quick` leaves them out, `scripts/test` does not.
LEFT_OUT = {
    "test_docs.py", "test_plant_file.py", "test_sqlite_store.py", "test_cleanup_deed.py",
    "test_cli.py", "test_cli_alerts.py", "test_cli_backup.py", "test_cli_bill.py", "test_cli_files.py",
    "test_cli_plan.py", "test_cli_replay.py", "test_replay.py",
    "test_cli_serve.py", "test_cli_settings.py", "test_cli_simulate.py", "test_drift.py", "test_drift_real_years.py",
    "test_demo_world.py", "test_initialise.py", "test_optimise.py", "test_parallel.py", "test_planned.py",
    "test_planning_brute_force.py", "test_planning_conflicts.py", "test_planning_edges.py", "test_planning_plans.py",
    "test_planning_second_form.py", "test_planning_steady.py", "test_planning_what_if.py", "test_repair.py",
    "test_child.py", "test_forecast_models.py", "test_forecast_prices.py", "test_forecasting_forecast.py",
    "test_forecasting_models.py", "test_learning_models.py", "test_planning_limits.py", "test_planning_seasons.py",
    "test_regrets.py", "test_repair_jobs.py", "test_repair_proof.py", "test_repair_trouble.py",
    "test_simulation_certificate.py", "test_situation.py", "test_web_auth.py", "test_web_errors.py",
    "test_web_index.py", "test_web_plan.py", "test_web_reading.py", "test_web_secrets.py", "test_web_work.py",
    "test_savings_settle.py", "test_cli_savings.py", "test_web_savings.py",
}  # fmt: skip
#: Whole processes, every operation of the API, every back end, and what holds for a hundred examples.
LEFT_OUT_FOLDERS = {"contract", "e2e", "integration", "property"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the files that are slow as a whole."""
    for item in items:
        if item.path.name in LEFT_OUT or item.path.parent.name in LEFT_OUT_FOLDERS:
            item.add_marker(pytest.mark.slow)


#: Their trials are of the logs themselves.
OF_LOGS = {"test_logs.py", "test_web_errors.py"}
CONFIGURE = logs.configure


@pytest.fixture(autouse=True, scope="session")
def _logs_as_they_are() -> Iterator[None]:
    """A command that a test runs would set up logs on that test's terminal, which is closed when the next one logs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda *_: None)
        yield


@pytest.fixture(autouse=True)
def _logs_as_asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.path.name in OF_LOGS:
        monkeypatch.setattr(logs, "configure", CONFIGURE)
