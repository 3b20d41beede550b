"""A process that adds a model to a registry and is killed at a step of it."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from made_models import MADE_AT, made

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry


def add_and_die(uri: str, step: str) -> None:
    """Killed with -9 in place of that method of MLflow's client."""
    registry = MlflowRegistry(uri, FixedClock(MADE_AT + timedelta(hours=1)))
    registry.state()
    from mlflow import MlflowClient

    setattr(MlflowClient, step, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    registry.add(made())
