"""What the store keeps, as plain frozen values: nothing here is tied to a database.

Times are time-zone-aware and in UTC. Identifiers are random words of 32 hexadecimal digits; they say nothing about the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from rom_tracker.capture.recording import FrameTiming
from rom_tracker.errors import UsageError
from rom_tracker.landmarks import Side

if TYPE_CHECKING:
    from rom_tracker.analysis.comparison import ChangeVerdict

Sex = Literal["female", "male", "other"]
Moment = Literal["before", "after"]
Keep = Literal["video", "landmarks", "days"]
CorrectionKind = Literal["repetition dropped", "other person chosen", "part chosen", "number not used", "other"]

#: What a client can agree to, by its name in the records: the words are for the form that is shown.
CONSENT_PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "records": "My range of motion and my treatment sessions are kept on this computer.",
        "video": "The videos of my movements are kept, encrypted, on this computer.",
        "sharing": "My results may be given to my doctor or another therapist.",
        "research": "My results may be used without my name for research.",
    }
)

#: Years of birth that are taken; the oldest person on record lived to 122.
EARLIEST_BIRTH_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of a client's recordings once they are measured.

    Attributes
    ----------
    keep : {"video", "landmarks", "days"}
        The video, only angles and landmarks, or the video for ``days`` days; of a client who does not agree to ``"video"``, only
        angles and landmarks whatever stands here.
    days : int or None
        1 or more with ``"days"``, else None.
    """

    keep: Keep = "video"
    days: int | None = None

    def __post_init__(self) -> None:
        if self.keep not in ("video", "landmarks", "days"):
            raise UsageError(f'expected to keep "video", "landmarks" or "days", got "{self.keep}"')
        if (self.keep == "days") != (self.days is not None) or (self.days is not None and self.days < 1):
            raise UsageError(
                f"expected a number of days, 1 or more, where videos are kept for days and only there, got {self.days}"
            )


@dataclass(frozen=True, slots=True)
class Client:
    """A client.

    Attributes
    ----------
    id : str
    label : str
        A name, or whatever the therapist knows the client by.
    pseudonym : str
        A random code such as ``"C-7KQ2M9"``, in the place of the label wherever no name belongs.
    birth_year : int or None
    sex : {"female", "male", "other"} or None
    retention : Retention
    created_at : datetime
    """

    id: str
    label: str
    pseudonym: str
    birth_year: int | None
    sex: Sex | None
    retention: Retention
    created_at: datetime

    def age_on(self, day: date) -> int | None:
        """Age in years that the client reaches in the year of ``day``; None where the year of birth is not known."""
        return None if self.birth_year is None else day.year - self.birth_year


@dataclass(frozen=True, slots=True)
class ClientSummary:
    """A line of the list of clients: how many sessions, the latest one, and what the client agrees to at present."""

    client: Client
    sessions: int
    last_session_at: datetime | None
    consents: frozenset[str]


@dataclass(frozen=True, slots=True)
class Consent:
    """What a client agreed to, when, and when that was taken back; ``what`` is a key of :data:`CONSENT_PURPOSES` or own words."""

    id: str
    client_id: str
    what: str
    given_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether it was not taken back."""
        return self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class ScreeningAnswer:
    """The answer to one question about contraindications.

    Attributes
    ----------
    key : str
        Of the contraindication in ``protocols.toml``.
    asked : str
        The question's words as they were then.
    present : bool
        Whether the client has it.
    action : str
        What to do on a yes, as it was said then: ``"do not treat"`` or ``"ask a doctor first"``.
    note : str
        Of the therapist, such as what the doctor said.
    """

    key: str
    asked: str
    present: bool
    action: str
    note: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One treatment session, without its recordings.

    Attributes
    ----------
    id, client_id : str
    held_at : datetime
    therapist, complaint, muscle, protocol, notes : str
        Empty where not told; ``protocol`` is a key of ``protocols.toml``.
    side : {"left", "right"} or None
        The treated side.
    pain_before, pain_after : int or None
        Numeric rating scale, 0 no pain to 10 worst imaginable.
    next_steps : str
        What the client does until the next session, in words for the client.
    setup : mapping
        How camera and client stood, such as ``{"distance_m": 2.5, "height_m": 1.1}``.
    signed_at : datetime or None
    signed_by : str
        Who took responsibility for the results, and when; results of a session that nobody signed are preliminary.
    """

    id: str
    client_id: str
    held_at: datetime
    therapist: str = ""
    complaint: str = ""
    muscle: str = ""
    side: Side | None = None
    protocol: str = ""
    notes: str = ""
    pain_before: int | None = None
    pain_after: int | None = None
    next_steps: str = ""
    setup: Mapping[str, Any] = field(default_factory=dict)
    signed_at: datetime | None = None
    signed_by: str = ""

    @property
    def signed(self) -> bool:
        """Whether somebody took responsibility for its results."""
        return self.signed_at is not None


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of a movement.

    Attributes
    ----------
    id, session_id : str
    movement : str
        Key of the catalogue.
    side : {"left", "right"}
    moment : {"before", "after"}
        Before or after the treatment.
    recorded_at : datetime
    media_type : str
        Such as ``"video/webm"``.
    has_video : bool
        False once the video was dropped, or where there never was one.
    camera : str
    size : (width, height) or None
        Pixels.
    timing : FrameTiming or None
        Of the stored video, measured from the file: frames per second and the longest gap are in it.
    setup : mapping
        Set-up of this one recording, such as ``{"distance_m": 2.5, "height_m": 1.1, "off_plane_deg": 6.0}``.
    """

    id: str
    session_id: str
    movement: str
    side: Side
    moment: Moment
    recorded_at: datetime
    media_type: str
    has_video: bool
    camera: str = ""
    size: tuple[int, int] | None = None
    timing: FrameTiming | None = None
    setup: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptMeasurement:
    """What was measured in one recording, as far as lists and charts need it.

    All of it, with the angle of every frame, comes from :meth:`~rom_tracker.store.measurements.Measurements.rom`.

    Attributes
    ----------
    id, recording_id : str
    measured_at : datetime
    movement, side
        As in the recording.
    verdict : {"ok", "caution", "refused"}
    start_deg, peak_deg, rom_deg : float or None
        Means over the scored repetitions in degrees; None where refused.
    interval_deg : (float, float) or None
        95 % interval of ``peak_deg``.
    repetitions : int
        Scored ones.
    model, version, smoothing : str
        Pose model, version of this program, and what was done to the angle.
    calibration : mapping or None
        The lens that was undone.
    sources : mapping
        Whatever else went into it, by name.
    current : bool
        False once the recording was measured again.
    """

    id: str
    recording_id: str
    measured_at: datetime
    movement: str
    side: Side
    verdict: str
    start_deg: float | None
    peak_deg: float | None
    rom_deg: float | None
    interval_deg: tuple[float, float] | None
    repetitions: int
    model: str
    version: str
    smoothing: str
    calibration: Mapping[str, Any] | None
    sources: Mapping[str, Any]
    current: bool


@dataclass(frozen=True, slots=True)
class KeptComparison:
    """A comparison of two measurements, in degrees; ``result`` is what ``Comparison.as_dict`` gave, without the measurements.

    Attributes
    ----------
    before_id, after_id : str
        Of the measurements.
    change_deg : float or None
    interval_deg : (float, float) or None
    detectable_deg : float or None
    verdict : {"improved", "no detectable change", "worse", "refused"}
    role : {"chosen beforehand", "exploratory"}
    current : bool
        False once one of its recordings was measured again, or the two were compared again.
    """

    id: str
    session_id: str
    before_id: str
    after_id: str
    compared_at: datetime
    movement: str
    side: Side
    change_deg: float | None
    interval_deg: tuple[float, float] | None
    detectable_deg: float | None
    verdict: str
    role: str
    result: Mapping[str, Any]
    current: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """What the therapist put right about a recording: who, when, what, and why."""

    id: str
    recording_id: str
    kind: CorrectionKind
    detail: Mapping[str, Any]
    reason: str
    corrected_at: datetime
    corrected_by: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session with all that belongs to it; measurements and comparisons oldest first."""

    session: Session
    answers: tuple[ScreeningAnswer, ...]
    recordings: tuple[Recording, ...]
    measurements: tuple[KeptMeasurement, ...]
    comparisons: tuple[KeptComparison, ...]
    corrections: tuple[Correction, ...]

    def current_measurements(self) -> tuple[KeptMeasurement, ...]:
        """The latest measurement of each recording."""
        return tuple(measurement for measurement in self.measurements if measurement.current)

    def current_comparisons(self) -> tuple[KeptComparison, ...]:
        """The latest comparison of each movement and side, by itself."""
        return tuple(comparison for comparison in self.comparisons if comparison.current)

    def judged_comparisons(self) -> tuple[KeptComparison, ...]:
        """The same, each with the verdict that it has among all of the session."""
        from rom_tracker.analysis.multiplicity import judge_together

        found = self.current_comparisons()
        judged = judge_together(
            [(cast("ChangeVerdict", one.verdict), one.result.get("p_value"), one.role == "chosen beforehand") for one in found]
        )
        return tuple(replace(one, verdict=verdict) for one, (verdict, _) in zip(found, judged, strict=True))

    def moment_of(self, measurement: KeptMeasurement) -> Moment:
        """Whether a measurement of this session is one before or after the treatment."""
        return next(recording.moment for recording in self.recordings if recording.id == measurement.recording_id)


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """Who did what when; ``client`` is a pseudonym, ``about`` an identifier. No entry holds a client's name."""

    number: int
    at: datetime
    who: str
    what: str
    client: str
    about: str


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasing a client took away."""

    pseudonym: str
    sessions: int
    recordings: int
    files: int


@dataclass(frozen=True, slots=True)
class Purged:
    """What applying the retention rules took away: videos, and how many bytes that freed."""

    videos: int
    freed_bytes: int
