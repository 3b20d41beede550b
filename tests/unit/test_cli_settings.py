"""The command line: wrong settings stop it, with their names."""

from __future__ import annotations

import json

import pytest
from cli_runs import command_line
from web_house import demo_house

from chocolate_factory.cli import serve
from chocolate_factory.domain.errors import SettingsError
from chocolate_factory.settings import Settings, read_settings

cli = pytest.fixture(command_line)


# ---------------------------------------------------------------------- settings
@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("API_PORT", "http", "65535"),
        ("API_PORT", "70000", "65535"),
        ("API_PORT", "-1", "65535"),
        ("LATITUDE", "nan", "90"),
        ("LATITUDE", "north", "90"),
        ("LONGITUDE", "181", "180"),
        ("REE_BASE_URL", "apidatos.ree.es", "http"),
        ("REE_BASE_URL", "ftp://x", "http"),
        ("OMIE_BASE_URL", "http:// x", "http"),
        ("AEMET_STATION", "Linares", "capitals"),
        ("AEMET_MUNICIPALITY", "Jaén", "digits"),
        ("SCHEDULE_PROFILE", "fast", "accelerated"),
        ("UI_LANGUAGE", "de", "'es' or 'en'"),
        ("LOG_LEVEL", "loud", "'debug'"),
        ("LOG_FORMAT", "xml", "'json'"),
        ("RAW_LIMIT_MB", "0", "1000000"),
        ("API_LOCAL_NETWORKS", "10.0.0.1/8", "127.0.0.0/8"),
        ("API_LOCAL_NETWORKS", "home", "127.0.0.0/8"),
        ("LEDGER_URL", "mysql://x", "postgresql"),
        ("CLOCK_URL", "now", "http"),
    ],
)
def test_a_wrong_setting_stops_with_its_name_its_value_and_what_is_allowed(cli, monkeypatch, name, value, allowed):
    monkeypatch.setenv(name, value)
    ended = cli("gaps")
    assert (ended.code, ended.out) == (2, "")
    [line] = ended.err.splitlines()[1:]
    assert line.strip().startswith(f"{name}: {value!r} is not allowed; ")
    assert allowed in line.partition("is not allowed")[2]


def test_every_wrong_setting_is_told_at_once(cli, monkeypatch):
    wrong = {"API_PORT": "x", "LATITUDE": "x", "LOG_LEVEL": "x"}
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    assert [line.strip().split(":")[0] for line in cli("gaps").err.splitlines()[1:]] == list(wrong)


@pytest.mark.parametrize(
    "url", ["postgres://brain:hush-hush@db/x", "mysql://brain:hush/h@sh-hush@db", "x//:hush-hush@"]
)
def test_a_password_in_a_wrong_address_is_not_shown(cli, monkeypatch, url):
    monkeypatch.setenv("LEDGER_URL", url)
    ended = cli("gaps")
    assert ended.code == 2
    assert "hush" not in ended.err
    assert "LEDGER_URL" in ended.err


def test_a_file_of_settings_or_of_a_secret_that_cannot_be_read_is_named(cli, tmp_path, monkeypatch):
    (tmp_path / ".env").write_bytes(b"API_PORT=\xff\n")
    assert cli("gaps").err.splitlines()[1].strip().startswith(".env cannot be read")
    (tmp_path / ".env").unlink()
    for path in ("no-such-file", "."):
        monkeypatch.setenv("AEMET_API_KEY_FILE", path)
        ended = cli("gaps")
        assert (ended.code, "AEMET_API_KEY_FILE" in ended.err) == (2, True)


def test_a_data_folder_that_cannot_be_is_named(cli, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for folder in ("file", "file/below", "/proc/x"):
        monkeypatch.setenv("DATA_DIR", folder)
        ended = cli("gaps")
        assert (ended.code, "DATA_DIR" in ended.err) == (2, True)


def test_a_store_of_the_other_world_or_of_another_program_is_told(cli, tmp_path, monkeypatch):
    demo_house(tmp_path / "demo", days=1).close()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "demo"))
    ended = cli("gaps")
    assert (ended.code, "simulated" in ended.err) == (1, True)
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/timeseries.db").write_text("words" * 1000)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "odd"))
    ended = cli("gaps")
    assert (ended.code, "timeseries.db" in ended.err) == (1, True)


def test_the_process_wins_over_the_file_and_an_empty_value_is_none(tmp_path):
    (tmp_path / ".env").write_text("API_PORT=8100\nUI_LANGUAGE=en\nAPI_TOKEN=from-the-file\n")
    found = read_settings({"API_PORT": "8200", "UI_LANGUAGE": ""}, tmp_path / ".env")
    assert (found.api_port, found.ui_language) == (8200, "es")
    assert found.api_token is not None
    (tmp_path / "token").write_text("  from-its-own\n")
    found = read_settings({"API_TOKEN": "x", "API_TOKEN_FILE": str(tmp_path / "token")}, tmp_path / ".env")
    assert found.api_token is not None
    assert found.api_token.get_secret_value() == "from-its-own"
    with pytest.raises(SettingsError):
        read_settings({"API_HOST": " " * 0, "API_PORT": "0"}, tmp_path / "no.env")


# ---------------------------------------------------------------------- before it serves
def test_a_host_that_is_none_is_told_before_anything_is_opened(cli, tmp_path):
    for host in ("no.such.host.invalid", "a" * 70, "é" * 70, "256.1.1.1"):
        ended = cli("serve", "--host", host, "--port", "1")
        assert (ended.code, ended.out) == (1, "")
        assert "Cannot listen on" in ended.err


def test_where_it_is(capsys):
    for host, shown in [
        ("127.0.0.1", "localhost"),
        ("0.0.0.0", "localhost"),
        ("10.1.2.3", "10.1.2.3"),
        ("::1", "[::1]"),
    ]:
        serve._say_where(Settings(api_host=host, api_port=8123), as_json=True)
        told = json.loads(capsys.readouterr().out)
        assert told == {"dashboard": f"http://{shown}:8123/dashboard", "api": f"http://{shown}:8123/docs"}
