"""What MLflow itself holds of a training, and what else can read it."""

from __future__ import annotations

import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from made_models import MADE_AT, PICTURE, file_of, made
from tracking_server import TrackingServer

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry
from chocolate_factory.adapters.model_codec import card_of
from chocolate_factory.adapters.model_tables import answer, example_of
from chocolate_factory.domain.errors import StoreError, UnreadableError
from chocolate_factory.domain.models import Alias, ModelName

SPOT = ModelName.SPOT_PRICE
NOW = MADE_AT + timedelta(hours=1)


# ---------------------------------------------------------------------- what is held
def test_a_run_tells_the_whole_training(the_run, registry, client):
    fresh = made()
    version = registry.add(fresh)
    run = the_run()
    assert (run.info.run_id, run.info.status) == (version.run_id, "FINISHED")
    assert run.data.params["windows"] == "84, 112"
    assert run.data.params["rows"] == "20880"
    assert run.data.metrics["mae_eur_mwh"] == 11.25
    assert run.data.metrics["baseline.EPF naive.mae_eur_mwh"] == 17.5
    assert run.data.metrics["baseline.the weeks mean.mae_eur_mwh"] == 19.0  # MLflow takes no apostrophe
    assert run.data.tags["fingerprint"] == fresh.card.fingerprint
    assert run.data.tags["learnt_from"] == str(fresh.card.learnt_from)
    curve = client.get_metric_history(version.run_id, "curve.mae_eur_mwh")
    assert [(point.step, point.value) for point in curve] == list(fresh.curves["mae_eur_mwh"])


def test_the_files_of_a_run_are_its_card_and_its_pictures(registry, client, tmp_path):
    fresh = made()
    version = registry.add(fresh)
    found = Path(client.download_artifacts(version.run_id, "", str(tmp_path)))
    assert card_of((found / "card.json").read_bytes()) == fresh.card
    assert (found / "mae by lead.png").read_bytes() == PICTURE


def test_a_server_or_mlflow_ui_on_the_same_store_shows_it(registry, uri, folder):
    version = registry.add(made())
    registry.point(SPOT, Alias.CHAMPION, version.number)
    server = TrackingServer(uri, folder)
    try:
        seen = MlflowRegistry(server.uri, FixedClock(NOW)).state()
        page = f"{server.uri}/get-artifact?run_id={version.run_id}&path=card.json"
        with urllib.request.urlopen(page, timeout=30) as answer:
            assert card_of(answer.read()) == version.card
    finally:
        server.kill()
    assert seen.versions == registry.state().versions
    assert seen.experiments == registry.state().experiments


def test_nothing_is_pickled_and_the_form_of_a_question_goes_with_the_model(registry, folder):
    from mlflow.models import Model

    registry.add(made())
    [package] = (folder / "artifacts").rglob("MLmodel")
    assert {path.suffix for path in package.parent.rglob("*")} & {".pkl", ".pickle", ".joblib"} == set()
    assert "chocolate" not in (package.parent / "requirements.txt").read_text()
    model = Model.load(str(package))
    assert model.signature.inputs.input_names() == ["start", "spot", "demand_forecast"]
    assert model.signature.inputs.required_input_names() == ["start", "spot"]
    assert model.signature.outputs.input_names() == ["start", "p10_eur_mwh", "p50_eur_mwh", "p90_eur_mwh"]
    assert list(model.load_input_example(str(package.parent))) == ["start", "spot"]


def test_what_mlflow_loads_answers_as_the_brain_does(registry):
    import mlflow.pyfunc

    version = registry.add(made())
    registry.point(SPOT, Alias.CHAMPION, version.number)
    question = example_of(version.card)
    question["spot"] = [40.0 + hour % 24 for hour in range(len(question["spot"]))]
    told = mlflow.pyfunc.load_model("models:/spot_price@champion").predict(question)
    assert told.to_dict("list") == answer(SPOT, file_of(), question)
    assert len(told) == 168


def test_a_version_that_somebody_made_by_hand_is_left_alone(registry, client):
    version = registry.add(made())
    client.create_model_version(SPOT, "file:///nowhere", await_creation_for=0)
    registry.point(SPOT, Alias.CHAMPION, 2)
    assert registry.versions(SPOT) == [version]
    assert registry.aliased(SPOT, Alias.CHAMPION) is None
    assert registry.add(made()).number == 3


def test_a_card_of_another_version_of_the_program_is_told_and_the_state_claims_nothing(registry, client):
    registry.add(made())
    client.set_model_version_tag(SPOT, "1", "card", '{"name": "spot_price"}')
    with pytest.raises(UnreadableError, match="another version"):
        registry.versions(SPOT)
    state = registry.state()
    assert (state.connected, state.versions) == (False, ())
    assert "another version" in state.error


# ---------------------------------------------------------------------- files
def the_file(folder):
    [file] = (folder / "artifacts").rglob("model.npz")
    return file


def test_a_damaged_file_is_refused(registry, folder):
    version = registry.add(made())
    body = bytearray(the_file(folder).read_bytes())
    body[len(body) // 2] ^= 1
    the_file(folder).write_bytes(body)
    with pytest.raises(StoreError, match="not what was registered"):
        registry.file(version)


def test_a_lost_file_is_told_as_lost(registry, folder):
    version = registry.add(made())
    the_file(folder).unlink()
    with pytest.raises(StoreError, match="lost"):
        registry.file(version)
