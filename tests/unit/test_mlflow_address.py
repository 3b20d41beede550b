"""Where the registry is, and what of it may be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from chocolate_factory.adapters.mlflow_client import Address


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("http://mlops:5000", Address("http://mlops:5000")),
        ("https://brain:p%40ss%2Fword@mlops:5000/mlflow", Address("https://mlops:5000/mlflow", "brain", "p@ss/word")),
        ("http://brain@[::1]:5000", Address("http://[::1]:5000", "brain")),
        ("sqlite:////srv/a@b/mlflow.db", Address("sqlite:////srv/a@b/mlflow.db")),
    ],
)
def test_user_and_password_stand_beside_the_address(told, address):
    assert Address.of(told) == address


def test_the_artefacts_of_the_embedded_store_lie_beside_it_and_a_server_decides_for_itself():
    here = Address.of("sqlite:////srv/mi fábrica/mlflow.db")
    assert here.database == Path("/srv/mi fábrica/mlflow.db")
    assert here.artifacts_of("spot_price") == "file:///srv/mi%20f%C3%A1brica/artifacts/spot_price"
    server = Address.of("http://mlops:5000")
    assert (server.database, server.artifacts_of("spot_price")) == (None, None)


def test_the_password_is_in_no_print_of_it():
    assert "hunter2" not in repr(Address.of("http://brain:hunter2@mlops:5000"))
