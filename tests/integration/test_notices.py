"""Alerts on their way to people, by real child processes, through Apprise, to a server on loopback."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from inbox import Inbox
from web_house import StillClock, settings

from chocolate_factory.domain.errors import ChocolateFactoryError
from chocolate_factory.domain.work import AlertState, Severity
from chocolate_factory.wiring import House, build

SECRET = "hunter2-a1b2c3d4"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    yield inbox
    inbox.close()


@pytest.fixture
def brain(tmp_path, inbox) -> Iterator[House]:
    house = build(settings(tmp_path, NOTIFY_URLS=inbox.url(SECRET)), clock=StillClock())
    yield house
    house.close()


def tick(house: House, **span: float) -> dict[str, float]:
    """So much later, what the timetable's tick does."""
    house.clock.moment += timedelta(**span)
    house.notify.gather()
    return house.notify.deliver() if house.notify.pending() else {}


def alarm(house: House, cause: str = "down:store", severity: Severity = Severity.CRITICAL) -> None:
    house.alerts.raise_alert(cause, severity, f"{cause} is wrong.", "Mend it.")


def test_an_alert_arrives_when_it_opens_and_when_it_closes_and_not_between(brain, inbox):
    for _ in range(3):
        alarm(brain)
        tick(brain, seconds=30)
        tick(brain, seconds=30)
    brain.alerts.close_alert("down:store")
    for _ in range(4):
        tick(brain, seconds=30)
    assert [(letter.path, letter.type, letter.title) for letter in inbox.letters] == [
        (f"/{SECRET}", "failure", "Crítico: down:store"),
        (f"/{SECRET}", "info", "Resuelto: down:store"),
    ]
    assert inbox.letters[0].message == (
        "down:store is wrong.\nQué hacer: Mend it.\nDesde el 17/06/2026 12:10 (hora de Madrid)"
    )


def test_three_kinds_of_alarm_arrive_each_with_its_way_out(brain, inbox):
    for kind in ("job-failed", "job-brought-nothing", "job-did-not-run"):
        alarm(brain, f"{kind}:ree_ingestion", Severity.WARNING)
        tick(brain, seconds=61)
        tick(brain, seconds=61)
    assert [letter.title for letter in inbox.letters] == [
        "Atención: job-failed:ree_ingestion",
        "Atención: job-brought-nothing:ree_ingestion",
        "Atención: job-did-not-run:ree_ingestion",
    ]
    assert all("Mend it." in letter.message for letter in inbox.letters)


def test_a_storm_is_one_message(brain, inbox):
    for i in range(50):
        alarm(brain, f"down:upstream:{i}", Severity.WARNING)
    tick(brain, seconds=0)
    assert tick(brain, seconds=10) == {"messages": 1, "sent": 50, "failed": 0, "given_up": 0, "unsure": 0}
    assert [letter.title for letter in inbox.letters] == ["Atención: 50 avisos"]


def test_a_target_that_was_down_gets_it_once_when_it_is_back(brain, inbox):
    inbox.close()
    alarm(brain)
    tick(brain, seconds=0)
    assert tick(brain, seconds=10)["failed"] == 1
    inbox.status = 503
    inbox.open()
    assert tick(brain, minutes=2)["failed"] == 1
    assert tick(brain, minutes=1) == {}, "it is not its turn yet"
    inbox.status = 200
    assert tick(brain, minutes=2)["sent"] == 1
    assert tick(brain, hours=2) == {}
    assert [letter.title for letter in inbox.letters] == ["Crítico: down:store"]


# ---------------------------------------------------------------------- killed
def killed_in_the_middle(brain: House, inbox: Inbox) -> None:
    """A child is killed when the target has got the message and not yet answered."""
    came, leave = threading.Event(), threading.Event()
    inbox.before = lambda: (came.set(), leave.wait(20.0))
    ended: list[ChocolateFactoryError] = []

    def deliver() -> None:
        try:
            brain.notify.deliver()
        except ChocolateFactoryError as e:
            ended.append(e)

    carrying = threading.Thread(target=deliver)
    carrying.start()
    assert came.wait(30.0)
    [child] = multiprocessing.active_children()
    child.kill()
    carrying.join(30.0)
    assert "died" in str(ended[0])
    leave.set()
    inbox.wait_for(1)
    inbox.before = lambda: None


def lease_over(brain: House) -> None:
    """Minutes pass on the database's clock."""
    with sa.create_engine(brain.settings.ledger).begin() as c:
        c.execute(sa.text("UPDATE notice SET claimed_until = '2001-01-01 00:00:00.000000' WHERE state = 'sending'"))


def test_an_alarm_that_was_being_sent_when_the_child_was_killed_comes_rather_twice_than_never(brain, inbox):
    alarm(brain)
    brain.notify.gather()
    brain.clock.moment += timedelta(seconds=10)
    killed_in_the_middle(brain, inbox)
    assert not brain.notify.pending(), "it may still be on its way"
    lease_over(brain)
    assert brain.notify.deliver()["sent"] == 1
    assert [letter.title for letter in inbox.letters] == 2 * ["Crítico: down:store"]
    assert tick(brain, hours=1) == {}


def test_a_briefing_that_was_being_sent_comes_never_twice_and_a_person_hears_of_it(brain, inbox):
    brain.notify.tell_once("brief:2026-06-18", "Mañana", "8 tandas")
    killed_in_the_middle(brain, inbox)
    lease_over(brain)
    assert brain.notify.deliver()["unsure"] == 1
    tick(brain, seconds=0)
    tick(brain, minutes=2)
    titles = [letter.title for letter in inbox.letters]
    assert titles == ["Mañana", f"Información: notify-unsure:brief:2026-06-18:{brain.notify.targets[0]}"]
    assert "may not have arrived" in inbox.letters[1].message
    assert {a.state for a in brain.alerts.alerts()} == {AlertState.CLOSED}


def test_of_two_brains_on_one_ledger_one_sends(brain, inbox, tmp_path):
    other = build(brain.settings, clock=StillClock())
    alarm(brain)
    alarm(other, "down:disk")
    for house in (brain, other):
        house.notify.gather()
        house.notify.tell_once("brief:2026-06-18", "Mañana", "8 tandas")
        house.clock.moment += timedelta(seconds=10)
    pair = [threading.Thread(target=house.notify.deliver) for house in (brain, other)]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join(60.0)
    other.close()
    assert sorted(letter.title for letter in inbox.letters) == ["Crítico: 2 avisos", "Mañana"]


# ---------------------------------------------------------------------- what must not be seen
def test_the_address_is_in_no_log_no_error_and_no_file(tmp_path, inbox, capfd):
    secrets = f"{inbox.url(SECRET)} json://me:{SECRET}@127.0.0.1:1/{SECRET} nope://{SECRET}"
    house = build(settings(tmp_path, NOTIFY_URLS=secrets), clock=StillClock())
    alarm(house)
    for hours in (0, 1, 2, 25):
        tick(house, hours=hours)
    ended = house.notify.trial()
    told = [str(a) for a in house.alerts.alerts()] + [str(ended), repr(house.settings), str(house.notify.targets)]
    house.close()
    assert len(inbox.letters) >= 2
    assert any("notify-failed:nope-" in line for line in told)
    said = capfd.readouterr()
    for place, text in {"a word": "\n".join(told), "a line": said.out + said.err}.items():
        assert SECRET not in text, place
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in kept if SECRET.encode() in file.read_bytes()] == []
    assert any(b"it cannot be reached" in file.read_bytes() for file in kept)


SERVICE = """
import sys
from chocolate_factory.settings import read_settings
from chocolate_factory.domain.work import Severity
from chocolate_factory.wiring import build

if __name__ == "__main__":
    house = build(read_settings())
    house.alerts.raise_alert("down:store", Severity.CRITICAL, "It is wrong.", "Mend it.")
    house.notify.gather()
    house.notify.pending()
    print(house.notify.trial())
    print("loaded" if "apprise" in sys.modules else "small")
    house.close()
"""


def test_the_service_itself_never_loads_apprise(tmp_path, inbox):
    (tmp_path / "service.py").write_text(SERVICE)
    names = {"DATA_DIR": str(tmp_path / "data"), "NOTIFY_URLS": inbox.url(), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "service.py"], cwd=tmp_path, env=names, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.splitlines()[-1] == "small"
    assert len(inbox.letters) == 1


def test_the_demo_tells_nobody(tmp_path, inbox):
    house = build(settings(tmp_path, NOTIFY_URLS=inbox.url()), demo=True, clock=StillClock())
    alarm(house)
    assert tick(house, minutes=1) == tick(house, minutes=1) == {}
    assert (house.notify.deliver(), house.notify.trial(), inbox.asked) == ({}, {}, 0)
    house.close()


def test_targets_that_were_replaced_are_taken_up_without_a_restart(tmp_path, inbox):
    first, then = (settings(tmp_path, NOTIFY_URLS=inbox.url(path)) for path in ("first", "then"))
    house = build(first, clock=StillClock(), again=lambda: then)
    house.reload_keys()
    assert house.notify.trial().keys() == set(house.notify.targets)
    assert [letter.path for letter in inbox.letters] == ["/then"]
    house.close()


def test_a_send_is_over_long_before_its_lease(brain, inbox):
    alarm(brain)
    brain.notify.gather()
    brain.clock.moment += timedelta(seconds=10)
    begun = time.monotonic()
    brain.notify.deliver()
    assert time.monotonic() - begun < 60.0
