"""Containers and the change-over schedule."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc.quantities.working import Recorder
from pexcalc.replacement.containers import MOST, Part, compared, number_of, offered, schedule

VOLUME = st.floats(50, 20_000)
SIZE = st.sampled_from([20.0, 50.0, 100.0, 200.0, 250.0, 278.0, 289.0, 500.0])


@pytest.mark.parametrize(
    ("volume", "size", "count", "left"),
    [
        (3369.6, 250, 14, 130.4), (3369.6, 500, 7, 130.4), (842.4, 200, 5, 157.6), (842.4, 250, 4, 157.6),
        (842.4, 278, 4, 269.6), (3000, 250, 12, 0), (3000.0000000001, 250, 12, 0),
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
    assert compared("plasma", 0, (200,), None, Recorder()) == []


@given(VOLUME, SIZE)
def test_containers_always_cover_the_volume(volume, size):
    count = number_of(volume, size)
    assert count * size >= volume - 1e-6
    assert (count - 1) * size < volume
    assert count <= MOST or size not in offered(volume, [size, 5000.0])


@given(st.lists(st.lists(VOLUME, min_size=1, max_size=2), min_size=1, max_size=3), st.data())
def test_a_schedule_gives_every_millilitre_once_and_in_order(volumes, data):
    names = iter("abcdef")
    stages = [tuple(Part(next(names), volume) for volume in stage) for stage in volumes]
    sizes = {part.product: data.draw(SIZE) for stage in stages for part in stage}
    rows = schedule(stages, sizes, 2.0, Recorder(), most=10_000)
    total = sum(part.volume for stage in stages for part in stage)
    given_ = 0.0
    for number, row in enumerate(rows, 1):
        assert row.number == number
        assert row.before.m_as("mL") == pytest.approx(given_, abs=1e-6)
        assert row.start.m_as("h") == pytest.approx(2 * given_ / total, abs=1e-9)
        assert 0 < row.volume.m_as("mL") <= row.container.m_as("mL") + 1e-6
        given_ += row.volume.m_as("mL")
    assert given_ == pytest.approx(total, rel=1e-6)
    for stage in stages:
        for part in stage:
            hung = [row for row in rows if row.product == part.product]
            assert sum(row.volume.m_as("mL") for row in hung) == pytest.approx(
                part.volume, rel=1e-6
            )
            assert len(hung) == math.ceil(part.volume / sizes[part.product] - 1e-6)
    places = {part.product: number for number, stage in enumerate(stages) for part in stage}
    assert [places[row.product] for row in rows] == sorted(places[row.product] for row in rows)


def test_two_products_of_one_stage_run_evenly():
    stage = (Part("albumin", 2000.0), Part("saline", 500.0))
    rows = schedule([stage], {"albumin": 500.0, "saline": 250.0}, 1.0, Recorder())
    assert [row.product for row in rows] == [
        "albumin",
        "saline",
        "albumin",
        "albumin",
        "saline",
        "albumin",
    ]


def test_without_a_size_there_is_no_schedule():
    stage = (Part("albumin", 2000.0), Part("saline", 500.0))
    assert schedule([stage], {"albumin": 500.0}, 1.0, Recorder()) == []
    assert schedule([], {}, 1.0, Recorder()) == []
    assert schedule([(Part("albumin", 20_000.0),)], {"albumin": 10.0}, 1.0, Recorder()) == []


def test_at_the_edges():
    assert number_of(0.0, 500) == 0
    assert offered(20 * 50, [50, 500]) == [50, 500]  # twenty are still hung
    assert offered(20 * 50 + 1, [50, 500]) == [500]
    assert compared("albumin", 0.0, [500], None, Recorder()) == []
    assert [one.count for one in compared("albumin", 0.5, [500], None, Recorder())] == [1]
    # As much left over: the larger size. Less than a microlitre more is as much.
    assert [one.used for one in compared("albumin", 1000.0, [250, 500], None, Recorder())] == [
        False,
        True,
    ]
    sizes = {"albumin": 1.0}
    assert len(schedule([(Part("albumin", 400.0),)], sizes, 2.0, Recorder())) == 400
    assert schedule([(Part("albumin", 401.0),)], sizes, 2.0, Recorder()) == []
    assert len(schedule([(Part("albumin", 0.5), Part("saline", 0.0))], sizes, 2.0, Recorder())) == 1
