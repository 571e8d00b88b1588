from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recordings import recorded
from stick_figure import IMAGE_SIZE, repetitions_deg, stick_passes

from rom_tracker import load_catalogue
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.capture import Part, TimedVideoWriter, VideoFile
from rom_tracker.errors import OutputError, UsageError
from rom_tracker.overlay import drawing, end_range_picture, face_cover_of, places, write_overlay
from rom_tracker.overlay.arcs import AngleArcs, angle_arcs
from rom_tracker.overlay.artist import RADIUS_SHARE, Artist
from rom_tracker.overlay.drawing import unit
from rom_tracker.overlay.head_dial import HeadDial
from rom_tracker.pose.hand import hand_view, with_hand
from rom_tracker.pose.sequence import PosePasses, PoseSequence
from rom_tracker.pose.view import View, body_view

CATALOGUE = load_catalogue()
GREY = 110

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


def uneven_times(time_s):
    """Times with intervals as different as a phone's in the dark."""
    return np.round(np.asarray(time_s) + 0.012 * np.sin(np.arange(len(time_s))), 3)


def recording(path: Path, time_s, size=IMAGE_SIZE) -> VideoFile:
    image = np.full((size[1], size[0], 3), GREY, dtype=np.uint8)
    with TimedVideoWriter(path, size) as writer:
        for t in time_s:
            writer.write(image, float(t))
    return VideoFile(path)


def measured(key="elbow_flexion", peaks_deg=(90,), **view) -> RomMeasurement:
    time_s, angle_deg = repetitions_deg(peaks_deg, rest_deg=10, move_s=0.6, hold_s=0.5, rest_s=0.5)
    passes = stick_passes(key, "left", angle_deg, uneven_times(time_s), faces="image_left", **view)
    return measure_poses(passes, CATALOGUE[key], "left")


def nobody(frames: int) -> RomMeasurement:
    look = stick_passes("elbow_flexion", "left", [0] * frames, np.arange(frames) / 30).as_filmed
    look = look.replaced(xy=look.xy * np.nan)
    return measure_poses(PosePasses(look, look), CATALOGUE["elbow_flexion"], "left")


def test_every_frame_is_there_at_its_own_time_and_progress_is_told(tmp_path):
    m = measured()
    seconds = []
    video = recording(tmp_path / "in.webm", m.angles.time_s)
    write_overlay(video, m, tmp_path / "out.webm", lambda done_s, all_s: seconds.append(done_s))
    before, after = ([frame.time_s for frame in VideoFile(tmp_path / name)] for name in ("in.webm", "out.webm"))
    assert len(before) == len(m.angles)
    assert after == before
    assert np.ptp(np.diff(after)) > 0.01
    assert seconds == before
    assert VideoFile(tmp_path / "out.webm").size == IMAGE_SIZE
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.webm", "out.webm"]


def test_outside_of_the_part_that_was_measured_nothing_is_drawn(tmp_path):
    m = measured()
    later = replace(m.angles, time_s=m.angles.time_s + 1.0)
    m = replace(m, angles=later, part=Part(0.95, float(later.time_s[-1]) + 0.05))
    time_s = np.concatenate([np.arange(10) / 30, later.time_s, later.time_s[-1] + 0.1 * np.arange(1, 5)])
    write_overlay(recording(tmp_path / "in.webm", time_s), m, tmp_path / "out.webm")
    frames = list(VideoFile(tmp_path / "out.webm"))
    np.testing.assert_allclose([frame.time_s for frame in frames], time_s, atol=1e-3)
    is_drawn = [bool(np.ptp(frame.image) > 100) for frame in frames]
    assert is_drawn == [False] * 10 + [True] * len(later) + [False] * 4


def drawn(m: RomMeasurement, index: int, size=IMAGE_SIZE, scale=1.0):
    image = np.full((IMAGE_SIZE[1], IMAGE_SIZE[0], 3), GREY, dtype=np.uint8)
    return Artist(m, scale, size).drawn(image, index).astype(int)


def like(image, colour, tolerance=40):
    return (np.abs(image - np.array(colour)) < tolerance).all(axis=-1)


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


def panel(m: RomMeasurement, time_s: float) -> list[str]:
    index = int(np.argmin(np.abs(m.angles.time_s - time_s)))
    return [words for words, _ in Artist(m, 1.0, IMAGE_SIZE)._lines(index, m.angles.angle_deg[index])]


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


def test_nobody_found_leaves_the_picture_but_for_the_words(tmp_path):
    m = nobody(12)
    video = recording(tmp_path / "in.webm", m.angles.time_s)
    write_overlay(video, m, tmp_path / "out.webm")
    frames = [frame.image.astype(int) for frame in VideoFile(tmp_path / "out.webm")]
    assert len(frames) == 12
    assert np.abs(frames[5][200:450] - GREY).max() < 6
    assert frames[5][-60:, :300].mean() < 0.8 * GREY


def test_a_large_picture_is_scaled_down(tmp_path):
    m = nobody(11)
    video = recording(tmp_path / "in.webm", m.angles.time_s, size=(1000, 1920))
    write_overlay(video, m, tmp_path / "out.webm")
    assert VideoFile(tmp_path / "out.webm").size == (667, 1280)


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


def test_corners():
    size = (400, 300)
    boxes = {corner: places.corner_box(corner, (100, 50), size, 10) for corner in places.CORNERS}
    assert boxes == {
        "top left": (10, 10, 110, 60), "top right": (290, 10, 390, 60),
        "bottom left": (10, 240, 110, 290), "bottom right": (290, 240, 390, 290),
    }  # fmt: skip
    nowhere, no_words = np.full((3, 1, 2), np.nan), np.full((3, 4), np.nan)
    assert places.emptiest_corner(boxes, nowhere, no_words) == "top left"
    body = np.array([[[50.0, 30.0]], [[300.0, 40.0]], [[300.0, 40.0]]])
    assert places.emptiest_corner(boxes, body, no_words) == "bottom left"
    words = np.array([[0.0, 230, 60, 250], [0, 230, 60, 250], [np.nan] * 4])
    assert places.emptiest_corner(boxes, body, words) == "bottom right"
    assert places.emptiest_corner({c: boxes[c] for c in places.TOP}, body, words) == "top left"


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("key", "words"), [("neck_rotation", "from above"), ("neck_flexion", "from the side")])
def test_a_turn_of_the_head_that_the_camera_does_not_see_is_drawn_in_a_corner(key, words, side):
    time_s, angle_deg = repetitions_deg([40, 42])
    m = recorded(key, side, angle_deg, time_s).measured()
    artist = Artist(m, 1.0, IMAGE_SIZE)
    assert (artist.arcs, artist.dial.words) == (None, words)
    left, top, right, bottom = artist.dial_box
    index = int(np.argmin(np.abs(m.angles.time_s - m.repetitions.scored[0].peak_s)))
    image = drawn(m, index)
    dial = image[top:bottom, left:right]
    assert like(dial, drawing.GREEN).any()
    assert like(dial, drawing.BLACK).any()
    assert not like(drawn(m, 0)[top:bottom, left:right], drawing.GREEN, 5).any()
    rows, columns = np.nonzero(like(dial, drawing.GREEN, 5))
    to_the_right = columns.mean() > (right - left) / 2
    assert to_the_right == (key == "neck_flexion" or side == "left"), "a nod looks right, a turn goes as in the picture"
    assert len(rows) > 50


def test_the_dial_turns_as_the_movement_says():
    def way(key: str, side: str) -> tuple[float, float]:
        dial = HeadDial.of(CATALOGUE[key], side)
        return dial.zero_deg, dial.sense

    assert way("neck_flexion", "left") == way("neck_flexion", "right") == (-90, 1)
    assert way("neck_extension", "left") == (-90, -1)
    assert way("neck_rotation", "left") == (90, -1)
    assert way("neck_rotation", "right") == (90, 1)


@pytest.mark.parametrize("faces", ["image_left", "image_right"])
def test_a_nod_that_is_seen_from_the_side_has_its_arc_in_the_picture(faces):
    time_s, angle_deg = repetitions_deg([40, 42])
    passes = stick_passes("trunk_flexion", "left", np.zeros(len(time_s)), time_s, faces=faces)
    m = measure_poses(passes, CATALOGUE["trunk_flexion"], "left")
    nod = replace(m, movement=CATALOGUE["neck_extension"], angles=replace(m.angles, angle_deg=angle_deg))
    arcs = Artist(nod, 1.0, IMAGE_SIZE).arcs
    assert arcs.sense == (1 if faces == "image_left" else -1), "backwards is up and away from where the face looks"
    np.testing.assert_allclose(arcs.sweep_deg, arcs.sense * angle_deg, atol=1e-9)


def test_another_recording_is_refused_and_nothing_is_left(tmp_path):
    m = measured()
    for frames in (len(m.angles) - 1, len(m.angles) + 1):
        video = recording(tmp_path / "in.webm", np.arange(frames) / 30)
        with pytest.raises(UsageError, match=f"{len(m.angles)} frames, but .* has {frames}"):
            write_overlay(video, m, tmp_path / "out.webm")
        assert [file.name for file in tmp_path.iterdir()] == ["in.webm"]


def test_places_that_cannot_be_written(tmp_path):
    m = nobody(10)
    video = recording(tmp_path / "in.webm", m.angles.time_s)
    with pytest.raises(UsageError, match=r"\.webm"):
        write_overlay(video, m, tmp_path / "out.mp4")
    with pytest.raises(OutputError, match="is not a folder"):
        write_overlay(video, m, tmp_path / "no" / "out.webm")


def test_a_covered_face_is_covered_in_every_frame_and_in_the_picture_of_the_end_range(tmp_path):
    m = measured()
    video = recording(tmp_path / "in.webm", m.angles.time_s)
    cover = face_cover_of(m)
    assert len(cover.centre) == len(m.angles)
    plain, covered = (end_range_picture(video, m, cover_face=hidden) for hidden in (False, True))
    assert plain is not None
    assert covered is not None
    at_s = min(m.repetitions.scored, key=lambda r: abs(r.peak_deg - m.peak_deg)).peak_s
    x, y = cover.centre[int(np.argmin(np.abs(m.angles.time_s - at_s)))]
    rows, columns = np.nonzero((plain != covered).any(axis=2))
    assert len(rows)
    assert np.hypot(columns - x, rows - y).max() <= cover.radius.max() + 2
    write_overlay(video, m, tmp_path / "out.webm", cover_face=True)
    assert len(list(VideoFile(tmp_path / "out.webm"))) == len(m.angles)
