"""The recording with the skeleton, the arc of the angle and its value drawn over it.

Skeleton and arc lie where the joints are in the picture; the number is the measured one. They agree, with two exceptions that
are meant: where the body stands turned out of the movement's plane the number is corrected for it, and the picture is not; and
the number is smoothed over time, and the skeleton is not.

The picture keeps its size up to :data:`LONGEST_EDGE_PX`, which a browser and a phone play smoothly; a larger one is scaled down.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.repetitions import PLATEAU_S
from rom_tracker.capture import TimedVideoWriter, VideoFile
from rom_tracker.errors import UsageError
from rom_tracker.landmarks import BONES, INDEX, Side, locate
from rom_tracker.movements import Movement, Segment
from rom_tracker.pose.angles import sense_and_offset
from rom_tracker.pose.sequence import Floats, PoseSequence
from rom_tracker.pose.view import View

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

#: Words, and the colour behind them where they stand out.
Line = tuple[str, Colour | None]

LONGEST_EDGE_PX = 1280

#: Landmarks less visible than this are not drawn as part of the skeleton.
LEAST_VISIBLE = 0.3

#: Blue, green, red of the colours of Okabe and Ito (see rom_tracker/charts.py).
WHITE, BLACK, DARK = (255, 255, 255), (0, 0, 0), (60, 60, 60)
VERMILLION, BLUE, YELLOW, GREEN = (0, 94, 213), (178, 114, 0), (66, 228, 240), (115, 158, 0)

#: Length of the zero line and radius of the arc, as shares of the moving segment.
ZERO_LINE_SHARE, RADIUS_SHARE = 0.75, 0.45

#: The value stands in the middle of a wide arc, and while the arc is small at least this far from the limb, in degrees.
LABEL_OFF_DEG = 45.0

#: Fractional bits of the coordinates that OpenCV takes.
_BITS = 4


@dataclass(frozen=True, eq=False)
class AngleArcs:
    """The angle as an arc in the picture, for every frame; NaN where the angle is unknown.

    Attributes
    ----------
    centre : (frame, 2)
        The joint, pixels.
    zero_deg : (frame,)
        Where the moving segment would point at angle 0; degrees clockwise from the right edge of the picture.
    sweep_deg : (frame,)
        From there to where it points; degrees, clockwise positive.
    length : (frame,)
        Length of the moving segment in pixels.
    sense : float
        1 where the angle grows clockwise in the picture, -1 where it does not.
    """

    centre: Floats
    zero_deg: Floats
    sweep_deg: Floats
    length: Floats
    sense: float


def angle_arcs(poses: PoseSequence, movement: Movement, side: Side, view: View, angle_deg: Floats) -> AngleArcs:
    """The arcs of a measured angle.

    Parameters
    ----------
    poses : PoseSequence
    movement, side, view
        What the angle was measured with.
    angle_deg : (frame,)
        The measured angle; it tells arcs apart that differ by whole turns, and fixes the zero of movements that are counted from
        the client's own start.
    """
    sense, offset = sense_and_offset(movement, side, view)
    start, end = movement.moving.points
    centre = poses.point(start, side).astype(np.float64)
    moving = poses.point(end, side) - centre
    zero = _direction_deg(_reference(poses, movement, side)) + offset
    pointing = _direction_deg(moving)
    if movement.zero == "start":
        zero = zero + sense * _resting_turn(sense * (pointing - zero) - angle_deg)
    measured = sense * angle_deg
    sweep = measured + _within_half_turn(pointing - zero - measured)
    known = np.isfinite(angle_deg)
    return AngleArcs(
        centre=np.where(known[:, None], centre, np.nan),
        zero_deg=np.where(known, zero, np.nan),
        sweep_deg=sweep,
        length=np.where(known, np.linalg.norm(moving, axis=1), np.nan),
        sense=sense,
    )


def write_overlay(
    video: VideoFile,
    measurement: RomMeasurement,
    path: str | os.PathLike[str],
    progress: Callable[[float, float | None], None] | None = None,
) -> None:
    """Write the recording with skeleton, arc and value drawn over it, every frame at its own time.

    Parameters
    ----------
    video : VideoFile
        The recording that ``measurement`` was made from.
    measurement : RomMeasurement
        A refused one is drawn as far as it goes, with the reason in words.
    path : path-like
        Ends in ``.webm``. A file of that name is replaced at the end.
    progress : callable, optional
        Called with the seconds of video done, and in all where known.

    Raises
    ------
    UsageError
        The name does not end in ``.webm``, or the measurement is of another recording.
    VideoError
        The recording cannot be read.
    OutputError
        The file cannot be written; nothing is left behind.
    """
    scale = min(1.0, LONGEST_EDGE_PX / max(video.size))
    size = (round(video.size[0] * scale), round(video.size[1] * scale))
    artist = _Artist(measurement, scale, size)
    expected, frames = len(measurement.angles), 0
    with TimedVideoWriter(path, size) as writer:
        for frame in video:
            frames += 1
            if frame.index < expected:
                writer.write(artist.drawn(frame.image, frame.index), frame.time_s)
            if progress is not None:
                progress(frame.time_s, video.expected_duration_s)
        if frames != expected:
            raise UsageError(
                f'expected the recording of the measurement, with {expected} frames, but "{video.path}" has {frames}; measure it '
                "again"
            )


def _reference(poses: PoseSequence, movement: Movement, side: Side) -> Floats:
    if isinstance(movement.reference, Segment):
        start, end = movement.reference.points
        return poses.point(end, side) - poses.point(start, side)
    return np.broadcast_to(np.array([0.0, -1.0]), (len(poses), 2))


def _direction_deg(vectors: Floats) -> Floats:
    """(frame,) degrees clockwise from the right of (frame, 2) vectors whose y points down."""
    return np.asarray(np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])))


def _within_half_turn(turn: Floats) -> Floats:
    return (turn + 180) % 360 - 180


def _resting_turn(turn: Floats) -> float:
    """The usual one of turns that are alike up to whole ones; 0 where none is known."""
    known = turn[np.isfinite(turn)]
    if not len(known):
        return 0.0
    return float(known[0] + np.median(_within_half_turn(known - known[0])))


class _Artist:
    """Draws the frames of one recording."""

    def __init__(self, measurement: RomMeasurement, scale: float, size: tuple[int, int]) -> None:
        self.measurement, self.scale, self.size = measurement, scale, size
        self.pen = max(1, round(min(size) / 300))
        self.text_px = max(12, round(min(size) / 22))
        self.poses, self.arcs = None, None
        if measurement.merged is not None and measurement.view is not None:
            self.poses = measurement.merged.poses
            angle_deg = measurement.angles.angle_deg
            if measurement.movement.instrument != "face":
                self.arcs = angle_arcs(self.poses, measurement.movement, measurement.side, measurement.view, angle_deg)
        self.reason = " ".join(flag.message for flag in measurement.flags if flag.severity == "refused")
        usual = measurement.angles.angle_deg[np.isfinite(measurement.angles.angle_deg)]
        self.counts_down = bool(len(usual)) and float(np.median(usual)) < 0
        self.panel_right = self.poses is not None and _left_is_fuller(self.poses)

    def drawn(self, image: Image, index: int) -> Image:
        """A copy of the picture, scaled, with everything drawn over it."""
        width, height = self.size
        if image.shape[:2] != (height, width):
            image = np.asarray(cv2.resize(image, self.size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        image = image.copy()
        angle_deg = float(self.measurement.angles.angle_deg[index])
        if self.poses is not None and self.poses.person_found[index]:
            self._skeleton(image, index)
            if self.measurement.head is not None and np.isfinite(angle_deg):
                self._head(image, index, angle_deg)
        if self.arcs is not None and np.isfinite(angle_deg):
            self._angle(image, index, angle_deg)
        if lines := self._lines(index, angle_deg):
            _write_panel(image, lines, self.text_px, right=self.panel_right)
        if self.reason:
            _write_panel(image, _wrapped(self.reason, width, self.text_px * 3 // 4), self.text_px * 3 // 4, below=True)
        return image

    def _at(self, index: int, name: str) -> Floats:
        assert self.poses is not None
        points = self.poses.xy[index, list(locate(name, self.measurement.side))]
        return np.asarray(points.mean(axis=0) * self.scale)

    def _skeleton(self, image: Image, index: int) -> None:
        assert self.poses is not None
        for a, b in BONES:
            if "nose" not in (a, b) and self.poses.visibility[index, [INDEX[a], INDEX[b]]].min() >= LEAST_VISIBLE:
                _line(image, self._at(index, a), self._at(index, b), DARK, self.pen)

    def _head(self, image: Image, index: int, angle_deg: float) -> None:
        """The axis of the head that is followed, where it pointed at the start and where it points, as seen by the camera."""
        measurement = self.measurement
        assert measurement.head is not None
        assert measurement.view is not None
        yaw = np.radians(measurement.view.body.yaw_deg)
        axis = {"up": (0.0, 1.0, 0.0), "forward": (np.sin(yaw), 0.0, np.cos(yaw))}[measurement.movement.moving.at_zero]
        centre = self._at(index, "mid_ear")
        length = np.linalg.norm(self._at(index, "mid_shoulder") - self._at(index, "mid_hip")) / 2
        start, now = (np.array([v[0], -v[1]]) * length for v in (np.array(axis), measurement.head[index] @ np.array(axis)))
        _dashed_line(image, centre, centre + start, BLACK, self.pen)
        _line(image, centre, centre + now, GREEN if self._at_end_range(index) else VERMILLION, 3 * self.pen)
        _dot(image, centre, VERMILLION, 3 * self.pen)
        beyond = now / max(float(np.linalg.norm(now)), 1.0)
        _write_beyond(image, _degrees(angle_deg), centre, float(np.linalg.norm(now)), beyond, round(1.3 * self.text_px))

    def _angle(self, image: Image, index: int, angle_deg: float) -> None:
        assert self.arcs is not None
        movement, pen = self.measurement.movement, self.pen
        centre, length = self.arcs.centre[index] * self.scale, self.arcs.length[index] * self.scale
        zero_deg, sweep_deg = float(self.arcs.zero_deg[index]), float(self.arcs.sweep_deg[index])
        radius = max(RADIUS_SHARE * length, 1.5 * self.text_px)
        arc = _arc_points(centre, radius, zero_deg, sweep_deg)
        _wedge(image, np.vstack([centre, arc]), GREEN if self._at_end_range(index) else YELLOW)
        _dashed_line(image, centre, centre + ZERO_LINE_SHARE * length * _unit(zero_deg), BLACK, pen)
        if isinstance(movement.reference, Segment):
            start, end = movement.reference.points
            _line(image, self._at(index, start), self._at(index, end), BLUE, 2 * pen)
        _line(image, centre, self._at(index, movement.moving.points[1]), VERMILLION, 3 * pen)
        _polyline(image, arc, BLACK, pen + 1)
        _dot(image, centre, VERMILLION, 3 * pen)
        label_deg = zero_deg + self.arcs.sense * self._label_angle_deg(angle_deg)
        _write_beyond(image, _degrees(angle_deg), centre, radius, _unit(label_deg), round(1.3 * self.text_px))

    def _label_angle_deg(self, angle_deg: float) -> float:
        """Where the value stands, degrees of the movement from zero: never jumping, and clear of the limb at small angles."""
        if self.counts_down:
            return max(angle_deg / 2, angle_deg + LABEL_OFF_DEG)
        return min(angle_deg / 2, angle_deg - LABEL_OFF_DEG)

    def _at_end_range(self, index: int) -> bool:
        time_s = self.measurement.angles.time_s[index]
        scored = () if self.measurement.verdict == "refused" else self.measurement.repetitions.scored
        return any(abs(time_s - r.peak_s) <= PLATEAU_S / 2 for r in scored)

    def _lines(self, index: int, angle_deg: float) -> list[Line]:
        """Lines of the panel."""
        measurement, time_s = self.measurement, self.measurement.angles.time_s[index]
        lines: list[Line] = [] if np.isfinite(angle_deg) else [("not seen", None)]
        if measurement.verdict == "refused":
            return [*lines, ("no result", None)]
        found = measurement.repetitions
        if any(r.start_s <= time_s <= r.end_s for r in found.partial):
            return [*lines, ("partial, not scored", None)]
        begun = [r for r in found.scored if r.start_s <= time_s]
        if begun:
            lines.append((f"repetition {len(begun)} of {len(found.scored)}", None))
        if begun and time_s >= begun[-1].peak_s - PLATEAU_S / 2:
            lines.append((f"end range {_degrees(begun[-1].peak_deg)}", GREEN if self._at_end_range(index) else None))
        return lines


def _left_is_fuller(poses: PoseSequence) -> bool:
    """Whether the client is more often in the upper left of the picture, where the panel would be, than in the upper right."""
    width, height = poses.image_size
    with np.errstate(invalid="ignore"):
        x = poses.xy[..., 0][poses.xy[..., 1] < 0.3 * height]
    return bool((x < 0.45 * width).sum() > (x > 0.55 * width).sum())


def _degrees(angle_deg: float) -> str:
    value = round(angle_deg)
    return f"\N{MINUS SIGN}{-value}°" if value < 0 else f"{value}°"


def _unit(direction_deg: float) -> Floats:
    return np.array([np.cos(np.radians(direction_deg)), np.sin(np.radians(direction_deg))])


def _arc_points(centre: Floats, radius: float, zero_deg: float, sweep_deg: float) -> Floats:
    """(point, 2) pixels of an arc, at least one point every 3 degrees, both ends included."""
    directions = zero_deg + np.linspace(0, sweep_deg, max(2, int(abs(sweep_deg) / 3) + 2))
    return np.asarray(centre + radius * np.stack([np.cos(np.radians(directions)), np.sin(np.radians(directions))], axis=1))


def _fixed(points: Floats) -> NDArray[np.int32]:
    return np.asarray(np.round(np.clip(points, -10_000, 10_000) * 2**_BITS), dtype=np.int32)


def _polyline(image: Image, points: Floats, colour: Colour, width: int) -> None:
    """A line with a light border, so that it shows on any picture."""
    for ink, wide in ((WHITE, width + 2 * max(1, width // 2)), (colour, width)):
        cv2.polylines(image, [_fixed(points)[:, None]], False, ink, wide, cv2.LINE_AA, _BITS)


def _line(image: Image, a: Floats, b: Floats, colour: Colour, width: int) -> None:
    _polyline(image, np.stack([a, b]), colour, width)


def _dashed_line(image: Image, a: Floats, b: Floats, colour: Colour, width: int) -> None:
    dashes = max(1, round(float(np.linalg.norm(b - a)) / (10 * width)))
    for dash in range(dashes):
        begin, end = dash / dashes, (dash + 0.55) / dashes
        _line(image, a + begin * (b - a), a + end * (b - a), colour, width)


def _dot(image: Image, centre: Floats, colour: Colour, radius: int) -> None:
    place = _fixed(centre)
    for ink, size in ((WHITE, radius + max(1, radius // 3)), (colour, radius)):
        cv2.circle(image, (int(place[0]), int(place[1])), size << _BITS, ink, cv2.FILLED, cv2.LINE_AA, _BITS)


def _wedge(image: Image, outline: Floats, colour: Colour) -> None:
    height, width = image.shape[:2]
    left, top = np.clip(np.floor(outline.min(axis=0)).astype(int), 0, [width, height])
    right, bottom = np.clip(np.ceil(outline.max(axis=0)).astype(int) + 1, 0, [width, height])
    part = image[top:bottom, left:right]
    if part.size:
        filled = part.copy()
        cv2.fillPoly(filled, [_fixed(outline - np.array([left, top]))[:, None]], colour, cv2.LINE_AA, _BITS)
        part[:] = cv2.addWeighted(filled, 0.45, part, 0.55, 0)


@lru_cache(maxsize=512)
def _lettering(words: str, size_px: int) -> tuple[Floats, Floats]:
    """(height, width, 1) opacity of the letters, and of the letters with their border.

    In the font that comes with matplotlib: OpenCV's own letters have no degree sign and nothing beyond ASCII.
    """
    import matplotlib
    from PIL import Image as Picture
    from PIL import ImageDraw, ImageFont

    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans-Bold.ttf", size_px)
    border = max(1, size_px // 10)
    ascent, descent = font.getmetrics()
    size = (int(font.getlength(words)) + 2 * border + 1, ascent + descent + 2 * border)
    opacities = []
    for stroke in (0, border):
        mask = Picture.new("L", size)
        ImageDraw.Draw(mask).text((border, border), words, fill=255, font=font, stroke_width=stroke, anchor="la")
        opacities.append(np.asarray(mask, dtype=np.float32)[..., None] / 255)
    return opacities[0], opacities[1]


def _write_beyond(image: Image, words: str, centre: Floats, radius: float, direction: Floats, size_px: int) -> None:
    """Dark letters with a light border just outside a circle, moved into the picture where they would leave it."""
    letters, bordered = _lettering(words, size_px)
    height, width = letters.shape[:2]
    distance = radius + 0.4 * size_px + abs(direction[0]) * width / 2 + abs(direction[1]) * height / 2
    middle = centre + distance * direction
    left = int(np.clip(middle[0] - width / 2, 0, max(image.shape[1] - width, 0)))
    top = int(np.clip(middle[1] - height / 2, 0, max(image.shape[0] - height, 0)))
    part = image[top : top + height, left : left + width]
    shown = np.s_[: part.shape[0], : part.shape[1]]
    light = part * (1 - bordered[shown]) + 255 * bordered[shown]
    part[:] = (light * (1 - letters[shown])).astype(np.uint8)


def _write_panel(image: Image, lines: list[Line], size_px: int, *, right: bool = False, below: bool = False) -> None:
    """Light letters on a dark ground in a corner of the picture."""
    letterings = [_lettering(words, size_px)[0] for words, _ in lines]
    pad, margin = size_px // 3, size_px // 2
    width = max(letters.shape[1] for letters in letterings) + 2 * pad
    height = sum(letters.shape[0] for letters in letterings) + 2 * pad
    x = max(0, image.shape[1] - width - margin) if right else margin
    y = max(0, image.shape[0] - height - margin) if below else margin
    ground = image[y : y + height, x : x + width]
    ground[:] = (ground * 0.3).astype(np.uint8)
    y += pad
    for letters, (_, behind) in zip(letterings, lines, strict=True):
        part = image[y : y + letters.shape[0], x + pad : x + pad + letters.shape[1]]
        shown = letters[: part.shape[0], : part.shape[1]]
        if behind is not None:
            part[:] = behind
        part[:] = (part * (1 - shown) + 255 * shown).astype(np.uint8)
        y += letters.shape[0]


def _wrapped(words: str, width_px: int, size_px: int) -> list[Line]:
    return [(line, None) for line in textwrap.wrap(words, max(10, int((width_px - 2 * size_px) / (0.68 * size_px))))]
