"""Draws one frame of a recording over: skeleton, arc, value and what is to be said, each where it hides nothing."""

from __future__ import annotations

import cv2
import numpy as np

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.repetitions import PLATEAU_S, on_plateau
from rom_tracker.landmarks import BONES, INDEX, point_of
from rom_tracker.movements import Segment
from rom_tracker.overlay.arcs import angle_arcs, axes_to_camera, head_arcs
from rom_tracker.overlay.drawing import (
    BLACK,
    BLUE,
    DARK,
    GREEN,
    VERMILLION,
    YELLOW,
    Box,
    Image,
    Line,
    arc_points,
    box_beyond,
    dashed_line,
    dot,
    line,
    panel_size,
    polyline,
    unit,
    wedge,
    wrapped,
    write,
    write_panel,
)
from rom_tracker.overlay.face_cover import FaceCover
from rom_tracker.overlay.head_dial import HeadDial
from rom_tracker.overlay.places import (
    CORNERS,
    LEAST_VISIBLE,
    TOP,
    WAYS,
    Corner,
    body_points,
    corner_box,
    emptiest_corner,
    hit,
    sampled_frames,
)
from rom_tracker.pose.sequence import Floats

#: Length of the zero line and radius of the arc, as shares of the moving segment; those of the head reach out of the face.
ZERO_LINE_SHARE, RADIUS_SHARE = 0.75, 0.45
HEAD_ZERO_LINE_SHARE, HEAD_RADIUS_SHARE = 1.0, 0.8

#: Side of the small picture of the head's turn, as a share of the picture's shorter edge.
DIAL_SHARE = 0.36


def face_cover_of(measurement: RomMeasurement) -> FaceCover:
    """Where the client's head is in the recording of a measurement; all of the picture where nobody was found."""
    if measurement.merged is None:
        return FaceCover(np.full((len(measurement.angles), 2), np.nan), np.full(len(measurement.angles), np.nan))
    return FaceCover.of(measurement.merged.poses)


class Artist:
    """Draws the frames of one recording."""

    def __init__(self, measurement: RomMeasurement, scale: float, size: tuple[int, int], *, cover_face: bool = False) -> None:
        self.face = face_cover_of(measurement) if cover_face else None
        self.measurement, self.scale, self.size = measurement, scale, size
        self.pen = max(1, round(min(size) / 300))
        self.text_px = max(12, round(min(size) / 22))
        self.reason = " ".join(flag.message for flag in measurement.flags if flag.severity == "refused")
        scored = () if measurement.verdict == "refused" else measurement.repetitions.scored
        self.at_end_range = on_plateau(measurement.angles.time_s, scored)
        usual = measurement.angles.angle_deg[np.isfinite(measurement.angles.angle_deg)]
        self.counts_down = bool(len(usual)) and float(np.median(usual)) < 0
        self.of_the_head = measurement.movement.instrument == "face"
        self.poses, self.arcs, self.dial = None, None, None
        if measurement.merged is not None and measurement.view is not None:
            filmed = measurement.merged.poses.filmed_xy
            self.poses = measurement.merged.poses.replaced(xy=filmed, lens=None)
            if self.of_the_head:
                self.arcs = head_arcs(measurement, self.poses)
                self.dial = HeadDial.of(measurement.movement, measurement.side) if self.arcs is None else None
            else:
                angle_deg = measurement.angles.angle_deg
                self.arcs = angle_arcs(self.poses, measurement.movement, measurement.side, measurement.view, angle_deg)
        self.label_way = WAYS[0]
        self.panel_corner: Corner = TOP[0]
        self.dial_box: Box | None = None
        if self.poses is not None:
            self._find_places()

    def _find_places(self) -> None:
        """Decide where the value, the panel and the small picture stand, so that they hide little in all of the recording."""
        assert self.poses is not None
        frames = sampled_frames(len(self.poses))
        points = np.concatenate([body_points(self.poses, frames), *self._lines_of_the_angle(frames)], axis=1) * self.scale
        words = {}
        for way in WAYS:
            self.label_way = way
            words[way] = np.array([self._label_box(i) or (np.nan,) * 4 for i in frames], dtype=np.float64)
        self.label_way = min(WAYS, key=lambda way: hit(words[way], points))
        margin = self.text_px // 2
        panels = [lines for i in range(len(self.poses)) if (lines := self._lines(i, float(self.measurement.angles.angle_deg[i])))]
        sizes = np.array([panel_size(lines, self.text_px) for lines in panels] or [(0, 0)])
        widest = int(sizes[:, 0].max()), int(sizes[:, 1].max())
        free = TOP if self.reason else CORNERS
        boxes = {corner: corner_box(corner, widest, self.size, margin) for corner in free}
        self.panel_corner = emptiest_corner(boxes, points, words[self.label_way])
        if self.dial is not None:
            side = round(DIAL_SHARE * min(self.size))
            boxes = {c: corner_box(c, (side, side), self.size, margin) for c in free if c != self.panel_corner}
            self.dial_box = boxes[emptiest_corner(boxes, points, np.empty((0, 4)))]

    def _lines_of_the_angle(self, frames: list[int]) -> list[Floats]:
        """(frame, point, 2) pixels of the recording on the line of zero and on the moving one; none where there is no arc."""
        if self.arcs is None:
            return []
        arcs, along = self.arcs, np.linspace(0, 1, 7)[:, None]
        ends = (arcs.zero_deg, arcs.zero_deg + arcs.sweep_deg)
        return [np.stack([arcs.centre[i] + along * arcs.length[i] * unit(end[i]) for i in frames]) for end in ends]

    def scaled(self, image: Image) -> Image:
        """The picture in the size of the overlay; all of it covered where the face is to be, since nobody was looked for in it."""
        if image.shape[1::-1] != self.size:
            image = np.asarray(cv2.resize(image, self.size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return image if self.face is None else np.full_like(image, cv2.mean(image)[:3])

    def drawn(self, image: Image, index: int, *, words: bool = True) -> Image:
        """A copy of the picture, scaled, with everything drawn over it; the angle over the panel, should no corner be free.

        Without ``words`` neither the panel nor the value is: for a page that has its own, in its own language.
        """
        width, height = self.size
        if image.shape[:2] != (height, width):
            image = np.asarray(cv2.resize(image, self.size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        image = image.copy()
        if self.face is not None:
            self.face.cover(image, index, self.scale)
        angle_deg = float(self.measurement.angles.angle_deg[index])
        if words and (lines := self._lines(index, angle_deg)):
            right, below = self.panel_corner.endswith("right"), self.panel_corner.startswith("bottom")
            write_panel(image, lines, self.text_px, right=right, below=below)
        if self.poses is not None and self.poses.person_found[index]:
            self._skeleton(image, index)
            if self.measurement.head is not None and self.dial is not None and np.isfinite(angle_deg):
                self._face(image, index)
        if self._has_arc(index):
            self._angle(image, index, angle_deg, value=words)
        if self.dial is not None and self.dial_box is not None and np.isfinite(angle_deg):
            self.dial.draw(
                image, self.dial_box, _degrees(angle_deg) if words else "", angle_deg, marked=bool(self.at_end_range[index])
            )
        if self.reason:
            write_panel(image, wrapped(self.reason, width, self.text_px * 3 // 4), self.text_px * 3 // 4, below=True)
        return image

    def _at(self, index: int, name: str) -> Floats:
        assert self.poses is not None
        return point_of(self.poses.xy[index], name, self.measurement.side) * self.scale

    def _skeleton(self, image: Image, index: int) -> None:
        assert self.poses is not None
        for a, b in BONES:
            if "nose" not in (a, b) and self.poses.visibility[index, [INDEX[a], INDEX[b]]].min() >= LEAST_VISIBLE:
                line(image, self._at(index, a), self._at(index, b), DARK, self.pen)

    def _face(self, image: Image, index: int) -> None:
        """Where the face looks, as seen by the camera."""
        measurement, poses = self.measurement, self.poses
        assert poses is not None
        assert measurement.head is not None
        assert measurement.view is not None
        forward = axes_to_camera(measurement.view.body.yaw_deg, measurement.side)["forward"]
        looks = (measurement.head[index] @ forward)[:2] * (1, -1)
        centre = self._at(index, "mid_ear")
        end = centre + looks * poses.trunk_px[index] / 2 * self.scale
        line(image, centre, end, GREEN if bool(self.at_end_range[index]) else VERMILLION, 3 * self.pen)
        dot(image, centre, VERMILLION, 3 * self.pen)

    def _has_arc(self, index: int) -> bool:
        return self.arcs is not None and bool(np.isfinite(self.arcs.sweep_deg[index] + self.arcs.length[index]))

    def _radius(self, index: int) -> float:
        assert self.arcs is not None
        share = HEAD_RADIUS_SHARE if self.of_the_head else RADIUS_SHARE
        return max(share * float(self.arcs.length[index]) * self.scale, 1.5 * self.text_px)

    def _angle(self, image: Image, index: int, angle_deg: float, *, value: bool) -> None:
        assert self.arcs is not None
        movement, pen, marked = self.measurement.movement, self.pen, bool(self.at_end_range[index])
        centre, length = self.arcs.centre[index] * self.scale, self.arcs.length[index] * self.scale
        zero_deg, sweep_deg = float(self.arcs.zero_deg[index]), float(self.arcs.sweep_deg[index])
        arc = arc_points(centre, self._radius(index), zero_deg, sweep_deg)
        wedge(image, np.vstack([centre, arc]), GREEN if marked else YELLOW)
        zero_share = HEAD_ZERO_LINE_SHARE if self.of_the_head else ZERO_LINE_SHARE
        dashed_line(image, centre, centre + zero_share * length * unit(zero_deg), BLACK, pen)
        if isinstance(movement.reference, Segment) and not self.of_the_head:
            start, end = movement.reference.points
            line(image, self._at(index, start), self._at(index, end), BLUE, 2 * pen)
        moving = GREEN if marked and self.of_the_head else VERMILLION
        line(image, centre, centre + length * unit(zero_deg + sweep_deg), moving, 3 * pen)
        polyline(image, arc, BLACK, pen + 1)
        dot(image, centre, VERMILLION, 3 * pen)
        box = self._label_box(index)
        if value and box is not None:
            write(image, _degrees(angle_deg), self._label_px, box)

    @property
    def _label_px(self) -> int:
        return round(1.3 * self.text_px)

    def _label_box(self, index: int) -> Box | None:
        """Where the value stands; None where there is none."""
        if not self._has_arc(index):
            return None
        assert self.arcs is not None
        angle_deg = float(self.measurement.angles.angle_deg[index])
        centre, zero_deg = self.arcs.centre[index] * self.scale, float(self.arcs.zero_deg[index])
        direction = unit(zero_deg + self.arcs.sense * self._label_angle_deg(angle_deg))
        return box_beyond(_degrees(angle_deg), self._label_px, centre, self._radius(index), direction, self.size)

    def _label_angle_deg(self, angle_deg: float) -> float:
        """Where the value stands, degrees of the movement from zero."""
        return -self.label_way(-angle_deg) if self.counts_down else self.label_way(angle_deg)

    def _lines(self, index: int, angle_deg: float) -> list[Line]:
        """Lines of the panel."""
        measurement, time_s = self.measurement, self.measurement.angles.time_s[index]
        held = measurement.hand_on is not None and bool(measurement.hand_on[index])
        lines: list[Line] = [] if np.isfinite(angle_deg) else [("hand on the limb" if held else "not seen", None)]
        if measurement.verdict == "refused":
            return [*lines, ("no result", None)]
        found = measurement.repetitions
        if any(r.start_s <= time_s <= r.end_s for r in found.partial):
            return [*lines, ("partial, not scored", None)]
        begun = [r for r in found.scored if r.start_s <= time_s]
        if begun:
            lines.append((f"repetition {len(begun)} of {len(found.scored)}", None))
        if begun and time_s >= begun[-1].peak_s - PLATEAU_S / 2:
            lines.append((f"end range {_degrees(begun[-1].peak_deg)}", GREEN if bool(self.at_end_range[index]) else None))
        return lines


def _degrees(angle_deg: float) -> str:
    value = round(angle_deg)
    return f"\N{MINUS SIGN}{-value}°" if value < 0 else f"{value}°"
