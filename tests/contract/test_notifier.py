"""What every way to people promises: one try, an honest verdict, and no word of the address."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from inbox import Inbox

from chocolate_factory.adapters import apprise_notifier
from chocolate_factory.adapters.apprise_notifier import AppriseNotifier, target_name, unreadable
from chocolate_factory.adapters.memory_notifier import MemoryNotifier
from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.notice import Delivery, Fate, Message
from chocolate_factory.domain.work import Severity
from chocolate_factory.ports import Notifier

SECRET = "bot123456-hunter2"
MESSAGE = Message("Crítico: down:store", "El disco está lleno & <lleno>.\nQué hacer: libera.", Severity.CRITICAL)


@dataclass
class Line:
    """A notifier whose first target is up, and whose second refuses; what arrived at the first."""

    notifier: Notifier
    arrived: Callable[[], list[tuple[str, str]]]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    yield inbox
    inbox.close()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def by_apprise(inbox: Inbox) -> Line:
    notifier = AppriseNotifier([inbox.url(SECRET), f"json://me:{SECRET}@127.0.0.1:{closed_port()}/{SECRET}"])
    return Line(notifier, lambda: [(letter.title, letter.message) for letter in inbox.letters])


def in_memory(_inbox: Inbox) -> Line:
    notifier = MemoryNotifier("one", "two")
    notifier.answers["two"] = Delivery(Fate.REFUSED, "it cannot be reached")
    return Line(notifier, lambda: [(message.title, message.body) for _, message in notifier.arrived])


@pytest.fixture(params=[by_apprise, in_memory])
def line(request, inbox) -> Line:
    return request.param(inbox)


def test_a_message_arrives_letter_by_letter(line):
    assert line.notifier.send(line.notifier.targets[0], MESSAGE) == (Fate.ARRIVED, "")
    assert line.arrived() == [(MESSAGE.title, MESSAGE.body)]


def test_a_target_that_refuses_has_a_reason_and_is_tried_once(line):
    fate, why = line.notifier.send(line.notifier.targets[1], MESSAGE)
    assert fate is Fate.REFUSED
    assert why
    assert line.arrived() == []


def test_a_name_that_is_none_is_refused(line):
    with pytest.raises(NotFoundError, match="target"):
        line.notifier.send("nobody", MESSAGE)


def test_names_are_distinct(line):
    assert len(set(line.notifier.targets)) == 2


# ---------------------------------------------------------------------- Apprise's own
@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (200, Fate.ARRIVED),
        (204, Fate.ARRIVED),
        (400, Fate.REFUSED),
        (401, Fate.REFUSED),
        (429, Fate.REFUSED),
        (503, Fate.REFUSED),
        (500, Fate.UNSURE),
        (502, Fate.UNSURE),
        (504, Fate.UNSURE),
    ],
)
def test_what_an_answer_means(inbox, status, fate):
    inbox.status = status
    notifier = AppriseNotifier([inbox.url()])
    told = notifier.send(notifier.targets[0], MESSAGE)
    assert told == (fate, "" if fate is Fate.ARRIVED else f"it answered HTTP {status}")
    assert inbox.asked == 1


@pytest.mark.parametrize("severity", [(Severity.INFO, "info"), (Severity.WARNING, "warning")])
def test_the_severity_goes_along(inbox, severity):
    given, expected = severity
    notifier = AppriseNotifier([inbox.url()])
    notifier.send(notifier.targets[0], MESSAGE._replace(severity=given))
    assert [letter.type for letter in inbox.letters] == [expected]


def test_one_that_took_it_and_does_not_answer_is_unsure(inbox):
    hangs = socket.create_server(("127.0.0.1", 0))
    notifier = AppriseNotifier([f"json://127.0.0.1:{hangs.getsockname()[1]}/?rto=0.2"])
    assert notifier.send(notifier.targets[0], MESSAGE).fate is Fate.UNSURE
    hangs.close()


def test_one_that_hangs_for_longer_than_a_try_may_take_is_left(inbox, monkeypatch):
    monkeypatch.setattr(apprise_notifier, "SEND_S", 0.3)
    hangs = socket.create_server(("127.0.0.1", 0))
    notifier = AppriseNotifier([f"json://127.0.0.1:{hangs.getsockname()[1]}/?rto=3"])
    assert notifier.send(notifier.targets[0], MESSAGE).fate is Fate.UNSURE
    hangs.close()


def test_a_name_that_is_no_machine_cannot_be_reached():
    notifier = AppriseNotifier(["json://no-such-machine.invalid/"])
    assert notifier.send(notifier.targets[0], MESSAGE) == (Fate.REFUSED, "it cannot be reached")


def test_a_url_that_asks_for_tries_of_its_own_gets_one(inbox):
    inbox.status = 503
    notifier = AppriseNotifier([inbox.url("?retry=3")])
    notifier.send(notifier.targets[0], MESSAGE)
    assert inbox.asked == 1


def test_what_stands_in_an_alert_is_text_where_a_service_takes_html(inbox):
    notifier = AppriseNotifier([inbox.url("?format=html")])
    notifier.send(notifier.targets[0], MESSAGE._replace(body="<script>alert(1)</script> & *más*"))
    [letter] = inbox.letters
    assert "&lt;script&gt;" in letter.message
    assert "<script" not in letter.message


def test_a_message_longer_than_a_service_takes_is_split(inbox, monkeypatch):
    from apprise.plugins.custom_json import NotifyJSON

    monkeypatch.setattr(NotifyJSON, "body_maxlen", 200)
    notifier = AppriseNotifier([inbox.url()])
    body = "\n".join(f"línea {i}" for i in range(60))
    assert notifier.send(notifier.targets[0], MESSAGE._replace(body=body)).fate is Fate.ARRIVED
    assert len(inbox.letters) > 1
    assert all(f"línea {i}" in " ".join(letter.message for letter in inbox.letters) for i in range(60))


def test_the_same_address_has_the_same_name_and_another_another():
    assert target_name("tgram://abc/1") == target_name("tgram://abc/1")
    assert target_name("tgram://abc/1") != target_name("tgram://abc/2")
    assert target_name("TGRAM://abc/1").startswith("tgram-")


@pytest.mark.parametrize(
    "url", ["nope://x", "tgram://x", "json://", "mailto://nobody", "discord://x"], ids=lambda url: url.partition(":")[0]
)
def test_a_url_that_apprise_cannot_read_is_told_by_its_place(url):
    assert unreadable(["json://127.0.0.1", url, "json://127.0.0.1"]) == [2]
    notifier = AppriseNotifier([url])
    assert notifier.send(notifier.targets[0], MESSAGE) == (Fate.REFUSED, "Apprise cannot read its URL")


class Lines(logging.Handler):
    """What whoever set up logging for everything would see."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture
def lines(monkeypatch) -> Iterator[Lines]:
    lines, root = Lines(), logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    root.addHandler(lines)
    yield lines
    root.removeHandler(lines)


@pytest.mark.parametrize("status", [0, 200, 401])
def test_no_word_of_the_address_is_logged_or_told(inbox, lines, status):
    inbox.status = status or 200
    url = f"json://me:{SECRET}@127.0.0.1:{closed_port() if status == 0 else inbox.port}/{SECRET}?-token={SECRET}"
    notifier = AppriseNotifier([url, f"nope://{SECRET}"])
    told = [notifier.send(target, MESSAGE) for target in notifier.targets]
    unreadable([url, f"nope://{SECRET}"])
    logging.getLogger("another").debug("heard")
    assert "heard" in lines.said
    for text in (str(told), str(notifier.targets), "\n".join(lines.said)):
        assert SECRET not in text
