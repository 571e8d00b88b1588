"""What does not matter to an angle, for any pose of any movement: scale, place, mirror image, a turned picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import Recording, recorded

from rom_tracker.movements import Movement, load_catalogue
from rom_tracker.pose.reading import read_angle

MOVEMENTS = load_catalogue().movements
PLANE = [m for m in MOVEMENTS.values() if m.instrument != "face"]
AGAINST_THE_BODY = [m for m in PLANE if m.reference != "up" or m.zero == "start"]

#: Every movement is drawn about four times.
many = settings(max_examples=4 * len(MOVEMENTS))
sides = st.sampled_from(["left", "right"])
facings = st.sampled_from(["image_left", "image_right"])
shares = st.floats(0.05, 0.95)


def held(movement: Movement, side: str, faces: str, share: float) -> Recording:
    """From zero to some angle between the limits; too few frames a second for any smoothing."""
    low, high = movement.limits_deg
    if movement.instrument == "face":
        low, high = -50.0, 50.0
    time_s = np.arange(20) / 10
    done = np.clip((time_s - 0.5) / 1.0, 0, 1)
    return recorded(movement, side, done * (low + share * (high - low)), time_s, faces=faces)


def tolerance_deg(movement: Movement) -> float:
    """The palm's axis is a median over time, taken part by part; the face is fitted step by step."""
    return {"forearm": 2.0, "neck": 0.01}.get(movement.joint, 1e-6)


def angles(recording: Recording) -> np.ndarray:
    return read_angle(
        recording.passes, recording.movement, recording.side, hands=recording.hands, faces=recording.faces
    ).angles.angle_deg


@many
@given(st.sampled_from(PLANE), sides, facings, shares, st.floats(0.2, 6), st.tuples(st.floats(0, 900), st.floats(0, 900)))
def test_scale_and_place_in_the_picture(movement, side, faces, share, scale, shift):
    recording = held(movement, side, faces, share)
    elsewhere = recording.moved(scale, (shift[0] + 2000, shift[1] + 2000), (10_000, 10_000))
    here = recording.moved(1.0, (2000, 2000), (10_000, 10_000))
    np.testing.assert_allclose(angles(elsewhere), angles(here), atol=1e-6)


@many
@given(st.sampled_from(list(MOVEMENTS.values())), sides, facings, shares)
def test_the_mirror_image_with_the_sides_exchanged(movement, side, faces, share):
    recording = held(movement, side, faces, share)
    np.testing.assert_allclose(angles(recording.mirrored()), angles(recording), atol=tolerance_deg(movement))


@many
@given(st.sampled_from(AGAINST_THE_BODY), sides, facings, shares, st.floats(-180, 180))
def test_the_picture_turned_by_any_angle(movement, side, faces, share, turned_deg):
    recording = held(movement, side, faces, share).moved(1.0, (4680, 4680), (10_000, 10_000))
    np.testing.assert_allclose(angles(recording.turned(turned_deg)), angles(recording), atol=tolerance_deg(movement))


@settings(max_examples=30)
@given(st.sampled_from([m for m in PLANE if m not in AGAINST_THE_BODY]), sides, facings, shares, st.floats(-40, 40))
def test_what_is_held_against_the_vertical_changes_by_the_turn_of_the_picture(movement, side, faces, share, turned_deg):
    recording = held(movement, side, faces, share).moved(1.0, (4680, 4680), (10_000, 10_000))
    change = angles(recording.turned(turned_deg)) - angles(recording)
    np.testing.assert_allclose(np.abs((change + 180) % 360 - 180), abs(turned_deg), atol=1e-6)
