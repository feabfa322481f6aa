"""Whose turn it is on the wall: scenes one after another, an alert for a minute and then no more."""

from __future__ import annotations

from dashboards.views.wall import ALERT_S, SCENE_S, Turn


def test_an_alert_has_its_minute_once_and_scenes_stand_still_meanwhile() -> None:
    turn = Turn(scene=1, at=0.0)
    turn.step(5, 3, ["locked"])
    assert (turn.scene, turn.alert) == (1, "locked")
    turn.step(5 + ALERT_S - 1, 3, ["locked"])
    assert (turn.scene, turn.alert) == (1, "locked")
    turn.step(5 + ALERT_S, 3, ["locked"])
    assert (turn.scene, turn.alert) == (1, None)
    turn.step(5 + ALERT_S + 15, 3, ["locked"])
    assert (turn.scene, turn.alert) == (2, None)


def test_every_scene_is_shown_between_two_alerts() -> None:
    turn, now, shown = Turn(scene=0, at=0.0), 0, []
    while now < 2 * ALERT_S + 3 * SCENE_S:
        turn.step(now, 3, ["a", "b"])
        shown.append(turn.alert or turn.scene)
        now += SCENE_S
    assert shown == ["a", "a", "a", 0, 1, 2, "b", "b", "b"]


def test_an_alert_that_is_over_leaves_and_may_come_again() -> None:
    turn = Turn(scene=0, at=0.0)
    turn.step(0, 2, ["a"])
    turn.step(5, 2, [])
    assert turn.alert is None
    turn.step(10, 2, ["a"])
    assert turn.alert == "a"
