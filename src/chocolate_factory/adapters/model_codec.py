"""What is said of models, as JSON: what comes back is equal."""

from __future__ import annotations

from functools import cache
from math import isfinite
from typing import Any

from pydantic import TypeAdapter, ValidationError

from chocolate_factory.domain.errors import InputError, UnreadableError
from chocolate_factory.domain.models import ModelCard, RegistryState, Scores


def card_to_json(card: ModelCard) -> str:
    """A version's card.

    Raises:
        InputError: a score is no finite number; what could not be measured is left out.
    """
    for scores in (card.scores, *card.baselines.values()):
        _must_be_finite(scores)
    return _adapter(ModelCard).dump_json(card).decode()


def card_of(text: str | bytes) -> ModelCard:
    """The card.

    Raises:
        UnreadableError: the text is damaged, or of a version that said something else.
    """
    card: ModelCard = _read(ModelCard, text)
    return card


def state_to_json(state: RegistryState) -> bytes:
    """What a registry said."""
    return _adapter(RegistryState).dump_json(state)


def state_of(text: bytes) -> RegistryState:
    """The state.

    Raises:
        UnreadableError: the text is damaged, or of a version that said something else.
    """
    state: RegistryState = _read(RegistryState, text)
    return state


def _read(kind: type, text: str | bytes) -> Any:
    try:
        return _adapter(kind).validate_json(text)
    except ValidationError as e:
        raise UnreadableError(f"A {kind.__name__} that was kept cannot be read; another version wrote it.") from e


def _must_be_finite(scores: Scores) -> None:
    for name, score in scores.items():
        if not isfinite(score):
            raise InputError(name, score, "a score is a finite number; leave out what cannot be measured")


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
