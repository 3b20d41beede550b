"""Schemathesis over the whole application: what the document promises is what is answered, and nothing breaks it.

In the simulated world, and in a real one whose every upstream answers 500.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from plan_records import in_process
from web_house import LOCAL, demo_house, real_house

from chocolate_factory.adapters.child import Child
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.domain.work import JobState, Recovery
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.usecases import workshop
from chocolate_factory.usecases.repair import Repair
from chocolate_factory.web.app import create_app
from chocolate_factory.wiring import House

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it meets Starlette's move to httpx2
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.python.asgi import shutdown_lifespans
    from schemathesis.specs.openapi import checks

# A retry's jitter in the background, while an example is being drawn, looks to Hypothesis like a strategy's own chance.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
#: Statuses that may answer a request that is well made.
FINE = {200, 202, 404, 409, 424}


def local(app: Any) -> Any:
    """The application as a client of this machine sees it."""

    async def inside(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await app({**scope, "client": LOCAL} if scope["type"] == "http" else scope, receive, send)

    return inside


@contextmanager
def document_of(house: House) -> Iterator[schemathesis.BaseSchema]:
    """The document of an application that runs while it is asked."""
    app = local(create_app(house, Runner(house), awake=False))
    try:
        whole = schemathesis.openapi.from_asgi("/openapi.json", app)
        yield whole.exclude(path="/dashboard/events")  # a stream: it is tried in test_dashboard_events
    finally:
        shutdown_lifespans()


@pytest.fixture
def brief(monkeypatch):
    """Work that a request starts is of days, not of years, and little of it waits: the requests are on trial here."""
    repair = Repair.__call__

    def of_days(self: Repair, windows: Mapping[str, Interval], **options: Any) -> Recovery:
        clipped = {series: Interval(max(w.start, w.end - 5 * DAY), w.end) for series, w in windows.items()}
        return repair(self, clipped, **options)

    monkeypatch.setattr(Repair, "__call__", of_days)
    monkeypatch.setattr(workshop, "MOST_WAITING", 2)
    monkeypatch.setattr(Child, "call", in_process)  # plans by the rule, and no process for any work


@pytest.fixture
def demo(tmp_path, brief) -> Iterator[tuple[House, schemathesis.BaseSchema]]:
    house = demo_house(tmp_path, days=2)
    with document_of(house) as document:
        yield house, document


@pytest.fixture
def lonely(tmp_path, monkeypatch, brief) -> Iterator[tuple[House, schemathesis.BaseSchema]]:
    house = real_house(tmp_path, monkeypatch, AEMET_API_KEY="k" * 40, OPENWEATHERMAP_API_KEY="k" * 32)
    with document_of(house) as document:
        yield house, document


def examine(document: schemathesis.BaseSchema, mode: schemathesis.GenerationMode, examples: int) -> int:
    """Every operation with so many requests of its own; how many there were."""
    operations = [result.ok() for result in document.get_all_operations()]
    for operation in operations:
        if mode is NEGATIVE and not (operation.query or operation.path_parameters or operation.body):
            continue  # nothing that could be wrong

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(mode))
        def ask(case: schemathesis.Case) -> None:
            answer = case.call_and_validate(checks=CHECKS)
            judge(answer, mode)

        ask()
    return len(operations)


def judge(answer: schemathesis.Response, mode: schemathesis.GenerationMode) -> None:
    """An error is a problem; one for a wrong value names it."""
    if answer.status_code < 400:
        return
    assert answer.headers["content-type"] == ["application/problem+json"]
    problem = json.loads(answer.content)
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    if answer.status_code == 422:
        assert problem["errors"]
        assert all(wrong["field"] and wrong["allowed"] for wrong in problem["errors"]), problem
    elif mode is POSITIVE:
        assert answer.status_code in FINE


def no_job_broke(house: House) -> None:
    broken = [job for job in house.jobs.jobs(1000) if any("internal error" in error for error in job.errors)]
    assert broken == []
    assert any(job.state in (JobState.DONE, JobState.FAILED) for job in house.jobs.jobs(1000))


def test_a_few_requests_of_each_operation(lonely):
    _house, document = lonely
    assert examine(document, POSITIVE, 1) > 25
    assert examine(document, NEGATIVE, 1) > 25


@pytest.mark.slow
@pytest.mark.parametrize("mode", [POSITIVE, NEGATIVE], ids=["well made", "badly made"])
def test_the_simulated_world(demo, mode):
    _house, document = demo
    examine(document, mode, 12)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [POSITIVE, NEGATIVE], ids=["well made", "badly made"])
def test_a_world_whose_upstreams_are_all_down(lonely, mode):
    house, document = lonely
    examine(document, mode, 12)
    no_job_broke(house)
