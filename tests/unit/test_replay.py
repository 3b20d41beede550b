"""A decision made again: its inputs found by what had been received, each difference with its reason, lacks told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import at
from plan_records import by_rule
from plan_world import NOW, air, spot
from replay_world import ReplayWorld

from chocolate_factory.adapters.bundle_file import packed, unpacked
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import InputError, NotFoundError, NotYetError
from chocolate_factory.domain.plan_record import PlanRecord, Program, Solve
from chocolate_factory.domain.replay import Difference, Lack, Searches, Why
from chocolate_factory.domain.retention import Kept, kept_since
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, isoformat_madrid, slots
from chocolate_factory.usecases.forget_forecasts import ForgetForecasts
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.replay import Replay
from chocolate_factory.usecases.replay_document import replay_document, verdict
from chocolate_factory.usecases.replay_words import LACKS, WHYS, figure, what, why
from chocolate_factory.usecases.situation import Pace, nothing_expected

OTHER = Program("0.2.0", "f" * 16, {"scipy": "1.18.0"})
#: What a slot's figures are made from.
TODAY, TOMORROW = at("2026-11-10T15:00"), at("2026-11-11T15:00")


def ruled(task, _before=()):
    """A planner that takes milliseconds."""
    return by_rule(task)


@pytest.fixture
def world(tmp_path):
    made = ReplayWorld(tmp_path)
    made.planner = by_rule
    made.replay = Replay(made.replay.rebuild, ruled, lambda: made.program)
    yield made
    made.close()


def second(world: ReplayWorld) -> PlanRecord:
    """A decision with one before it."""
    world.optimise("first")
    world.go_to(NOW + timedelta(minutes=35))
    record = world.optimise("schedule")
    world.clock.sleep(1800)
    return record


def differences(world: ReplayWorld, record: PlanRecord) -> dict[tuple[str, ...], Difference]:
    """By where they stand; prices and air by slot and figure alone."""
    found = world.bundle(record).found.differences
    return {d.path[2:] if d.path[:2] == ("problem", "slots") else d.path: d for d in found}


def of_hour(start, series: str) -> tuple[str, ...]:
    """Where a slot's figure of a series stands."""
    names = {"spot": ("energy_eur_kwh",), "temperature": ("air", "temperature_c"), "humidity": ("air", "humidity_pct")}
    return (isoformat_madrid(start), *names[series])


def quarters(start) -> list:
    return list(slots(Interval(start, start + HOUR), Resolution.QUARTER))


# ----------------------------------------------------------------------------------------------------------- identical
def test_what_was_known_is_found_again_and_the_plan_is_the_same(world):
    record = second(world)
    replayed = world.replay(world.bundle(record))
    assert replayed.is_identical
    assert (replayed.inputs, replayed.plan, replayed.otherwise) == ((), (), None)
    assert verdict(replayed) == "identical"
    assert replay_document(replayed)["text"]["es"].startswith("Idéntico")


def test_the_record_says_where_its_inputs_came_from(world):
    first = world.optimise("first")
    assert (first.grounds.before, first.grounds.locked, first.grounds.counted_at) == ("", (), None)
    assert (first.grounds.forecast, first.grounds.forecast_at) == ("spot_price/1", NOW)
    assert first.grounds.kinds == (Kind.OBSERVED, Kind.REANALYSIS)
    assert first.grounds.program == world.program
    batch = first.planned.plan.batches[-1]
    world.optimise.lock(batch.id, locked=True)
    world.clock.sleep(60)
    second = world.optimise("request")
    assert (second.grounds.before, second.grounds.locked) == (first.id, (batch.id,))
    assert second.grounds.known_at == NOW + timedelta(seconds=60)


def test_a_plan_in_quarter_hours_is_found_again_with_the_shape_of_its_forecast(world):
    world.pace = Pace(Resolution.QUARTER)
    record = world.optimise("first", world.pace)
    assert record.task.problem.step_h == 0.25
    assert {s.price_kind for s in record.task.problem.slots} == {Kind.OBSERVED, Kind.FORECAST}
    assert world.replay(world.bundle(record)).is_identical


def test_the_bundle_says_what_the_registry_said_of_the_model(world):
    evidence = world.bundle(second(world)).evidence
    assert evidence.model["version"] == "spot_price/1"
    assert len(evidence.model["sha256"]) == 64


def test_no_value_that_came_later_is_in_the_bundle(world):
    record = second(world)
    world.revise("spot", record.task.problem.horizon, by=9.0)
    evidence = world.bundle(record).evidence
    assert evidence.observations
    assert max(o.received_at for o in evidence.observations) <= record.grounds.known_at


# --------------------------------------------------------------------------------------------------------------- which
def test_the_decision_at_a_moment_is_the_last_one_made_by_then(world):
    second_ = second(world)
    first = world.plans.plan(second_.grounds.before)
    assert world.bundles.record_at(NOW).id == first.id
    assert world.bundles.record_at(second_.made_at - timedelta(seconds=1)).id == first.id
    assert world.bundles.record_at(second_.made_at).id == second_.id
    assert world.bundles.record_at(world.clock.now()).id == second_.id


def test_a_moment_to_come_or_before_all_plans_is_refused(world):
    second(world)
    for moment in (world.clock.now() + HOUR, NOW - DAY):
        with pytest.raises(InputError) as told:
            world.bundles.record_at(moment)
        assert told.value.field == "at"
    with pytest.raises(NotFoundError, match="plan history"):
        world.bundles.record("0" * 12)


def test_where_plans_were_thinned_out_it_is_said_that_another_may_have_been_in_force(world):
    record = second(world)
    next_day = record.made_at + DAY
    world.clock.set(NOW + 30 * DAY)
    assert not world.bundles.may_be_another(record, next_day)
    world.clock.set(NOW + 120 * DAY)
    assert world.bundles.may_be_another(record, next_day)
    assert not world.bundles.may_be_another(record, record.made_at + timedelta(minutes=5)), (
        "the last of its day is kept"
    )


# ---------------------------------------------------------------------------------------------------------- why: store
def test_a_price_that_is_gone(world):
    record = second(world)
    world.drop_revisions("spot", quarters(TODAY)[:1], until=NOW)
    found = differences(world, record)
    assert found[of_hour(TODAY, "spot")].why is Why.GONE
    assert found[of_hour(TODAY, "spot")].at is None, "nothing came after"
    assert found[isoformat_madrid(TODAY), "price_kind"].now == "estimated"


def test_a_price_that_was_replaced_by_another_known_then(world):
    """As where another copy of the store was put in place."""
    record = second(world)
    known = NOW - HOUR
    world.drop_revisions("spot", quarters(TODAY), until=NOW)
    world.store.write(
        observation("spot", "ree", Kind.OBSERVED, s, spot("spot", s) + 5.0, known) for s in quarters(TODAY)
    )
    (price,) = differences(world, record).values()
    assert (price.path[2:], price.why, price.at) == (of_hour(TODAY, "spot"), Why.REPLACED, known)
    assert price.now > price.then


def test_a_price_that_was_used_though_it_came_at_that_very_moment(world):
    record, late = second(world), NOW + timedelta(minutes=35, seconds=2)
    world.drop_revisions("spot", quarters(TODAY), until=NOW)
    world.store.write(observation("spot", "ree", Kind.OBSERVED, s, spot("spot", s), late) for s in quarters(TODAY))
    found = differences(world, record)
    assert {(d.why, d.at) for d in found.values()} == {(Why.LATE, late)}


def test_a_price_that_had_just_come_and_was_not_seen_yet(world):
    """Two processes at once: one receives and then stores, the other reads in between."""
    record = second(world)
    just = record.grounds.known_at - timedelta(seconds=1)
    world.store.write(observation("spot", "ree", Kind.OBSERVED, s, 12.5, just) for s in quarters(TODAY))
    world.store.write(observation("spot", "ree", Kind.OBSERVED, s, 12.5, just) for s in quarters(TOMORROW))
    found = differences(world, record)
    assert {(d.why, d.at) for d in found.values()} == {(Why.UNSEEN, just)}
    assert found[of_hour(TODAY, "spot")].now < found[of_hour(TODAY, "spot")].then
    assert found[isoformat_madrid(TOMORROW), "price_kind"].now == "observed"


@pytest.mark.parametrize("waited", [timedelta(seconds=1), timedelta(hours=3), timedelta(days=2)])
def test_a_price_that_waited_long_to_be_stored_was_not_seen_either(world, waited):
    """In the spool of a store that was away, or over a jump of the clock: how long is no reason to say `replaced`."""
    record = second(world)
    received = record.grounds.known_at - waited
    world.store.write(observation("spot", "ree", Kind.OBSERVED, s, 12.5, received) for s in quarters(TOMORROW))
    found = differences(world, record)
    assert {(d.why, d.at) for d in found.values()} == {(Why.UNSEEN, received)}
    kind = found[isoformat_madrid(TOMORROW), "price_kind"]
    assert (kind.then, kind.now) == ("forecast", "observed")


def test_weather_that_is_gone_or_was_replaced(world):
    world.optimise("first")
    world.go_to(at("2026-11-10T16:10"))
    record, read, foretold = world.optimise("schedule"), at("2026-11-10T12:00"), at("2026-11-11T08:00")
    for series in ("temperature", "humidity"):
        world.drop_revisions(series, [foretold], until=world.clock.now(), source="open_meteo")
    world.drop_revisions("temperature", [read], until=world.clock.now(), source="aemet")
    received = record.made_at - HOUR
    world.store.write([observation("temperature", "aemet", Kind.OBSERVED, read, 17.7, received)])
    found = differences(world, record)
    assert found[of_hour(foretold, "temperature")].why is Why.GONE
    assert found[of_hour(foretold, "humidity")].why is Why.GONE
    replaced = found[of_hour(read, "temperature")]
    assert (replaced.then, replaced.now) == (pytest.approx(air(15.0, read)), 17.7)
    assert (replaced.why, replaced.at) == (Why.REPLACED, received)


def test_air_that_was_guessed_while_its_reading_was_on_the_way_was_not_seen(world):
    """The machine was away for three hours: a plan is made before what happened meanwhile is stored."""
    world.optimise("first")
    world.clock.set(at("2026-11-10T14:37"))
    record, hour = world.optimise("schedule"), at("2026-11-10T12:00")
    assert any("Weather from 2026-11-10T11:00" in note for note in record.notes)
    known_at = record.grounds.known_at
    world.store.write(
        observation(series, "aemet", Kind.OBSERVED, hour, value, known_at)
        for series, value in (("temperature", 21.5), ("humidity", 44.0))
    )
    found = differences(world, record)
    for series, value in (("temperature", 21.5), ("humidity", 44.0)):
        told = found[of_hour(hour, series)]
        assert (told.why, told.at, told.now) == (Why.UNSEEN, known_at, value)


def test_a_guess_is_traced_to_the_day_that_it_was_taken_from(world):
    """Without a forecast tomorrow's prices are today's: one that is gone changes both."""
    world.situation._expected = nothing_expected
    record = world.optimise("first")
    assert {s.price_kind for s in record.task.problem.slots} == {Kind.OBSERVED, Kind.ESTIMATED}
    world.drop_revisions("spot", quarters(TODAY), until=NOW)
    found = differences(world, record)
    behind = {path: d.why for path, d in found.items() if path[0] == "beyond"}
    assert {d.why for path, d in found.items() if path not in behind} == {Why.GONE}
    assert of_hour(TODAY, "spot") in found
    assert of_hour(TOMORROW, "spot") in found
    # With that price the last of the days behind cannot be told, so the look ends with the day before.
    assert {path[1][:10] for path in behind if len(path) == 2} == {"2026-11-17"}
    assert behind["beyond", isoformat_madrid(TODAY + 7 * DAY)] is Why.GONE
    assert {*behind.values()} == {Why.GONE, Why.FOLLOWS}


def test_forecasts_that_retention_dropped_are_told_as_forgotten(world):
    record = second(world)
    world.clock.set(NOW + 1300 * DAY)
    for series in ("spot_p10", "spot_p50", "spot_p90"):
        world.store.forget(series, frozenset(Kind), NOW + 100 * DAY)
    for series in ("temperature", "humidity"):
        world.store.forget(series, frozenset({Kind.FORECAST}), NOW + 100 * DAY)
    bundle = world.bundle(record)
    assert bundle.evidence.lacks == (Lack.FORECAST,)
    found = differences(world, record)
    assert found[isoformat_madrid(TOMORROW), "price_kind"].why is Why.FORGOTTEN
    assert found[of_hour(TOMORROW, "temperature")].why is Why.FORGOTTEN
    assert of_hour(TODAY, "spot") not in found, "the truth is kept for ever"


def test_a_price_that_another_version_of_the_program_reads_otherwise(world, monkeypatch):
    record = second(world)
    world.program = OTHER
    assert differences(world, record) == {}, "the same is the same, whoever finds it"
    monkeypatch.setattr("chocolate_factory.usecases.problem.energy_eur_kwh", lambda spot, *_: spot / 500)
    found = differences(world, record)
    assert {d.why for d in found.values()} == {Why.PROGRAM}
    assert len(found) == len(record.task.problem.slots) + len(record.task.beyond)


# --------------------------------------------------------------------------------------------------------- why: ledger
def test_what_the_ledger_tells_otherwise_comes_first_and_the_rest_follows(world):
    first = world.optimise("first")
    batch = first.planned.plan.batches[-1]
    world.optimise.lock(batch.id, locked=True)
    world.clock.sleep(60)
    record = world.optimise("request")
    world.plans.lock_batch(batch.id, locked=False, at=record.made_at - timedelta(seconds=1))
    found = list(differences(world, record).values())
    assert found[0] == Difference(("grounds", "locked", batch.id), "locked", None, Why.LEDGER)
    assert {d.why for d in found[1:]} == {Why.FOLLOWS}
    assert {d.path[:2] for d in found[1:]} == {("options", "fixed"), ("options", "steady")}


def test_a_count_that_was_entered_later_changes_nothing_and_one_into_the_past_is_told(world):
    record = second(world)
    world.count(less=50.0)
    assert differences(world, record) == {}
    count = replace(world.plans.last_count(), at=record.made_at - timedelta(minutes=5))
    world.plans.add_count(count)
    told = differences(world, record)["grounds", "counted_at"]
    assert (told.then, told.now, told.why) == (None, isoformat_madrid(count.at), Why.LEDGER)


# ----------------------------------------------------------------------------------------------------------- retention
def test_for_two_months_the_weekly_cleanup_leaves_all_that_is_needed(world):
    record = second(world)
    world.clock.set(record.made_at + 61 * DAY)
    world.plans.forget_plans(kept_since(Kept.PLANS, world.clock.now()))
    ForgetForecasts(world.store)(world.clock.now(), Progress())
    assert world.replay(world.bundle(record)).is_identical


# --------------------------------------------------------------------------------------------------------------- lacks
def test_without_the_plan_before_its_part_is_the_records_and_the_rest_is_found(world):
    record = second(world)
    world.clock.set(NOW + 70 * DAY)
    world.plans.forget_plans(NOW + 30 * DAY)  # of a day the last is kept: ``record`` itself
    bundle = world.bundle(record)
    assert (bundle.evidence.before, bundle.evidence.lacks) == (None, (Lack.FORGOTTEN_PLAN,))
    assert bundle.found.differences == ()
    replayed = world.replay(bundle)
    assert not replayed.is_identical
    assert (verdict(replayed), replayed.plan) == ("cannot be rebuilt", ())
    world.drop_revisions("spot", quarters(TODAY), until=NOW)
    assert of_hour(TODAY, "spot") in differences(world, record), "prices are still compared"


def test_a_plan_before_that_should_be_there_and_is_not(world):
    record = second(world)
    gone = replace(record, id="e" * 12, made_at=world.clock.now(), grounds=replace(record.grounds, before="f" * 12))
    world.plans.keep_plan(gone)
    assert world.bundle(gone).evidence.lacks == (Lack.PLAN,)


def test_without_any_prices_nothing_is_rebuilt_and_the_plan_is_still_made_again(world):
    record = second(world)
    world.store.forget("spot", frozenset({Kind.OBSERVED}), NOW + 100 * DAY)
    world.store.forget("spot_p50", frozenset({Kind.FORECAST}), NOW + 100 * DAY)
    replayed = world.replay(world.bundle(record))
    assert Lack.INPUTS in replayed.bundle.evidence.lacks
    assert (replayed.inputs, replayed.plan, replayed.otherwise) == ((), (), None)


def test_a_plan_of_a_version_that_noted_nothing_is_made_again_from_what_is_kept_with_it(world):
    record = replace(second(world), grounds=None)
    replayed = world.replay(world.bundle(record))
    assert replayed.bundle.evidence.lacks == (Lack.GROUNDS,)
    assert (verdict(replayed), replayed.plan) == ("cannot be rebuilt", ())


# ----------------------------------------------------------------------------------------------------------- elsewhere
def test_another_machine_has_the_reasons_from_the_bundle(world):
    record = second(world)
    world.drop_revisions("spot", quarters(TODAY), until=NOW)
    bundle = unpacked(packed(world.bundle(record)), "x")
    elsewhere = Replay(world.replay.rebuild, ruled, lambda: OTHER)(bundle)
    assert elsewhere.inputs == bundle.found.differences
    assert {d.why for d in elsewhere.inputs} == {Why.GONE}
    assert elsewhere.plan == ()
    assert elsewhere.otherwise is not None


def test_what_differs_there_alone_is_told_as_that_programs(world, monkeypatch):
    bundle = world.bundle(second(world))
    monkeypatch.setattr("chocolate_factory.usecases.problem.energy_eur_kwh", lambda spot, *_: spot / 500)
    elsewhere = Replay(world.replay.rebuild, ruled, lambda: OTHER)(bundle)
    assert {d.why for d in elsewhere.inputs} == {Why.PROGRAM}
    assert {d.why for d in world.replay(bundle).inputs} == {Why.UNKNOWN}, "the same program should not"


def test_a_plan_that_comes_out_otherwise_is_told_batch_by_batch(world):
    record = second(world)

    def otherwise(task, before):
        made = by_rule(task)
        first, *rest = made.plan.batches
        return replace(
            made, plan=replace(made.plan, batches=(replace(first, kg=first.kg - 1.0), *rest), starts_eur=0.0)
        )

    replayed = Replay(world.replay.rebuild, otherwise, lambda: world.program)(world.bundle(record))
    first = record.planned.plan.batches[0]
    assert replayed.inputs == ()
    assert replayed.plan == (
        Difference(("plan", "batches", first.id, "kg"), first.kg, first.kg - 1.0),
        Difference(("plan", "starts_eur"), record.planned.plan.starts_eur, 0.0),
    )
    assert verdict(replayed) == "differs"


# ------------------------------------------------------------------------------------------------------------ searches
CALLS = (Solve(1.0, 10.0, 9.0, 1), Solve(8.0, 12.0, 9.0, 5, True, (1.0,)), Solve(1.0, 13.0, 9.0, 1))


@pytest.mark.parametrize(
    ("before", "again", "told"),
    [
        (CALLS, CALLS, Searches(3, 1, None)),
        (CALLS, (CALLS[0], replace(CALLS[1], eur=11.0), CALLS[2]), Searches(3, 1, 2)),
        (CALLS, CALLS[:2], Searches(3, 1, 3)),
        (CALLS[:2], CALLS, Searches(2, 1, 3)),
        (CALLS, (replace(CALLS[0], seconds=99.0, nodes=3), *CALLS[1:]), Searches(3, 1, None)),
        ((), CALLS, Searches(3, 0, None)),
    ],
)
def test_of_the_solvers_calls_the_first_that_parts_is_told(world, before, again, told):
    record = second(world)
    record = replace(record, planned=replace(record.planned, solves=before))

    def planner(task, _before):
        return replace(by_rule(task), solves=again)

    assert Replay(world.replay.rebuild, planner, lambda: world.program)(world.bundle(record)).searches == told


# --------------------------------------------------------------------------------------------------------------- words
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_reason_and_lack_has_words(language):
    assert {*LACKS} == {*Lack}
    assert {*WHYS} == {*Why}
    for reason in Why:
        d = Difference(("problem", "slots", "x", "energy_eur_kwh"), 0.1, None, reason, NOW)
        told = why(d, language)
        assert told
        assert "{" not in told
    assert what(d, language).startswith("x · ")
    assert why(replace(d, why=None), language) == ""


def test_figures_are_written_as_people_write_them():
    assert [figure(v, "es") for v in (0.25, 12.0, None, True, "observed")] == ["0,25", "12", "—", "sí", "observed"]
    assert figure(0.25, "en") == "0.25"


def test_a_midnight_that_spans_two_plans_is_found_again(world):
    """The horizon begins anew, and what stands in the plant is the plan's before."""
    world.optimise("first")
    world.go_to(at("2026-11-11T00:30"))
    record = world.optimise("schedule")
    assert record.task.problem.running or record.task.problem.line_before
    assert world.replay(world.bundle(record)).is_identical


def test_what_is_left_too_little_is_never_an_exception(world):
    record = second(world)
    world.store.forget("temperature", frozenset(Kind), NOW + 100 * DAY)
    with pytest.raises(NotYetError):
        world.situation.task(world.plant, world.clock.now(), Pace())
    assert Lack.INPUTS in world.bundle(record).evidence.lacks
