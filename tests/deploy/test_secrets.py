"""``scripts/secrets``: strong ones, in files that their containers alone may read, and nowhere else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MADE = {"influxdb_token", "influxdb_password", "postgres_password", "ledger_password", "mlflow_password"}
GIVEN = {"api_token", "esios_token", "aemet_api_key", "openweathermap_api_key", "notify_urls", "tailscale_authkey"}


@pytest.fixture
def home(tmp_path) -> Path:
    """A repository before its first use."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(REPOSITORY / "scripts" / "secrets", tmp_path / "scripts")
    shutil.copy(REPOSITORY / ".env.example", tmp_path)
    return tmp_path


def secrets(home: Path, *words: str, told: str = "", code: int = 0) -> str:
    done = subprocess.run(
        [home / "scripts" / "secrets", *words], input=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def kept(home: Path) -> dict[str, str]:
    return {file.name: file.read_text().strip() for file in (home / "docker" / "secrets").iterdir()}


def test_the_first_use_makes_all_of_them(home):
    secrets(home)
    found = kept(home)
    assert set(found) == MADE | GIVEN | {"ledger_url", "mlflow_url"}
    assert len({found[name] for name in MADE}) == len(MADE)
    assert all(len(found[name]) >= 43 and found[name].isascii() for name in MADE)
    assert not any(found[name] for name in GIVEN)
    assert found["ledger_url"] == f"postgresql://ledger:{found['ledger_password']}@chocolate_factory_postgres/ledger"


def test_they_are_none_of_anybody_elses(home):
    secrets(home)
    folder = home / "docker" / "secrets"
    assert folder.stat().st_mode & 0o077 == 0
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o640}
    assert (home / ".env").stat().st_mode & 0o077 == 0


def test_a_second_use_changes_nothing(home):
    secrets(home)
    before = kept(home)
    secrets(home)
    assert kept(home) == before


def test_folders_are_there_for_whoever_set_it_up(home):
    secrets(home)
    for place in ("fastapi", "influxdb/data", "postgres/data", "mlflow/artifacts"):
        folder = home / "docker" / "services" / place
        assert f"FACTORY_UID={folder.stat().st_uid}\n" in (home / ".env").read_text()
        assert folder.stat().st_uid != 0
    assert (home / "ssl").is_dir()
    assert (home / "logs" / "sidecar" / "nginx").is_dir()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("AEMET_API_KEY=abc.def-1", "abc.def-1"),
        ("AEMET_API_KEY=abc  # the first one", "abc"),
        ("AEMET_API_KEY='a b#c'", "a b#c"),
        ('export AEMET_API_KEY="a b"', "a b"),
        ("AEMET_API_KEY=old\nAEMET_API_KEY=new", "new"),
        ("#AEMET_API_KEY=abc", ""),
        ("AEMET_API_KEY=", ""),
    ],
)
def test_what_env_says_is_taken_up(home, written, value):
    (home / ".env").write_text(f"{written}\n")
    secrets(home)
    assert kept(home)["aemet_api_key"] == value


def test_nothing_that_it_prints_is_a_secret(home):
    (home / ".env").write_text("TAILSCALE_AUTHKEY=tskey-marked\n")
    said = secrets(home) + secrets(home, "list")
    assert "tailscale_authkey" in said
    assert not [value for value in kept(home).values() if value and value in said]


def test_a_renewed_password_is_another_in_the_same_file(home):
    """A container has the very file mounted: another one in its place it would never see."""
    secrets(home)
    before, file = kept(home), home / "docker" / "secrets" / "ledger_password"
    number = file.stat().st_ino
    secrets(home, "renew", "ledger_password")
    after = kept(home)
    assert file.stat().st_ino == number
    assert after["ledger_password"] != before["ledger_password"]
    assert after["ledger_password"] in after["ledger_url"]
    assert {n for n in after if after[n] != before[n]} == {"ledger_password", "ledger_url"}


def test_one_is_set_and_unset_by_standard_input(home):
    secrets(home)
    secrets(home, "set", "influxdb_token", told="another\n")
    assert kept(home)["influxdb_token"] == "another"
    secrets(home, "set", "api_token")
    assert kept(home)["api_token"] == ""


@pytest.mark.parametrize("words", [("set", "nothing"), ("renew", "aemet_api_key"), ("renew",), ("banana",)])
def test_what_it_does_not_know_it_refuses(home, words):
    secrets(home, *words, code=2)
