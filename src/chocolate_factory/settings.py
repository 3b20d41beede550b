"""The environment, read once: from the process and ``.env``, each secret also from ``NAME_FILE``.

A wrong value stops the start with its name, the value's shape and what is allowed; never the value of a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from chocolate_factory.domain.errors import SettingsError

WEB_ADDRESS = "http:// or https:// and a host"
Url = Annotated[str, Field(pattern=r"^https?://([^\s/@]+@)?[^\s/@?#]+(/\S*)?$", description=WEB_ADDRESS)]

SECRETS = ("API_TOKEN", "ESIOS_TOKEN", "AEMET_API_KEY", "OPENWEATHERMAP_API_KEY", "INFLUXDB_TOKEN", "NOTIFY_URLS")
#: Addresses in which a password may stand.
ADDRESSES = ("TIMESERIES_URL", "LEDGER_URL", "MLFLOW_TRACKING_URI")
#: What may come from a file of its own.
IN_FILES = (*SECRETS, *ADDRESSES)
#: Before a file's path in an address; an absolute path has a fourth slash.
FILE = "sqlite:///"
#: User and password in an address.
PASSWORD = re.compile(r"//.*@")
#: Between two of Apprise's URLs: white space, or a comma before the next scheme; inside one a comma lists recipients.
BETWEEN_URLS = re.compile(r"[\s,]*\s[\s,]*|,+(?=[A-Za-z0-9]{2,32}://)")
NOTIFY_SHAPE = re.compile(r"[A-Za-z0-9]{2,32}://\S*")


def _apprise_shape(url: SecretStr) -> SecretStr:
    """Whether it looks like one of Apprise's; loading Apprise to be sure takes half a second and 50 MB."""
    if not NOTIFY_SHAPE.fullmatch(url.get_secret_value()):
        raise ValueError
    return url


class Settings(BaseModel):
    """Every name of the environment; ``.env.example`` says the same in words.

    A field's description is what is allowed, in the words of the error; where it has none, Pydantic's own will do.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    data_dir: Path = Path("data")
    raw_limit_mb: int = Field(512, ge=1, le=1_000_000, description="a whole number of MiB from 1 to 1000000")

    api_host: str = Field("127.0.0.1", min_length=1)
    api_port: int = Field(8000, ge=1, le=65535, description="a whole number from 1 to 65535")
    api_token: SecretStr | None = None
    api_local_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (ip_network("127.0.0.0/8"), ip_network("::1/128")),
        description="networks separated by commas, e.g. 127.0.0.0/8,192.168.1.0/24",
    )

    ree_base_url: Url = "https://apidatos.ree.es"
    esios_base_url: Url = "https://api.esios.ree.es"
    esios_token: SecretStr | None = None
    omie_base_url: Url = "https://www.omie.es"
    aemet_base_url: Url = "https://opendata.aemet.es"
    aemet_api_key: SecretStr | None = None
    openweathermap_base_url: Url = "https://api.openweathermap.org"
    openweathermap_api_key: SecretStr | None = None
    open_meteo_base_url: Url = "https://api.open-meteo.com"
    open_meteo_archive_base_url: Url = "https://archive-api.open-meteo.com"
    datosclima_base_url: Url = "https://datosclima.es"

    aemet_station: str = Field("5279X", pattern=r"^[0-9A-Z]{4,6}$", description="4 to 6 capitals and digits, as 5279X")
    aemet_municipality: str = Field("23055", pattern=r"^[0-9]{5}$", description="5 digits, as 23055")
    latitude: float = Field(38.095, ge=-90, le=90, description="degrees from -90 to 90")
    longitude: float = Field(-3.636, ge=-180, le=180, description="degrees from -180 to 180")

    # A password may stand in it: it is in no print of the settings.
    timeseries_url: str | None = Field(
        None,
        pattern=r"^(sqlite:///[^\s?#]+|influxdb(\+https)?://([^\s/@]+@)?(\[[\da-f:]+\]|[^\s/@?#:]+)(:\d+)?/[^\s/?#]+)$",
        repr=False,
        description="sqlite:/// and a file, or influxdb:// (influxdb+https:// for TLS), host:port, / and a database",
    )
    influxdb_token: SecretStr | None = None
    influxdb_org: str = ""
    # A password may stand in it too.
    ledger_url: str | None = Field(
        None,
        pattern=r"^(sqlite|postgresql)(\+\w+)?://",
        repr=False,
        description="an SQLAlchemy URL that begins with sqlite:// or postgresql://",
    )
    # A password may stand in this one too.
    mlflow_tracking_uri: str | None = Field(
        None,
        pattern=r"^(sqlite:///.+|https?://([^\s/@]+@)?[^\s/@?#]+(/\S*)?)$",
        repr=False,
        description="sqlite:/// and a file, or http:// or https:// and a host",
    )
    plant_file: Path | None = None
    dask_scheduler: str | None = Field(None, pattern=r"^(tcp|tls)://\S+:\d+$", description="tcp://host:port")
    certificates: tuple[Path, ...] = Field((), description="paths of PEM files or folders, separated by commas")
    schedule_profile: Literal["accelerated", "normal"] = "accelerated"
    notify_urls: tuple[Annotated[SecretStr, AfterValidator(_apprise_shape)], ...] = Field(
        (),
        description="Apprise URLs separated by commas or white space, as tgram://TOKEN/CHAT or ntfys://TOPIC, "
        "with a space inside written as %20; https://appriseit.com/services has them all",
    )
    ui_language: Literal["es", "en"] = "es"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"
    clock_url: Url | None = Field(None, description=WEB_ADDRESS)

    @field_validator("api_local_networks", "certificates", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        """What commas separate."""
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("notify_urls", mode="before")
    @classmethod
    def _urls(cls, value: object) -> object:
        """A list of Apprise's URLs."""
        return [url for url in BETWEEN_URLS.split(value.strip(" ,")) if url] if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @property
    def ledger(self) -> str:
        """SQLAlchemy's URL of the ledger."""
        return self.ledger_url or f"sqlite:///{(self.data_dir / 'ledger.db').resolve()}"

    def tracking(self, *, simulated: bool) -> str:
        """MLflow's tracking URI; the simulated world's models are always its own folder's."""
        own = f"sqlite:///{(self.data_dir / 'mlflow' / 'mlflow.db').resolve()}"
        return own if simulated else self.mlflow_tracking_uri or own

    @property
    def store_path(self) -> Path:
        """The embedded store's file."""
        url = self.timeseries_url or ""
        return Path(url.removeprefix(FILE)) if url.startswith(FILE) else self.data_dir / "timeseries.db"


def read_settings(environ: Mapping[str, str] | None = None, dotenv: Path = Path(".env")) -> Settings:
    """The settings of this process.

    Args:
        environ: the environment; None for the process's own. It wins over the file.
        dotenv: a file of the same names; it need not exist.

    Raises:
        SettingsError: naming each wrong value.
    """
    values = _dotenv(dotenv)
    values |= dict(os.environ if environ is None else environ)
    problems: list[str] = []
    values = {**values, **_secret_files(values, problems)}
    told = {name: values.get(name.upper(), "").strip() for name in Settings.model_fields}
    try:
        settings = Settings.model_validate({name: value for name, value in told.items() if value})
    except ValidationError as e:
        problems += dict.fromkeys(_explain(error) for error in e.errors(include_url=False))
    if problems:
        raise SettingsError(problems)
    return settings


def _dotenv(path: Path) -> dict[str, str]:
    try:
        return {name: value for name, value in dotenv_values(path, interpolate=False).items() if value is not None}
    except (OSError, UnicodeDecodeError) as e:
        raise SettingsError([f"{path} cannot be read ({type(e).__name__}); it is a text file in UTF-8."]) from e


def _secret_files(values: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """What ``NAME_FILE`` names a file for; the file wins over the variable."""
    found: dict[str, str] = {}
    for name in IN_FILES:
        path = values.get(f"{name}_FILE")
        if not path:
            continue
        try:
            found[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as e:
            problems.append(f"{name}_FILE: {path} cannot be read ({type(e).__name__}); name a readable text file.")
    return found


def _explain(error: Any) -> str:
    """One sentence for a wrong value: its name, its shape, what is allowed."""
    field, *place = error["loc"]
    name = str(field).upper()
    value = error.get("input")
    shape = f"{len(str(value))} characters" if name in SECRETS else repr(PASSWORD.sub("//…@", str(value))[:80])
    if name in SECRETS and place:
        shape = f"URL {place[0] + 1} ({shape})"
    allowed = Settings.model_fields[field].description or f"{error['msg'][0].lower()}{error['msg'][1:]}"
    return f"{name}: {shape} is not allowed; {allowed}."
