"""A model as MLflow keeps one: our file of numbers, the code that reads it (``mlflow_model``), what it takes and gives.

Models from code: nothing is pickled, and what loads one runs the code that goes with it and nothing of the file.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from chocolate_factory.adapters.model_tables import example_of, inputs_of, outputs_of
from chocolate_factory.domain.models import MadeModel

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run
    from mlflow.models import ModelSignature

#: Our file among a model's artefacts.
FILE: Final = "model.npz"
_CODE: Final = Path(__file__).with_name("mlflow_model.py")
#: What reading one takes beside this package, which no public index holds: so it is not named here, lest somebody
#: else's of that name is fetched.
_NEEDS: Final = ["mlflow", "numpy", "pandas"]


def log_model(client: MlflowClient, run: Run, made: MadeModel) -> LoggedModel:
    """Keep the model with its run."""
    from mlflow.entities import LoggedModelOutput  # noqa: PLC0415  loaded by now

    card, run_id = made.card, run.info.run_id
    logged = client.create_logged_model(run.info.experiment_id, card.name, run_id, model_type=card.sort)
    with TemporaryDirectory() as folder:
        client.log_model_artifacts(logged.model_id, str(_package(Path(folder), made, logged, run_id)))
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
    return logged


def _package(folder: Path, made: MadeModel, logged: LoggedModel, run_id: str) -> Path:
    import mlflow.pyfunc  # noqa: PLC0415  slow
    from mlflow.models import Model  # noqa: PLC0415  slow

    (folder / FILE).write_bytes(made.file)
    package = folder / "package"
    mlflow.pyfunc.save_model(
        package,
        python_model=str(_CODE),
        artifacts={"model": str(folder / FILE)},
        model_config={"model": str(made.card.name)},
        signature=_signature(made),
        input_example=example_of(made.card),
        pip_requirements=_NEEDS,
        mlflow_model=Model(run_id=run_id, model_id=logged.model_id, artifact_path=logged.artifact_location),
    )
    return package


def _signature(made: MadeModel) -> ModelSignature:
    from mlflow.models import ModelSignature  # noqa: PLC0415  slow
    from mlflow.types import ColSpec, Schema  # noqa: PLC0415  slow

    taken, given = (
        Schema([ColSpec(column.sort, column.name, required=column.required) for column in columns])
        for columns in (inputs_of(made.card), outputs_of(made.card.name))
    )
    return ModelSignature(taken, given)
