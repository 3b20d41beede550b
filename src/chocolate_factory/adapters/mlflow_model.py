"""The code that goes with every model in MLflow: it lets tools outside the brain ask a model, as the brain does.

MLflow runs this file when it loads a model (``mlflow.pyfunc.load_model``, ``mlflow models predict --env-manager
local``); this package must be installed there. Nothing else imports it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from chocolate_factory.adapters.model_tables import answer
from chocolate_factory.domain.models import ModelName


class TableModel(PythonModel):
    """One of our models, asked by a table."""

    def load_context(self, context: Any) -> None:
        """Called once, by MLflow."""
        self._name = ModelName(context.model_config["model"])
        self._file = Path(context.artifacts["model"]).read_bytes()

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002  MLflow's
        """See ``model_tables.answer``."""
        columns = {str(name): model_input[name].tolist() for name in model_input.columns}
        return pd.DataFrame(answer(self._name, self._file, columns))


set_model(TableModel())
