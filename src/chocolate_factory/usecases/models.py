"""The models as the service sees them: when to train, who serves, what was measured, and how to go back.

The registry is spoken to in child processes; what serves is read from the shelf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chocolate_factory.domain.alarms.plans import MODEL_REFUSED, REGISTRY_AWAY
from chocolate_factory.domain.errors import BusyError, NotYetError, RegistryAwayError, StoreError
from chocolate_factory.domain.models import (
    Alias,
    Deed,
    ModelEvent,
    ModelName,
    ModelVersion,
    RegistryState,
    Scores,
    Trained,
    Verdict,
)
from chocolate_factory.domain.work import Check
from chocolate_factory.ports import AlertLedger, Clock, Memo, ModelLedger, ModelShelf, Turn
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.readiness import History
from chocolate_factory.usecases.tell import tell

#: New data are a reason to train once so much has come since the last training.
NEW_DATA = timedelta(days=7)
#: A model older than this is trained again, whatever the data say.
AGE = timedelta(days=30)
#: What was tried in vain is not tried again before, unless somebody asks.
TRY_AGAIN = timedelta(hours=20)
#: A challenger predicts in the shadow for so long before another may take its place: a paired test wants 20 days.
SHADOWED = timedelta(days=28)
#: The shadow is judged so often: who looks every day finds a lucky day in the end.
JUDGED_EVERY = timedelta(days=7)
#: What is noted while the registry does not answer.
SILENCE = "registry-silence"

Tell = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Children:
    """What is done in a child process, for it needs the registry.

    Attributes:
        train: names and reasons; what came of each, in order.
        refresh: the shelf brought to what the registry says.
        promote, roll_back: a champion chosen by hand.
        settle: the challenger judged by the shadow, and promoted where it has proved better.
    """

    train: Callable[[Mapping[ModelName, str], Tell | None], list[Trained]]
    refresh: Callable[[], RegistryState]
    promote: Callable[[ModelName, int], ModelVersion]
    roll_back: Callable[[ModelName], ModelVersion]
    settle: Callable[[ModelName], Verdict]


class Models:
    """The deeds, with their ports.

    Args:
        history: what there is to learn a model from.
        drifted: why a model should be trained because of drift; empty where nothing drifts.
    """

    def __init__(
        self,
        shelf: ModelShelf,
        ledger: ModelLedger,
        alerts: AlertLedger,
        clock: Clock,
        children: Children,
        history: Callable[[ModelName], History],
        drifted: Callable[[ModelName], str],
        memo: Memo,
        turn: Turn,
    ) -> None:
        self._shelf = shelf
        self._ledger = ledger
        self._alerts = alerts
        self._clock = clock
        self._children = children
        self._history = history
        self._drifted = drifted
        self._memo = memo
        self._turn = turn

    # ------------------------------------------------------------------ training
    def due(self) -> dict[ModelName, str]:
        """The models that there is a reason to train, and the reason."""
        return {name: reason for name in ModelName if (reason := self.reason(name))}

    def reason(self, name: ModelName) -> str:
        """Why a model is to be trained now; empty where there is no reason."""
        newest, last = self._history(name).newest, self._last_try(name)
        if newest is None or (last is not None and self._clock.now() - last < TRY_AGAIN):
            return ""
        learnt = self._newest_learnt(name)
        if learnt is None:
            return "first"
        if drifted := self._drifted(name):
            return f"drift: {drifted}"
        if self._is_in_shadow(name):
            return ""
        if newest - learnt.card.learnt_from.end >= NEW_DATA:
            return "new data"
        return "age" if self._clock.now() - learnt.card.made_at >= AGE else ""

    def waiting_for(self, name: ModelName) -> str:
        """What is missing before a model can be learnt at all; empty where nothing is."""
        return self._history(name).missing

    def train(self, reasons: Mapping[ModelName, str], tell: Tell | None = None) -> list[Trained]:
        """Train them, and write down what came of it.

        Raises:
            BusyError: a training is under way.
            RegistryAwayError: the registry does not answer; an alert says so.
            ChocolateFactoryError: the process died or was stopped at its limit.
        """
        with self._turn.take(wait=False) as given:
            if not given:
                raise BusyError("A training is under way; GET /models/status shows what comes of it.")
            try:
                trained = self._children.train(reasons, tell)
            except RegistryAwayError as e:
                self._tell_away(str(e))
                raise
        self._alerts.close_alert(REGISTRY_AWAY.about())
        for one in trained:
            self._write_down(one)
        return trained

    def train_asked(self, names: Sequence[ModelName], progress: Progress) -> str:
        """Train because somebody asked; the sentence that sums it up.

        Raises:
            ChocolateFactoryError: as ``train``; or nothing could be learnt at all.
        """
        trained = self.train(dict.fromkeys(names, "asked for"), progress.step)
        for one in trained:
            if one.problem:
                progress.problem(f"{one.name}: {one.problem}")
        learnt = [one for one in trained if one.challenger is not None]
        if not learnt:
            raise NotYetError("; ".join(f"{one.name}: {one.problem}" for one in trained))
        progress.finish("trained", trained=len(learnt), refused=len(trained) - len(learnt))
        return "\n".join(sentence(one) for one in trained)

    def settle_due(self) -> int:
        """Judge, once a week, each challenger by what it said in the shadow; how many were promoted.

        Raises:
            RegistryAwayError: the registry does not answer.
        """
        return sum(self._settle(version) for version in self._challengers() if self._is_to_be_judged(version))

    def _settle(self, challenger: ModelVersion) -> bool:
        name, verdict = challenger.card.name, self._children.settle(challenger.card.name)
        deed = Deed.PROMOTED if verdict.promote else Deed.JUDGED
        self._event(name, deed, challenger.number, f"In the shadow: {verdict.reason}", _figures(verdict))
        return verdict.promote

    def _challengers(self) -> list[ModelVersion]:
        state = self._shelf.state()
        return [version for version in (state.versions if state else ()) if Alias.CHALLENGER in version.aliases]

    def _is_to_be_judged(self, challenger: ModelVersion) -> bool:
        judged = self._ledger.events(challenger.card.name, frozenset({Deed.JUDGED}), limit=1)
        last = max([challenger.card.made_at, *(event.at for event in judged)])
        return self._clock.now() - last >= JUDGED_EVERY

    # ------------------------------------------------------------------ who serves
    def refresh(self) -> RegistryState:
        """Bring the shelf to what the registry says; an alert while it does not answer."""
        state = self._children.refresh()
        silence = None if state.connected else [state.address, state.asked_at.isoformat(), state.error]
        self._memo.note(SILENCE, silence)
        if state.connected:
            self._alerts.close_alert(REGISTRY_AWAY.about())
        else:
            self._tell_away(state.error)
        return state

    def promote(self, name: ModelName, number: int, who: str) -> ModelVersion:
        """Make a version champion by hand. Raises ``NotFoundError``, ``RegistryAwayError``."""
        version = self._children.promote(name, number)
        self._event(name, Deed.PROMOTED, number, f"asked for by {who}", {})
        return version

    def roll_back(self, name: ModelName, who: str) -> ModelVersion:
        """Make the champion before champion again. Raises ``NotFoundError``, ``RegistryAwayError``."""
        version = self._children.roll_back(name)
        self._event(name, Deed.ROLLED_BACK, version.number, f"asked for by {who}", {})
        return version

    def known(self) -> RegistryState | None:
        """What the registry said when it was last asked; None where it never was."""
        return self._shelf.state()

    def contact(self) -> RegistryState | None:
        """The registry's last answer or silence, whichever process asked."""
        silence = self._memo.recall(SILENCE)
        if silence is None:
            return self.known()
        address, asked_at, error = silence
        asked = datetime.fromisoformat(asked_at)
        return RegistryState(connected=False, address=address, asked_at=asked, error=error, experiments=(), versions=())

    def check(self) -> Check:
        """How many models serve, and whether the registry answers."""
        try:
            state, contact = self.known(), self.contact()
        except StoreError as e:
            return Check("models", "degraded", str(e))
        serving = [v for v in (state.versions if state else ()) if Alias.CHAMPION in v.aliases]
        detail = f"{len(serving)} of {len(ModelName)} models serve" if serving else "no model yet"
        if contact is not None and not contact.connected:
            return Check("models", "degraded", f"{detail}; the registry does not answer: {contact.error}")
        return Check("models", "ok" if contact is not None else "unknown", detail)

    def events(self, name: ModelName | None = None, limit: int = 50) -> list[ModelEvent]:
        """The models' lives, the newest first."""
        return self._ledger.events(name, limit=limit)

    # ------------------------------------------------------------------ inside
    def _newest_learnt(self, name: ModelName) -> ModelVersion | None:
        state = self._shelf.state()
        found = (v for v in (state.versions if state else ()) if v.card.name is name and not v.card.is_baseline)
        return next(found, None)

    def _is_in_shadow(self, name: ModelName) -> bool:
        """Whether a challenger has not had its time yet: one that took its place would begin from nothing."""
        now = self._clock.now()
        return any(v.card.name is name and now - v.card.made_at < SHADOWED for v in self._challengers())

    def _last_try(self, name: ModelName) -> datetime | None:
        last = self._ledger.events(name, frozenset({Deed.TRAINED, Deed.REFUSED}), limit=1)
        return last[0].at if last else None

    def _write_down(self, trained: Trained) -> None:
        if trained.challenger is None:
            self._event(trained.name, Deed.REFUSED, None, trained.problem, {})
            message = f"{trained.name} was not trained: {trained.problem}"
            tell(self._alerts, MODEL_REFUSED.trouble(message, trained.name))
            return
        self._alerts.close_alert(MODEL_REFUSED.about(trained.name))
        number, verdict = trained.challenger.number, trained.verdict
        self._event(trained.name, Deed.TRAINED, number, trained.challenger.card.reason, trained.challenger.card.scores)
        if verdict is not None and verdict.promote:
            self._event(trained.name, Deed.PROMOTED, number, verdict.reason, _figures(verdict))

    def _event(self, name: ModelName, deed: Deed, number: int | None, why: str, figures: Scores) -> None:
        self._ledger.add_event(ModelEvent(self._clock.now(), name, deed, number, why, figures))

    def _tell_away(self, why: str) -> None:
        tell(self._alerts, REGISTRY_AWAY.trouble(f"The model registry does not answer: {why}"))


def _figures(verdict: Verdict | None) -> dict[str, float]:
    """What the verdict rests on."""
    if verdict is None or verdict.evidence is None:
        return {}
    seen = verdict.evidence
    figures = {
        "days": float(len(seen.champion_losses)),
        "champion_loss": sum(seen.champion_losses) / max(1, len(seen.champion_losses)),
        "challenger_loss": sum(seen.challenger_losses) / max(1, len(seen.challenger_losses)),
        "champion_regret_eur": seen.champion_eur,
        "challenger_regret_eur": seen.challenger_eur,
    }
    return figures | ({"p": verdict.test.p_first_better} if verdict.test is not None else {})


def sentence(trained: Trained) -> str:
    """What came of a training, in a sentence."""
    if trained.challenger is None:
        return f"{trained.name}: not trained: {trained.problem}"
    what = f"{trained.name}: version {trained.challenger.number} ({trained.challenger.card.sort})"
    why = trained.verdict.reason if trained.verdict is not None else trained.problem
    if trained.champion is not None and trained.champion.number == trained.challenger.number:
        return f"{what} is champion. {why}"
    return f"{what} challenges. {why}"
