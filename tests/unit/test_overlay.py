from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stick_figure import IMAGE_SIZE, repetitions_deg, stick_passes

from rom_tracker import load_catalogue, overlay
from rom_tracker.analysis.measurement import RomMeasurement, measure_poses
from rom_tracker.capture import TimedVideoWriter, VideoFile
from rom_tracker.errors import OutputError, UsageError
from rom_tracker.overlay import AngleArcs, angle_arcs, write_overlay
from rom_tracker.pose.sequence import PosePasses
from rom_tracker.pose.view import BodyView, body_view

CATALOGUE = load_catalogue()
GREY = 110


def apart_deg(a, b):
    return np.abs((np.asarray(a) - b + 180) % 360 - 180)


def arcs_of(key, side, angles_deg, **view) -> tuple[AngleArcs, PosePasses, BodyView]:
    passes = stick_passes(key, side, angles_deg, np.arange(len(angles_deg)) / 30, **view)
    body = body_view(passes)
    return angle_arcs(passes.as_filmed, CATALOGUE[key], side, body, np.asarray(angles_deg, dtype=float)), passes, body


@pytest.mark.parametrize("faces", ["image_left", "image_right"])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("key", CATALOGUE.movements)
def test_the_arc_goes_from_the_anatomical_zero_over_the_angle_to_the_moving_segment(key, side, faces):
    movement = CATALOGUE[key]
    angles_deg = np.linspace(*(limit * 0.9 for limit in movement.limits_deg), 40)
    arcs, passes, body = arcs_of(key, side, angles_deg, faces=faces)
    x, y = body.in_image(movement.moving.anatomical, side)
    assert apart_deg(arcs.zero_deg, np.degrees(np.arctan2(y, x))).max() < 0.01
    x, y = body.in_image(movement.positive, side)
    towards = np.array([x, y])
    small = int(np.argmin(np.abs(angles_deg - 20)))
    if movement.limits_deg[1] > 25:
        end = arcs.centre[small] + overlay._unit(arcs.zero_deg[small] + arcs.sweep_deg[small])
        assert (end - arcs.centre[small]) @ towards > 0.3
    np.testing.assert_allclose(arcs.sweep_deg, arcs.sense * angles_deg, atol=0.01)
    moving = passes.as_filmed.point(movement.moving.end, side) - passes.as_filmed.point(movement.moving.start, side)
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
    arcs, _, body = arcs_of("shoulder_abduction", "left", angles_deg, yaw_deg=30.0)
    assert body.yaw_deg == pytest.approx(30, abs=0.1)
    in_picture = np.degrees(np.arctan(np.cos(np.radians(30)) * np.tan(np.radians(45))))
    np.testing.assert_allclose(np.abs(arcs.sweep_deg), [0, in_picture, 90], atol=0.01)


def test_no_arc_where_the_angle_is_unknown():
    passes = stick_passes("elbow_flexion", "left", [10, 20, 30], [0, 0.1, 0.2], faces="image_left")
    arcs = angle_arcs(passes.as_filmed, CATALOGUE["elbow_flexion"], "left", body_view(passes), np.array([10, np.nan, 30]))
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


def drawn(m: RomMeasurement, index: int, size=IMAGE_SIZE, scale=1.0):
    image = np.full((IMAGE_SIZE[1], IMAGE_SIZE[0], 3), GREY, dtype=np.uint8)
    return overlay._Artist(m, scale, size).drawn(image, index).astype(int)


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

    assert like(at("elbow", "wrist", 0.8), overlay.VERMILLION)
    assert like(at("shoulder", "elbow", 0.5), overlay.BLUE)
    arcs = angle_arcs(m.merged.poses, m.movement, m.side, m.view, m.angles.angle_deg)
    radius = max(overlay.RADIUS_SHARE * arcs.length[index], 1.5 * overlay._Artist(m, 1.0, IMAGE_SIZE).text_px)
    for share, inside in ((0.5, True), (-0.5, False), (1.5, False)):
        direction = overlay._unit(arcs.zero_deg[index] + share * arcs.sweep_deg[index])
        x, y = (arcs.centre[index] + radius * direction).round().astype(int)
        assert like(image[y - 1 : y + 2, x - 1 : x + 2], overlay.BLACK).any() == inside
        x, y = (arcs.centre[index] + radius / 2 * direction).round().astype(int)
        assert like(image[y, x], (GREY, GREY, GREY), 5) != inside


def test_the_end_range_is_marked_during_the_plateau_only():
    m = measured()
    r = m.repetitions.scored[0]
    for time_s, marked in ((r.start_s, False), (r.peak_s, True), (r.end_s, False)):
        index = int(np.argmin(np.abs(m.angles.time_s - time_s)))
        assert (like(drawn(m, index)[:120], overlay.GREEN, 5).sum() > 200) == marked


def panel(m: RomMeasurement, time_s: float) -> list[str]:
    index = int(np.argmin(np.abs(m.angles.time_s - time_s)))
    return [words for words, _ in overlay._Artist(m, 1.0, IMAGE_SIZE)._lines(index, m.angles.angle_deg[index])]


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
    assert like(drawn(m, index)[near], overlay.VERMILLION).any()
    assert not like(drawn(unknown, index)[near], overlay.VERMILLION).any()
    assert like(drawn(unknown, index)[near], overlay.DARK).any()


def test_a_refused_measurement_keeps_its_skeleton_and_says_why():
    m = measured("shoulder_abduction", yaw_deg=70)
    assert m.verdict == "refused"
    assert panel(m, m.angles.time_s[60]) == ["no result"]
    image = drawn(m, 60)
    assert like(image, overlay.VERMILLION).any()
    assert image[-60:, :300].mean() < 0.7 * GREY


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
    assert like(half[y, x], overlay.VERMILLION)


@pytest.mark.parametrize("angles_deg", [np.linspace(-8, 150, 300), np.linspace(-150, 8, 300)])
def test_the_value_never_jumps(angles_deg):
    artist = overlay._Artist(measured(), 1.0, IMAGE_SIZE)
    artist.counts_down = bool(np.median(angles_deg) < 0)
    places = np.array([artist._label_angle_deg(a) for a in angles_deg])
    assert np.abs(np.diff(places)).max() < 1
    assert np.abs(places - angles_deg).min() >= overlay.LABEL_OFF_DEG - 1e-9


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
