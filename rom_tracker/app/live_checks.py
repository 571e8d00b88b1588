"""What is right and what is not yet, told before the recording: a few seconds of landmarks in, words with a tick out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.i18n import N_
from rom_tracker.landmarks import LANDMARKS, Side, is_of_the_hand, locate
from rom_tracker.movements import Movement
from rom_tracker.pose.sequence import PosePasses
from rom_tracker.pose.view import BodyView

# Stricter than the limits of a measurement (rom_tracker/analysis/checks.py and seeing.py): before anything is recorded a better
# set-up costs nothing.

#: A trunk of less than this share of the picture's height is too small, of more than the second too near.
SMALLEST_TRUNK, LARGEST_TRUNK = 0.14, 0.55

#: A landmark that the model calls visible with less than this is hidden.
LEAST_VISIBLE = 0.5

#: Mean brightness about the client, 0 to 255.
DARKEST, BRIGHTEST = 55.0, 225.0

#: Out of the movement's plane by more than this: turn a little.
OFF_PLANE_DEG = 15.0

#: A standing trunk that leans more than this, or a camera that is not level.
LEVEL_WITHIN_DEG = 6.0

#: A set-up differs from an earlier one where the trunk in the picture is larger or smaller by this share, lies higher or lower by
#: this share of the picture's height, or the body is turned by so many degrees.
SIZE_APART, HEIGHT_APART, VIEW_APART_DEG = 0.15, 0.08, 12.0

_ = N_


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes
    ----------
    key : str
    title : str
        What is right when it is, in English: translated where it is shown.
    ok : bool
    advice : str
        What to do where it is not; may hold ``{n}``.
    number : float or None
        For ``{n}``.
    """

    key: str
    title: str
    ok: bool
    advice: str = ""
    number: float | None = None

    def words(self, _: Callable[[str], str]) -> dict[str, str | bool]:
        """For the page, in its language."""
        advice = _(self.advice) if self.advice else ""
        if self.number is not None:
            advice = advice.format(n=f"{self.number:.0f}")
        return {"key": self.key, "title": _(self.title), "ok": self.ok, "advice": "" if self.ok else advice}


@dataclass(frozen=True)
class SetUp:
    """Where the client stands, to be found again.

    Attributes
    ----------
    trunk : float
        Length of the trunk, as a share of the picture's height: how far away the client is.
    x, y : float
        Middle of the hips, as shares of the picture's width and height: how high the camera is.
    yaw_deg : float
        Which way the body faces (:class:`rom_tracker.pose.view.BodyView`).
    """

    trunk: float
    x: float
    y: float
    yaw_deg: float


def setup_of(passes: PosePasses, view: BodyView) -> SetUp | None:
    """Where the client stood during the frames given; None where the trunk is not seen."""
    width, height = passes.as_filmed.image_size
    shoulders, hips = (passes.as_filmed.point(name, "left") for name in ("mid_shoulder", "mid_hip"))
    trunk = np.linalg.norm(shoulders - hips, axis=1)
    if not np.isfinite(trunk).any():
        return None
    x, y = np.nanmedian(hips, axis=0)
    return SetUp(float(np.nanmedian(trunk)) / height, float(x) / width, float(y) / height, view.yaw_deg)


def checks(
    passes: PosePasses, view: BodyView | None, movement: Movement, side: Side, image: NDArray[np.uint8], people: int, chosen: bool
) -> tuple[Check, ...]:
    """Everything to look at before recording, the most important first.

    Parameters
    ----------
    passes : PosePasses
        The last seconds.
    view : BodyView or None
        How the body stands; None where nobody is found.
    movement, side
    image : (height, width, 3) uint8
        The last picture.
    people : int
        How many are in it.
    chosen : bool
        Whether the client was clicked on.
    """
    seen = view is not None and bool(passes.person_found[-3:].any())
    person = Check("person", _("The client is in the picture"), seen, _("Nobody is seen. Step into the picture."))
    if not seen or view is None:
        return (person,)
    alone = people < 2 or chosen
    return (
        person,
        Check("alone", _("It is clear who the client is"), alone, _("{n} people are in the picture. Click on the client."), people),
        _whole_limb(passes, movement, side),
        _size(passes),
        _light(passes, image),
        _side(view, movement, side),
        _plane(view, movement),
        *_level(passes, view, movement),
    )


def compared(now: SetUp, then: SetUp) -> tuple[Check, ...]:
    """The set-up held against an earlier one of the same movement."""
    size = now.trunk / then.trunk - 1
    up = then.y - now.y
    turned = abs((now.yaw_deg - then.yaw_deg + 180) % 360 - 180)
    distance = _("Move the camera back: the client is {n} % larger than last time.") if size > 0 else _(
        "Move the camera nearer: the client is {n} % smaller than last time."
    )  # fmt: skip
    height = _("Raise the camera: the client is {n} % of the picture higher than last time.") if up > 0 else _(
        "Lower the camera: the client is {n} % of the picture lower than last time."
    )  # fmt: skip
    return (
        Check("distance", _("The distance is as last time"), abs(size) <= SIZE_APART, distance, 100 * abs(size)),
        Check("height", _("The height is as last time"), abs(up) <= HEIGHT_APART, height, 100 * abs(up)),
        Check(
            "turned", _("The view is as last time"), turned <= VIEW_APART_DEG,
            _("The client is turned by {n} degrees from last time."), turned,
        ),
    )  # fmt: skip


def _whole_limb(passes: PosePasses, movement: Movement, side: Side) -> Check:
    names = [name for name in movement.points if not is_of_the_hand(name)]
    names += ["mid_shoulder", "nose"] if movement.instrument == "face" else []
    names += ["wrist", "elbow"] if movement.instrument == "hand" else []
    marks = sorted({mark for name in names for mark in locate(name, side) if mark < len(LANDMARKS)})
    width, height = passes.as_filmed.image_size
    xy = np.nanmedian(passes.as_filmed.xy[-10:, marks], axis=0)
    inside = ((xy >= 0) & (xy < (width, height))).all(axis=1)
    hidden = np.median(passes.as_filmed.visibility[-10:, marks], axis=0) < LEAST_VISIBLE
    return Check(
        "limb", _("The whole limb is in the picture"), bool(inside.all() and not hidden.any()),
        _("A part of the limb is outside the picture or hidden. Step back, or move what hides it."),
    )  # fmt: skip


def _size(passes: PosePasses) -> Check:
    share = float(np.nanmedian(passes.as_filmed.trunk_px)) / max(passes.as_filmed.image_size[1], 1)
    far = _("The client is too small in the picture. Come nearer.")
    near = _("The client is too near. Step back, so that the movement has room.")
    return Check("size", _("The client is large enough"), SMALLEST_TRUNK <= share <= LARGEST_TRUNK, far if share < 0.3 else near)


def _light(passes: PosePasses, image: NDArray[np.uint8]) -> Check:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    xy = passes.as_filmed.xy[passes.person_found][-1]
    (left, top), (right, bottom) = np.nanmin(xy, axis=0).astype(int), np.nanmax(xy, axis=0).astype(int)
    part = grey[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
    mean = float(part.mean()) if part.size else float(grey.mean())
    dark = _("It is too dark. Switch on a light, or turn away from the window.")
    bright = _("It is too bright. Close the curtain, or turn away from the lamp.")
    return Check("light", _("The light is good"), DARKEST <= mean <= BRIGHTEST, dark if mean < DARKEST else bright)


def _side(view: BodyView, movement: Movement, side: Side) -> Check:
    if movement.camera == "side":
        advice = _("Turn round: the left side belongs towards the camera.") if side == "left" else _(
            "Turn round: the right side belongs towards the camera."
        )  # fmt: skip
        return Check("side", _("The tested side is towards the camera"), not movement.sided or view.near_side() == side, advice)
    faces = abs(view.yaw_deg) <= 90 or bool(view.lies_deg)
    return Check("side", _("The client faces the camera"), faces, _("Turn round: the client should face the camera."))


def _plane(view: BodyView, movement: Movement) -> Check:
    off = view.off_plane_deg(movement)
    title = _("The camera looks from the right direction")
    return Check(
        "plane", title, off <= OFF_PLANE_DEG, _("The view is off by {n} degrees. Turn the client or move the camera."), off
    )


def _level(passes: PosePasses, view: BodyView, movement: Movement) -> tuple[Check, ...]:
    """The lean of an upright trunk in the picture: a camera that is not level, or a client who does not stand straight."""
    if view.lies_deg or movement.posture.lies is not None:
        return ()
    trunk = passes.as_filmed.trunk
    lean = float(np.degrees(np.arctan2(np.nanmedian(trunk[:, 0]), -np.nanmedian(trunk[:, 1]))))
    advice = _("The picture or the client leans by {n} degrees. Set the camera level; let the client be upright.")
    return (Check("level", _("The camera is level"), abs(lean) <= LEVEL_WITHIN_DEG, advice, abs(lean)),)
