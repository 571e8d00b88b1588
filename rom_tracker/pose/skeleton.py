"""A jointed body fitted to a whole recording: where the joints are in space, with one camera.

One picture does not tell how far away a joint is. Three things that it shares with all others do, taken together: bones keep their
length, limbs move smoothly, and the pose network has an idea of which end of a bone is nearer. :func:`fit_skeleton` finds the
positions of sixteen joints in every frame and the bone lengths of the client for which the joints project to where they are seen,
by damped least squares over all frames at once.

Against marker motion capture of one squat and one walk, filmed from 45 degrees, the angles of knee, hip and shoulder come out
right to 3 to 8 degrees on average over time. The weights were chosen on these two recordings, so that this is optimistic; in nine
rendered recordings on which no weight was chosen the end range is right to 6 degrees. In a correct view of a movement in one plane
the angle in the picture is better: see :mod:`rom_tracker.pose.angles`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from rom_tracker.capture.lens import pinhole
from rom_tracker.landmarks import INDEX, Side, locate
from rom_tracker.pose.sequence import Floats, PoseSequence
from rom_tracker.pose.skeleton_terms import ADULT_M, BONES, JOINTS, Seen, Terms

#: The network's depth is low-passed at this frequency, in hertz: faster than that it is noise.
DEPTH_CUTOFF_HZ = 4.0

#: A longer recording is fitted in pieces of so many frames, which overlap by so many, so that memory does not grow with it.
PIECE_FRAMES = 1200
OVERLAP_FRAMES = 60

#: Damped least squares: most steps, share of the sum of squares by which the last step lowers it, and the first damping.
MOST_STEPS = 30
CONVERGED_SHARE = 1e-4
FIRST_DAMPING = 1e-3

#: Fewest frames in which a motion can be fitted: the smoothness of three shows nothing.
FEWEST_FRAMES = 5

_COLUMNS = [INDEX[name] for name in JOINTS]
_START, _END, _KIND = (np.array([bone[i] for bone in BONES]) for i in range(3))
_TRUNK = [JOINTS.index(f"{side}_{name}") for side in ("left", "right") for name in ("shoulder", "hip")]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A body in space in every frame of a recording.

    Attributes
    ----------
    positions_m : (frame, joint, 3)
        Metres right, down and away from the camera, in the order of ``JOINTS``; NaN where nobody was found. The scale is that of
        a client of 1.75 m, since one camera cannot tell a tall client far away from a small one nearby.
    lengths_m : (kind,)
        Bone lengths in metres on the same scale, shared by both sides and all frames, in the order of ``KINDS``.
    converged : bool
        Whether the last step hardly changed anything.
    steps : int
        Steps taken; of a long recording, in the piece that took most.
    """

    positions_m: Floats
    lengths_m: Floats
    converged: bool
    steps: int

    def point(self, name: str, side: Side) -> Floats:
        """(frame, 3) metres of the named point; names as in :func:`rom_tracker.landmarks.locate`.

        Raises
        ------
        ValueError
            The point is none of the skeleton.
        """
        return np.asarray(self.positions_m[:, [_COLUMNS.index(i) for i in locate(name, side)]].mean(axis=1))

    @property
    def walked_m(self) -> float:
        """How far apart the places are between which the hips went to and fro over the floor, in metres."""
        hips = self.point("mid_hip", "left")[:, [0, 2]]
        low, high = np.nanpercentile(hips, [2, 98], axis=0)
        return float(np.linalg.norm(high - low))


def fit_skeleton(poses: PoseSequence) -> Skeleton | None:
    """Fit a jointed body to a recording; None where somebody was found in too few frames.

    Time and memory: 1 to 2 milliseconds a frame in one thread, and hardly more memory for a long recording than for one of
    :data:`PIECE_FRAMES`. The bone lengths of a long one are found first, in evenly spaced frames of all of it.

    Parameters
    ----------
    poses : PoseSequence
        Both looks averaged, as in :func:`rom_tracker.pose.passes.average`. Frames in which nobody was found are left out.
    """
    seen = _seen(poses)
    found = len(seen.time_s)
    if found < FEWEST_FRAMES:
        return None
    if found <= PIECE_FRAMES:
        fitted, lengths, converged, steps = _solved(seen, None)
    else:
        lengths = _solved(seen.taken(slice(None, None, -(-found // PIECE_FRAMES))), None)[1]
        fitted, converged, steps = _in_pieces(seen, lengths)
    positions = np.full((len(poses), len(JOINTS), 3), np.nan)
    positions[poses.person_found] = fitted
    return Skeleton(positions, lengths, converged, steps)


def _in_pieces(seen: Seen, lengths_m: Floats) -> tuple[Floats, bool, int]:
    """Positions in a long recording, converged, most steps; two pieces meet in the middle of their overlap."""
    frames = len(seen.time_s)
    positions = np.empty((frames, len(JOINTS), 3))
    converged, most = True, 0
    for first in range(0, frames - OVERLAP_FRAMES, PIECE_FRAMES - OVERLAP_FRAMES):
        fitted, _, done, steps = _solved(seen.taken(slice(first, first + PIECE_FRAMES)), lengths_m)
        skipped = OVERLAP_FRAMES // 2 if first else 0
        positions[first + skipped : first + PIECE_FRAMES] = fitted[skipped:]
        converged, most = converged and done, max(most, steps)
    return positions, converged, most


def _solved(seen: Seen, lengths_m: Floats | None) -> tuple[Floats, Floats, bool, int]:
    """Positions (frame, joint, 3), lengths, converged, steps: Levenberg and Marquardt's method; given lengths are kept."""
    positions, lengths = _first_guess(seen), ADULT_M if lengths_m is None else lengths_m
    terms = Terms(seen, distance_m=float(np.median(positions[..., 2])))
    damping, cost = FIRST_DAMPING, terms.cost(positions, lengths)
    for step in range(1, MOST_STEPS + 1):
        equations = terms.linearised(positions, lengths)
        while True:
            moved, grown = equations.step(damping, with_lengths=lengths_m is None)
            new_cost = terms.cost(positions + moved, lengths + grown)
            if new_cost <= cost:
                break
            if damping > 1e6:
                return positions, lengths, True, step
            damping *= 10
        positions, lengths = positions + moved, lengths + grown
        gained, cost, damping = cost - new_cost, new_cost, damping / 10
        if gained <= CONVERGED_SHARE * cost:
            return positions, lengths, True, step
    return positions, lengths, False, MOST_STEPS


def _seen(poses: PoseSequence) -> Seen:
    """What the recording tells of the joints, in the frames in which somebody was found."""
    found = poses.person_found
    time_s = poses.time_s[found]
    # A focal length that is 15 % off moves the angles by 0.1 degrees: the client comes out nearer or farther, not differently bent.
    camera = pinhole(poses.image_size, poses.lens)
    rays = (poses.xy[found][:, _COLUMNS].astype(np.float64) - camera[:2, 2]) / np.diag(camera)[:2]
    world = poses.world[found][:, _COLUMNS].astype(np.float64) @ _turns_to(rays[:, _TRUNK].mean(axis=1)).transpose(0, 2, 1)
    bones = world[:, _END] - world[:, _START]
    bones /= np.maximum(np.linalg.norm(bones, axis=2, keepdims=True), 1e-9)
    if len(time_s) > 1:
        sigma_s = np.sqrt(np.log(2)) / (2 * np.pi * DEPTH_CUTOFF_HZ)
        bones = gaussian_filter1d(bones, sigma_s / float(np.median(np.diff(time_s))), axis=0, mode="nearest")
    return Seen(time_s, rays, poses.visibility[found][:, _COLUMNS].astype(np.float64), world, bones[..., 2])


def _turns_to(rays: Floats) -> NDArray[np.float64]:
    """(frame, 3, 3) rotations that take the camera's axis to (frame, 2) rays, the shortest way.

    The network sees a piece of the picture with the client in its middle, as a camera would that points at the client.
    """
    axis = np.column_stack([rays, np.ones(len(rays))])
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    x, y, z = axis.T
    rows = [[1 - x * x / (1 + z), -x * y / (1 + z), x], [-x * y / (1 + z), 1 - y * y / (1 + z), y], [-x, -y, z]]
    return np.moveaxis(np.array(rows), -1, 0)


def _first_guess(seen: Seen) -> Floats:
    """(frame, joint, 3) metres: the network's own body on the scale of the average adult, moved to where it projects best."""
    lengths = np.median(np.linalg.norm(seen.world_m[:, _END] - seen.world_m[:, _START], axis=2), axis=0)
    body = seen.world_m * (float(ADULT_M[_KIND].sum()) / float(lengths.sum()))
    ray = seen.rays[..., None] * np.array([0.0, 0.0, 1.0])
    across = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]) - ray
    rows = across.reshape(len(body), -1, 3)
    off = -(across @ body[..., None]).reshape(len(body), -1, 1)
    moved = np.linalg.solve(rows.transpose(0, 2, 1) @ rows, rows.transpose(0, 2, 1) @ off)[..., 0]
    return np.asarray(body + moved[:, None])
