"""The service imports neither MLflow nor what it learns with: they would take more memory than all the rest of it."""

from __future__ import annotations

import json
import subprocess
import sys

#: Builds the service, answers requests, fills and reads a shelf, and tells what is loaded then.
SERVED = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path

from fastapi.testclient import TestClient

from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry
from chocolate_factory.domain.models import RegistryState
from chocolate_factory.settings import read_settings
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.web.app import create_app
from chocolate_factory.wiring import build

folder = Path(sys.argv[1])
house = build(read_settings({"DATA_DIR": str(folder)}, folder / "no.env"), demo=True)
with TestClient(create_app(house, Runner(house), awake=False), client=("127.0.0.1", 50000)) as client:
    for path in ("/", "/health", "/models/status", "/mlflow/status"):
        assert client.get(path).status_code < 500, path
MlflowRegistry("sqlite:///never-opened.db", house.clock)
shelf = FileShelf(folder / "shelf")
shelf.put(RegistryState(True, "x", (), (), datetime(2026, 3, 10, tzinfo=UTC)), {})
assert shelf.state() is not None
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
house.close()
"""
TOO_MUCH = {"mlflow", "sklearn", "pandas", "scipy", "alembic", "flask", "pyarrow", "matplotlib", "joblib"}


def test_the_service_loads_nothing_of_what_its_children_need(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SERVED, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "numpy" in loaded or "fastapi" in loaded, "it did start"
    assert loaded & TOO_MUCH == set()
