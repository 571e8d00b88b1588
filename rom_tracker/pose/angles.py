"""From poses to the clinical angle of one movement over time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rom_tracker.landmarks import Side, locate
from rom_tracker.movements import Movement, Segment
from rom_tracker.movements.definitions import HAND_DIRECTIONS
from rom_tracker.pose.sequence import Floats, PoseSequence
from rom_tracker.pose.skeleton import Skeleton
from rom_tracker.pose.smoothing import smooth
from rom_tracker.pose.view import View

#: Below this turn out of the plane the picture is taken as it is; up to the second one it is stretched back.
STRETCH_FROM_DEG = 12.0
STRETCH_UP_TO_DEG = 60.0

#: Beyond this turn out of the plane, and up to the second one, a body fitted in space is asked instead of the picture. Root mean
#: square error of the end range in nine rendered recordings 35 to 64 degrees off: 3.3 degrees, in the stretched picture 12; in one
#: 30 degrees off 15 and 2, in one 83 degrees off 16 and 10. Both limits were chosen on these.
FIT_FROM_DEG = 35.0
FIT_UP_TO_DEG = 65.0

#: Noise is told from looks in fives that span no more than this, in seconds; where there are not so many fives, from so many of the
#: shortest. The starting position alone has that many (START_S, START_FPS in pose/end_ranges.py).
NOISE_SPAN_S = 0.6
LEAST_NOISE = 3

#: What the fitted body gives an angle of: the moving segment, and the one it is measured against.
_TRUNK = ("mid_shoulder", "mid_hip")
_FITTED: dict[tuple[str, ...], tuple[str, str]] = {
    ("knee", "ankle"): ("hip", "knee"), ("hip", "knee"): _TRUNK, ("shoulder", "elbow"): _TRUNK,
}  # fmt: skip

#: A landmark this far outside the picture, as a share of its longer edge, is a guess and not a measurement.
OUTSIDE_MARGIN = 0.02


@dataclass(frozen=True, eq=False)
class AngleSeries:
    """The clinical angle of one movement in every frame.

    Attributes
    ----------
    time_s : (frame,)
        Seconds since the first frame.
    angle_deg : (frame,)
        Degrees from the clinical zero, smoothed without delay; NaN where unknown.
    confidence : (frame,)
        0 to 1: the least visible of the landmarks used; 0 where the angle is unknown.
    noise_deg : (frame,)
        Standard deviation that the landmarks' jitter gives to the angle before smoothing; NaN where it is not known, and in frames
        that lie between those that were looked at.
    out_of_picture : (frame,) bool
        Where the angle is unknown because a landmark lies outside the picture.
    """

    time_s: Floats
    angle_deg: Floats
    confidence: Floats
    noise_deg: Floats
    out_of_picture: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.time_s)

    def without(self, frames: NDArray[np.bool_]) -> AngleSeries:
        """The same with the angle unknown in the given frames, (frame,)."""
        return replace(
            self,
            angle_deg=np.where(frames, np.nan, self.angle_deg),
            confidence=np.where(frames, 0.0, self.confidence),
            noise_deg=np.where(frames, np.nan, self.noise_deg),
        )


def angle_series(poses: PoseSequence, movement: Movement, side: Side, view: View) -> AngleSeries:
    """The angle of a movement in every frame.

    The angle is the one from the reference segment to the moving segment in the picture, counted positive in the movement's
    direction, from how both lie when the movement reads 0. It is unwrapped into the 360 degrees about the middle of
    the movement's limits, so that a pose reads the same in every recording. Where the body stands turned by more than
    :data:`STRETCH_FROM_DEG` out of the movement's plane, the picture is stretched across the trunk by 1/cos of that turn first.

    Parameters
    ----------
    poses : PoseSequence
    movement : Movement
    side : {"left", "right"}
        The tested side.
    view : View
        How the client is seen.

    Returns
    -------
    AngleSeries
    """
    stretch = _stretch(0.0 if movement.positive in HAND_DIRECTIONS else view.off_plane_deg(movement), view.body.lies_deg)
    moving = _vector(poses, movement.moving, side) * stretch
    if isinstance(movement.reference, Segment):
        reference = _vector(poses, movement.reference, side) * stretch
    else:
        reference = np.broadcast_to(np.array(view.vertical), moving.shape)
    raw = _unwrapped(_clinical_angle(reference, moving, movement, side, view), movement.limits_deg)
    return _series(raw, _angle_noise(poses, movement, side, stretch), poses, movement, side)


def can_be_fitted(movement: Movement) -> bool:
    """Whether a body fitted in space gives the angle of a movement, however it is filmed.

    It does for the knee, and for hip and shoulder but for turning them and taking them backwards. The elbow is hidden too often in
    an oblique view (off by 11 to 15 degrees in a real squat and walk, by 19 in a rendered curl), an arm taken backwards came out
    12 degrees short, and hands and feet are too small for their depth to be seen.
    """
    if movement.plane == "transverse" or not isinstance(movement.reference, Segment):
        return False
    if movement.reference.points == _TRUNK and movement.positive == "backward":
        return False
    return _FITTED.get(movement.moving.points) == movement.reference.points


def is_fitted(movement: Movement, view: View) -> bool:
    """Whether the angle is taken from a body fitted in space, and not from the picture.

    From behind it is not: the network does not see then which end of a bone is nearer (a knee bent to 94 degrees came out at 60).
    """
    oblique = FIT_FROM_DEG < view.off_plane_deg(movement) <= FIT_UP_TO_DEG
    return can_be_fitted(movement) and oblique and abs(view.body.yaw_deg) <= 90 and not view.body.lies_deg


def fitted_series(skeleton: Skeleton, poses: PoseSequence, movement: Movement, side: Side) -> AngleSeries:
    """The angle of a movement in every frame, from a body fitted in space.

    In the sagittal plane it is the three-point angle between the two segments, 0 where they lie in line, the trunk being the line
    from shoulder to hip of the tested side: the definition of the marker model behind the real squat and walk that this was tested
    on (mean error over time 4.4 degrees; 7.4 for the angle in the sagittal plane). It has no sign: overstretching reads as bending,
    and a limb that hangs to the side of the trunk reads that much at rest: hip and shoulder of rendered people at rest 14 to 29
    degrees, while both definitions give the same end range. In the frontal plane, where the direction matters, it is the
    angle from the midline of the trunk in the plane of trunk and shoulder line.

    Parameters
    ----------
    skeleton : Skeleton
        Fitted to ``poses``.
    poses : PoseSequence
    movement : Movement
        One that :func:`can_be_fitted`.
    side : {"left", "right"}

    Returns
    -------
    AngleSeries
    """
    raw = _three_point(skeleton, movement, side) if movement.plane == "sagittal" else _in_frontal_plane(skeleton, movement, side)
    return _series(raw, np.full(len(poses), jitter(poses, raw[:, None])), poses, movement, side)


def _three_point(skeleton: Skeleton, movement: Movement, side: Side) -> Floats:
    """(frame,) degrees between moving and reference segment, counted towards the side on which the joint has more room."""
    (start, end), (base, joint) = movement.moving.points, _FITTED[movement.moving.points]
    moving = skeleton.point(end, side) - skeleton.point(start, side)
    reference = skeleton.point(joint.removeprefix("mid_"), side) - skeleton.point(base.removeprefix("mid_"), side)
    across = np.linalg.norm(np.cross(reference, moving), axis=1)
    bent = np.degrees(np.arctan2(across, (reference * moving).sum(axis=1)))
    return np.asarray(bent if sum(movement.limits_deg) > 0 else -bent)


def _in_frontal_plane(skeleton: Skeleton, movement: Movement, side: Side) -> Floats:
    """(frame,) degrees of the moving segment from the trunk's midline, in the plane of trunk and shoulders."""
    start, end = movement.moving.points
    moving = skeleton.point(end, side) - skeleton.point(start, side)
    trunk = skeleton.point("mid_hip", side) - skeleton.point("mid_shoulder", side)
    down = trunk / np.linalg.norm(trunk, axis=1, keepdims=True)
    outward = skeleton.point("shoulder", side) - skeleton.point("opposite_shoulder", side)
    outward = outward - (outward * down).sum(axis=1, keepdims=True) * down
    outward = outward / np.linalg.norm(outward, axis=1, keepdims=True)
    raw = np.degrees(np.arctan2((moving * outward).sum(axis=1), (moving * down).sum(axis=1)))
    return _unwrapped(raw if movement.positive == "outward" else -raw, movement.limits_deg)


def _series(raw_deg: Floats, noise_deg: Floats, poses: PoseSequence, movement: Movement, side: Side) -> AngleSeries:
    """The angle without the frames in which a joint lies outside the picture, smoothed, counted from the movement's zero."""
    outside = _outside(poses, movement, side)
    angle = smooth(poses.time_s, np.where(outside, np.nan, raw_deg))
    if movement.zero == "start":
        angle = angle - resting_value(poses.time_s, angle)
    visible = poses.visibility[:, _used(movement, side)].min(axis=1)
    known = np.isfinite(angle)
    return AngleSeries(
        time_s=poses.time_s,
        angle_deg=angle,
        confidence=np.where(known, visible, 0.0),
        noise_deg=noise_of_looks(noise_deg, known, poses),
        out_of_picture=outside,
    )


def turn_deg(a: Floats, b: Floats) -> Floats:
    """(frame,) degrees in (-180, 180] from vectors ``a`` to vectors ``b``, (frame, 2) each; positive is clockwise in a picture
    whose y axis points down.

    >>> turn_deg(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    array([90.])
    """
    cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return np.asarray(np.degrees(np.arctan2(cross, (a * b).sum(axis=1))))


def resting_value(time_s: Floats, angle_deg: Floats) -> float:
    """The starting position in degrees: the mean of the first still half second; NaN where nothing is known.

    Still means within 5 % of the recording's range, or 1.5 degrees. Only what comes before the angle has left its first value by a
    fifth of the range counts, so that a hold at the end range is never taken for it; a recording that begins on the move gives
    the mean of its first two tenths of a second.
    """
    known = np.isfinite(angle_deg)
    if not known.any():
        return float("nan")
    t, a = time_s[known], angle_deg[known]
    away = np.abs(a - a[0]) > max(1.5, 0.2 * float(np.ptp(a)))
    until = int(np.argmax(away)) if away.any() else len(a)
    still_deg = max(1.5, 0.05 * float(np.ptp(a)))
    for first, last in enumerate(np.searchsorted(t[:until], t[:until] + 0.5, side="right")):
        if t[last - 1] - t[first] >= 0.4 and np.ptp(a[first:last]) <= still_deg:
            return float(a[first:last].mean())
    return float(a[t <= t[0] + 0.2].mean())


def sense_and_offset(movement: Movement, side: Side, view: View) -> tuple[float, float]:
    """1 where the angle grows clockwise in the picture and -1 where it does not; degrees from reference to moving at zero."""
    moving, towards = (np.array([view.in_image(direction, side)]) for direction in (movement.moving.at_zero, movement.positive))
    vertical = movement.reference == "up"
    reference = np.array([(0.0, -1.0) if vertical else view.in_image(movement.reference_at_zero, side)])
    return float(np.sign(turn_deg(moving, towards))[0]), float(turn_deg(reference, moving)[0])


def _clinical_angle(reference: Floats, moving: Floats, movement: Movement, side: Side, view: View) -> Floats:
    sense, offset = sense_and_offset(movement, side, view)
    return np.asarray(sense * (turn_deg(reference, moving) - offset))


def _unwrapped(angle_deg: Floats, limits_deg: tuple[float, float]) -> Floats:
    lowest = sum(limits_deg) / 2 - 180
    return (angle_deg - lowest) % 360 + lowest


def _stretch(off_plane_deg: float, lies_deg: float) -> Floats:
    """(2,) factors for x and y: across the trunk, which lies in the picture's y direction unless the client lies down."""
    if off_plane_deg <= STRETCH_FROM_DEG:
        return np.array([1.0, 1.0])
    factor = 1 / np.cos(np.radians(min(off_plane_deg, STRETCH_UP_TO_DEG)))
    return np.array([1.0, factor]) if lies_deg % 180 else np.array([factor, 1.0])


def _vector(poses: PoseSequence, segment: Segment, side: Side) -> Floats:
    start, end = segment.points
    return (poses.point(end, side) - poses.point(start, side)).astype(np.float64)


def _used(movement: Movement, side: Side) -> list[int]:
    return sorted({i for name in movement.points for i in locate(name, side)})


def _outside(poses: PoseSequence, movement: Movement, side: Side) -> NDArray[np.bool_]:
    """(frame,) whether a landmark of the movement lies outside the picture."""
    points = poses.filmed_xy[:, _used(movement, side)]
    size = np.array(poses.image_size)
    margin = OUTSIDE_MARGIN * size.max()
    with np.errstate(invalid="ignore"):
        return np.asarray(((points < -margin) | (points > size - 1 + margin)).any(axis=(1, 2)))


def _angle_noise(poses: PoseSequence, movement: Movement, side: Side, stretch: Floats) -> Floats:
    """(frame,) standard deviation in degrees of the angle, from jitter of each landmark that is independent of the others'.

    To first order a landmark that jitters by s pixels changes the angle by s times the length of the angle's gradient. A
    landmark that both segments share has one gradient: an elbow that jitters bends a straight arm twice over.
    """
    gradients = {i: np.zeros((len(poses), 2)) for i in _used(movement, side)}
    for segment, sense in ((movement.moving, 1), (movement.reference, -1)):
        if isinstance(segment, Segment):
            x, y = (_vector(poses, segment, side) * stretch).T
            turn = sense * stretch * (np.stack([-y, x]) / np.maximum(x**2 + y**2, 1.0)).T
            for name, end in zip(segment.points, (-1, 1), strict=True):
                landmarks = locate(name, side)
                for i in landmarks:
                    gradients[i] += end * turn / len(landmarks)
    variance = [(gradient**2).sum(axis=1) * jitter(poses, poses.xy[:, i]) ** 2 for i, gradient in gradients.items()]
    return np.asarray(np.degrees(np.sqrt(np.sum(variance, axis=0))))


def jitter(poses: PoseSequence, track: Floats) -> float:
    """Robust standard deviation, per axis, of the noise from look to look of a (frame, axis) track, in the track's unit.

    From how far each look lies off the cubic through the two before and the two after it, in which smooth movement all but
    vanishes: of a limb that goes to and fro within 3 seconds and is looked at 8 times a second it leaves less than a thousandth of
    the way, where the straight line between two looks would leave 17 thousandths. What was interpolated does not count, nor do five
    looks that span more than :data:`NOISE_SPAN_S`, as long as there are :data:`LEAST_NOISE` others. Of looks in turns it is the
    noise of a look and of what lies between two of the other kind, up to a fifth less than that of two looks at once. 0 where there
    are fewer than five looks, which tell nothing.
    """
    rows = slice(None) if poses.looked_at is None else poses.looked_at
    if len(poses.time_s[rows]) < 5:
        return 0.0
    time_s = np.lib.stride_tricks.sliding_window_view(poses.time_s[rows], 5)
    fives = np.lib.stride_tricks.sliding_window_view(track[rows], 5, axis=0)  # (five, axis, look)
    weights = _cubic_weights(time_s)
    on_the_cubic = (fives[..., [0, 1, 3, 4]] * weights[:, None]).sum(axis=-1)
    off = (fives[..., 2] - on_the_cubic) / np.sqrt(1 + (weights**2).sum(axis=1, keepdims=True))
    seen = np.isfinite(off).all(axis=1)
    off, span_s = off[seen], np.ptp(time_s, axis=1)[seen]
    if not len(off):
        return 0.0
    longest_s = max(NOISE_SPAN_S, np.sort(span_s)[:LEAST_NOISE][-1] + 1e-6)
    return float(1.4826 * np.median(np.abs(off[span_s <= longest_s])))


def _cubic_weights(time_s: Floats) -> Floats:
    """(five, 4) what the others count for in the middle one of five times, on the cubic through them (Lagrange)."""
    middle, others = time_s[:, 2], time_s[:, [0, 1, 3, 4]]
    weights = [
        np.prod([(middle - others[:, m]) / (others[:, k] - others[:, m]) for m in range(4) if m != k], axis=0) for k in range(4)
    ]
    return np.stack(weights, axis=1)


def noise_of_looks(noise_deg: Floats | float, known: NDArray[np.bool_], poses: PoseSequence) -> Floats:
    """(frame,) noise in degrees where the model looked and the angle is known; NaN elsewhere."""
    looked_at = np.ones(len(poses), dtype=bool) if poses.looked_at is None else poses.looked_at
    return np.where(known & looked_at, noise_deg, np.nan)
