"""The model registry on MLflow: an experiment, a registered model and their aliases for each of our models.

The default is SQLite under ``DATA_DIR/mlflow``, where ``mlflow ui --backend-store-uri sqlite:///…`` shows it; in
production a tracking server, through which the files go too.

Invariants:
    Child processes alone use it (see ``mlflow_client``).
    A version carries its card and the sha256 of its file, and is written in one step once all else is there; one that
    somebody made by hand has no card and is none of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import SQLAlchemyError

from chocolate_factory.adapters.mlflow_client import GONE, THERE, Address, client_of, mlflow_error, unless
from chocolate_factory.adapters.mlflow_package import FILE, log_model
from chocolate_factory.adapters.mlflow_runs import Runs
from chocolate_factory.adapters.mlflow_tracking import track
from chocolate_factory.adapters.model_codec import card_of, card_to_json
from chocolate_factory.domain.errors import NotFoundError, RegistryAwayError, StoreError
from chocolate_factory.domain.models import Alias, MadeModel, ModelName, ModelVersion, RegistryState
from chocolate_factory.ports import Clock

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion as Held

_CARD: Final = "card"
_SHA: Final = "sha256"
_WRONG: Final = "INVALID_PARAMETER_VALUE"
#: As many versions as are asked for at a time.
_PAGE: Final = 200


class MlflowRegistry:
    """The port on an MLflow store; made in a child process, asked, and gone with it.

    Args:
        tracking_uri: ``sqlite:////absolute/path.db``, or ``http(s)://`` and a host, user and password before it where
            it wants them.
    """

    def __init__(self, tracking_uri: str, clock: Clock) -> None:
        self._address = Address.of(tracking_uri)
        self._clock = clock
        self._opened: tuple[MlflowClient, Runs] | None = None

    def add(self, made: MadeModel) -> ModelVersion:
        """See ``ModelRegistry``.

        Raises:
            InputError: a score of the card is no finite number.
        """
        tags = {_CARD: card_to_json(made.card), _SHA: sha256(made.file).hexdigest()}
        with self._asking() as (client, runs), runs.under_way(made.card) as run:
            track(client, run.info.run_id, made)
            logged = log_model(client, run, made)
            _make_name(client, made.card.name)
            held = client.create_model_version(
                made.card.name,
                f"models:/{logged.model_id}",
                run.info.run_id,
                tags,
                description=f"{made.card.sort}; trained: {made.card.reason or 'no reason given'}",
                await_creation_for=0,
                model_id=logged.model_id,
            )
        return _version(held, {})

    def versions(self, name: ModelName) -> list[ModelVersion]:
        """See ``ModelRegistry``."""
        with self._asking() as (client, _):
            aliases = _aliases(client, name)
            held = sorted(_held(client, name), key=lambda one: int(one.version), reverse=True)
            return [_version(one, aliases) for one in held if _is_ours(one)]

    def aliased(self, name: ModelName, alias: Alias) -> ModelVersion | None:
        """See ``ModelRegistry``."""
        with self._asking() as (client, _):
            aliases = _aliases(client, name)
            if alias not in aliases:
                return None
            held = client.get_model_version(name, str(aliases[alias]))
            return _version(held, aliases) if _is_ours(held) else None

    def point(self, name: ModelName, alias: Alias, number: int | None) -> None:
        """See ``ModelRegistry``."""
        with self._asking() as (client, _):
            if number is None:
                if alias in _aliases(client, name):
                    client.delete_registered_model_alias(name, alias)
                return
            with unless(GONE, NotFoundError("version", f"{name}/{number}", "a version that the registry holds")):
                client.set_registered_model_alias(name, alias, str(number))

    def file(self, version: ModelVersion) -> bytes:
        """See ``ModelRegistry``."""
        with self._asking() as (client, _):
            where = client.get_model_version_download_uri(version.card.name, str(version.number))
            body = _downloaded(f"{where}/artifacts", self._address)
        if body is None:
            raise StoreError(f"The registry has lost the file of {version.source}; train again.")
        if sha256(body).hexdigest() != version.sha256:
            raise StoreError(f"The registry's file of {version.source} is not what was registered; train again.")
        return body

    def state(self) -> RegistryState:
        """See ``ModelRegistry``."""
        said: dict[str, Any] = {"experiments": (), "versions": ()}
        try:
            with self._asking() as (client, _):
                said["experiments"] = tuple(sorted(e.name for e in client.search_experiments()))
            held = (version for name in ModelName for version in self.versions(name))
            said["versions"] = tuple(sorted(held, key=lambda version: version.card.made_at, reverse=True))
        except (RegistryAwayError, StoreError) as e:
            said |= {"experiments": (), "error": str(e)}
        connected = "error" not in said
        return RegistryState(connected=connected, address=self._address.uri, asked_at=self._clock.now(), **said)

    @contextmanager
    def _asking(self) -> Iterator[tuple[MlflowClient, Runs]]:
        """The first contact ends the runs of processes that died."""
        try:
            if self._opened is None:
                client = client_of(self._address)
                runs = Runs(client, self._address, self._clock)
                runs.end_dead()
                self._opened = client, runs
            yield self._opened
        except (SQLAlchemyError, OSError, mlflow_error()) as e:  # what requests raises are OSErrors
            why = (str(e).splitlines() or [type(e).__name__])[0][:400]
            if getattr(e, "error_code", "") == _WRONG:
                raise StoreError(f"The model registry refuses what it was given: {why}") from e
            raise RegistryAwayError(f"The model registry at {self._address.uri} does not answer: {why}") from e


def _make_name(client: MlflowClient, name: ModelName) -> None:
    with unless(THERE):
        client.create_registered_model(name)


def _aliases(client: MlflowClient, name: ModelName) -> dict[str, int]:
    """Version numbers by alias; none of a name that nobody has registered."""
    with unless(GONE):
        return {alias: int(number) for alias, number in client.get_registered_model(name).aliases.items()}
    return {}


def _held(client: MlflowClient, name: ModelName) -> Iterator[Held]:
    token = None
    while True:
        page = client.search_model_versions(f"name = '{name}'", max_results=_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _is_ours(held: Held) -> bool:
    return _CARD in held.tags


def _version(held: Held, aliases: Mapping[str, int]) -> ModelVersion:
    number = int(held.version)
    called = frozenset(alias for alias in Alias if aliases.get(alias) == number)
    return ModelVersion(card_of(held.tags[_CARD]), number, held.tags[_SHA], str(held.run_id), called)


def _downloaded(folder: str, address: Address) -> bytes | None:
    """Our file in a folder of artefacts; None where it is not there."""
    from mlflow.artifacts import download_artifacts, list_artifacts  # noqa: PLC0415  loaded by now

    found = list_artifacts(folder, tracking_uri=address.uri)
    if not any(PurePosixPath(one.path).name == FILE for one in found):
        return None
    with TemporaryDirectory() as here:
        return Path(download_artifacts(f"{folder}/{FILE}", dst_path=here, tracking_uri=address.uri)).read_bytes()
