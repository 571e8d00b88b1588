from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_overlays import CATALOGUE
from recordings import recorded
from stick_figure import IMAGE_SIZE, repetitions_deg, stick_passes

from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.overlay.arcs import AngleArcs, angle_arcs
from rom_tracker.overlay.artist import Artist
from rom_tracker.overlay.drawing import unit
from rom_tracker.pose.hand import hand_view, with_hand
from rom_tracker.pose.sequence import PoseSequence
from rom_tracker.pose.view import View, body_view

#: Where the lower leg points at zero, and where it goes, in a posture that holds the thigh forwards.
BEYOND_A_LEVEL_THIGH = ("forward", "up")


def apart_deg(a, b):
    return np.abs((np.asarray(a) - b + 180) % 360 - 180)


def arcs_of(key, side, angles_deg, **options) -> tuple[AngleArcs, PoseSequence, View]:
    seen = recorded(key, side, angles_deg, np.arange(len(angles_deg)) / 30, **options)
    poses, view = seen.passes.as_filmed, View(body_view(seen.passes))
    if seen.hands is not None:
        poses, view = with_hand(poses, seen.hands, side), replace(view, hand=hand_view(seen.hands, side))
    return angle_arcs(poses, seen.movement, side, view, np.asarray(angles_deg, dtype=float)), poses, view


@pytest.mark.parametrize("faces", ["image_left", "image_right"])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("key", [key for key, movement in CATALOGUE.movements.items() if movement.instrument != "face"])
def test_the_arc_goes_from_the_anatomical_zero_over_the_angle_to_the_moving_segment(key, side, faces):
    movement = CATALOGUE[key]
    low, high = (limit * 0.9 for limit in movement.limits_deg)
    angles_deg = np.concatenate([np.zeros(40), np.linspace(0, high, 40), np.linspace(high, low, 80)])  # upright at the start
    arcs, poses, view = arcs_of(key, side, angles_deg, faces=faces)
    at_zero, positive = movement.moving.at_zero, movement.positive
    if "thigh" in (movement.posture.both | movement.posture.tested) and movement.points == ("knee", "ankle", "hip"):
        at_zero, positive = BEYOND_A_LEVEL_THIGH
    x, y = view.in_image(at_zero, side)
    assert apart_deg(arcs.zero_deg, np.degrees(np.arctan2(y, x))).max() < 0.01
    x, y = view.in_image(positive, side)
    towards = np.array([x, y])
    small = int(np.argmin(np.abs(angles_deg - 20)))
    if movement.limits_deg[1] > 25:
        end = arcs.centre[small] + unit(arcs.zero_deg[small] + arcs.sweep_deg[small])
        assert (end - arcs.centre[small]) @ towards > 0.3
    palm_axis = movement.moving.start == "hand_ulnar_edge"  # a median over 0.4 s, in which this goes by 16 degrees
    np.testing.assert_allclose(arcs.sweep_deg, arcs.sense * angles_deg, atol=8.0 if palm_axis else 0.01)
    moving = poses.point(movement.moving.end, side) - poses.point(movement.moving.start, side)
    assert apart_deg(arcs.zero_deg + arcs.sweep_deg, np.degrees(np.arctan2(moving[:, 1], moving[:, 0]))).max() < 0.01
    np.testing.assert_allclose(arcs.length, np.linalg.norm(moving, axis=1))


def test_the_zero_of_an_inclinometer_movement_is_the_clients_own_start():
    leaning = 8.0
    time_s, angle_deg = repetitions_deg([leaning + 30], rest_deg=leaning)
    m = measure_poses(stick_passes("trunk_flexion", "right", angle_deg, time_s), CATALOGUE["trunk_flexion"], "right")
    assert m.peak_deg == pytest.approx(30, abs=0.2)
    arcs = angle_arcs(m.merged.poses, m.movement, m.side, m.view, m.angles.angle_deg)
    assert apart_deg(arcs.zero_deg, -90 + leaning).max() < 0.2
    assert np.abs(arcs.sweep_deg - m.angles.angle_deg).max() < 1


def test_a_body_turned_out_of_the_plane_is_drawn_as_it_is_in_the_picture():
    angles_deg = [0.0, 45.0, 90.0]
    arcs, _, view = arcs_of("shoulder_abduction", "left", angles_deg, yaw_deg=30.0)
    assert view.body.yaw_deg == pytest.approx(30, abs=0.1)
    in_picture = np.degrees(np.arctan(np.cos(np.radians(30)) * np.tan(np.radians(45))))
    np.testing.assert_allclose(np.abs(arcs.sweep_deg), [0, in_picture, 90], atol=0.01)


def test_no_arc_where_the_angle_is_unknown():
    passes = stick_passes("elbow_flexion", "left", [10, 20, 30], [0, 0.1, 0.2], faces="image_left")
    arcs = angle_arcs(passes.as_filmed, CATALOGUE["elbow_flexion"], "left", View(body_view(passes)), np.array([10, np.nan, 30]))
    for values in (arcs.centre[:, 0], arcs.zero_deg, arcs.sweep_deg, arcs.length):
        np.testing.assert_array_equal(np.isnan(values), [False, True, False])


@pytest.mark.parametrize("faces", ["image_left", "image_right"])
def test_a_nod_that_is_seen_from_the_side_has_its_arc_in_the_picture(faces):
    time_s, angle_deg = repetitions_deg([40, 42])
    passes = stick_passes("trunk_flexion", "left", np.zeros(len(time_s)), time_s, faces=faces)
    m = measure_poses(passes, CATALOGUE["trunk_flexion"], "left")
    nod = replace(m, movement=CATALOGUE["neck_extension"], angles=replace(m.angles, angle_deg=angle_deg))
    arcs = Artist(nod, 1.0, IMAGE_SIZE).arcs
    assert arcs.sense == (1 if faces == "image_left" else -1), "backwards is up and away from where the face looks"
    np.testing.assert_allclose(arcs.sweep_deg, arcs.sense * angle_deg, atol=1e-9)
