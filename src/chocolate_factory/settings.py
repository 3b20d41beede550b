"""The environment, read once: from the process and ``.env``, each secret also from ``NAME_FILE``.

A wrong value stops the start with its name, the value's shape and what is allowed; never the value of a secret.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from chocolate_factory.domain.errors import SettingsError

Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$", description="http:// or https:// and a host")]

SECRETS = ("API_TOKEN", "ESIOS_TOKEN", "AEMET_API_KEY", "OPENWEATHERMAP_API_KEY")


class Settings(BaseModel):
    """Every name of the environment; ``.env.example`` says the same in words."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    data_dir: Path = Path("data")
    raw_limit_mb: int = Field(512, ge=1, le=1_000_000)

    api_host: str = Field("127.0.0.1", min_length=1)
    api_port: int = Field(8000, ge=1, le=65535)
    api_token: SecretStr | None = None
    api_local_networks: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

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

    aemet_station: str = Field("5279X", pattern=r"^[0-9A-Z]{4,6}$")
    aemet_municipality: str = Field("23055", pattern=r"^[0-9]{5}$")
    latitude: float = Field(38.095, ge=-90, le=90)
    longitude: float = Field(-3.636, ge=-180, le=180)

    ledger_url: str | None = Field(None, pattern=r"^(sqlite|postgresql)(\+\w+)?://")
    schedule_profile: Literal["accelerated", "normal"] = "accelerated"
    ui_language: Literal["es", "en"] = "es"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"
    clock_url: Url | None = None

    @field_validator("api_local_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        """A comma-separated list of networks."""
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @property
    def ledger(self) -> str:
        """SQLAlchemy's URL of the ledger."""
        return self.ledger_url or f"sqlite:///{(self.data_dir / 'ledger.db').resolve()}"

    @property
    def store_path(self) -> Path:
        """The embedded store's file."""
        return self.data_dir / "timeseries.db"


def read_settings(environ: Mapping[str, str] | None = None, dotenv: Path = Path(".env")) -> Settings:
    """The settings of this process.

    Args:
        environ: the environment; None for the process's own. It wins over the file.
        dotenv: a file of the same names; it need not exist.

    Raises:
        SettingsError: naming each wrong value.
    """
    values: dict[str, str] = {k: v for k, v in dotenv_values(dotenv).items() if v is not None}
    values |= dict(os.environ if environ is None else environ)
    problems: list[str] = []
    values = {**values, **_secret_files(values, problems)}
    given = {name: values[name.upper()] for name in Settings.model_fields if values.get(name.upper(), "") != ""}
    try:
        settings = Settings.model_validate(given)
    except ValidationError as e:
        problems += [_explain(error) for error in e.errors(include_url=False)]
    if problems:
        raise SettingsError(problems)
    return settings


def _secret_files(values: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """Secrets whose ``NAME_FILE`` names a file; the file wins over the variable."""
    found: dict[str, str] = {}
    for name in SECRETS:
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
    field = str(error["loc"][0])
    name = field.upper()
    value = error.get("input")
    shape = f"{len(str(value))} characters" if name in SECRETS else repr(str(value)[:80])
    return f"{name}: {shape} is not allowed; {error['msg'][0].lower()}{error['msg'][1:]}."
