from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_overlays import CATALOGUE, GREY, drawn, like, measured, panel
from recordings import recorded
from stick_figure import IMAGE_SIZE, repetitions_deg, stick_passes

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.overlay import drawing, places
from rom_tracker.overlay.arcs import angle_arcs
from rom_tracker.overlay.artist import RADIUS_SHARE, Artist
from rom_tracker.overlay.drawing import unit


def test_the_moving_segment_the_reference_and_the_arc_lie_on_the_body():
    m = measured()
    index = int(np.argmin(np.abs(m.angles.time_s - m.repetitions.scored[0].peak_s)))
    image = drawn(m, index)
    point = {name: m.merged.poses.point(name, "left")[index] for name in ("shoulder", "elbow", "wrist")}

    def at(a, b, share):
        x, y = np.round(point[a] + share * (point[b] - point[a])).astype(int)
        return image[y, x]

    assert like(at("elbow", "wrist", 0.8), drawing.VERMILLION)
    assert like(at("shoulder", "elbow", 0.5), drawing.BLUE)
    arcs = angle_arcs(m.merged.poses, m.movement, m.side, m.view, m.angles.angle_deg)
    radius = max(RADIUS_SHARE * arcs.length[index], 1.5 * Artist(m, 1.0, IMAGE_SIZE).text_px)
    for share, inside in ((0.5, True), (-0.5, False), (1.5, False)):
        direction = unit(arcs.zero_deg[index] + share * arcs.sweep_deg[index])
        x, y = (arcs.centre[index] + radius * direction).round().astype(int)
        assert like(image[y - 1 : y + 2, x - 1 : x + 2], drawing.BLACK).any() == inside
        x, y = (arcs.centre[index] + radius / 2 * direction).round().astype(int)
        assert like(image[y, x], (GREY, GREY, GREY), 5) != inside


def test_the_end_range_is_marked_during_the_plateau_only():
    m = measured()
    r = m.repetitions.scored[0]
    for time_s, marked in ((r.start_s, False), (r.peak_s, True), (r.end_s, False)):
        index = int(np.argmin(np.abs(m.angles.time_s - time_s)))
        assert (like(drawn(m, index)[:120], drawing.GREEN, 5).sum() > 200) == marked


def test_the_panel_counts_and_says_what_is_not_scored():
    m = measured(peaks_deg=(90, 40, 94))
    first, second = m.repetitions.scored
    (partial,) = m.repetitions.partial
    assert panel(m, 0.0) == []
    assert panel(m, first.start_s + 0.2) == ["repetition 1 of 2"]
    assert panel(m, first.end_s) == ["repetition 1 of 2", "end range 90°"]
    assert panel(m, partial.peak_s) == ["partial, not scored"]
    assert panel(m, second.start_s + 0.2) == ["repetition 2 of 2"]
    assert panel(m, second.peak_s)[-1] == "end range 94°"


def test_an_unknown_angle_is_said_to_be_unseen_and_no_old_one_is_drawn():
    m = measured()
    index = int(np.argmin(np.abs(m.angles.time_s - m.repetitions.scored[0].peak_s)))
    angle_deg = m.angles.angle_deg.copy()
    angle_deg[index] = np.nan
    unknown = replace(m, angles=replace(m.angles, angle_deg=angle_deg))
    assert "not seen" in panel(unknown, m.angles.time_s[index])
    elbow = m.merged.poses.point("elbow", "left")[index].round().astype(int)
    near = np.s_[elbow[1] - 60 : elbow[1] + 60, elbow[0] - 60 : elbow[0] + 60]
    assert like(drawn(m, index)[near], drawing.VERMILLION).any()
    assert not like(drawn(unknown, index)[near], drawing.VERMILLION).any()
    assert like(drawn(unknown, index)[near], drawing.DARK).any()


def test_a_refused_measurement_keeps_its_skeleton_and_says_why():
    m = measured("shoulder_abduction", yaw_deg=70)
    assert m.verdict == "refused"
    assert panel(m, m.angles.time_s[60]) == ["no result"]
    image = drawn(m, 60)
    assert like(image, drawing.VERMILLION).any()
    assert (image[-60:-20, 20:300].max(axis=-1) < 0.4 * GREY).mean() > 0.5, "words on a dark panel"


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_axis_of_the_head_is_drawn_where_it_points_and_where_it_pointed(side):
    time_s, angle_deg = repetitions_deg([30, 32, 31])
    m = recorded("neck_lateral_flexion", side, angle_deg, time_s).measured()
    index = int(np.argmin(np.abs(m.angles.time_s - m.repetitions.scored[0].peak_s)))
    image = drawn(m, index)
    ears = m.merged.poses.point("mid_ear", side)[index]
    half_trunk_px = np.linalg.norm(np.subtract(*(m.merged.poses.point(f"mid_{n}", side)[index] for n in ("hip", "shoulder")))) / 2
    leaned = np.radians(30 if side == "left" else -30)
    for direction, colour in ((np.array([np.sin(leaned), -np.cos(leaned)]), drawing.GREEN), (np.array([0, -1.0]), drawing.BLACK)):
        x, y = (ears + 0.9 * half_trunk_px * direction).round().astype(int)
        assert like(image[y - 6 : y + 7, x - 3 : x + 4], colour).any()
    assert not like(drawn(m, 0), drawing.GREEN, 5).any()


@pytest.mark.parametrize("key", ["wrist_flexion", "wrist_ulnar_deviation"])
def test_the_hand_is_drawn_as_the_hand_model_saw_it(key):
    time_s, angle_deg = repetitions_deg([40, 42, 41])
    m = recorded(key, "left", angle_deg, time_s).measured()
    index = int(np.argmin(np.abs(m.angles.time_s - m.repetitions.scored[0].peak_s)))
    wrist, knuckle = (m.merged.poses.point(f"hand_{name}", "left")[index] for name in ("wrist", "middle_mcp"))
    x, y = (wrist + 0.7 * (knuckle - wrist)).round().astype(int)
    assert like(drawn(m, index)[y, x], drawing.VERMILLION)


def test_scaled_pictures_are_drawn_at_the_scaled_places():
    m = measured()
    half = drawn(m, 10, (IMAGE_SIZE[0] // 2, IMAGE_SIZE[1] // 2), 0.5)
    x, y = (m.merged.poses.point("wrist", "left")[10] * 0.4 + m.merged.poses.point("elbow", "left")[10] * 0.1).round().astype(int)
    assert half.shape == (IMAGE_SIZE[1] // 2, IMAGE_SIZE[0] // 2, 3)
    assert like(half[y, x], drawing.VERMILLION)


@pytest.mark.parametrize("angles_deg", [np.linspace(-8, 150, 300), np.linspace(-150, 8, 300)])
@pytest.mark.parametrize("way", places.WAYS)
def test_the_value_never_jumps(way, angles_deg):
    artist = Artist(measured(), 1.0, IMAGE_SIZE)
    artist.counts_down = bool(np.median(angles_deg) < 0)
    artist.label_way = way
    stands = np.array([artist._label_angle_deg(a) for a in angles_deg])
    assert np.abs(np.diff(stands)).max() < 1
    small = np.abs(angles_deg) < 30
    assert np.abs(stands - angles_deg)[small].min() >= places.LABEL_OFF_DEG - 1e-9


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_small_angle_is_written_beside_the_body_and_not_on_it(side):
    time_s, angle_deg = repetitions_deg([96, 94], rest_deg=6)
    m = measure_poses(stick_passes("shoulder_abduction", side, angle_deg, time_s), CATALOGUE["shoulder_abduction"], side)
    artist = Artist(m, 1.0, IMAGE_SIZE)
    for index in range(0, len(m.angles), 20):
        left, top, right, bottom = artist._label_box(index)
        points = places.body_points(artist.poses, [index])[0]
        assert not ((points > (left, top)) & (points < (right, bottom))).all(axis=1).any(), index


def shifted(m: RomMeasurement, by_px) -> RomMeasurement:
    poses = m.merged.poses.replaced(xy=m.merged.poses.xy + by_px)
    return replace(m, merged=replace(m.merged, poses=poses))


def test_the_panel_stands_where_neither_the_body_nor_a_value_does():
    time_s, angle_deg = repetitions_deg([30, 32])
    m = recorded("neck_lateral_flexion", "left", angle_deg, time_s).measured()
    ears = m.merged.poses.point("mid_ear", "left")[0]
    size = (2 * IMAGE_SIZE[0], IMAGE_SIZE[1])
    for x, corner in ((0.2, "top right"), (0.8, "top left")):
        artist = Artist(shifted(m, np.array([x * size[0] - ears[0], 60 - ears[1]])), 1.0, size)
        assert artist.panel_corner == corner
        for index in range(0, len(m.angles), 15):
            lines = artist._lines(index, m.angles.angle_deg[index]) or [("not seen", None)]
            box = places.corner_box(corner, drawing.panel_size(lines, artist.text_px), size, artist.text_px // 2)
            assert not places.hit(np.array(box, dtype=float), places.body_points(artist.poses, [index]))
            assert not places.overlapped(np.array([artist._label_box(index)], dtype=float), box)
