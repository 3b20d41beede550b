"""Many replications: spreads, probabilities, the weakest batch; the same whoever does the work."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_plans import DEFAULT, STEADY, Fill, Run, good_plan, order, plan_of, problem_of

from chocolate_factory.domain.errors import InputError
from chocolate_factory.simulation.certificate import certify
from chocolate_factory.simulation.run import run


def risky_plan():
    """Two batches; the second is just in time, so what delays it makes the order late."""
    plant = replace(DEFAULT, failures=replace(STEADY, off_spec_share=0.3))
    problem = problem_of(plant=plant, stocks={"dark": 100.0}, orders=[order(22, 930)], hours=24)
    return plan_of(problem, [Fill(6)], [Run(17, 3, 320)])


def test_a_certificate_is_the_same_whatever_the_number_of_workers():
    plan = good_plan()
    alone = certify(plan, 60, 5)
    assert certify(plan, 60, 5, workers=2) == alone
    assert certify(plan, 60, 6) != alone


def test_the_seam_takes_any_mapper():
    chunks_seen = []

    def mapper(work, chunks):
        chunks_seen.extend(chunks)
        return [work(chunk) for chunk in chunks]

    plan = good_plan()
    assert certify(plan, 60, 5, mapper=mapper) == certify(plan, 60, 5)
    assert [len(c) for c in chunks_seen] == [25, 25, 10]
    assert len({seed for chunk in chunks_seen for seed in chunk}) == 60


def test_spreads_are_ordered_and_hold_the_mean_of_the_outcomes():
    certificate = certify(good_plan(), 50, 1)
    for spread in certificate.kpis.values():
        assert spread.p10 <= spread.p50 <= spread.p90
    calm = run(good_plan(), 1, random=False)
    assert certificate.kpis["good_kg"].mean == pytest.approx(calm.good_kg, rel=0.03)
    assert {"kwh_kg", "eur_kg", "oee", "peak_kw", "peak_p3_kw", "late_kg_h"} <= set(certificate.kpis)


def test_on_time_is_a_share_of_replications_and_the_guilty_batch_is_named():
    certificate = certify(risky_plan(), 200, 3)
    assert certificate.on_time_probability == pytest.approx(0.7, abs=0.08)
    assert certificate.order_on_time == {"o1": certificate.on_time_probability}
    assert (certificate.weakest_batch, certificate.weakest_share) == ("c0", 1.0)


def test_a_plan_that_cannot_be_late_has_no_weakest_batch():
    certificate = certify(good_plan(orders=[order(46, 500)]), 30, 3)
    assert certificate.on_time_probability == 1
    assert (certificate.order_on_time, certificate.weakest_batch) == ({}, None)


def test_one_replication_has_no_confidence_interval():
    assert certify(good_plan(), 1, 1).kpis["good_kg"].half_width is None


@pytest.mark.parametrize(("replications", "workers"), [(0, 1), (10, 0)])
def test_no_work_or_nobody_to_do_it_is_refused(replications, workers):
    with pytest.raises(InputError):
        certify(good_plan(), replications, 1, workers=workers)


def test_confidence_intervals_shrink_with_the_root_of_the_replications():
    few, many = certify(good_plan(), 60, 11), certify(good_plan(), 540, 12)
    for name in ("good_kg", "energy_kwh", "oee"):
        assert few.kpis[name].half_width / many.kpis[name].half_width == pytest.approx(3.0, rel=0.35)
