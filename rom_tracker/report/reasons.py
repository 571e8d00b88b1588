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
    **dict.fromkeys(("view", "unsure_facing", "no_fit"), _CAMERA),
    "far_side": N_("The measured side was away from the camera and partly hidden."),
    "walking": N_("The recording shows walking, not the movement asked for."),
    "implausible": N_("The joints could not be found reliably."),
    "trunk_moved": _BESIDE,
    "posture": N_("The starting position was not the one the movement needs."),
    "small_range": N_("The movement was small, about as small as the measuring error."),
    **dict.fromkeys(("other_view", "different_view"), N_("Camera and client did not stand at the same places before and after.")),
    "different_start": N_("The starting positions before and after differ."),
    "same_recording": N_("Before and after are one and the same recording."),
    **dict.fromkeys(("different_geometry", "different_model", "different_lens", "different_look"), _NOT_ALIKE),
    "one_repetition": N_("Only one repetition could be counted."),
    "uneven_repetitions": N_("The repetitions differ a lot from each other."),
    "partial_repetition": N_("Some repetitions were not complete and are not counted."),
    "several_people": _PERSON,
    "limb_across_somebody": N_("The limb crossed somebody else in the picture, whose joints may have been taken for the client's."),
    "hand_on_limb": N_("Somebody else's hand lay on the moving limb."),
    "two_repetitions": N_("Only two repetitions could be counted."),
    "legs_exchanged": N_("Left and right leg had to be told apart by which of them stood still."),
    "borrowed_error": N_("This movement was never checked against known angles, so its error is a cautious guess."),
    "other_model": N_("The joints were found in another way than the one whose error is known."),
    "other_zero": _NOT_ALIKE,
    "camera_rolled": N_("The camera was not level."),
    **dict.fromkeys(("small_in_picture", "far_away"), N_("The client was small in the picture.")),
    "low_contrast": N_("The client stands out little from the background."),
    "noisy_picture": N_("The picture is grainy; there was little light."),
    "too_bright": N_("The picture is too bright."),
    "frame_gap": N_("For a moment the camera took no pictures."),
    "lens_unknown": N_("The camera's lens is not known; a wide one bends the picture."),
    "lens_undone": N_("The bending of the camera's lens was undone."),
    "repetition_dropped": N_("The therapist left out a repetition."),
    "part_chosen": N_("The therapist chose the part of the recording that was measured."),
    "above_passive": N_("The end range lies above how far an examiner usually moves this joint."),
}  # fmt: skip

#: For flags that this table does not know.
_SOMETHING = N_("The recording was not as good as the measurement needs it.")


def reasons(_: Translator, flags: Iterable[Flag], severity: Severity) -> list[str]:
    """Those of one severity in plain words, each once, in the order of the flags."""
    return [_(text) for text in dict.fromkeys(reason_for(flag.code) for flag in flags if flag.severity == severity)]


def reason_for(code: str) -> str:
    """The reason that a flag's code stands for, in English: translated where it is shown."""
    beside = {compensation.key for movement in load_catalogue().movements.values() for compensation in movement.compensations}
    return REASONS.get(code, _BESIDE if code in beside else _SOMETHING)
