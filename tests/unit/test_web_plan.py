"""The plan over HTTP: in force, made again, posted, asked about, locked, drawn, simulated; and how each refuses."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from plan_records import by_rule, in_process
from web_house import NOON, client_of, demo_house, ended, from_elsewhere, problem_of, real_house

from chocolate_factory.adapters.bundle_file import unpacked
from chocolate_factory.adapters.child import Child
from chocolate_factory.domain.time import isoformat_madrid

TANKS = {"tank-dark": 900.0, "tank-milk": 800.0, "tank-white": 700.0}
#: What planning, simulating and training need, and a service that only serves must not load; its models need NumPy.
HEAVY = {"mlflow", "scipy", "simpy", "joblib", "matplotlib", "pandas", "sklearn", "dask"}

planner = by_rule


def at_once(child, work, given, limit_s):
    """As ``in_process``, with the planner that a test has put there."""
    return planner(given[0]) if work.endswith(":planned_by") else in_process(child, work, given, limit_s)


@pytest.fixture(scope="module", autouse=True)
def _no_children():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Child, "call", at_once)
        yield


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Of a simulated world with a plan in force."""
    with client_of(demo_house(tmp_path_factory.mktemp("demo"), days=9)) as found:
        assert found.get("/plan").status_code == 404
        assert found.post("/plan").status_code == 200
        yield found


@pytest.fixture
def plan(client):
    return client.get("/plan").json()


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """Of a house that knows nothing yet."""
    with client_of(real_house(tmp_path, monkeypatch)) as found:
        yield found


# ------------------------------------------------------------------------------------------------------------ in force
def test_before_the_first_plan_each_path_says_what_to_do(empty):
    for answer in (
        empty.get("/plan"),
        empty.get("/plan/gantt.png"),
        empty.post("/simulate"),
        empty.post("/plan/what-if", json={"batch_id": "x", "start": "2026-06-18T10:00"}),
        empty.post("/plan/batches/x/lock"),
    ):
        assert "POST /plan" in problem_of(answer, 404)["detail"]
    assert empty.get("/plan/history").json() == {"plans": []}


def test_without_prices_a_plan_is_refused_with_what_to_do(empty):
    assert "/gaps/summary" in problem_of(empty.post("/plan"), 404)["detail"]


def test_the_plan_says_which_it_is_first_and_adds_up(client, plan):
    assert list(plan)[:4] == ["id", "made_at", "trigger", "status"]
    assert plan["trigger"] == "request"
    assert plan["made_at"] == isoformat_madrid(NOON)
    assert sum(s["cost_eur"] for s in plan["slots"]) == pytest.approx(plan["cost_eur"], abs=0.02)
    assert sum(s["energy_kwh"] for s in plan["slots"]) == pytest.approx(plan["kwh"], abs=0.2)
    assert sum(s["output_kg"] for s in plan["slots"]) == pytest.approx(plan["kg"], abs=0.5)
    assert plan["eur_per_kg"] == pytest.approx(plan["cost_eur"] / plan["kg"], abs=1e-4)
    assert {s["price_kind"] for s in plan["slots"]} <= {"simulated", "estimated"}
    assert {code for s in plan["slots"] for code in s["reasons"]} == set(plan["level_reasons"])
    assert all(set(s["stocks_kg"]) == set(TANKS) for s in plan["slots"])
    assert all({"es", "en"} == set(b["reason"]) for b in plan["batches"])


def test_a_plan_is_found_again_by_its_id_and_in_the_history(client, plan):
    lines = client.get("/plan/history", params={"limit": 1}).json()["plans"]
    assert [(line["id"], line["cost_eur"]) for line in lines] == [(plan["id"], plan["cost_eur"])]
    assert client.get(f"/plan/{plan['id']}").json() == plan
    problem_of(client.get("/plan/ffffffffffff"), 404, "id")
    problem_of(client.get("/plan/history", params={"limit": 0}), 422, "limit")


def test_a_decisions_bundle_is_a_file_that_can_be_made_again(client, plan):
    answer = client.get(f"/plan/{plan['id']}/bundle")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert f'filename="decision-{plan["id"]}.zip"' in answer.headers["content-disposition"]
    bundle = unpacked(answer.content, "the answer")
    assert (bundle.record.id, bundle.found.differences, bundle.evidence.lacks) == (plan["id"], (), ())
    problem_of(client.get("/plan/ffffffffffff/bundle"), 404, "id")
    problem_of(from_elsewhere(client).get(f"/plan/{plan['id']}/bundle"), 403)


def test_a_plan_asked_for_while_one_is_made_is_a_conflict(client, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow(task):
        begun.set()
        assert go_on.wait(20)
        return by_rule(task)

    monkeypatch.setattr(sys.modules[__name__], "planner", slow)
    first = threading.Thread(target=client.post, args=("/plan",))
    first.start()
    assert begun.wait(20)
    assert "being made" in problem_of(client.post("/plan"), 409)["detail"]
    assert client.get("/plan").status_code == 200
    go_on.set()
    first.join(20)


# -------------------------------------------------------------------------------------------------------------- posted
def posted(**changes) -> dict:
    """A day's problem."""
    hours = [f"2026-07-14T{h:02}:00" for h in range(24)]
    return {
        "start": "2026-07-14",
        "hours": 24,
        "prices": [{"start": t, "price_eur_mwh": 50 + i} for i, t in enumerate(hours)],
        "weather": [{"start": t, "temperature_c": 25, "humidity_pct": 40} for t in hours],
        "demand": [{"product": "dark", "kg": 700, "due": "2026-07-14T22:00"}],
        **changes,
    }


def test_a_posted_problem_is_planned_and_not_kept(client, plan):
    made = client.post("/plan", json=posted()).json()
    assert set(made) == set(plan)
    assert made["trigger"] == "posted"
    assert made["horizon"] == {
        "start": "2026-07-14T00:00:00+02:00", "end": "2026-07-15T00:00:00+02:00", "resolution_minutes": 60
    }  # fmt: skip
    assert client.get("/plan").json() == plan
    problem_of(client.get(f"/plan/{made['id']}"), 404, "id")


def test_what_is_posted_is_what_is_planned(client, monkeypatch):
    seen = []
    monkeypatch.setattr(sys.modules[__name__], "planner", lambda task: seen.append(task) or by_rule(task))
    wishes = {"carbon_eur_t": 80, "peak_kw": 120, "night_work": False, "quiet_hours": "22-6"}
    body = posted(options=wishes, stocks_kg={"tank-dark": 1234}, resolution_minutes=15)
    answer = client.post("/plan", json=body)
    task = seen[0]
    assert task.problem.step_h == 0.25
    assert task.problem.stocks_kg["dark"] == 1234
    assert [(o.product, o.kg) for o in task.problem.orders] == [("dark", 700)]
    options = task.options
    assert (options.carbon_eur_t, options.peak_kw, options.night_work, options.quiet) == (80, 120, False, ((22, 6),))
    assert any("carbon" in note for note in answer.json()["notes"])


def test_a_body_is_read_whatever_its_content_type(client):
    answer = client.post(
        "/plan", content=b'{"start": "x"}', headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    problem_of(answer, 422, "prices", "weather")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"hours": 12}, ["hours"]),
        ({"hours": 169}, ["hours"]),
        ({"resolution_minutes": 30}, ["resolution_minutes"]),
        ({"start": "yesterday"}, ["start"]),
        ({"prices": []}, ["prices"]),
        ({"weather": []}, ["weather"]),
        ({"prices": [{"start": "2026-07-14T00:00", "price_eur_mwh": 1e9}]}, ["price_eur_mwh"]),
        ({"prices": [{"start": "soon", "price_eur_mwh": 1}]}, ["start"]),
        ({"weather": [{"start": "2026-07-14T00:00", "temperature_c": 90, "humidity_pct": 0}]},
         ["temperature_c", "humidity_pct"]),
        ({"demand": [{"product": "vanilla", "kg": 1, "due": "2026-07-14T20:00"}]}, ["product"]),
        ({"demand": [{"product": "dark", "kg": -1, "due": "2026-07-14T20:00"}]}, ["kg"]),
        ({"demand": [{"product": "dark", "kg": 1, "due": "whenever"}]}, ["due"]),
        ({"stocks_kg": {"bathtub": 1}}, ["stocks_kg"]),
        ({"stocks_kg": {"tank-dark": 99999}}, ["stocks_kg.tank-dark"]),
        ({"options": {"quiet_hours": "at night"}}, ["quiet_hours"]),
        ({"options": {"quiet_hours": "22-22"}}, ["quiet_hours"]),
        ({"options": {"peak_kw": 0}}, ["peak_kw"]),
        ({"options": {"peak": 100}}, ["peak"]),
        ({"wishes": {}}, ["wishes"]),
    ],
)  # fmt: skip
def test_a_problem_that_is_wrong_names_the_field(client, changes, fields):
    problem_of(client.post("/plan", json=posted(**changes)), 422, *fields)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"plan"', b'{"hours": NaN}', b"\xff\xfe", b'{"start": "\\ud800"}'])
def test_a_body_that_is_no_problem_is_refused(client, body):
    answer = client.post("/plan", content=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_of_many_mistakes_the_first_are_named(client):
    answer = client.post("/plan", json={"": 1, **{f"key{i}": i for i in range(500)}})
    fields = [error["field"] for error in answer.json()["errors"]]
    assert len(fields) == 20
    assert "body" in fields, "a key without a name"


def test_a_huge_body_is_not_read_to_its_end(client):
    problem_of(client.post("/plan", content=b" " * 2_000_000), 422, "body")


# ------------------------------------------------------------------------------------------------------ moves and locks
def test_what_moving_a_batch_would_cost(client, plan):
    batch = plan["batches"][-1]["id"]
    move = client.post("/plan/what-if", json={"batch_id": batch, "start": "2026-06-18T10:00"}).json()
    assert (move["batch_id"], move["delta_eur"], move["feasible"]) == (batch, -3.46, True)
    assert move["start"] == "2026-06-18T10:00:00+02:00"
    problem_of(client.post("/plan/what-if", json={"batch_id": "x", "start": "2026-06-18"}), 404, "batch_id")
    problem_of(client.post("/plan/what-if", json={"batch_id": batch, "start": "later"}), 422, "start")
    problem_of(client.post("/plan/what-if"), 422, "body")
    problem_of(client.post("/plan/what-if", json={}), 422, "batch_id", "start")


def test_a_batch_is_moved_or_it_is_said_why_not(client, plan):
    path = f"/plan/batches/{plan['batches'][-1]['id']}/move"
    problem_of(client.post(path, json={"start": "2026-06-18T10:00"}), 422, "start")
    problem_of(client.post("/plan/batches/x/move", json={"start": "2026-06-18T10:00"}), 404, "batch_id")
    problem_of(client.post(path, json={"start": "later"}), 422, "start")
    problem_of(client.post(path), 422, "body")


def test_a_batch_is_locked_shown_as_such_and_let_go(client, plan):
    path = f"/plan/batches/{plan['batches'][-1]['id']}/lock"
    held = client.post(path, json={"locked": True}).json()
    assert held["locked"] is held["batch"]["locked"] is True
    assert [b["locked"] for b in client.get("/plan").json()["batches"]][-1] is True
    assert client.post(path).json()["locked"] is True, "without a body it is locked"
    free = client.post(path, json={"locked": False}).json()
    assert free["locked"] is free["batch"]["locked"] is False
    assert not any(b["locked"] for b in client.get("/plan").json()["batches"])
    problem_of(client.post("/plan/batches/x/lock"), 404, "batch_id")
    problem_of(client.post(path, json={"locked": "perhaps"}), 422, "locked")


def test_what_was_counted_is_where_the_next_plan_begins(client):
    answer = client.post("/plan/stocks", json={"tanks_kg": TANKS, "finished_kg": {"dark": 10}})
    assert answer.json() == {"at": isoformat_madrid(NOON), "tanks_kg": TANKS, "finished_kg": {"dark": 10.0}}
    notes = client.post("/plan").json()["notes"]
    assert any("counted" in note for note in notes)
    problem_of(client.post("/plan/stocks", json={"tanks_kg": {"tank-dark": 1}}), 422, "tanks_kg")
    problem_of(client.post("/plan/stocks", json={"tanks_kg": {**TANKS, "tank-dark": -1}}), 422, "tank-dark")
    problem_of(client.post("/plan/stocks", json={"tanks_kg": {**TANKS, "bathtub": 1}}), 404, "tanks_kg")


# ------------------------------------------------------------------------------------------------------------ pictures
@pytest.mark.parametrize(("kind", "head"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_plan_as_a_picture_is_drawn_once(client, kind, head, monkeypatch):
    first = client.get(f"/plan/gantt.{kind}")
    assert first.headers["content-type"].startswith("image/")
    assert first.content.startswith(head)
    monkeypatch.setattr(Child, "call", lambda *_: pytest.fail("drawn again"))
    assert client.get(f"/plan/gantt.{kind}").content == first.content


def test_a_picture_speaks_the_language_asked_for(client):
    spanish, english = (client.get("/plan/gantt.svg", params={"lang": lang}).text for lang in ("es", "en"))
    assert spanish != english
    problem_of(client.get("/plan/gantt.svg", params={"lang": "fr"}), 422, "lang")


# ---------------------------------------------------------------------------------------------------------- simulation
def test_a_plan_is_run_and_its_figures_have_spreads(client, plan):
    found = client.post("/simulate", json={"replications": 20, "seed": 4}).json()
    assert (found["plan_id"], found["replications"], found["seed"]) == (plan["id"], 20, 4)
    for spread in (*found["kpis"].values(), *found["losses_min"].values()):
        assert spread["p10"] <= spread["p50"] <= spread["p90"]
    assert found["kpis"]["cost_eur"]["mean"] == pytest.approx(plan["cost_eur"], rel=0.2)
    assert client.post("/simulate", json={"replications": 20, "seed": 4}).json() == found
    assert client.post("/simulate", json={"replications": 20, "seed": 5}).json() != found


@pytest.mark.slow
def test_many_runs_are_long_work_whose_job_holds_the_figures(client, plan):
    job = ended(client, client.post("/simulate", json={"replications": 600}))
    assert job["state"] == "done"
    assert job["counts"]["replications"] == 600
    assert job["counts"]["cost_eur_p10"] <= job["counts"]["cost_eur_mean"] <= job["counts"]["cost_eur_p90"]
    assert plan["id"] in job["message"]


def test_a_simulation_that_is_wrong_names_the_field(client):
    problem_of(client.post("/simulate", json={"replications": 0}), 422, "replications")
    problem_of(client.post("/simulate", json={"replications": 1001}), 422, "replications")
    problem_of(client.post("/simulate", json={"plan_id": "DROP TABLE"}), 422, "plan_id")
    problem_of(client.post("/simulate", json={"plan_id": "ffffffffffff"}), 404, "plan_id")


# ---------------------------------------------------------------------------------------------------------------- rules
def test_a_stranger_may_read_the_plan_and_change_nothing(client, plan):
    stranger = from_elsewhere(client)
    assert stranger.get("/plan").status_code == 200
    batch = plan["batches"][0]["id"]
    for path in ("/plan", "/plan/what-if", f"/plan/batches/{batch}/lock", "/plan/stocks", "/simulate"):
        problem_of(stranger.post(path, content=b"{" + b" " * 5_000_000), 403)


def test_the_service_and_its_command_line_load_no_solver_and_no_chart():
    program = "import chocolate_factory.cli.app, chocolate_factory.web.app, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()
