"""The models over HTTP: an empty house says what is missing; train, promote and roll back; and how each refuses."""

from __future__ import annotations

import json

import pytest
from model_makers import made
from model_school import BETTER, WORSE, School
from web_house import client_of, ended, from_elsewhere, problem_of, real_house

from chocolate_factory.domain.models import ModelName
from chocolate_factory.forecasting.enough import FEWEST_IN_ALL
from chocolate_factory.learning.judging import FEWEST_DAYS

pytestmark = pytest.mark.slow
NAME = ModelName.SPOT_PRICE
PROMOTE, ROLLBACK = f"/models/{NAME}/promote", f"/models/{NAME}/rollback"


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Of a plant that knows nothing yet; the client closes it."""
    return real_house(tmp_path, monkeypatch)


@pytest.fixture
def school(house):
    return School(house)


@pytest.fixture
def client(house, school):
    with client_of(house) as found:
        yield found


@pytest.fixture
def trained(client, school):
    """The naive forecast was champion first; a better one has replaced it, and a worse one challenges."""
    for says, proof in ((b"better", BETTER), (b"worse", WORSE)):
        school.teaches(NAME, says, proof)
        job = ended(client, client.post("/mlflow/train", params={"model": NAME}))
        assert job["state"] == "done", job
    return client


def status_of(client, name: ModelName = NAME) -> dict:
    return next(m for m in client.get("/models/status").json()["models"] if m["name"] == name)


def numbers_in(document) -> list[float]:
    """Every number at any depth."""
    if isinstance(document, dict):
        return [n for value in document.values() for n in numbers_in(value)]
    if isinstance(document, list):
        return [n for value in document for n in numbers_in(value)]
    return [document] if isinstance(document, int | float) and not isinstance(document, bool) else []


# ------------------------------------------------------------------------------------------ empty house
def test_an_empty_house_has_no_number_and_says_what_is_missing(client):
    status = client.get("/models/status").json()
    assert [model["name"] for model in status["models"]] == list(ModelName)
    assert status["registry_asked_at"] is None
    assert numbers_in(status) == []
    for model in status["models"]:
        assert {model[alias] for alias in ("champion", "challenger", "previous")} == {None}
        assert (model["next_training"], model["events"], model["drift"]) == ("", [], [])
    missing = {model["name"]: model["waiting_for"] for model in status["models"]}
    assert missing[NAME] == f"{FEWEST_IN_ALL} more days of spot are needed, {FEWEST_IN_ALL} in all."
    assert missing[ModelName.ENERGY_OPTIMIZATION].startswith(f"{FEWEST_DAYS} more days of pvpc")


def test_a_registry_that_was_never_asked_is_not_said_to_be_there(client):
    told = client.get("/mlflow/status").json()
    assert (told["connected"], told["asked_at"], told["models"], told["experiments"]) == (False, None, [], [])
    assert "not asked yet" in told["detail"]
    assert told["tracking_uri"].startswith("sqlite:")
    check = next(c for c in client.get("/health").json()["checks"] if c["name"] == "models")
    assert (check["status"], check["detail"]) == ("unknown", "no model yet")


def test_an_address_is_shown_without_its_password(tmp_path, monkeypatch):
    secret = "http://maker:s3cret@chocolate_factory_mlops:5000"
    with client_of(real_house(tmp_path, monkeypatch, MLFLOW_TRACKING_URI=secret)) as found:
        answer = found.get("/mlflow/status")
    assert answer.json()["tracking_uri"] == "http://chocolate_factory_mlops:5000"
    assert "s3cret" not in answer.text


def test_prices_without_a_model_are_a_sentence(client):
    told = client.get("/forecast/prices").json()
    assert told["prices"] == []
    assert "chocolate-factory train" in told["problem"]


# ------------------------------------------------------------------------------------------ training
def test_a_training_is_accepted_followed_and_seen_in_the_status(client, school):
    school.teaches(NAME, b"better")
    answer = client.post("/mlflow/train", params={"model": NAME})
    assert answer.status_code == 202
    assert set(answer.json()) >= {"job_id", "follow"}
    job = ended(client, answer)
    assert (job["state"], job["counts"]) == ("done", {"trained": 1, "refused": 0})
    model, card = status_of(client), made(b"better").card
    assert (model["champion"]["version"], model["champion"]["sort"]) == (2, card.sort)
    assert model["champion"]["scores"] == dict(card.scores)
    assert model["champion"]["baselines"] == {"naive": {"mae_eur_mwh": 20.0}}
    assert model["champion"]["run_id"] == school.registry.versions(NAME)[0].run_id
    assert model["previous"]["is_baseline"] is True
    assert [event["deed"] for event in model["events"]] == ["promoted", "trained"]
    assert model["events"][0]["figures"]["challenger_loss"] < model["events"][0]["figures"]["champion_loss"]


def test_what_could_not_be_trained_fails_with_the_reason(client, school):
    school.teaches(NAME, b"", problem="12 more days are needed")
    job = ended(client, client.post("/mlflow/train", params={"model": NAME}))
    assert job["state"] == "failed"
    assert "spot_price: 12 more days are needed" in job["errors"]
    model = status_of(client)
    assert (model["events"][0]["deed"], model["events"][0]["version"]) == ("refused", None)
    assert model["champion"]["is_baseline"] is True


def test_a_registry_that_is_away_fails_the_job_in_its_own_words(trained, school):
    with school.registry.while_away():
        job = ended(trained, trained.post("/mlflow/train", params={"model": NAME}))
    assert job["state"] == "failed"
    assert job["errors"] == ["The model registry in memory is away."]
    assert status_of(trained)["champion"]["version"] == 2, "what served goes on"
    assert "models.registry" in {alert["cause"] for alert in trained.get("/alerts").json()["alerts"]}


# ------------------------------------------------------------------------------------------ promote, roll back
def test_a_version_is_made_champion_by_hand_and_taken_back(trained):
    chosen = trained.post(PROMOTE, json={"version": 1})
    assert chosen.status_code == 200, chosen.text
    assert (chosen.json()["version"], chosen.json()["aliases"]) == (1, ["champion"])
    assert status_of(trained)["previous"]["version"] == 2
    back = trained.post(ROLLBACK).json()
    model = status_of(trained)
    assert back["version"] == model["champion"]["version"] == 2
    assert back["sha256"] == model["champion"]["sha256"]
    assert [event["deed"] for event in model["events"][:2]] == ["rolled back", "promoted"]
    assert model["events"][0]["why"] == "asked for by POST /models/{name}/rollback"


def test_a_plain_body_without_a_content_type_is_read(trained):
    answer = trained.post(PROMOTE, content=json.dumps({"version": 1}), headers={"Content-Type": "text/plain"})
    assert answer.json()["version"] == 1


def test_what_is_not_there_cannot_serve(trained):
    problem_of(trained.post(PROMOTE, json={"version": 9}), 404, "version")
    assert status_of(trained)["champion"]["version"] == 2


def test_without_a_champion_before_there_is_nothing_to_go_back_to(client):
    detail = problem_of(client.post(ROLLBACK), 404, "model")["detail"]
    assert "never was" in detail


def test_a_registry_that_is_away_promotes_nothing(trained, school):
    with school.registry.while_away():
        problem_of(trained.post(PROMOTE, json={"version": 1}), 503)
        problem_of(trained.post(ROLLBACK), 503)
    assert status_of(trained)["champion"]["version"] == 2


# ------------------------------------------------------------------------------------------ refusals
@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/mlflow/train", {"params": {"model": "weather"}}),
        ("/models/weather/promote", {"json": {"version": 1}}),
        ("/models/weather/rollback", {}),
    ],
)
def test_an_unknown_model_is_told_which_there_are(client, path, options):
    detail = problem_of(client.post(path, **options), 404, "model")["detail"]
    assert "'weather'" in detail
    assert all(name in detail for name in ModelName)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("{}", "version"),
        ('{"version": 0}', "version"),
        ('{"version": "two"}', "version"),
        ('{"version": 1000001}', "version"),
        ('{"version": 1.5}', "version"),
    ],
)
def test_a_wrong_body_is_told_what_is_allowed(trained, body, field):
    problem_of(trained.post(PROMOTE, content=body), 422, field)
    assert status_of(trained)["champion"]["version"] == 2


def test_what_is_no_json_is_refused(trained):
    assert trained.post(PROMOTE, content="version=1").status_code == 422


@pytest.mark.parametrize("path", ["/mlflow/train", PROMOTE, ROLLBACK])
def test_a_stranger_may_look_and_change_nothing(trained, path):
    stranger = from_elsewhere(trained)
    problem_of(stranger.post(path, content='{"version": 1}'), 403)
    assert stranger.get("/models/status").json() == trained.get("/models/status").json()
    assert status_of(trained)["champion"]["version"] == 2
