"""``alerts``: on the ledger itself, whether a service runs or not."""

from __future__ import annotations

import socket
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cli_runs import command_line, opened
from web_house import NOON

from chocolate_factory.domain.work import Severity

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from inbox import Inbox

cli = pytest.fixture(command_line)


@pytest.fixture
def inbox():
    inbox = Inbox()
    yield inbox
    inbox.close()


@pytest.fixture
def ledger(tmp_path):
    """One alert open, one closed an hour ago, one two days ago."""
    house = opened(tmp_path)
    for cause, age in (("long over", 2 * 24), ("just over", 1)):
        house.clock.moment = NOON - timedelta(hours=age)
        house.alerts.raise_alert(cause, Severity.INFO, "It was.", "Nothing to do.")
        house.alerts.close_alert(cause)
    house.alerts.raise_alert("down:disk", Severity.CRITICAL, "disk: 0.1 GiB left", "Free space.")
    house.close()


def test_nothing_wrong_is_said(cli):
    assert cli("alerts").out == "No alert is open, and none was closed in the last day.\n"
    assert cli("alerts", "--json").json == {"alerts": []}


def test_what_is_open_and_what_was_closed_today(cli, ledger):
    shown = cli("alerts")
    assert shown.code == 0
    assert shown.out.index("down:disk") < shown.out.index("just over")
    assert "disk: 0.1 GiB left" in shown.out
    assert "Free space." in shown.out
    assert "2026-06-17 11:10" in shown.out
    assert "long over" not in shown.out
    assert [a["cause"] for a in cli("alerts", "--json").json["alerts"]] == ["down:disk", "just over"]


def test_all_of_them(cli, ledger):
    assert [a["cause"] for a in cli("alerts", "--all", "--json").json["alerts"]] == [
        "down:disk", "just over", "long over",
    ]  # fmt: skip


def test_somebody_has_seen_one(cli, ledger):
    [alert, *_] = cli("alerts", "--json").json["alerts"]
    assert cli("alerts", "ack", alert["id"]).out == f"{alert['id']} down:disk: acknowledged.\n"
    seen = cli("alerts", "ack", alert["id"], "--json").json
    assert (seen["state"], seen["notified_at"]) == ("acknowledged", None)
    unknown = cli("alerts", "ack", 999)
    assert (unknown.code, "`chocolate-factory alerts` lists them" in unknown.err) == (2, True)


def test_with_nobody_to_tell_the_test_says_what_to_set(cli):
    ended = cli("alerts", "test")
    assert (ended.code, "NOTIFY_URLS is not set" in ended.err) == (1, True)


def test_a_test_message_arrives(cli, inbox, monkeypatch):
    monkeypatch.setenv("NOTIFY_URLS", inbox.url("hunter2"))
    monkeypatch.setenv("UI_LANGUAGE", "en")
    ended = cli("alerts", "test")
    assert (ended.code, "arrived" in ended.out, "hunter2" in ended.out + ended.err) == (0, True, False)
    [letter] = inbox.letters
    assert (letter.title, letter.message) == (
        "Test: Chocolate Factory", "Alerts arrive here. Sent on 2026-06-17 12:10 (Madrid time).",
    )  # fmt: skip


def test_one_that_does_not_arrive_is_named_and_ends_with_1(cli, inbox, monkeypatch):
    monkeypatch.setenv("NOTIFY_URLS", f"{inbox.url()}, json://127.0.0.1:1/hunter2 nope://hunter2")
    ended = cli("alerts", "test", "--json")
    fates = [(one["fate"], one["why"]) for one in ended.json["targets"]]
    assert fates == [("arrived", ""), ("refused", "it cannot be reached"), ("refused", "Apprise cannot read its URL")]
    assert ended.code == 1
    assert ended.json["targets"][1]["target"] in ended.err
    assert ended.json["targets"][2]["target"] in ended.err
    assert "hunter2" not in ended.out + ended.err
    assert len(inbox.letters) == 1


def test_what_arrives_proves_the_way_open(cli, inbox, monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_URLS", inbox.url())
    [target] = [one["target"] for one in cli("alerts", "test", "--json").json["targets"]]
    house = opened(tmp_path)
    house.alerts.raise_alert(f"notify-failed:{target}", Severity.WARNING, "Nothing reaches it.", "Look.")
    house.close()
    cli("alerts", "test")
    assert [a["state"] for a in cli("alerts", "--json").json["alerts"]] == ["closed"]


def test_a_service_does_not_start_with_a_url_that_apprise_cannot_read(cli, inbox, monkeypatch):
    monkeypatch.setenv("NOTIFY_URLS", f"{inbox.url()} tgram://hunter2")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ended = cli("serve", "--port", port)
    assert ended.code == 2
    assert "NOTIFY_URLS: Apprise cannot read URL 2; Apprise URLs separated by" in ended.err
    assert "hunter2" not in ended.err
