"""Why a recording gave no number, or a less certain one, as a client understands it: the flags of a measurement in plain words.

The flags themselves speak to the therapist (which file, which option); the longer report quotes them as they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from rom_tracker.analysis.flag import Flag, Severity
from rom_tracker.i18n import N_, Translator
from rom_tracker.movements import load_catalogue

_NOT_SEEN = N_("A part of the body that the measurement needs was not seen well enough.")
_NOT_ALIKE = N_("Before and after were not measured in quite the same way.")
_OTHER = N_("Another side or another movement than the one asked for seems to be in the recording.")
_CAMERA = N_("The camera did not stand square to the movement.")
_BESIDE = N_("Other parts of the body moved along with the joint.")
_PERSON = N_("Several people were in the picture.")

#: By the code of the flag.
REASONS: dict[str, str] = {
    "no_person": N_("Nobody was found in the picture."),
    **dict.fromkeys(
        ("joint_not_seen", "hand_not_seen", "face_not_seen", "end_range_not_seen", "face_lost", "hidden_joint", "frames_lost",
         "joints_unsure", "body_not_seen", "trunk_not_seen", "small_face", "compensation_not_seen"), _NOT_SEEN
    ),
    "no_movement": N_("No whole repetition of the movement was found."),
    **dict.fromkeys(("few_frames", "cut_off"), N_("The recording is too short or was cut off.")),
    "low_frame_rate": N_("The camera took few pictures per second, so a short end position may be missed."),
    **dict.fromkeys(("other_direction", "wrong_side"), _OTHER),
    **dict.fromkeys(("view", "far_side", "unsure_facing", "no_fit"), _CAMERA),
    "walking": N_("The recording shows walking, not the movement asked for."),
    "implausible": N_("The joints could not be found reliably."),
    "trunk_moved": _BESIDE,
    "posture": N_("The starting position was not the one the movement needs."),
    "small_range": N_("The movement was small, about as small as the measuring error."),
    **dict.fromkeys(("other_view", "different_view"), N_("Camera and client did not stand at the same places before and after.")),
    "different_start": N_("The starting positions before and after differ."),
    "same_recording": N_("Before and after are one and the same recording."),
    **dict.fromkeys(("different_geometry", "different_zero", "different_model", "different_lens", "different_look"), _NOT_ALIKE),
    "one_repetition": N_("Only one repetition could be counted."),
    "uneven_repetitions": N_("The repetitions differ a lot from each other."),
    "partial_repetition": N_("Some repetitions were not complete and are not counted."),
    "several_people": _PERSON,
}  # fmt: skip

#: For flags that this table does not know.
_SOMETHING = N_("The recording was not as good as the measurement needs it.")


def reasons(_: Translator, flags: Iterable[Flag], severity: Severity) -> list[str]:
    """Those of one severity in plain words, each once, in the order of the flags."""
    beside = {compensation.key for movement in load_catalogue().movements.values() for compensation in movement.compensations}
    found = [REASONS.get(flag.code, _BESIDE if flag.code in beside else _SOMETHING) for flag in flags if flag.severity == severity]
    return [_(text) for text in dict.fromkeys(found)]
