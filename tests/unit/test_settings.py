"""The environment: every name, what is allowed, whose word counts, and no secret anywhere."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from chocolate_factory.domain.errors import SettingsError
from chocolate_factory.settings import SECRETS, Settings, read_settings

NOWHERE = Path("/nonexistent/.env")


def read(environ: dict[str, str], dotenv: Path = NOWHERE) -> Settings:
    return read_settings(environ, dotenv)


def problems(environ: dict[str, str], dotenv: Path = NOWHERE) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(environ, dotenv)
    return caught.value.problems


def plain(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def secret(name: str, text: str) -> str:
    """A text as that secret may look."""
    return f"json://{text}" if name == "NOTIFY_URLS" else text


# ---------------------------------------------------------------------- every name
NAMES = {
    "DATA_DIR": ("/srv/chocolate", Path("/srv/chocolate"), Path("data")),
    "RAW_LIMIT_MB": ("64", 64, 512),
    "API_HOST": ("0.0.0.0", "0.0.0.0", "127.0.0.1"),
    "API_PORT": ("8080", 8080, 8000),
    "API_TOKEN": ("t0ken", "t0ken", None),
    "API_LOCAL_NETWORKS": (
        "192.168.1.0/24, fd00::/8",
        (ip_network("192.168.1.0/24"), ip_network("fd00::/8")),
        (ip_network("127.0.0.0/8"), ip_network("::1/128")),
    ),
    "REE_BASE_URL": ("http://127.0.0.1:9/ree", "http://127.0.0.1:9/ree", "https://apidatos.ree.es"),
    "ESIOS_BASE_URL": ("http://h", "http://h", "https://api.esios.ree.es"),
    "ESIOS_TOKEN": ("e", "e", None),
    "OMIE_BASE_URL": ("http://h", "http://h", "https://www.omie.es"),
    "AEMET_BASE_URL": ("http://h", "http://h", "https://opendata.aemet.es"),
    "AEMET_API_KEY": ("a", "a", None),
    "OPENWEATHERMAP_BASE_URL": ("http://h", "http://h", "https://api.openweathermap.org"),
    "OPENWEATHERMAP_API_KEY": ("o", "o", None),
    "OPEN_METEO_BASE_URL": ("http://h", "http://h", "https://api.open-meteo.com"),
    "OPEN_METEO_ARCHIVE_BASE_URL": ("http://h", "http://h", "https://archive-api.open-meteo.com"),
    "DATOSCLIMA_BASE_URL": ("http://h", "http://h", "https://datosclima.es"),
    "AEMET_STATION": ("5270B", "5270B", "5279X"),
    "AEMET_MUNICIPALITY": ("23050", "23050", "23055"),
    "LATITUDE": ("37.77", 37.77, 38.095),
    "LONGITUDE": ("-3.79", -3.79, -3.636),
    "TIMESERIES_URL": ("influxdb://far:8086/factory", "influxdb://far:8086/factory", None),
    "INFLUXDB_TOKEN": ("i", "i", None),
    "INFLUXDB_ORG": ("plants", "plants", ""),
    "LEDGER_URL": ("postgresql://brain:pw@db/ledger", "postgresql://brain:pw@db/ledger", None),
    "MLFLOW_TRACKING_URI": ("http://mlops:5000", "http://mlops:5000", None),
    "PLANT_FILE": ("/srv/plant.yaml", Path("/srv/plant.yaml"), None),
    "DASK_SCHEDULER": ("tcp://dask:8786", "tcp://dask:8786", None),
    "CERTIFICATES": ("/srv/tls, a/b.pem", (Path("/srv/tls"), Path("a/b.pem")), ()),
    "SCHEDULE_PROFILE": ("normal", "normal", "accelerated"),
    "NOTIFY_URLS": (
        "tgram://token/chat, mailto://me:pw@host?to=a@b.es,c@d.es,ntfys://topic\n json://host",
        ("tgram://token/chat", "mailto://me:pw@host?to=a@b.es,c@d.es", "ntfys://topic", "json://host"),
        (),
    ),
    "UI_LANGUAGE": ("en", "en", "es"),
    "LOG_LEVEL": ("WARNING", "warning", "info"),
    "LOG_FORMAT": ("json", "json", "auto"),
    "CLOCK_URL": ("http://127.0.0.1:9/clock", "http://127.0.0.1:9/clock", None),
}


def test_every_name_has_its_line_here():
    """A name that is added without one would be read by nobody's test."""
    assert set(NAMES) == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read(name):
    text, value, _default = NAMES[name]
    assert plain(getattr(read({name: text}), name.lower())) == value


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_not_set_or_empty_has_its_default(name):
    _text, _value, default = NAMES[name]
    for environ in ({}, {name: ""}, {name: "  \t"}):
        assert plain(getattr(read(environ), name.lower())) == default


def test_the_process_own_environment_is_read_where_none_is_given(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_PORT", "8123")
    assert read_settings().api_port == 8123


def test_what_others_put_into_the_environment_is_left_alone():
    assert read({"PATH": "/bin", "data_dir": "x", "AEMET": "y"}) == read({})


def test_space_around_a_value_is_not_part_of_it():
    found = read({"SCHEDULE_PROFILE": " normal ", "AEMET_API_KEY": "abc\n", "API_PORT": " 8001"})
    assert (found.schedule_profile, plain(found.aemet_api_key), found.api_port) == ("normal", "abc", 8001)


def test_settings_do_not_change(tmp_path):
    with pytest.raises(ValidationError):
        read({}).api_port = 1


def test_what_follows_from_the_data_folder(tmp_path):
    found = read({"DATA_DIR": str(tmp_path)})
    assert found.store_path == tmp_path / "timeseries.db"
    assert found.ledger == f"sqlite:///{tmp_path}/ledger.db"
    assert read({"LEDGER_URL": "sqlite://"}).ledger == "sqlite://"


def test_the_embedded_store_is_in_the_data_folder_or_where_it_is_said(tmp_path):
    assert read({"DATA_DIR": str(tmp_path)}).store_path == tmp_path / "timeseries.db"
    assert read({"TIMESERIES_URL": "sqlite:////srv/a.db"}).store_path == Path("/srv/a.db")


def test_models_are_tracked_in_the_data_folder_or_where_it_is_said_and_simulated_ones_never_elsewhere(tmp_path):
    found, own = read({"DATA_DIR": str(tmp_path)}), f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    assert (found.tracking(simulated=False), found.tracking(simulated=True)) == (own, own)
    shared = read({"DATA_DIR": str(tmp_path), "MLFLOW_TRACKING_URI": "http://mlops:5000"})
    assert (shared.tracking(simulated=False), shared.tracking(simulated=True)) == ("http://mlops:5000", own)


# ---------------------------------------------------------------------- wrong values
WRONG = {
    "RAW_LIMIT_MB": (["0", "-1", "1e9", "much", "1.5"], "from 1 to 1000000"),
    "API_PORT": (["0", "65536", "http", "80.5"], "from 1 to 65535"),
    "API_LOCAL_NETWORKS": (["home", "10.0.0.0/33", "192.168.1.5/24", "10.0.0.0/8;::1"], "separated by commas"),
    "REE_BASE_URL": (["apidatos.ree.es", "ftp://h", "https://", "https:///path", "http://a b", "https://u@"], "http"),
    "CLOCK_URL": (["now", "file:///etc/passwd"], "http"),
    "AEMET_STATION": (["5279x", "527", "5279X/../x", "1234567"], "4 to 6 capitals and digits"),
    "AEMET_MUNICIPALITY": (["2305", "230555", "Linares"], "5 digits"),
    "LATITUDE": (["91", "-90.1", "nan", "38,095", "inf"], "from -90 to 90"),
    "LONGITUDE": (["181", "-180.5", "west"], "from -180 to 180"),
    "TIMESERIES_URL": (
        ["influxdb://far", "influxdb://far:x/db", "influxdb://far/a/b", "http://far:8086/db", "data.db", "sqlite:///"],
        "host:port, / and a database",
    ),
    "LEDGER_URL": (["mysql://h/d", "ledger.db", "postgres://h/d"], "sqlite:// or postgresql://"),
    "MLFLOW_TRACKING_URI": (["mlops:5000", "sqlite://", "./mlruns", "postgresql://h/d", "http://"], "or http:// or"),
    "DASK_SCHEDULER": (["dask:8786", "http://dask:8786", "tcp://dask"], "tcp://host:port"),
    "SCHEDULE_PROFILE": (["fast", "Normal"], "'accelerated' or 'normal'"),
    "UI_LANGUAGE": (["fr", "ES"], "'es' or 'en'"),
    "LOG_LEVEL": (["verbose", "trace"], "'debug', 'info', 'warning' or 'error'"),
    "LOG_FORMAT": (["xml"], "'auto', 'json' or 'text'"),
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, (vs, _) in WRONG.items() for v in vs])
def test_a_wrong_value_is_named_with_what_is_allowed(name, value):
    (problem,) = problems({name: value})
    assert problem.startswith(f"{name}: ")
    assert WRONG[name][1] in problem
    if "@" not in value:
        assert repr(value) in problem


@pytest.mark.parametrize("name", [n for n in NAMES if n.endswith("_BASE_URL")])
def test_every_address_must_be_one(name):
    assert problems({name: "nowhere"}) == [f"{name}: 'nowhere' is not allowed; http:// or https:// and a host."]


def test_every_wrong_value_is_named_at_once():
    found = problems({"API_PORT": "x", "LATITUDE": "y", "LOG_LEVEL": "z", "AEMET_API_KEY_FILE": "/nonexistent/key"})
    assert sorted(p.partition(":")[0] for p in found) == ["AEMET_API_KEY_FILE", "API_PORT", "LATITUDE", "LOG_LEVEL"]


def test_a_long_wrong_value_does_not_flood_the_screen():
    (problem,) = problems({"API_PORT": "9" * 100_000})
    assert len(problem) < 300


# ---------------------------------------------------------------------- secrets
def test_a_secret_shows_itself_nowhere():
    found = read({name: secret(name, f"hunter2-{name}") for name in SECRETS})
    for shown in (repr(found), str(found), str(found.model_dump()), found.model_dump_json(), f"{found.aemet_api_key}"):
        assert "hunter2" not in shown


def test_every_secret_is_declared_as_one():
    secret = {n.upper() for n, f in Settings.model_fields.items() if "SecretStr" in str(f.annotation)}
    assert secret == set(SECRETS)


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ("hunter2", [1]),
        ("json://fine, hunter2://, ://hunter2", [3]),
        ("json://fine mailto:me@hunter2 json://fine", [2]),
        ("tgram://token/hunter2 with spaces", [2, 3]),
        ("json://fine;hunter2:/x json-hunter2://x", [2]),
    ],
)
def test_a_wrong_url_of_people_is_told_by_its_place_and_not_shown(value, places):
    found = problems({"NOTIFY_URLS": value})
    assert [problem.partition(" (")[0] for problem in found] == [f"NOTIFY_URLS: URL {place}" for place in places]
    assert all("separated by commas or white space" in problem for problem in found)
    assert "hunter2" not in str(found)


def test_the_ledgers_password_shows_itself_nowhere():
    found = read({"LEDGER_URL": "postgresql://brain:hunter2@db/ledger"})
    assert "hunter2" not in repr(found) + str(found)
    for wrong in ("postgres://brain:hunter2@db/ledger", "postgres://brain:hunt/er2@db/x", "pg://u:a@hunter2@h"):
        (problem,) = problems({"LEDGER_URL": wrong})
        assert "hunter2" not in problem
        assert "er2" not in problem


def test_the_time_series_servers_password_shows_itself_nowhere():
    found = read({"TIMESERIES_URL": "influxdb://brain:hunter2@far:8086/factory"})
    assert "hunter2" not in repr(found) + str(found)
    (problem,) = problems({"TIMESERIES_URL": "http://brain:hunter2@far:8086/factory"})
    assert "hunter2" not in problem


def test_the_tracking_servers_password_shows_itself_nowhere():
    found = read({"MLFLOW_TRACKING_URI": "http://brain:hunter2@mlops:5000"})
    assert "hunter2" not in repr(found) + str(found)
    (problem,) = problems({"MLFLOW_TRACKING_URI": "ftp://brain:hunter2@mlops"})
    assert "hunter2" not in problem


def test_a_password_in_an_address_shows_itself_in_no_error():
    (problem,) = problems({"REE_BASE_URL": "https://me:hunter2@"})
    assert "hunter2" not in problem


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file(tmp_path, name):
    text = secret(name, "from-the-file")
    (tmp_path / "key").write_text(f"  {text}\n", encoding="utf-8")
    found = plain(getattr(read({f"{name}_FILE": str(tmp_path / "key")}), name.lower()))
    assert found == ((text,) if name == "NOTIFY_URLS" else text)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("LEDGER_URL", "postgresql://ledger:hunter2@postgres/ledger"),
        ("TIMESERIES_URL", "influxdb://factory:hunter2@influxdb:8086/factory"),
        ("MLFLOW_TRACKING_URI", "http://brain:hunter2@mlops:5000"),
    ],
)
def test_an_address_with_a_password_may_stand_in_a_file(tmp_path, name, address):
    (tmp_path / "address").write_text(f"{address}\n")
    found = read({f"{name}_FILE": str(tmp_path / "address")})
    assert getattr(found, name.lower()) == address
    assert "hunter2" not in repr(found)


def test_the_file_wins_over_the_name(tmp_path):
    (tmp_path / "key").write_text("file")
    assert plain(read({"AEMET_API_KEY": "name", "AEMET_API_KEY_FILE": str(tmp_path / "key")}).aemet_api_key) == "file"


def test_a_replaced_file_is_read_anew(tmp_path):
    key = tmp_path / "key"
    environ = {"AEMET_API_KEY_FILE": str(key)}
    for text in ("old", "new"):
        key.write_text(text)
        assert plain(read(environ).aemet_api_key) == text


def test_an_empty_file_is_no_key(tmp_path):
    (tmp_path / "key").touch()
    assert read({"AEMET_API_KEY_FILE": str(tmp_path / "key")}).aemet_api_key is None


def test_an_empty_file_name_is_none(tmp_path):
    assert plain(read({"AEMET_API_KEY": "a", "AEMET_API_KEY_FILE": ""}).aemet_api_key) == "a"


@pytest.mark.parametrize("name", SECRETS)
def test_a_file_that_cannot_be_read_is_named_and_not_shown(tmp_path, name):
    (tmp_path / "binary").write_bytes(b"\xff\xfehunter2")
    for path in (tmp_path / "none", tmp_path, tmp_path / "binary"):
        (problem,) = problems({f"{name}_FILE": str(path)})
        assert problem.startswith(f"{name}_FILE: {path} cannot be read")
        assert "hunter2" not in problem


# ---------------------------------------------------------------------- .env
def dotenv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / ".env").write_text(text, encoding=encoding)
    return folder / ".env"


def test_a_file_of_the_same_names_is_read(tmp_path):
    path = dotenv(tmp_path, "# ours\nAPI_PORT=8123\nUI_LANGUAGE='en'  # theirs\nexport LOG_FORMAT=json\nAPI_TOKEN=\n")
    found = read({}, path)
    assert (found.api_port, found.ui_language, found.log_format, found.api_token) == (8123, "en", "json", None)


def test_the_process_wins_over_the_file(tmp_path):
    path = dotenv(tmp_path, "API_PORT=8123\nAEMET_API_KEY=file")
    found = read({"API_PORT": "8200", "AEMET_API_KEY": ""}, path)
    assert (found.api_port, found.aemet_api_key) == (8200, None)


def test_a_secrets_file_may_be_named_in_it(tmp_path):
    (tmp_path / "key").write_text("deep")
    found = read({}, dotenv(tmp_path, f"AEMET_API_KEY_FILE={tmp_path}/key"))
    assert plain(found.aemet_api_key) == "deep"


def test_a_wrong_value_in_it_is_named_too(tmp_path):
    assert problems({}, dotenv(tmp_path, "API_PORT=x"))[0].startswith("API_PORT: 'x' is not allowed")


def test_it_says_what_it_says_and_nothing_is_put_in(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/root")
    assert plain(read({}, dotenv(tmp_path, "API_TOKEN='pa${HOME}ss$1'")).api_token) == "pa${HOME}ss$1"


def test_it_need_not_be_there(tmp_path):
    assert read({}, tmp_path / ".env") == read({})


def test_one_that_cannot_be_read_is_named(tmp_path):
    (problem,) = problems({}, dotenv(tmp_path, "UI_LANGUAGE=español", encoding="utf-16"))
    assert str(tmp_path / ".env") in problem


def test_a_name_without_a_value_is_not_set(tmp_path):
    assert read({}, dotenv(tmp_path, "API_PORT\nAPI_HOST=0.0.0.0")).api_port == 8000
