from __future__ import annotations

import pytest
from web_house import client_of, demo_house


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with client_of(demo_house(tmp_path_factory.mktemp("demo"), days=10)) as found:
        yield found


def test_without_a_model_there_is_a_sentence_and_no_number(client):
    answer = client.post(
        "/predict/energy-optimization", content='{"price_eur_kwh":0.15,"temperature":22,"humidity":55}'
    )
    assert answer.status_code == 404
    assert "chocolate-factory train" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/predict", "/predict/energy-optimization", "/predict/production-recommendation"])
def test_a_wrong_value_is_named_with_what_is_allowed(client, path):
    answer = client.post(path, content='{"temperature": 99}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    wrong = answer.json()["errors"][0]
    assert (wrong["field"], wrong["value"]) == ("temperature", "99")
    assert "52" in wrong["allowed"]


def test_heat_halts_without_any_model(client):
    answer = client.post("/predict/production-recommendation", content='{"temperature": 48, "humidity": 30}')
    document = answer.json()
    assert answer.status_code == 200
    assert document["recommendation"] == "Halt Production"
    assert document["model"] is None
    assert any("kW" in reason["en"] for reason in document["reasons"])
    assert [used["given"] for used in document["inputs"]] == [False, True, True]


def test_features_of_today_come_with_their_names(client):
    document = client.get("/mlflow/features").json()
    assert len(document["feature_names"]) == 13
    assert len(document["model_inputs"]) == 8
    assert document["features"][0]["hour"] == 0
    assert document["features"][0]["price_rank_in_day"] is not None
