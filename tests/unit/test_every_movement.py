"""Every movement of the catalogue, done by a body whose angles are known: what was done is what is measured."""

from __future__ import annotations

import numpy as np
import pytest
from recordings import Recording, recorded
from stick_figure import repetitions_deg

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.movements import Movement, load_catalogue

MOVEMENTS = load_catalogue().movements
SIDES = ["left", "right"]

#: The face is seen through a pinhole, whose focal length the measurement does not know; all else without perspective.
TOLERANCE_DEG = {"body": 0.6, "hand": 0.6, "face": 1.5}

#: Tilts of the camera, clockwise in the picture.
TILTS_DEG = [-8.0, 5.0]

one_of_each = pytest.mark.parametrize("movement", MOVEMENTS.values(), ids=MOVEMENTS)
every_way = pytest.mark.parametrize(
    ("key", "side", "faces"),
    [
        (key, side, faces)
        for key, movement in MOVEMENTS.items()
        for side in SIDES
        for faces in (("image_right",) if movement.camera == "front" else ("image_left", "image_right"))
    ],
)


def three_times(movement: Movement) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Times and angles of three repetitions that go far into the range, and their end ranges."""
    low, high = movement.limits_deg
    rest, peak = (0.0, 0.5 * high) if high > 45 else (0.6 * low, 0.0)
    peaks = [peak, peak + 4, peak + 2]
    return *repetitions_deg(peaks, rest_deg=rest, fps=20), peaks


def done(key: str, side: str, **options: object) -> tuple[Recording, list[float]]:
    time_s, angle_deg, peaks = three_times(MOVEMENTS[key])
    return recorded(key, side, angle_deg, time_s, **options), peaks


def check(found: RomMeasurement, peaks: list[float]) -> None:
    tolerance = TOLERANCE_DEG[found.movement.instrument]
    assert found.verdict != "refused", found.flags
    assert [r.peak_deg for r in found.repetitions.scored] == pytest.approx(peaks, abs=tolerance)
    assert found.repetitions.partial == found.repetitions.cut_off == ()
    low, high = found.interval_deg
    assert low < np.mean(peaks) < high


@every_way
def test_what_was_done_is_what_is_measured(key, side, faces):
    recording, peaks = done(key, side, faces=faces)
    found = recording.measured()
    check(found, peaks)
    far = recording.movement.camera == "side" and faces != f"image_{side}"
    one_sided = recording.movement.instrument == "body" and not recording.movement.moving.points[0].startswith("mid_")
    assert {flag.code for flag in found.flags} - {"borrowed_error"} == ({"far_side"} if far and one_sided else set())


@pytest.mark.parametrize("side", SIDES)
@one_of_each
def test_the_start_is_where_the_movement_was_begun(movement, side):
    recording, _ = done(movement.key, side)
    rest = three_times(movement)[1][0]
    assert recording.measured().start_deg == pytest.approx(rest, abs=TOLERANCE_DEG[movement.instrument])


@every_way
def test_the_mirror_image_shows_the_other_side_doing_the_same(key, side, faces):
    recording, peaks = done(key, side, faces=faces)
    found = recording.mirrored().measured()
    assert found.side != side
    check(found, peaks)
    assert found.peak_deg == pytest.approx(recording.measured().peak_deg, abs=0.01)


@pytest.mark.parametrize("tilt_deg", TILTS_DEG)
@pytest.mark.parametrize("side", SIDES)
@one_of_each
def test_a_tilted_camera_changes_only_what_is_held_against_the_vertical(movement, side, tilt_deg):
    recording, peaks = done(movement.key, side)
    found = recording.turned(tilt_deg).measured()
    if movement.reference == "up" and movement.zero == "anatomical":
        (x, y), (to_x, to_y) = (found.view.in_image(way, side) for way in (movement.moving.at_zero, movement.positive))
        grows_clockwise = x * to_y - y * to_x > 0
        check(found, [peak + (tilt_deg if grows_clockwise else -tilt_deg) for peak in peaks])
    else:
        check(found, peaks)


@pytest.mark.parametrize("head_deg", [-90.0, 90.0])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "movement", [m for m in MOVEMENTS.values() if m.instrument == "body" and m.reference != "up"], ids=lambda m: m.key
)
def test_done_lying_it_is_the_same(movement, side, head_deg):
    """Turned by a quarter: on the back or on the front; what is done lying anyway is done standing or head down."""
    recording, peaks = done(movement.key, side)
    lying = recording.turned(head_deg)
    found = lying.measured()
    check(found, peaks)
    if movement.posture.lies is None:
        assert found.view.body.lies_deg == head_deg
        assert found.view.body.near_side() == side or movement.camera == "front"
    check(lying.mirrored().measured(), peaks)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("movement", [m for m in MOVEMENTS.values() if m.instrument != "hand"], ids=lambda m: m.key)
def test_a_body_turned_a_little_from_the_camera_gives_the_same(movement, side):
    straight = {"front": 0.0, "side": -90.0 if side == "left" else 90.0}[movement.camera]
    for off_deg in (-15.0, 15.0):
        recording, peaks = done(movement.key, side, yaw_deg=straight + off_deg)
        check(recording.measured(), peaks)


def test_noise_on_the_landmarks_costs_little():
    for key, movement in MOVEMENTS.items():
        recording, peaks = done(key, "left", jitter_px=0.3)
        found = recording.measured()
        assert found.verdict == "ok", (key, found.flags)
        wide = {"body": 1.0, "hand": 3.0, "face": 2.0}[movement.instrument]
        assert [r.peak_deg for r in found.repetitions.scored] == pytest.approx(peaks, abs=wide), key
