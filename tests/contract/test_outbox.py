"""What every ledger promises about notices on their way to people."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from chocolate_factory.adapters.ledger import SqlOutbox
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.notice import Notice, NoticeState
from chocolate_factory.domain.work import Severity

MINUTE = timedelta(minutes=1)
#: A lease that holds for the length of a trial, and one that has run out when it begins.
LONG, OVER = 600.0, 0.0


@pytest.fixture
def notice(clock):
    """Makes notices; what is not said is ordinary."""

    def make(key: str = "alert:1:opened", target: str = "tgram-1", **other) -> Notice:
        now = clock.now()
        plain = {"severity": Severity.WARNING, "title": "Título", "body": "línea\nlínea", "next_try_at": now}
        return Notice(key, target, now, **{**plain, **other})

    return make


def keys(notices) -> list[str]:
    return [n.key for n in notices]


def test_a_notice_comes_back_as_it_was(outbox, notice, clock):
    made = notice(once=True, severity=Severity.CRITICAL, next_try_at=clock.now() + MINUTE)
    assert outbox.add([made]) == 1
    [kept] = outbox.notices(["alert:1:opened", "alert:2:opened"])
    assert kept.id > 0
    assert replace(kept, id=0) == made


def test_a_key_is_told_to_a_target_once(outbox, notice):
    assert outbox.add([notice(), notice(target="ntfy-2"), notice(title="again")]) == 2
    assert outbox.add([notice(), notice("alert:1:closed")]) == 1
    assert [(n.key, n.target, n.title) for n in outbox.notices(["alert:1:opened", "alert:1:closed"])] == [
        ("alert:1:opened", "tgram-1", "Título"),
        ("alert:1:opened", "ntfy-2", "Título"),
        ("alert:1:closed", "tgram-1", "Título"),
    ]
    assert outbox.add([]) == 0
    assert outbox.notices([]) == []


def test_more_keys_may_be_asked_for_than_a_question_takes(outbox, notice):
    outbox.add(notice(f"alert:{i}:opened") for i in range(3))
    assert keys(outbox.notices([f"alert:{i}:opened" for i in range(5000)])) == [f"alert:{i}:opened" for i in range(3)]


def test_what_is_due_is_counted_for_the_targets_asked_for(outbox, notice, clock):
    outbox.add([notice(), notice(target="ntfy-2"), notice("alert:2:opened", next_try_at=clock.now() + MINUTE)])
    assert outbox.due(["tgram-1"], clock.now()) == 1
    assert outbox.due(["tgram-1", "ntfy-2"], clock.now()) == 2
    assert outbox.due(["tgram-1"], clock.now() + MINUTE) == 2
    assert outbox.due([], clock.now()) == 0


# ---------------------------------------------------------------------- claims
def test_nothing_that_is_not_due_is_claimed(outbox, notice, clock):
    outbox.add([notice(next_try_at=clock.now() + MINUTE), notice(target="ntfy-2")])
    assert outbox.claim("tgram-1", clock.now(), LONG) == []


def test_one_that_is_due_takes_all_that_wait_for_its_target_along(outbox, notice, clock):
    later = clock.now() + MINUTE
    outbox.add([notice(next_try_at=later), notice("alert:2:opened"), notice("alert:2:opened", "ntfy-2")])
    claimed = outbox.claim("tgram-1", clock.now(), LONG)
    assert keys(claimed) == ["alert:1:opened", "alert:2:opened"]
    assert {n.state for n in claimed} == {NoticeState.SENDING}
    assert outbox.claim("tgram-1", clock.now(), LONG) == []
    assert outbox.due(["tgram-1"], later) == 0


def test_what_must_not_come_twice_goes_alone(outbox, notice, clock):
    outbox.add([notice("brief:1", once=True), notice(), notice("brief:2", once=True), notice("alert:2:opened")])
    claims = [outbox.claim("tgram-1", clock.now(), LONG) for _ in range(4)]
    assert [keys(claim) for claim in claims] == [["brief:1"], ["alert:1:opened", "alert:2:opened"], ["brief:2"], []]


def test_a_claim_that_ran_out_is_open_again(outbox, notice, clock):
    outbox.add([notice()])
    first = outbox.claim("tgram-1", clock.now(), OVER)
    assert outbox.due(["tgram-1"], clock.now()) == 1
    assert outbox.claim("tgram-1", clock.now(), LONG) == first


def test_a_lease_runs_by_the_databases_clock_and_not_by_ours(outbox, notice, clock):
    outbox.add([notice()])
    outbox.claim("tgram-1", clock.now(), LONG)
    clock.sleep(1e7)  # a trial's clock may run as fast as it likes
    assert outbox.claim("tgram-1", clock.now(), LONG) == []
    assert outbox.due(["tgram-1"], clock.now()) == 0


def test_what_must_not_come_twice_is_never_open_again(outbox, notice, clock):
    outbox.add([notice("brief:1", once=True), notice("brief:1", "ntfy-2", once=True)])
    outbox.claim("tgram-1", clock.now(), OVER)
    outbox.claim("ntfy-2", clock.now(), LONG)
    assert outbox.claim("tgram-1", clock.now(), LONG) == []
    assert outbox.due(["tgram-1"], clock.now()) == 1, "somebody must tell of it"
    [lost] = outbox.cut_off("tgram-1")
    assert (lost.key, lost.state, lost.error) == ("brief:1", NoticeState.UNSURE, "sending was cut off")
    assert outbox.cut_off("tgram-1") == outbox.cut_off("ntfy-2") == []
    assert outbox.due(["tgram-1"], clock.now()) == 0


def test_an_alarm_whose_claim_ran_out_is_not_cut_off(outbox, notice, clock):
    outbox.add([notice()])
    outbox.claim("tgram-1", clock.now(), OVER)
    assert outbox.cut_off("tgram-1") == []


def test_a_claim_that_is_settled_is_over(outbox, notice, clock):
    outbox.add([notice(), notice("alert:2:opened")])
    sent, waits = outbox.claim("tgram-1", clock.now(), LONG)
    later = clock.now() + MINUTE
    after = [
        replace(sent, state=NoticeState.SENT, sent_at=clock.now()),
        replace(waits, state=NoticeState.WAITING, attempts=1, next_try_at=later, error="it answered HTTP 503"),
    ]
    outbox.settle(after)
    assert outbox.notices(["alert:1:opened", "alert:2:opened"]) == after
    assert outbox.claim("tgram-1", clock.now(), LONG) == []
    assert keys(outbox.claim("tgram-1", later, LONG)) == ["alert:2:opened"]


def test_when_the_last_one_arrived_is_known_by_target(outbox, notice, clock):
    assert outbox.last_sent() == {}
    outbox.add([notice(), notice("alert:2:opened"), notice(target="ntfy-2")])
    [a, b] = outbox.claim("tgram-1", clock.now(), LONG)
    first, second = clock.now(), clock.now() + timedelta(microseconds=7)
    outbox.settle(replace(n, state=NoticeState.SENT, sent_at=at) for n, at in ((a, second), (b, first)))
    assert outbox.last_sent() == {"tgram-1": second}


def test_many_brains_claim_each_notice_once(outbox, another_brain, notice, clock):
    outbox.add(notice(f"brief:{i}", once=True) for i in range(20))
    outbox.add(notice(f"alert:{i}:opened") for i in range(20))
    outboxes = [outbox, SqlOutbox(another_brain)]
    claimed: list[str] = []
    start = threading.Barrier(6)

    def carry(number: int) -> None:
        start.wait(10.0)
        while mine := outboxes[number % 2].claim("tgram-1", clock.now(), LONG):
            claimed.extend(keys(mine))

    crew = [threading.Thread(target=carry, args=(n,)) for n in range(6)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join(60.0)
    assert sorted(claimed) == sorted([f"brief:{i}" for i in range(20)] + [f"alert:{i}:opened" for i in range(20)])


def test_old_ones_are_forgotten_but_those_to_be_kept(outbox, notice, clock):
    outbox.add([notice("alert:1:opened"), notice("alert:2:opened"), notice("alert:2:opened", "ntfy-2")])
    clock.sleep(60.0)
    outbox.add([notice("alert:3:opened")])
    assert outbox.forget(clock.now(), keep=["alert:1:opened"]) == 2
    assert keys(outbox.notices([f"alert:{i}:opened" for i in (1, 2, 3)])) == ["alert:1:opened", "alert:3:opened"]
    assert outbox.forget(clock.now() + MINUTE) == 2


@pytest.mark.parametrize(
    "deed",
    [
        lambda o, n: o.add([n]),
        lambda o, n: o.notices([n.key]),
        lambda o, n: o.last_sent(),
        lambda o, n: o.due([n.target], n.created_at),
        lambda o, n: o.claim(n.target, n.created_at, LONG),
        lambda o, n: o.settle([n]),
        lambda o, n: o.cut_off(n.target),
        lambda o, n: o.forget(n.created_at),
    ],
    ids=["add", "notices", "last_sent", "due", "claim", "settle", "cut_off", "forget"],
)
def test_a_ledger_that_cannot_serve_says_so_in_our_own_words(outbox, ruined, notice, deed):
    with pytest.raises(StoreError, match="doctor"):
        deed(outbox, notice())
