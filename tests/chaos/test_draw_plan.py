"""The plan of a kill test: all of it from its seed, and every injury in it."""

from itertools import pairwise

import pytest

from bench.chaos import people, plan


def test_it_works():
    drawn = plan.draw(7, 0.75)
    assert drawn == plan.draw(7, 0.75)
    assert drawn != plan.draw(8, 0.75)
    assert any(line.endswith("processes: kill web") for line in drawn.lines())


@pytest.mark.parametrize("seed", range(20))
def test_the_shortest_run_has_every_injury_within_its_time(seed):
    drawn = plan.draw(seed, 0.5)
    assert sorted(injury.name for injury in drawn.injuries) == sorted(sum(plan.LANES.values(), ()))
    assert all(injury.at > 0 and injury.at + injury.lasts < drawn.length for injury in drawn.injuries)


def test_injuries_of_a_lane_follow_each_other():
    for lane in plan.LANES:
        mine = [injury for injury in plan.draw(7, 10).injuries if injury.lane == lane]
        assert len(mine) > len(plan.LANES[lane])
        assert all(a.at + a.lasts <= b.at for a, b in pairwise(mine))


def test_a_long_run_outlasts_leases():
    names = [injury.name for injury in plan.draw(7, plan.PATIENT).injuries]
    assert set(plan.SLOW) <= set(names)
    assert len(plan.draw(7, 60).injuries) > 500


def test_everybody_can_do_what_is_planned():
    actions = plan.draw(7, 2).actions
    assert {action.person for action in actions} == set(plan.PEOPLE)
    assert all(callable(getattr(people.Person, action.verb)) for action in actions)
