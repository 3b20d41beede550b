"""Many replications: spreads, probabilities, the weakest batch; the same whoever does the work."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean

import pytest
from hand_plans import DEFAULT, STEADY, Fill, Run, good_plan, order, plan_of, problem_of

from chocolate_factory.domain.errors import InputError
from chocolate_factory.simulation.certificate import certificate_of, certify, replications_of
from chocolate_factory.simulation.run import run


def risky_plan():
    """Two batches; the second is just in time, so what delays it makes the order late."""
    plant = replace(DEFAULT, failures=replace(STEADY, off_spec_share=0.3))
    problem = problem_of(plant=plant, stocks={"dark": 100.0}, orders=[order(22, 930)], hours=24)
    return plan_of(problem, [Fill(6)], [Run(17, 3, 320)])


def test_a_certificate_is_of_its_seed():
    plan = good_plan()
    assert certify(plan, 60, 5) == certify(plan, 60, 5)
    assert certify(plan, 60, 6) != certify(plan, 60, 5)


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


def test_no_work_is_refused():
    with pytest.raises(InputError, match="replications"):
        certify(good_plan(), 0, 1)


def test_what_a_late_order_lacked_is_the_work_that_was_lost_and_no_night():
    late = [r for r in replications_of(risky_plan(), 100, 3) if r.behind_h]
    # the corrected batch is ready three hours later, after the crew has gone: the order is 12 hours late or more
    assert late
    assert all(r.behind_h["o1"] == pytest.approx(3.0, abs=0.01) for r in late)


def halves(runs, size, name):
    """Half widths of certificates of ``size`` runs each."""
    blocks = [certificate_of(runs[i : i + size], 1) for i in range(0, len(runs), size)]
    return [b.kpis[name].half_width for b in blocks], [b.kpis[name].mean for b in blocks]


@pytest.mark.parametrize("name", ["good_kg", "energy_kwh", "oee"])
def test_confidence_intervals_shrink_with_the_root_of_the_replications_and_hold_the_mean(name, many_runs):
    truth = fmean(r.kpis[name] for r in many_runs)
    widths = {}
    for size in (25, 100, 400):
        found, means = halves(many_runs, size, name)
        widths[size] = math.sqrt(fmean(w * w for w in found))
        held = sum(abs(m - truth) <= w for m, w in zip(means, found, strict=True)) / len(found)
        assert held >= 0.75  # 95 % of them, less what a skewed figure and few intervals cost
    assert widths[25] / widths[100] == pytest.approx(2.0, rel=0.1)
    assert widths[100] / widths[400] == pytest.approx(2.0, rel=0.1)


@pytest.fixture(scope="module")
def many_runs():
    return replications_of(good_plan(), 1600, 11)
