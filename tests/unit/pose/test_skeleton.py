from __future__ import annotations

import numpy as np
import pytest
from oblique import oblique_passes
from stick_figure import repetitions_deg

from rom_tracker.landmarks import MIRROR
from rom_tracker.movements import load_catalogue
from rom_tracker.pose import skeleton
from rom_tracker.pose.angles import can_be_fitted, fitted_series, is_fitted
from rom_tracker.pose.passes import average
from rom_tracker.pose.sequence import PoseSequence
from rom_tracker.pose.skeleton import fit_skeleton
from rom_tracker.pose.skeleton_terms import ADULT_M, BONES, JOINTS, KINDS, Seen, Terms
from rom_tracker.pose.view import BodyView, View

CATALOGUE = load_catalogue()
TIME_S, KNEE_DEG = repetitions_deg([90.0], rest_s=0.5)


def poses_of(key, side, angles_deg, yaw_deg, time_s=TIME_S, **more) -> PoseSequence:
    passes = oblique_passes(key, side, angles_deg, time_s, yaw_deg=yaw_deg, **more)
    return average(passes.as_filmed, passes.mirrored)


@pytest.fixture(scope="module")
def knee() -> PoseSequence:
    return poses_of("knee_flexion", "left", KNEE_DEG, -45.0)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("key", "peak_deg"),
    [("knee_flexion", 100), ("hip_flexion", 90), ("shoulder_flexion", 130), ("shoulder_abduction", 90), ("hip_abduction", 30)],
)
def test_angles_of_an_oblique_view(key, side, peak_deg):
    angle_deg = repetitions_deg([peak_deg], rest_s=0.5)[1]
    poses = poses_of(key, side, angle_deg, -45.0 if side == "left" else 45.0)
    found = fitted_series(fit_skeleton(poses), poses, CATALOGUE[key], side).angle_deg
    off = found - angle_deg
    assert np.abs(off[angle_deg > 0.95 * peak_deg]).mean() < 5
    assert np.abs(off[angle_deg > 0.5 * peak_deg]).mean() < 6


def test_an_extension_is_a_flexion_counted_the_other_way(knee):
    fitted = fit_skeleton(knee)
    flexion, extension = (fitted_series(fitted, knee, CATALOGUE[f"knee_{way}"], "left") for way in ("flexion", "extension"))
    assert extension.angle_deg == pytest.approx(-flexion.angle_deg)


def test_bones_keep_their_length_and_are_the_same_on_both_sides(knee):
    fitted = fit_skeleton(knee)
    assert fitted.converged
    for start, end, kind in BONES:
        length = np.linalg.norm(fitted.positions_m[:, end] - fitted.positions_m[:, start], axis=1)
        assert np.ptp(length) < 0.06
        assert length.mean() == pytest.approx(fitted.lengths_m[kind], abs=0.05)
    assert len(BONES) == 20
    assert fitted.lengths_m.sum() == pytest.approx(ADULT_M.sum(), rel=0.02)


def test_joints_project_to_where_they_are_seen(knee):
    fitted = fit_skeleton(knee)
    px = 0.85 * 640 * fitted.positions_m[..., :2] / fitted.positions_m[..., 2:] + np.array(knee.image_size) / 2
    off = np.linalg.norm(px - knee.xy[:, skeleton._COLUMNS], axis=2)
    assert np.median(off) < 3


def test_a_mirrored_recording_gives_the_mirrored_body(knee):
    def mirrored(array, width=None):
        array = array[:, MIRROR].copy()
        array[..., 0] = -array[..., 0] if width is None else width - array[..., 0]
        return array

    width = knee.image_size[0]
    other = fit_skeleton(knee.replaced(xy=mirrored(knee.xy, width), world=mirrored(knee.world))).positions_m
    half = len(JOINTS) // 2
    exchanged = other[:, [*range(half, 2 * half), *range(half)]] * [-1, 1, 1]
    assert exchanged == pytest.approx(fit_skeleton(knee).positions_m, abs=2e-3)


def test_frames_without_anybody_stay_unknown_and_cost_nothing_else(knee):
    gone = np.zeros(len(knee), dtype=bool)
    gone[[0, 1, 40, 41, 42, 43, -1]] = True
    gappy = knee.replaced(**{
        name: np.where(gone.reshape(-1, 1, 1), np.nan, getattr(knee, name)) for name in ("xy", "world")
    }, visibility=np.where(gone[:, None], 0.0, knee.visibility))  # fmt: skip
    fitted, whole = fit_skeleton(gappy), fit_skeleton(knee)
    assert np.isnan(fitted.positions_m[gone]).all()
    assert np.isfinite(fitted.positions_m[~gone]).all()
    angles = [fitted_series(one, poses, CATALOGUE["knee_flexion"], "left") for one, poses in ((fitted, gappy), (whole, knee))]
    assert np.nanmax(np.abs(angles[0].angle_deg - angles[1].angle_deg)) < 3
    assert np.isnan(angles[0].angle_deg[gone]).all()


def test_a_long_recording_is_fitted_in_pieces(knee, monkeypatch):
    whole = fit_skeleton(knee)
    monkeypatch.setattr(skeleton, "PIECE_FRAMES", 50)
    monkeypatch.setattr(skeleton, "OVERLAP_FRAMES", 20)
    pieces = fit_skeleton(knee)
    movement = CATALOGUE["knee_flexion"]
    apart = fitted_series(pieces, knee, movement, "left").angle_deg - fitted_series(whole, knee, movement, "left").angle_deg
    assert np.isfinite(pieces.positions_m).all()
    assert np.abs(apart).max() < 4
    assert pieces.lengths_m == pytest.approx(whole.lengths_m, rel=0.05)


@pytest.mark.parametrize("frames", [0, 1, 4])
def test_too_few_frames_give_no_skeleton(knee, frames):
    few = knee.replaced(**{name: getattr(knee, name)[:frames] for name in ("time_s", "xy", "world", "visibility")})
    assert fit_skeleton(few) is None


def test_uneven_frame_times(knee):
    rng = np.random.default_rng(1)
    keep = np.sort(rng.choice(len(knee), len(knee) * 2 // 3, replace=False))
    uneven = knee.replaced(**{name: getattr(knee, name)[keep] for name in ("time_s", "xy", "world", "visibility")})
    found = fitted_series(fit_skeleton(uneven), uneven, CATALOGUE["knee_flexion"], "left").angle_deg
    bent = KNEE_DEG[keep] > 85
    assert np.abs(found[bent] - KNEE_DEG[keep][bent]).mean() < 5


def test_the_gradient_is_that_of_the_sum_of_squares():
    rng = np.random.default_rng(0)
    frames = 6
    positions = rng.normal(scale=0.3, size=(frames, len(JOINTS), 3)) + np.array([0, 0, 3])
    rays = positions[..., :2] / positions[..., 2:] + rng.normal(scale=0.02, size=(frames, len(JOINTS), 2))
    depth = rng.uniform(-1, 1, (frames, len(BONES)))
    terms = Terms(Seen(np.cumsum(rng.uniform(0.02, 0.05, frames)), rays, np.ones(rays.shape[:2]), positions, depth), 3.0)
    lengths = ADULT_M * rng.uniform(0.9, 1.1, len(KINDS))
    equations = terms.linearised(positions, lengths)
    step = 1e-6
    for i in rng.choice(positions.size, 40, replace=False):
        move = np.zeros(positions.size)
        move[i] = step
        move = move.reshape(positions.shape)
        slope = (terms.cost(positions + move, lengths) - terms.cost(positions - move, lengths)) / (4 * step)
        assert equations.positions[i] == pytest.approx(slope, rel=1e-3, abs=1)
    for i in range(len(KINDS)):
        move = step * np.eye(len(KINDS))[i]
        slope = (terms.cost(positions, lengths + move) - terms.cost(positions, lengths - move)) / (4 * step)
        assert equations.lengths[i] == pytest.approx(slope, rel=1e-3, abs=1)


def test_a_small_step_solves_the_banded_equations_with_their_border():
    rng = np.random.default_rng(0)
    positions = rng.normal(scale=0.3, size=(5, len(JOINTS), 3)) + np.array([0, 0, 3])
    rays = positions[..., :2] / positions[..., 2:]
    terms = Terms(Seen(np.arange(5) / 30, rays + 0.01, np.ones(rays.shape[:2]), positions, np.zeros((5, len(BONES)))), 3.0)
    equations = terms.linearised(positions, ADULT_M)
    size = len(equations.band)
    whole = np.zeros((size, size))
    for offset in range(equations.band.shape[1]):
        values = equations.band[: size - offset, offset]
        whole[np.arange(offset, size), np.arange(size - offset)] = values
        whole[np.arange(size - offset), np.arange(offset, size)] = values
    bordered = np.block([[whole, equations.border], [equations.border.T, equations.corner]])
    expected = np.linalg.solve(bordered, -np.concatenate([equations.positions, equations.lengths]))
    moved, grown = equations.step(0.0, with_lengths=True)
    assert np.concatenate([moved.ravel(), grown]) == pytest.approx(expected, rel=1e-6, abs=1e-9)


FITTED = {
    "shoulder_flexion", "shoulder_abduction", "hip_flexion", "hip_abduction", "hip_adduction", "knee_flexion", "knee_extension",
    "active_knee_extension",
}  # fmt: skip


def test_which_movements_can_be_fitted():
    assert {key for key, movement in CATALOGUE.movements.items() if can_be_fitted(movement)} == FITTED


@pytest.mark.parametrize(
    ("key", "yaw_deg", "lies_deg", "fitted"),
    [("knee_flexion", 45.0, 0.0, True), ("knee_flexion", -45.0, 0.0, True), ("knee_flexion", 60.0, 0.0, False),
     ("knee_flexion", 10.0, 0.0, False), ("knee_flexion", 135.0, 0.0, False), ("knee_flexion", 45.0, 90.0, False),
     ("hip_abduction", 45.0, 0.0, True), ("hip_abduction", 0.0, 0.0, False), ("elbow_flexion", 45.0, 0.0, False)],
)  # fmt: skip
def test_when_the_fit_is_asked(key, yaw_deg, lies_deg, fitted):
    assert is_fitted(CATALOGUE[key], View(BodyView(yaw_deg, "image_right", "image_right", 1.0, lies_deg))) is fitted
