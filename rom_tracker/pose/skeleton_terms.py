"""The sum of squares that :func:`rom_tracker.pose.skeleton.fit_skeleton` makes smallest, and its normal equations.

Six things speak for or against a body in space, each a residual divided by what it is expected to be off:

* joints project to where they are seen;
* bones keep their length, the same on both sides and in all frames;
* bone lengths are those of an adult;
* bones point towards or away from the camera as the pose network says;
* joints move smoothly;
* knees do not bend forwards.

All numbers below were chosen on one real squat and one real walk filmed from 45 degrees, with marker motion capture as the truth.
Half or three times most of them changes the mean error by less than a degree and a half; without the network's depth limbs flip
towards the camera (errors up to 77 degrees).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import cholesky_banded
from scipy.linalg.lapack import dtbtrs

from rom_tracker.pose.sequence import Floats

#: The joints of the skeleton.
JOINTS: tuple[str, ...] = tuple(
    f"{side}_{name}"
    for side in ("left", "right")
    for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index")
)

#: Scale of the skeleton in metres; angles do not depend on it.
STATURE_M = 1.75


@dataclass(frozen=True)
class Kind:
    """One bone length, or the distance of two joints that is nearly one.

    Attributes
    ----------
    share, spread : float
        Length as a share of stature, and the standard deviation between adults as a share of the length.
    give_m : float
        How much the distance between its landmarks varies in a recording, in metres: the network puts landmarks differently on a
        straight and on a bent joint, and a trunk bends. Stiffer bones would turn that into depth.
    """

    share: float
    spread: float
    give_m: float


#: Shares of stature as the network's landmarks span them, which are not quite joints: its upper arm, for one, is shorter than the
#: 0.186 of Drillis & Contini (1966).
KINDS: dict[tuple[str, str], Kind] = {
    ("shoulder", "elbow"): Kind(0.164, 0.06, 0.024),
    ("elbow", "wrist"): Kind(0.142, 0.06, 0.024),
    ("hip", "knee"): Kind(0.238, 0.05, 0.024),
    ("knee", "ankle"): Kind(0.235, 0.05, 0.024),
    ("ankle", "heel"): Kind(0.040, 0.15, 0.024),
    ("ankle", "foot_index"): Kind(0.085, 0.15, 0.024),
    ("heel", "foot_index"): Kind(0.115, 0.12, 0.024),
    ("shoulder", "hip"): Kind(0.275, 0.05, 0.080),
    ("shoulder", "opposite_shoulder"): Kind(0.195, 0.07, 0.060),
    ("hip", "opposite_hip"): Kind(0.105, 0.10, 0.024),
    ("shoulder", "opposite_hip"): Kind(0.300, 0.05, 0.100),
}


#: (kind,) bone lengths of the average adult in metres.
ADULT_M: Floats = np.array([kind.share for kind in KINDS.values()]) * STATURE_M


def _bones() -> tuple[tuple[int, int, int], ...]:
    """Start, end and kind of every bone, as indices; a bone from a joint to its opposite is there once."""
    bones: dict[frozenset[int], tuple[int, int, int]] = {}
    for kind, (start, end) in enumerate(KINDS):
        for side, other in (("left", "right"), ("right", "left")):
            far = f"{other}_{end.removeprefix('opposite_')}" if end.startswith("opposite_") else f"{side}_{end}"
            pair = JOINTS.index(f"{side}_{start}"), JOINTS.index(far)
            bones.setdefault(frozenset(pair), (*pair, kind))
    return tuple(bones.values())


BONES = _bones()

#: Distance in metres between a landmark and its joint.
LANDMARK_OFF_M = {
    "shoulder": 0.015, "elbow": 0.015, "wrist": 0.015, "hip": 0.020, "knee": 0.018, "ankle": 0.015, "heel": 0.022,
    "foot_index": 0.022,
}  # fmt: skip

#: What part of it counts in one frame; it is the same in neighbouring ones, and the skeleton must not follow it everywhere.
LANDMARK_SHARE = 0.5

#: Residuals beyond so many standard deviations lose their weight: landmarks, and the network's depth.
LANDMARK_LIMIT, DEPTH_LIMIT = 3.0, 2.0

#: A landmark that the network holds for hidden counts as little as one of this visibility.
LEAST_VISIBLE = 0.1

#: Standard deviation of the network's depth from one end of a bone to the other, as a share of its length.
DEPTH_OFF = 0.3

#: Weight of the average adult's lengths and of their sum, in numbers of standard deviations for twenty frames. The scale of
#: the whole has to be held tightly: the other terms pull the client towards the camera.
LENGTH_WEIGHT, SCALE_WEIGHT = 3.0, 900.0
WEIGHT_FRAMES = 20

#: Accelerations of joints in voluntary movement, in metres per second squared.
ACCELERATION = {
    "shoulder": 2.8, "hip": 2.8, "elbow": 6.0, "knee": 6.0, "wrist": 12.0, "ankle": 12.0, "heel": 12.0, "foot_index": 12.0,
}  # fmt: skip

#: Bend of a knee as a triple product of thigh, shank and hip line, made free of unit by the volume they span in an adult; what is
#: let pass of a bend forwards, and the standard deviation beyond.
KNEE_VOLUME_M3 = 0.42**2 * 0.2
KNEE_FREE, KNEE_OFF = 0.05, 0.03

_N = 3 * len(JOINTS)
_START, _END, _KIND = (np.array([bone[i] for bone in BONES]) for i in range(3))
_GIVE_M = np.array([list(KINDS.values())[kind].give_m for kind in _KIND])
_INCIDENCE = np.zeros((len(BONES), len(JOINTS)))
_INCIDENCE[np.arange(len(BONES)), _START], _INCIDENCE[np.arange(len(BONES)), _END] = -1, 1
_PAIRS = np.einsum("bj,bk->jkb", _INCIDENCE, _INCIDENCE).reshape(-1, len(BONES))
_OF_KIND = np.eye(len(KINDS))[_KIND]
_LOWER_ROW, _LOWER_COLUMN = np.tril_indices(_N)


def _of(values: dict[str, float]) -> Floats:
    """(joint,) a number of each joint."""
    return np.array([values[name.partition("_")[2]] for name in JOINTS])


@dataclass(frozen=True, eq=False)
class Seen:
    """What a recording tells of the joints, in the frames in which somebody was found.

    Attributes
    ----------
    time_s : (frame,)
    rays : (frame, joint, 2)
        Where the joint is seen: right and down from the camera's axis, at unit distance.
    visibility : (frame, joint)
    world_m : (frame, joint, 3)
        The network's own body in the camera's axes.
    depth : (frame, bone)
        How far each bone points away from the camera, -1 to 1.
    """

    time_s: Floats
    rays: Floats
    visibility: Floats
    world_m: Floats
    depth: Floats

    def taken(self, frames: slice) -> Self:
        """Some of the frames."""
        return type(self)(self.time_s[frames], self.rays[frames], self.visibility[frames], self.world_m[frames], self.depth[frames])


@dataclass(frozen=True, eq=False)
class Equations:
    """Normal equations of all frames, banded, with the bone lengths as a border.

    Attributes
    ----------
    band : (unknown, bandwidth + 1)
        Lower band of the matrix of the positions, one column of it a row.
    border : (unknown, kind)
    corner : (kind, kind)
    positions, lengths : (unknown,), (kind,)
        Gradients of half the sum of squares.
    """

    band: Floats
    border: Floats
    corner: Floats
    positions: Floats
    lengths: Floats

    def step(self, damping: float, *, with_lengths: bool) -> tuple[Floats, Floats]:
        """Changes of positions, (frame, joint, 3), and of lengths, (kind,), by Levenberg and Marquardt's method.

        The lengths come first, by the Schur complement of the band.
        """
        damped = self.band.copy()
        damped[:, 0] *= 1 + damping
        factor = cholesky_banded(damped.T, overwrite_ab=True, lower=True, check_finite=False)
        positions, _ = dtbtrs(factor, -self.positions, uplo="L")
        lengths = np.zeros(len(self.lengths))
        if with_lengths:
            border, _ = dtbtrs(factor, self.border, uplo="L")
            corner = self.corner + damping * np.diag(np.diag(self.corner)) - border.T @ border
            lengths = np.linalg.solve(corner, -self.lengths - border.T @ positions)
            positions = positions - border @ lengths
        positions, _ = dtbtrs(factor, positions, uplo="L", trans="T")
        return positions.reshape(-1, len(JOINTS), 3), lengths


class Terms:
    """The sum of squares of one recording as a function of positions and bone lengths."""

    def __init__(self, seen: Seen, distance_m: float) -> None:
        self.seen = seen
        off = LANDMARK_SHARE * _of(LANDMARK_OFF_M) / distance_m / np.maximum(seen.visibility, LEAST_VISIBLE)
        self.sharpness = (1 / off)[..., None]
        self.second = _second_differences(seen.time_s)
        self.stiffness = np.repeat(_of(ACCELERATION) ** -2.0, 3)
        weight = np.sqrt(len(seen.time_s) / WEIGHT_FRAMES)
        spread_m = np.array([kind.spread for kind in KINDS.values()]) * ADULT_M
        scale = np.full((1, len(KINDS)), SCALE_WEIGHT * weight / ADULT_M.sum())
        self.adult = np.concatenate([np.diag(LENGTH_WEIGHT * weight / spread_m), scale])

    def cost(self, positions_m: Floats, lengths_m: Floats) -> float:
        """The sum of squares; of robust terms, what Cauchy's function makes of them."""
        landmark, bone, depth, knee = self._residuals(positions_m, lengths_m)
        smooth = self._accelerations(positions_m) ** 2 * self.stiffness
        adult = self.adult @ (lengths_m - ADULT_M)
        return float(
            _cauchy((landmark**2).sum(axis=2), LANDMARK_LIMIT) + _cauchy(depth**2, DEPTH_LIMIT)
            + (bone**2).sum() + (knee**2).sum() + smooth.sum() + (adult**2).sum()
        )  # fmt: skip

    def linearised(self, positions_m: Floats, lengths_m: Floats) -> Equations:
        """The normal equations about a body."""
        landmark, bone, depth, knee = self._residuals(positions_m, lengths_m)
        frames = len(positions_m)
        matrix, gradient = self._landmark_part(positions_m, landmark)
        block, slope, border, corner, lengths = _bone_part(positions_m, lengths_m, bone, depth)
        matrix += (_PAIRS @ block.reshape(frames, len(BONES), 9)).reshape(frames, len(JOINTS), len(JOINTS), 3, 3)
        gradient += _INCIDENCE.T @ slope
        whole = np.ascontiguousarray(matrix.transpose(0, 1, 3, 2, 4)).reshape(frames, _N, _N)
        bent = np.flatnonzero((knee != 0).any(axis=1))
        if len(bent):
            turns = _knee_slopes(positions_m[bent]) * (knee[bent] != 0)[..., None, None] / KNEE_OFF
            rows = turns.reshape(len(bent), 2, _N)
            whole[bent] += rows.transpose(0, 2, 1) @ rows
            gradient[bent] += (turns * knee[bent][..., None, None]).sum(axis=1)
        flat = gradient.reshape(frames, _N) + self._smooth_gradient(positions_m)
        adult = self.adult @ (lengths_m - ADULT_M)
        return Equations(
            self._band(whole),
            border.reshape(-1, len(KINDS)),
            corner + self.adult.T @ self.adult,
            flat.ravel(),
            lengths + self.adult.T @ adult,
        )

    def _residuals(self, positions_m: Floats, lengths_m: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """(frame, joint, 2) of landmarks, (frame, bone) of lengths and of depths, (frame, 2) of knees."""
        depth_m = positions_m[..., 2:]
        landmark = (positions_m[..., :2] / depth_m - self.seen.rays) * self.sharpness
        vector, length = positions_m[:, _END] - positions_m[:, _START], lengths_m[_KIND]
        bone = (np.linalg.norm(vector, axis=2) - length) / _GIVE_M
        depth = (vector[..., 2] / length - self.seen.depth) / DEPTH_OFF
        knee = np.minimum(0, _knee_bends(positions_m) + KNEE_FREE) / KNEE_OFF
        return landmark, bone, depth, knee

    def _landmark_part(self, positions_m: Floats, residual: Floats) -> tuple[Floats, Floats]:
        """Matrix (frame, joint, joint, 3, 3) and gradient (frame, joint, 3) of the landmarks' squares."""
        x, y, z = np.moveaxis(positions_m, -1, 0)
        zero = np.zeros_like(z)
        slope = (
            np.moveaxis(np.array([[1 / z, zero, -x / z**2], [zero, 1 / z, -y / z**2]]), (0, 1), (-2, -1))
            * self.sharpness[..., None]
        )
        weight = 1 / (1 + (residual**2).sum(axis=2) / LANDMARK_LIMIT**2)
        weighted = slope * weight[..., None, None]
        matrix = np.zeros((len(positions_m), len(JOINTS), len(JOINTS), 3, 3))
        own = np.arange(len(JOINTS))
        matrix[:, own, own] = slope.transpose(0, 1, 3, 2) @ weighted
        return matrix, (residual[..., None, :] @ weighted)[..., 0, :]

    def _accelerations(self, positions_m: Floats) -> Floats:
        """(frame - 2, unknown) metres per second squared."""
        flat = positions_m.reshape(len(positions_m), _N)
        before, here, after = self.second
        return np.asarray(before[:, None] * flat[:-2] + here[:, None] * flat[1:-1] + after[:, None] * flat[2:])

    def _smooth_gradient(self, positions_m: Floats) -> Floats:
        """(frame, unknown) gradient of the squares of the accelerations."""
        pulled = self._accelerations(positions_m) * self.stiffness
        gradient = np.zeros((len(positions_m), _N))
        for first, factor in enumerate(self.second):
            gradient[first : first + len(pulled)] += factor[:, None] * pulled
        return gradient

    def _band(self, whole: Floats) -> Floats:
        """The lower band of the matrix, out of one block per frame and the accelerations that join three frames."""
        frames = len(whole)
        band = np.zeros((frames, _N, 2 * _N + 1))
        band[:, _LOWER_COLUMN, _LOWER_ROW - _LOWER_COLUMN] = whole[:, _LOWER_ROW, _LOWER_COLUMN]
        for i, first in enumerate(self.second):
            for j, second in enumerate(self.second[i:]):
                band[i : i + len(first), :, j * _N] += (first * second)[:, None] * self.stiffness
        return band.reshape(frames * _N, 2 * _N + 1)


def _bone_part(
    positions_m: Floats, lengths_m: Floats, bone: Floats, depth: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """What bones add by their lengths and depths.

    Returns
    -------
    (frame, bone, 3, 3), (frame, bone, 3)
        Matrix and gradient for the vector from a bone's start to its end.
    (frame, joint, 3, kind), (kind, kind), (kind,)
        Border, corner, and gradient of the lengths.
    """
    vector, length = positions_m[:, _END] - positions_m[:, _START], lengths_m[_KIND]
    pull = vector / np.maximum(np.linalg.norm(vector, axis=2, keepdims=True), 1e-9) / _GIVE_M[:, None]
    weight = 1 / (1 + depth**2 / DEPTH_LIMIT**2)
    away = 1 / (DEPTH_OFF * length)
    away_of_length = -vector[..., 2] / length * away
    block = pull[..., :, None] * pull[..., None, :]
    block[..., 2, 2] += weight * away**2
    slope = pull * bone[..., None]
    slope[..., 2] += weight * away * depth
    mixed = -pull / _GIVE_M[:, None]
    mixed[..., 2] += weight * away * away_of_length
    border = np.einsum("bj,fbx,bk->fjxk", _INCIDENCE, mixed, _OF_KIND, optimize=True)
    corner = np.diag(((_GIVE_M**-2.0 + weight * away_of_length**2).sum(axis=0)) @ _OF_KIND)
    lengths = (-bone / _GIVE_M + weight * away_of_length * depth).sum(axis=0) @ _OF_KIND
    return block, slope, border, corner, lengths


def _knee_vectors(positions_m: Floats) -> tuple[Floats, Floats, Floats]:
    """(frame, side, 3) of thighs, shanks and hip line in metres."""
    hip, knee, ankle = (
        positions_m[:, [JOINTS.index(f"{side}_{name}") for side in ("left", "right")]] for name in ("hip", "knee", "ankle")
    )
    return knee - hip, ankle - knee, np.broadcast_to((hip[:, 0] - hip[:, 1])[:, None], hip.shape)


def _knee_bends(positions_m: Floats) -> Floats:
    """(frame, side) bend of the knees, positive backwards, without unit."""
    thigh, shank, hips = _knee_vectors(positions_m)
    return np.asarray((np.cross(thigh, shank) * hips).sum(axis=2) / KNEE_VOLUME_M3)


def _knee_slopes(positions_m: Floats) -> Floats:
    """(frame, side, joint, 3) derivative of the bends by the positions."""
    thigh, shank, hips = _knee_vectors(positions_m)
    by_thigh, by_shank, by_hips = np.cross(shank, hips), np.cross(hips, thigh), np.cross(thigh, shank)
    slopes = np.zeros((len(positions_m), 2, len(JOINTS), 3))
    for i, side in enumerate(("left", "right")):
        hip, knee, ankle = (JOINTS.index(f"{side}_{name}") for name in ("hip", "knee", "ankle"))
        slopes[:, i, hip] -= by_thigh[:, i]
        slopes[:, i, knee] += by_thigh[:, i] - by_shank[:, i]
        slopes[:, i, ankle] += by_shank[:, i]
        slopes[:, i, JOINTS.index("left_hip")] += by_hips[:, i]
        slopes[:, i, JOINTS.index("right_hip")] -= by_hips[:, i]
    return slopes / KNEE_VOLUME_M3


def _second_differences(time_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Factors, (frame - 2,) each, that make an acceleration out of three neighbouring positions."""
    steps = np.diff(time_s)
    steps = np.maximum(steps, 0.1 * float(np.median(steps)))
    middle = (steps[:-1] + steps[1:]) / 2
    before, after = 1 / (steps[:-1] * middle), 1 / (steps[1:] * middle)
    return before, -before - after, after


def _cauchy(squares: Floats, limit: float) -> float:
    return float((limit**2 * np.log1p(squares / limit**2)).sum())
