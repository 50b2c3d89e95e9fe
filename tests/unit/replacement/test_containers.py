"""Containers and the change-over schedule."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc.quantities.working import Recorder
from pexcalc.replacement.containers import (
    MOST,
    DoseToHang,
    Part,
    compared,
    container_plans,
    number_of,
    offered,
    schedule,
    usual_sizes,
)

VOLUME = st.floats(50, 20_000)
SIZE = st.sampled_from([20.0, 50.0, 100.0, 200.0, 250.0, 278.0, 289.0, 500.0])


@pytest.mark.parametrize(
    ("volume", "size", "count", "left"),
    [
        (3369.6, 250, 14, 130.4), (3369.6, 500, 7, 130.4), (842.4, 200, 5, 157.6),
        (842.4, 250, 4, 157.6), (842.4, 278, 4, 269.6), (3000, 250, 12, 0),
        (3000.0000000001, 250, 12, 0),
    ],
)  # fmt: skip
def test_published_counts(volume, size, count, left):
    (row,) = compared("albumin 5 %", volume, (), size, Recorder())
    assert row.count == count
    assert row.leftover.m_as("mL") == pytest.approx(left, abs=1e-6)
    assert row.used


def test_sizes_are_compared_and_the_smallest_leftover_is_hung():
    rows = compared("albumin 5 %", 3369.6, (50, 100, 250, 500), None, Recorder())
    assert [row.size.m_as("mL") for row in rows] == [250, 500]
    assert [row.used for row in rows] == [False, True]  # the same leftover: fewer changes
    (row,) = compared("albumin 5 %", 9000, (100,), None, Recorder())
    assert row.count == 90  # the largest size is offered whatever it takes
    assert compared("saline", 500, (), None, Recorder()) == []


@given(VOLUME, SIZE)
def test_containers_always_cover_the_volume(volume, size):
    count = number_of(volume, size)
    assert count * size >= volume - 1e-6
    assert (count - 1) * size < volume
    assert count <= MOST or size not in offered(volume, [size, 5000.0])


STAGE = st.lists(st.floats(50, 2000), min_size=1, max_size=2)


@given(st.lists(STAGE, min_size=1, max_size=3), st.data())
def test_a_schedule_gives_every_millilitre_once_and_in_order(volumes, data):
    names = iter("abcdef")
    stages = [tuple(Part(next(names), volume) for volume in stage) for stage in volumes]
    sizes = {part.product: data.draw(SIZE) for stage in stages for part in stage}
    rows = schedule(stages, sizes, 2.0, Recorder(), most=10_000)
    hung = [row.volume.m_as("mL") for row in rows]
    total = sum(part.volume for stage in stages for part in stage)
    given_ = 0.0
    for number, (row, volume) in enumerate(zip(rows, hung, strict=True), 1):
        assert row.number == number
        assert abs(row.before.m_as("mL") - given_) <= 1e-6
        assert abs(row.start.m_as("h") - 2 * given_ / total) <= 1e-9
        assert 0 < volume <= row.container.m_as("mL") + 1e-6
        given_ += volume
    assert given_ == pytest.approx(total, rel=1e-6)
    for part in (part for stage in stages for part in stage):
        own = [volume for row, volume in zip(rows, hung) if row.product == part.product]
        assert sum(own) == pytest.approx(part.volume, rel=1e-6)
        assert len(own) == math.ceil(part.volume / sizes[part.product] - 1e-6)
    places = {part.product: number for number, stage in enumerate(stages) for part in stage}
    assert [places[row.product] for row in rows] == sorted(places[row.product] for row in rows)


def test_at_the_edges():
    assert number_of(0.0, 500) == 0
    assert offered(20 * 50, [50, 500]) == [50, 500]  # twenty are still hung
    assert offered(20 * 50 + 1, [50, 500]) == [500]
    assert compared("albumin", 0.0, [500], None, Recorder()) == []
    assert [one.count for one in compared("albumin", 0.5, [500], None, Recorder())] == [1]
    for parts, count in (
        ([Part("albumin", 400.0)], 400),
        ([Part("albumin", 401.0)], 0),
        ([Part("albumin", 0.5), Part("saline", 0.0)], 1),
        ([Part("albumin", 2.0), Part("saline", 2.0)], 0),  # without a size
    ):
        assert len(schedule([tuple(parts)], {"albumin": 1.0}, 2.0, Recorder())) == count


NAMES = {"albumin": "albumin 5 %", "plasma": "fresh frozen plasma", "saline": "saline 0.9 %"}


def plans(volumes, sizes, multiple=1.0, hours=2.0):
    rates = dict.fromkeys(volumes, 1.0)
    dose = DoseToHang(volumes, sizes, rates, multiple, hours)
    found = container_plans(dose, NAMES, 0.05, Recorder())
    return {plan.rounding: plan for plan in found}


def figures(plan):
    return plan.count, plan.volume.m_as("mL"), round(plan.plasma_volumes, 2), plan.within


def test_nine_bottles_waste_nothing_and_ten_waste_217_millilitres():
    found = plans({"albumin": 2283.0}, {"albumin": 250.0})
    assert figures(found["down"]) == (9, 2250, 0.99, True)
    assert figures(found["dose"]) == (10, 2283, 1.0, True)
    assert figures(found["up"]) == (10, 2500, 1.1, False)
    assert [found[name].wasted.m_as("mL") for name in ("down", "dose", "up")] == [0, 217, 0]
    (bottles,) = found["dose"].products
    assert bottles.last.m_as("mL") == 33
    assert bottles.every.m_as("min") == pytest.approx(13.14, abs=0.01)


def test_fewer_containers_are_offered_at_five_percent_and_not_beyond():
    assert plans({"plasma": 1000.0}, {"plasma": 950.0})["down"].within
    assert not plans({"plasma": 1000.1}, {"plasma": 950.0})["down"].within


def test_plasma_beside_albumin_is_rounded_up_and_albumin_fills_the_rest():
    found = plans({"albumin": 1764.0, "plasma": 1226.0}, {"albumin": 250.0, "plasma": 250.0})
    counts = {name: [one.count for one in plan.products] for name, plan in found.items()}
    assert counts == {"dose": [8, 5], "down": [6, 5], "up": [7, 5]}
    assert figures(found["up"]) == (12, 3000, 1.0, True)
    assert found["up"].wasted.m_as("mL") == 0


def test_a_dose_of_whole_containers_has_one_plan():
    assert list(plans({"albumin": 3000.0}, {"albumin": 500.0})) == ["dose"]
    assert plans({"albumin": 2000.0, "saline": 200.0}, {"albumin": 500.0}) == {}
    assert plans({}, {}) == {}


def test_fifty_millilitre_bottles_are_hung_only_where_they_are_the_sites():
    table = (50.0, 100.0, 250.0, 500.0)
    assert usual_sizes((100.0,), own=False) == [100]
    rows = compared("albumin 5 %", 2283.0, usual_sizes(table, own=False), None, Recorder(), 114.0)
    assert [(row.size.m_as("mL"), row.used) for row in rows] == [(250, True), (500, False)]


DOSES = st.dictionaries(st.sampled_from(["albumin", "plasma", "saline"]), VOLUME, min_size=1)


@given(DOSES, st.data(), st.floats(0.3, 3), st.floats(0.5, 8))
def test_plans_deliver_what_they_say(volumes, data, multiple, hours):
    sizes = {place: data.draw(SIZE) for place in volumes}
    found = plans(volumes, sizes, multiple, hours)
    total = sum(volumes.values())
    dose = found["dose"]
    assert dose.volume.m_as("mL") == pytest.approx(total)
    assert dose.count == sum(number_of(volumes[place], sizes[place]) for place in volumes)
    for plan in found.values():
        delivered = thrown = 0.0
        for one in plan.products:
            size, volume, wasted, last = (
                getattr(one, name).m_as("mL") for name in ("size", "volume", "wasted", "last")
            )
            assert one.count >= 1
            assert one.count * size - wasted == pytest.approx(volume)
            assert (one.count - 1) * size + last == pytest.approx(volume)
            assert 0 < last <= size + 1e-6
            delivered, thrown = delivered + volume, thrown + wasted
        assert plan.volume.m_as("mL") == pytest.approx(delivered)
        assert plan.wasted.m_as("mL") == pytest.approx(thrown, abs=1e-6)
        assert plan.plasma_volumes == pytest.approx(multiple * delivered / total)
        assert plan.duration.m_as("h") == pytest.approx(hours * delivered / total)
        assert plan.within == (abs(delivered / total - 1) <= 0.05 + 1e-9)
    if "up" in found:
        assert found["up"].volume.m_as("mL") >= total - 1e-6
    wasted = {one.product for one in dose.products if one.wasted.m_as("mL") > 1e-3}
    # a container opened in part has a whole-container plan beside it
    if wasted - {NAMES["saline"]}:
        assert "up" in found or "down" in found or "albumin" in volumes
