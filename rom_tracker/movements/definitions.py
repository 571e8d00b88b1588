"""What the tables of ``movements.toml`` hold: segments, postures, compensations, movements; checked when they are made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

import pydantic

from rom_tracker.landmarks import Side, is_of_the_hand, locate

Direction = Literal[
    "up", "down", "forward", "backward", "outward", "inward", "distal", "palmar", "dorsal", "radial", "ulnar"
]  # fmt: skip
Camera = Literal["side", "front", "above"]

#: Directions that lie in the picture of a camera at the side of the body, or in front of it.
SEEN_FROM: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "side": frozenset({"up", "down", "forward", "backward"}),
        "front": frozenset({"up", "down", "outward", "inward"}),
    }
)

#: Directions that belong to the tested hand, however it is held.
HAND_DIRECTIONS = frozenset({"distal", "palmar", "dorsal", "radial", "ulnar"})

_OPPOSITE = {
    "up": "down", "forward": "backward", "outward": "inward", "palmar": "dorsal", "radial": "ulnar",
}  # fmt: skip

#: Measuring error of the least certain movement of the large joints, for those of which no recording with a known angle is at
#: hand: root mean square errors in degrees, and their degrees of freedom, people for the most part (calibration/README.md).
WIDEST_RESIDUAL_DEG = 7.2
WIDEST_RESIDUAL_PEOPLE = 11
WIDEST_CHANGE_RESIDUAL_DEG = 1.5
WIDEST_CHANGE_RESIDUAL_PEOPLE = 10

CHECKED = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _landmark(name: str) -> str:
    try:
        locate(name, "left")
    except KeyError:
        raise ValueError("no such landmark; the top of the built-in movements.toml lists them") from None
    return name


Landmark = Annotated[str, pydantic.AfterValidator(_landmark)]


class Segment(pydantic.BaseModel):
    """A line of the body from one landmark to another, or an axis of the head.

    Attributes
    ----------
    start, end : str or None
        Names as :func:`rom_tracker.landmarks.locate` takes them; ``from`` and ``to`` in the file. None for an axis of the head.
    of : "head" or None
        Set for an axis of the head, which is followed by the face and not by two landmarks.
    at_zero : str
        Where the segment points when the movement reads 0.
    """

    model_config = CHECKED

    start: Landmark | None = pydantic.Field(default=None, alias="from")
    end: Landmark | None = pydantic.Field(default=None, alias="to")
    of: Literal["head"] | None = None
    at_zero: Direction

    @pydantic.model_validator(mode="after")
    def _line_or_axis(self) -> Self:
        if (self.of is None) != (self.start is not None and self.end is not None) or (self.start is None) != (self.end is None):
            raise ValueError('expected either from and to, or of = "head"')
        return self

    @property
    def points(self) -> tuple[str, ...]:
        """Names of its two ends; none for an axis of the head."""
        return () if self.start is None or self.end is None else (self.start, self.end)


class Compensation(pydantic.BaseModel):
    """What people do instead of the movement, as an angle that is measured beside it; keys as in ``movements.toml``."""

    model_config = CHECKED

    key: str
    title: str
    moving: Segment
    reference: Segment | Literal["up"]
    counted: Literal["change", "angle"]
    expected_deg: float = 0.0
    limit_deg: float = pydantic.Field(gt=0)
    refused_deg: float | None = None
    depth: bool = False
    artefact_share: float = pydantic.Field(default=0.0, ge=0, lt=1)
    advice: str

    @pydantic.model_validator(mode="after")
    def _lines_of_the_body(self) -> Self:
        for segment in (self.moving, self.reference):
            if isinstance(segment, Segment) and (not segment.points or any(map(is_of_the_hand, segment.points))):
                raise ValueError(
                    "a compensation is measured between lines of the body, without hand_... points and axes of the head"
                )
        return self


class Posture(pydantic.BaseModel):
    """How the client is placed before the movement, for the pictures of it.

    Attributes
    ----------
    words : str
    lies : {"supine", "prone"} or None
        None where the trunk is upright.
    seated : bool
    tested, both : mapping
        Where the upper arm, forearm, thigh or shank of the tested side, or of both sides, points; down where not named.
    """

    model_config = CHECKED

    words: str
    lies: Literal["supine", "prone"] | None = None
    seated: bool = False
    tested: dict[Literal["upper_arm", "forearm", "thigh", "shank"], Direction] = pydantic.Field(default_factory=dict)
    both: dict[Literal["upper_arm", "forearm", "thigh", "shank"], Direction] = pydantic.Field(default_factory=dict)


class Unmeasurable(pydantic.BaseModel):
    """A movement that one camera cannot measure, and what to do instead."""

    model_config = CHECKED

    key: str
    title: str
    why: str
    instead: str
    source: str


class Movement(pydantic.BaseModel):
    """How one movement is measured; the keys are explained at the top of ``movements.toml``."""

    model_config = CHECKED

    key: str
    title: str
    joint: str
    plane: Literal["sagittal", "frontal", "transverse"]
    camera: Camera
    placement: str | None = None
    position: str = "standing"
    posture: Posture
    moving: Segment
    reference: Segment | Literal["up"]
    positive: Direction
    zero: Literal["anatomical", "start"]
    sided: bool = True
    limits_deg: tuple[float, float]
    better: Literal["larger", "smaller"]
    definition: str
    compensation: str
    compensations: tuple[Compensation, ...] = ()
    feasibility: Literal["good", "moderate", "poor"] = "moderate"
    feasibility_note: str = ""
    source: str
    evidence: Literal["own", "borrowed"] = "borrowed"
    residual_deg: float = pydantic.Field(default=WIDEST_RESIDUAL_DEG, gt=0)
    residual_people: int = pydantic.Field(default=WIDEST_RESIDUAL_PEOPLE, ge=2)
    change_residual_deg: float = pydantic.Field(default=WIDEST_CHANGE_RESIDUAL_DEG, gt=0)
    change_residual_people: int = pydantic.Field(default=WIDEST_CHANGE_RESIDUAL_PEOPLE, ge=2)
    offset_deg: float = 0.0
    offset_span_deg: float = pydantic.Field(default=90.0, gt=0)
    profile: Literal["body", "refused"] | None = None
    still: Literal["opposite_leg"] | None = None
    model: Literal["full", "heavy"] = "full"
    preferred_view: Literal["image_left", "image_right", "both"] | None = None

    @pydantic.field_validator("limits_deg", mode="before")
    @classmethod
    def _limits(cls, value: Any) -> Any:
        if isinstance(value, list):
            value = tuple(value)
        if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
            low, high = value
            if not low < high:
                raise ValueError("the lower limit comes first")
            if high - low >= 360:
                raise ValueError("the limits must lie less than 360 degrees apart")
        return value

    @pydantic.model_validator(mode="after")
    def _positive_turns(self) -> Self:
        axis = self.moving.at_zero
        if self.positive in (axis, _OPPOSITE.get(axis), _OPPOSITES.get(axis)):
            raise ValueError(f"positive = {self.positive!r} lies along the moving segment, which points {axis}")
        return self

    @pydantic.model_validator(mode="after")
    def _seen_from_the_camera(self) -> Self:
        if isinstance(self.reference, Segment) and self.reference.of == "head":
            raise ValueError("the head can be the moving segment only")
        if self.instrument == "face":
            return self._followed_by_the_face()
        directions = {self.moving.at_zero, self.reference_at_zero, self.positive}
        if directions & HAND_DIRECTIONS:
            alone = self.reference == "up" and self.zero == "start"  # As it is measured where no forearm is seen.
            if not alone and (not directions <= HAND_DIRECTIONS or self.moving.at_zero != self.reference_at_zero):
                raise ValueError("a movement of the hand is counted from where hand and forearm point the same way")
            return self
        hidden = sorted(directions - SEEN_FROM.get(self.camera, frozenset()))
        if hidden:
            raise ValueError(f"{' and '.join(hidden)} cannot be seen by a camera = {self.camera!r}")
        return self

    def _followed_by_the_face(self) -> Self:
        if self.camera != "front":
            raise ValueError(f"the head is followed by the face, which camera = {self.camera!r} does not see")
        if not isinstance(self.reference, Segment) or set(self.reference.points) != {"mid_hip", "mid_shoulder"}:
            raise ValueError('a movement of the head is measured against the trunk: expected reference = "torso"')
        if {self.moving.at_zero, self.positive} - {"up", "down", "forward", "backward", "outward", "inward"}:
            raise ValueError(f"the head does not move {self.positive} from where it points {self.moving.at_zero}")
        return self

    @property
    def reference_at_zero(self) -> Direction:
        """Where the reference points when the movement reads 0."""
        return "up" if self.reference == "up" else self.reference.at_zero

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the points that the angle is made of."""
        ends = [*self.moving.points, *(() if self.reference == "up" else self.reference.points)]
        return tuple(dict.fromkeys(ends))

    @property
    def instrument(self) -> Literal["body", "hand", "face"]:
        """Which of the models sees the moving segment best."""
        if self.moving.of == "head":
            return "face"
        return "hand" if any(is_of_the_hand(name) for name in self.points) else "body"

    def of_side(self, side: Side) -> str:
        """Its title with the tested side, for people; without it where left and right are the same movement."""
        return f"{self.title}, {side}" if self.sided else self.title

    @property
    def two_way(self) -> bool:
        """Whether the other side's movement is this one read backwards: a movement of trunk or head to the left or the right."""
        return self.sided and all(name.startswith("mid_") for name in self.points)

    @property
    def camera_words(self) -> str:
        """Where to put the camera, for people."""
        return self.placement or _PLACEMENT[self.camera]


_OPPOSITES: Mapping[str, str] = {far: near for near, far in _OPPOSITE.items()}

_PLACEMENT: Mapping[str, str] = {
    "side": "from the side, tested side towards the camera",
    "front": "from the front, client facing the camera",
    "above": "from above, looking straight down",
}
