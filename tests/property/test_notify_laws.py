"""Laws of being told: whatever happens to alerts and to the way, and in whatever order."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from notify_world import AWAY, BROKE, Desk

from chocolate_factory.domain.notice import Notice, NoticeState
from chocolate_factory.domain.work import Severity
from chocolate_factory.usecases.notify import CLOSED, DISTANCE, OPENED

CAUSES = ("down:store", "down:disk", "plan.conflict")
#: What happens between two ticks.
EVENTS = st.one_of(
    st.tuples(st.just("alarm"), st.sampled_from(CAUSES), st.sampled_from(Severity)),
    st.tuples(st.just("close"), st.sampled_from(CAUSES)),
    st.tuples(st.just("see"), st.integers(min_value=1, max_value=6)),
    st.tuples(st.just("way"), st.sampled_from((AWAY, BROKE, None))),
    st.tuples(st.just("wait"), st.integers(min_value=1, max_value=1800)),
    st.tuples(st.just("killed")),
)


@settings(max_examples=20)
@given(st.lists(st.integers(min_value=0, max_value=150), max_size=8))
def test_messages_to_one_target_are_never_nearer_than_their_distance(gaps):
    desk, moments = Desk("tgram-1"), []
    for i, gap in enumerate(gaps):
        desk.alarm(f"cause {i}", Severity.WARNING)
        for _ in range(gap // 15 + 1):
            moments += [desk.clock.now() for _ in desk.later(seconds=15)]
    desk.close()
    assert all(b - a >= DISTANCE for a, b in pairwise(moments))


def happens(desk: Desk, event: tuple) -> None:
    match event:
        case "alarm", cause, severity:
            desk.alarm(cause, severity)
        case "close", cause:
            desk.alerts.close_alert(cause)
        case "see", number:
            desk.alerts.acknowledge(number)
        case "way", None:
            desk.people.answers.clear()
        case "way", answer:
            desk.people.answers["tgram-1"] = answer
        case "wait", seconds:
            desk.clock.sleep(seconds)
        case ("killed",):
            desk.outbox.claim("tgram-1", desk.clock.now(), 0.0)
    desk.round()


def every_notice(desk: Desk) -> list[Notice]:
    ids = [alert.id for alert in desk.alerts.alerts(limit=1000)]
    return desk.outbox.notices([f"alert:{i}:{event}" for i in ids for event in (OPENED, CLOSED, *Severity)])


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=25))
def test_in_the_end_each_event_was_told_once_and_an_end_after_its_beginning(events):
    desk = Desk("tgram-1")
    for event in events:
        happens(desk, event)
    desk.people.answers.clear()
    desk.told(minutes=3 * 60)
    told = every_notice(desk)
    assert {n.state for n in told} <= {NoticeState.SENT}
    assert len({n.key for n in told}) == len(told)
    opened = {n.key.split(":")[1]: n for n in told if n.key.endswith(OPENED)}
    for end in (n for n in told if n.key.endswith(CLOSED)):
        assert opened[end.key.split(":")[1]].sent_at <= end.sent_at
    for alert in desk.alerts.alerts(limit=1000):
        assert alert.closed_at or alert.acknowledged_at or str(alert.id) in opened or "notify-failed" in alert.cause
    desk.close()
