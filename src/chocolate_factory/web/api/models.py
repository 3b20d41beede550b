"""The models: what is registered, what was measured, and a champion chosen by hand."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.models import ModelName
from chocolate_factory.usecases.model_document import model_document, registry_document, version_document
from chocolate_factory.web.api.jobs import accepted
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.bodies import documented, required
from chocolate_factory.web.errors import responses
from chocolate_factory.web.model_schemas import MlflowOut, ModelsOut, PromoteIn, VersionOut
from chocolate_factory.web.schemas import Accepted
from chocolate_factory.web.state import HouseOf
from chocolate_factory.wiring import House

router = APIRouter(tags=["models"])

Name = Annotated[str, Path(max_length=40, description="as GET /models/status lists them")]


@router.get("/mlflow/status", summary="The tracking server, and what is registered there")
def mlflow_status(house: HouseOf) -> MlflowOut:
    """As it said when it was last asked: at start, every half an hour, and with every training."""
    document = registry_document(house.models.contact(), house.models.known(), house.tracking_address)
    return MlflowOut.model_validate(document)


@router.post("/mlflow/train", status_code=202, summary="Train now", responses=responses(404))
def mlflow_train(
    house: HouseOf,
    _allowed: Changes,
    model: Annotated[str | None, Query(max_length=40, description="one model; all by default")] = None,
) -> Accepted:
    """A challenger for each model; it takes the champion's place only where it is better on hours that neither saw."""
    names = [known(model)] if model else list(ModelName)
    return accepted(house.school.start("train", lambda progress: house.models.train_asked(names, progress)))


@router.get("/models/status", summary="Every model: champion, challenger, measured scores, drift")
def models_status(house: HouseOf) -> ModelsOut:
    """What the registry holds, and what happened; no figure here is a constant."""
    state, now = house.models.known(), house.clock.now()
    found = [model_document(name, state, house.models, house.drift, now) for name in ModelName]
    return ModelsOut.model_validate({"models": found, "registry_asked_at": state.asked_at if state else None})


@router.post(
    "/models/{name}/promote",
    summary="Make a version champion",
    responses=responses(404),
    openapi_extra=documented(PromoteIn, is_required=True),
)
def promote(
    house: HouseOf,
    _allowed: Changes,
    name: Name,
    asked: Annotated[PromoteIn, Depends(required(PromoteIn, '{"version": 3}'))],
) -> VersionOut:
    """It serves from the next prediction on; the champion before stays at hand."""
    return _version(house, house.models.promote(known(name), asked.version, "POST /models/{name}/promote"))


@router.post("/models/{name}/rollback", summary="Make the champion before champion again", responses=responses(404))
def rollback(house: HouseOf, _allowed: Changes, name: Name) -> VersionOut:
    """The same file as before, so the same predictions to the last bit."""
    return _version(house, house.models.roll_back(known(name), "POST /models/{name}/rollback"))


def known(name: str) -> ModelName:
    """A model by name.

    Raises:
        NotFoundError: there is none.
    """
    try:
        return ModelName(name)
    except ValueError:
        raise NotFoundError("model", name, f"one of {', '.join(ModelName)}") from None


def _version(house: House, version: Any) -> VersionOut:
    return VersionOut.model_validate(version_document(version, house.clock.now()))
