"""When a model is trained, what is written down of it, and what happens while the registry is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from model_makers import SPAN, T, evidence, made

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.file_lock import ThreadTurn
from chocolate_factory.adapters.ledger import SqlAlertLedger, SqlModelLedger, open_ledger
from chocolate_factory.adapters.memo import MemoryMemo
from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.domain.errors import BusyError, NotYetError, RegistryAwayError
from chocolate_factory.domain.models import Alias, Deed, ModelName, ModelVersion, RegistryState, Trained, Verdict
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.domain.work import AlertState
from chocolate_factory.usecases.models import Children, Models
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.readiness import History

NAME = ModelName.SPOT_PRICE
ENOUGH = History(SPAN.end, "")
PROVED = Verdict(True, "it errs less; it takes its place.", None, evidence(10.0, 8.0))


def version(
    number: int, *aliases: Alias, baseline: bool = False, age_days: float = 0.0, until=SPAN.end
) -> ModelVersion:
    card = replace(
        made(b"x", baseline=baseline).card, made_at=T - age_days * DAY, learnt_from=Interval(SPAN.start, until)
    )
    return ModelVersion(card, number, f"{number:064d}", f"run-{number}", frozenset(aliases))


class Desk:
    """The deeds with children that answer what they are told to."""

    def __init__(self, folder):
        engine = open_ledger("sqlite://")
        self.clock, self.shelf = FixedClock(T), FileShelf(folder)
        self.ledger, self.alerts = SqlModelLedger(engine), SqlAlertLedger(engine, self.clock)
        self.history, self.drift, self.away = {NAME: ENOUGH}, "", False
        self.answers: list[Trained] = []
        self.verdict = replace(PROVED, promote=False)
        self.asked: list[dict[ModelName, str]] = []
        self.held: tuple[ModelVersion, ...] = ()
        children = Children(self._train, self._refresh, self._never, self._never, lambda _name: self.verdict)
        self.models = Models(
            self.shelf, self.ledger, self.alerts, self.clock, children,
            lambda name: self.history.get(name, History(None, "300 more days of pvpc are needed, 300 in all.")),
            lambda _name: self.drift, MemoryMemo(), ThreadTurn(),
        )  # fmt: skip

    def holds(self, *versions: ModelVersion) -> None:
        self.held = versions
        state = RegistryState(True, "memory", (), versions, T)
        bare = [replace(v, aliases=frozenset()) for v in versions]
        self.shelf.put(replace(state, versions=tuple(bare)), {})

    def open_causes(self) -> set[str]:
        return {a.cause for a in self.alerts.alerts(frozenset({AlertState.OPEN}))}

    def _train(self, reasons, _tell):
        if self.away:
            raise RegistryAwayError("nobody listens on port 5000.")
        self.asked.append(dict(reasons))
        return self.answers

    def _refresh(self):
        return RegistryState(not self.away, "memory", (), self.held, T, "nobody listens." if self.away else "")

    def _never(self, *_given):
        raise AssertionError


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_the_first_training_waits_for_history_alone(desk):
    assert desk.models.due() == {NAME: "first"}
    assert desk.models.waiting_for(ModelName.PVPC_PRICE).startswith("300 more days")
    desk.history = {}
    assert desk.models.due() == {}


def test_a_baseline_alone_is_no_training(desk):
    desk.holds(version(1, baseline=True))
    assert desk.models.reason(NAME) == "first"


@pytest.mark.parametrize(
    ("until", "age_days", "drift", "reason"),
    [
        (SPAN.end, 1.0, "", ""),
        (SPAN.end - 6.9 * DAY, 1.0, "", ""),
        (SPAN.end - 7 * DAY, 1.0, "", "new data"),
        (SPAN.end, 29.9, "", ""),
        (SPAN.end, 30.0, "", "age"),
        (SPAN.end, 1.0, "its errors have doubled", "drift: its errors have doubled"),
    ],
)
def test_it_is_trained_for_a_reason(desk, until, age_days, drift, reason):
    desk.holds(version(2, until=until, age_days=age_days))
    desk.drift = drift
    assert desk.models.reason(NAME) == reason


def test_what_was_tried_in_vain_waits(desk):
    desk.answers = [Trained(NAME, None, None, None, "12 more days are needed")]
    desk.models.train(desk.models.due())
    assert desk.models.reason(NAME) == ""
    desk.clock.set(T + timedelta(hours=20))
    assert desk.models.reason(NAME) == "first"


def test_a_promotion_is_written_down_with_what_it_rests_on(desk):
    best = version(2, Alias.CHAMPION)
    desk.answers = [Trained(NAME, best, best, PROVED)]
    desk.models.train({NAME: "new data"})
    promoted, trained = desk.models.events(NAME)
    assert (trained.deed, trained.number) == (Deed.TRAINED, 2)
    assert (promoted.deed, promoted.why) == (Deed.PROMOTED, PROVED.reason)
    assert promoted.figures["days"] == 40
    assert promoted.figures["challenger_loss"] < promoted.figures["champion_loss"]


def test_a_refusal_is_an_alert_until_a_training_succeeds(desk):
    desk.answers = [Trained(NAME, version(1, baseline=True), None, None, "too good to be true")]
    desk.models.train({NAME: "first"})
    assert desk.models.events(NAME)[0].why == "too good to be true"
    assert desk.open_causes() == {"models.refused:spot_price"}
    desk.answers = [Trained(NAME, version(1, baseline=True), version(2), replace(PROVED, promote=False))]
    desk.models.train({NAME: "first"})
    assert desk.open_causes() == set()


def test_a_registry_that_is_away_is_one_alert_and_changes_nothing(desk):
    desk.away = True
    with pytest.raises(RegistryAwayError):
        desk.models.train({NAME: "first"})
    assert not desk.models.refresh().connected
    assert desk.models.contact().error == "nobody listens."
    assert desk.open_causes() == {"models.registry"}
    assert desk.models.events() == []
    desk.away = False
    assert desk.models.refresh().connected
    assert desk.open_causes() == set()


def test_asked_for_it_says_what_came_of_each(desk):
    best = version(2, Alias.CHAMPION)
    desk.answers = [
        Trained(NAME, best, best, PROVED),
        Trained(ModelName.PVPC_PRICE, None, None, None, "12 more days are needed"),
    ]
    progress = Progress()
    told = desk.models.train_asked([NAME, ModelName.PVPC_PRICE], progress)
    assert desk.asked == [{NAME: "asked for", ModelName.PVPC_PRICE: "asked for"}]
    assert told.splitlines()[0].startswith("spot_price: version 2 (blend) is champion. it errs less")
    assert progress.problems == ["pvpc_price: 12 more days are needed"]
    assert progress.counts == {"trained": 1, "refused": 1}


def test_asked_for_in_vain_it_fails_with_what_is_missing(desk):
    desk.answers = [Trained(NAME, None, None, None, "12 more days are needed")]
    with pytest.raises(NotYetError, match="spot_price: 12 more days"):
        desk.models.train_asked([NAME], Progress())


def test_two_trainings_at_once_are_one_too_many(desk):
    def again(_share, _message):
        raise AssertionError

    desk.models._children = replace(desk.models._children, train=lambda _r, _t: desk.models.train({NAME: "age"}))
    with pytest.raises(BusyError):
        desk.models.train({NAME: "first"}, again)


def test_the_shadow_is_judged_once_a_week(desk, monkeypatch):
    challenger = version(3, Alias.CHALLENGER)
    monkeypatch.setattr(desk.shelf, "state", lambda: RegistryState(True, "memory", (), (challenger,), T))
    desk.verdict = replace(PROVED, promote=False, reason="Not yet: 3 more days are needed.")
    assert desk.models.settle_due() == 0
    assert desk.models.events() == []
    desk.clock.set(T + 7 * DAY)
    desk.models.settle_due()
    desk.models.settle_due()
    assert [(e.deed, e.why) for e in desk.models.events()] == [
        (Deed.JUDGED, "In the shadow: Not yet: 3 more days are needed.")
    ]
    desk.clock.set(T + 14 * DAY)
    desk.verdict = PROVED
    assert desk.models.settle_due() == 1
    assert desk.models.events(limit=1)[0].deed is Deed.PROMOTED


@pytest.mark.parametrize(
    ("age_days", "drift", "reason"),
    [(27.9, "", ""), (28.0, "", "new data"), (1.0, "prices have doubled", "drift: prices have doubled")],
)
def test_a_challenger_has_its_time_in_the_shadow(desk, monkeypatch, age_days, drift, reason):
    challenger = version(3, Alias.CHALLENGER, age_days=age_days, until=SPAN.end - 8 * DAY)
    monkeypatch.setattr(desk.shelf, "state", lambda: RegistryState(True, "memory", (), (challenger,), T))
    desk.drift = drift
    assert desk.models.reason(NAME) == reason
