"""The roles of the two databases, on a real PostgreSQL: made once, and again only their passwords."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from postgres_server import Postgres

REPOSITORY = Path(__file__).resolve().parents[2]
RULES = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """Who is not PostgreSQL's own role needs a password, as over the containers' network."""
    started = Postgres()
    rules = started.folder / "data" / "pg_hba.conf"
    rules.write_text(RULES)
    with psycopg.connect(started.address("postgres"), autocommit=True) as there:
        there.execute("DROP DATABASE mlflow")
        there.execute("SELECT pg_reload_conf()")
    yield started
    started.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "scripts").mkdir()
    shutil.copy(REPOSITORY / "scripts" / "secrets", home / "scripts")
    shutil.copy(REPOSITORY / ".env.example", home)
    subprocess.run([home / "scripts" / "secrets"], check=True, capture_output=True)
    return home


def roles(server: Postgres, home: Path) -> str:
    env = os.environ | {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "SECRETS": str(home / "docker" / "secrets")}
    done = subprocess.run(
        ["bash", REPOSITORY / "docker" / "services" / "postgres" / "roles"],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout + done.stderr


def password(home: Path, name: str) -> str:
    return (home / "docker" / "secrets" / f"{name}_password").read_text().strip()


def get_in(server: Postgres, role: str, database: str, password: str) -> None:
    address = f"postgresql://{role}:{password}@127.0.0.1:{server.port}/{database}"
    with psycopg.connect(address) as there:
        there.execute("CREATE TABLE IF NOT EXISTS kept (n int)")


def test_each_role_has_its_own_database_and_no_other(server, home):
    said = roles(server, home)
    for role, other in (("ledger", "mlflow"), ("mlflow", "ledger")):
        get_in(server, role, role, password(home, role))
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            get_in(server, role, other, password(home, role))
        assert password(home, role) not in said


def test_a_renewed_password_holds_and_the_old_one_does_not(server, home):
    roles(server, home)
    old = password(home, "ledger")
    subprocess.run([home / "scripts" / "secrets", "renew", "ledger_password"], check=True, capture_output=True)
    roles(server, home)
    get_in(server, "ledger", "ledger", password(home, "ledger"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        get_in(server, "ledger", "ledger", old)


def test_without_a_password_nothing_is_made(server, tmp_path):
    env = os.environ | {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "SECRETS": str(tmp_path)}
    script = REPOSITORY / "docker" / "services" / "postgres" / "roles"
    done = subprocess.run(["bash", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "scripts/secrets" in done.stderr
