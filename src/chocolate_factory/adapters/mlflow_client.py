"""MLflow's client as this program wants it: quiet, telling nobody, and soon tired of a server that does not answer.

MLflow is set through its environment alone, in part before its import; so this room writes MLflow's own names (it reads
none: ``settings`` is the one reader). It is entered by child processes only: the import takes seconds and 190 MB.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from chocolate_factory.adapters.file_lock import locked
from chocolate_factory.domain.errors import ChocolateFactoryError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

#: What MLflow answers of things that are not there, or are there already.
GONE: Final = "RESOURCE_DOES_NOT_EXIST"
THERE: Final = "RESOURCE_ALREADY_EXISTS"
_SQLITE: Final = "sqlite:///"
#: A request that got no answer after this many seconds has failed. It is not repeated: a version that was registered
#: while its answer got lost would be registered twice.
_PATIENCE_S: Final = 10
_NAMES: Final[Mapping[str, str]] = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": str(_PATIENCE_S),
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # that is for a command's answer
    "MLFLOW_UV_AUTO_DETECT": "false",  # else a uv.lock of the working folder goes with every model
    "GIT_PYTHON_REFRESH": "quiet",  # MLflow looks for git, which may be missing
}


@dataclass(frozen=True)
class Address:
    """Where a registry is.

    Attributes:
        uri: ``sqlite:///…`` or ``http(s)://…``, without user and password.
    """

    uri: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, tracking_uri: str) -> Address:
        """What ``MLFLOW_TRACKING_URI`` says."""
        parts = urlsplit(tracking_uri)
        if parts.username is None:
            return cls(tracking_uri)
        bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        return cls(bare, unquote(parts.username), unquote(parts.password or ""))

    @property
    def database(self) -> Path | None:
        """SQLite's file; None of a server."""
        return Path(self.uri.removeprefix(_SQLITE)) if self.uri.startswith(_SQLITE) else None

    def artifacts_of(self, experiment: str) -> str | None:
        """Where an experiment's artefacts go: beside the database; a server decides for itself."""
        return (self.database.resolve().parent / "artifacts" / experiment).as_uri() if self.database else None


def client_of(address: Address) -> MlflowClient:
    """A client, which is this process's one for ever: parts of MLflow know but one address.

    Raises:
        MlflowException, SQLAlchemyError, OSError: the database cannot be opened.
    """
    os.environ.update(_NAMES)  # noqa: TID251  MLflow's own names, written and never read
    if address.user:
        login = {"MLFLOW_TRACKING_USERNAME": address.user, "MLFLOW_TRACKING_PASSWORD": address.password}
        os.environ.update(login)  # noqa: TID251  as above: what stands in a URI MLflow would tell in its errors

    import mlflow  # noqa: PLC0415  seconds and 190 MB

    mlflow.set_tracking_uri(address.uri)
    if address.database is None:
        return mlflow.MlflowClient(address.uri, address.uri)
    with locked(address.database.with_suffix(".lock")):  # two processes would both make the tables
        return mlflow.MlflowClient(address.uri, address.uri)


@contextmanager
def unless(code: str, error: ChocolateFactoryError | None = None) -> Iterator[None]:
    """Where MLflow answers with that code, this error of ours is raised, or none."""
    try:
        yield
    except mlflow_error() as e:
        if e.error_code != code:
            raise
        if error is not None:
            raise error from e


def mlflow_error() -> type[MlflowException]:
    """What MLflow raises."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  slow, but where something was raised it is loaded

    return MlflowException
