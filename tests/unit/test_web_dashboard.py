"""The dashboard's routes: the two views, prebuilt bytes, exports, and a service of which parts are down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from plan_records import in_process
from web_house import client_of, demo_house, from_elsewhere, problem_of, real_house

from chocolate_factory.adapters.child import Child
from chocolate_factory.domain.alarms.plans import PLAN_CONFLICT
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.usecases.tell import tell
from chocolate_factory.web.dashboard.page import CONTENT_SECURITY_POLICY, SECTIONS
from chocolate_factory.web.door import HEADER

pytestmark = pytest.mark.slow
SECRET = "/srv/secret-path"
OUTSIDE = ({HEADER: "1"}, {"X-Forwarded-For": "203.0.113.9"}, {"Via": "1.1 proxy"}, {"Forwarded": "for=203.0.113.9"})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Child, "call", in_process)
        house = demo_house(tmp_path_factory.mktemp("demo"), days=9)
        house.optimise("first")
        tell(house.alerts, PLAN_CONFLICT.trouble(f"It is late: {SECRET}.", action=f"See {SECRET}."))
        with client_of(house) as found:
            yield found


@pytest.fixture
def empty(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with client_of(real_house(tmp_path, monkeypatch)) as found:
        yield found


# ------------------------------------------------------------------------------------------------------------- views
def test_the_document_has_the_keys_of_the_contract(client: Any) -> None:
    document = client.get("/dashboard/complete").json()
    contract = (
        "current_info", "system_status", "predictions", "plan", "prices", "weather", "alerts", "data_health", "models",
        "savings",
    )  # fmt: skip
    assert set(contract) <= document.keys()
    assert document["missing_parts"] == {}
    assert document["plan"]["id"] == client.get("/plan").json()["id"]
    context = document["plan_context"]
    assert context["now"]["power_contracted_kw"] == 150
    assert context["machines"] == ["refining", "conche-1", "conche-2", "line"]
    assert document["current_info"]["energy_eur_kwh"] == pytest.approx(tariff_now(client))


def tariff_now(client: Any) -> float:
    window = {"start": "2026-06-17T12:00", "end": "2026-06-17T12:15", "resolution": 15, "tariff": "3.0TD"}
    (slot,) = client.get("/tariff", params=window).json()["slots"]
    return float(slot["energy_eur_kwh"])


@pytest.mark.parametrize("headers", OUTSIDE)
def test_what_leaves_the_house_names_nothing_of_the_inside(client: Any, headers: dict[str, str]) -> None:
    inside = client.get("/dashboard/complete").text + client.get("/dashboard").text
    assert SECRET in inside
    paths = ["/dashboard", "/dashboard/complete", *(f"/dashboard/sections/{name}" for name in SECTIONS)]
    for answer in [client.get(path, headers=headers) for path in paths]:
        assert answer.status_code == 200
        for word in (SECRET, "0.1.0", "data-act=", "<form", "<dialog", "API_TOKEN", "sqlite"):
            assert word not in answer.text, (word, answer.url)


def test_a_header_that_says_no_is_no_door(client: Any) -> None:
    assert "data-act=" in client.get("/dashboard", headers={HEADER: "0"}).text


@pytest.mark.parametrize(
    ("peer", "names", "acts"), [("local", {}, "yes"), ("far", {}, "no"), ("far", {"API_TOKEN": "x" * 24}, "token")]
)
def test_who_may_act_is_told_so(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, peer: str, names: dict[str, str], acts: str
) -> None:
    with client_of(real_house(tmp_path, monkeypatch, **names)) as near:
        page = (near if peer == "local" else from_elsewhere(near)).get("/dashboard").text
    assert f'data-acts="{acts}"' in page
    assert ("<dialog" in page) == (acts != "no")


def test_prebuilt_bytes_compressed_or_not_are_the_same(client: Any) -> None:
    for path in ("/dashboard/complete", "/dashboard/sections/now"):
        packed = client.get(path)
        assert packed.headers["content-encoding"] == "gzip"
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == packed.content
    assert client.get("/dashboard/sections/now").headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    problem_of(client.get("/dashboard/sections/nowhere"), 404, "name")


def test_what_is_done_is_seen_at_once(client: Any) -> None:
    alert = client.get("/alerts").json()["alerts"][0]
    client.get("/dashboard/complete")
    assert client.post(f"/alerts/{alert['id']}/acknowledge").status_code == 200
    while client.get("/dashboard/complete").json()["alerts"][0]["state"] != "acknowledged":
        pass  # the snapshot is renewed in the background; the test's own limit ends it


# ----------------------------------------------------------------------------------------------------------- exports
def test_the_plan_is_there_to_take_along(client: Any) -> None:
    table = client.get("/dashboard/plan.csv")
    assert table.text.startswith("\ufeffmachine,product,kg,start,end,held,reason")
    assert table.headers["content-disposition"] == 'attachment; filename="plan-2026-06-17.csv"'
    assert client.get("/dashboard/plan.ics", headers=OUTSIDE[0]).text.startswith("BEGIN:VCALENDAR\r\n")


def test_before_the_first_plan_there_is_none_to_take(empty: Any) -> None:
    for kind in ("csv", "ics", "png"):
        problem_of(empty.get(f"/dashboard/plan.{kind}"), 404)


# -------------------------------------------------------------------------------------------------------- what is down
def test_on_the_first_day_the_page_says_what_is_missing(empty: Any) -> None:
    page = empty.get("/dashboard?lang=en").text
    for sentence in (
        "There is no plan yet",
        "No advice: there is no model yet",
        "The store holds no prices of today.",
        "Without a plan there is nothing to compare.",
        "Without meter readings no saving is claimed",
        "No price of the next days is known or forecast.",
    ):
        assert sentence in page, sentence


@pytest.mark.parametrize("down", ["store", "ledger"])
def test_with_the_store_or_the_ledger_down_the_rest_is_shown(client: Any, down: str) -> None:
    house = client.app.state.house

    def away(*_: Any, **__: Any) -> Any:
        raise StoreError("It does not answer.")

    with pytest.MonkeyPatch.context() as patch:
        for broken, deeds in BROKEN[down].items():
            for deed in deeds:
                patch.setattr(getattr(house, broken), deed, away)
        house.clock.moment += timedelta(minutes=3)  # what was built before is too old to be shown
        answer = client.get("/dashboard?lang=en")
        document = json.loads(client.get("/dashboard/complete").text)
    assert answer.status_code == 200
    assert "Cannot be read:" in answer.text
    assert document["missing_parts"]
    assert document["models"] is not None
    assert (document["plan"] is None) == (down == "ledger")


BROKEN = {
    "store": {"store": ("read", "inventory", "last", "starts", "revisions")},
    "ledger": {
        "plans": ("plan_in_force", "plans", "locked_batches"),
        "alerts": ("alerts",),
        "gaps": ("last_recovery",),
    },
}
