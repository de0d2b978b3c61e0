from __future__ import annotations

from omnireel.tasks.lanes import Lanes, Shares


def test_a_receiver_and_a_team_have_their_shares() -> None:
    lanes = Lanes(Shares(total=6, target=2, team=3, slow=2))
    assert (lanes.busy().targets, list(lanes.busy().teams), lanes.used) == (set(), [], 0)
    for target in ("a", "a", "b"):
        lanes.enter(target, "team")
    assert (lanes.busy().targets, lanes.busy().teams) == ({"a"}, ["team"])
    lanes.leave("a", "team", 0.1)
    assert (lanes.busy().targets, lanes.busy().teams, lanes.used) == (set(), [], 2)


def test_there_is_an_end_to_all() -> None:
    lanes = Lanes(Shares(total=2, target=2, team=2, slow=2))
    lanes.enter("a", "x")
    assert not lanes.full
    lanes.enter("b", "y")
    assert lanes.full


def test_all_slow_receivers_together_have_one_share() -> None:
    lanes = Lanes(Shares(total=10, target=2, team=10, slow=2))
    for target in ("a", "b", "c"):
        lanes.enter(target, "team")
        lanes.leave(target, "team", 15.0)
    lanes.enter("a", "team")
    assert lanes.busy().targets == set()
    lanes.enter("b", "team")
    assert lanes.busy().targets == {"a", "b", "c"}
    lanes.leave("b", "team", 0.1)
    assert lanes.busy().targets == set()


def test_only_so_many_slow_receivers_are_remembered() -> None:
    lanes = Lanes(Shares(total=10, target=2, team=10, slow=0))
    for number in range(2000):
        lanes.enter(f"host-{number}", "team")
        lanes.leave(f"host-{number}", "team", 15.0)
    assert len(lanes.busy().targets) == 1000
    assert "host-1999" in lanes.busy().targets


def test_turns_are_had_in_rounds() -> None:
    lanes = Lanes(Shares(target_turns=2, team_turns=3))
    for target in ("a", "a", "b"):
        lanes.turn(target, "team")
    assert (lanes.busy().targets, lanes.busy().teams) == ({"a"}, ["team"])
    assert lanes.new_round()
    assert (lanes.busy().targets, lanes.busy().teams) == (set(), [])
    assert not lanes.new_round()
