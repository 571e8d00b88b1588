"""What a flag says to the therapist, in the language of the page: what was seen, and what to do about it.

The measuring core writes its flags in English, with numbers. In English they are shown as they are, save where they speak of
options of the command line. There, and in other languages, they are told by their code: the reason, as the client's page tells it
(:mod:`rom_tracker.report.reasons`), and the advice.
"""

from __future__ import annotations

from collections.abc import Iterable

from rom_tracker.analysis.flag import Flag, Severity
from rom_tracker.i18n import N_, Translator
from rom_tracker.movements import load_catalogue
from rom_tracker.report.reasons import REASONS, reason_for

_IN_PICTURE = N_("Keep the whole limb in the picture, in good light, and record again.")
_SQUARE = N_("Set the camera square to the movement, at the height of the joint, as the picture of the movement shows.")
_ALIKE = N_("Film both in the same way, with camera and client at the same places.")
_WATCH = N_("Draw the joints over the video and look whether they are where they belong.")
_NEARER = N_("Bring the camera nearer.")
_LIGHT = N_("Switch on a light, and let the client wear what differs from the wall.")
_AGAIN = N_("Look whether the movement and the side are the ones you chose, or record again.")

#: What to do about a flag, by its code.
ADVICE: dict[str, str] = {
    **dict.fromkeys(
        ("no_person", "joint_not_seen", "hand_not_seen", "face_not_seen", "end_range_not_seen", "face_lost", "hidden_joint",
         "frames_lost", "body_not_seen"), _IN_PICTURE
    ),
    "trunk_not_seen": N_("Show the client from the head to the hips."),
    "compensation_not_seen": N_("Look yourself whether other parts of the body moved along."),
    **dict.fromkeys(("joints_unsure", "implausible", "uneven_repetitions", "legs_exchanged", "above_passive"), _WATCH),
    **dict.fromkeys(("small_face", "small_in_picture", "far_away"), _NEARER),
    **dict.fromkeys(("no_movement", "small_range", "other_direction", "wrong_side"), _AGAIN),
    "few_frames": N_("Record the whole movement."),
    "cut_off": N_("What is there was measured. Record again if repetitions are missing."),
    **dict.fromkeys(
        ("low_frame_rate", "frame_gap"), N_("Let the client move slowly and hold the end range; close other programs, add light.")
    ),
    **dict.fromkeys(("view", "unsure_facing", "no_fit"), _SQUARE),
    "far_side": N_("Let the client turn round, so that the measured side faces the camera."),
    "walking": N_("Let the client stay at one place."),
    "trunk_moved": N_("Let the client keep the trunk still, or choose the trunk's movement."),
    "posture": N_("Let the client start as the picture of the movement shows."),
    **dict.fromkeys(("other_view", "different_view", "different_geometry", "other_zero", "different_look",
                     "different_model"), _ALIKE),
    "different_start": N_("Let the client start from the same position both times."),
    "same_recording": N_("Choose another file for one of the two."),
    "different_lens": N_("Measure both again, below under Corrections."),
    **dict.fromkeys(
        ("one_repetition", "two_repetitions"), N_("Three to five repetitions make the result more certain.")
    ),
    "partial_repetition": N_("Let the client go all the way and come back to rest each time."),
    "several_people": N_("If somebody else was measured, click on the client below, under Corrections; or let the others leave."),
    "limb_across_somebody": N_("Let everybody else stand out of the limb's reach, and record again."),
    "hand_on_limb": N_("Let the client move without help; those repetitions are not counted."),
    "camera_rolled": N_("Set the camera level."),
    **dict.fromkeys(("low_contrast", "noisy_picture"), _LIGHT),
    "too_bright": N_("Close the curtain, or turn away from the lamp."),
    "lens_unknown": N_("Let the client stand in the middle of the picture, or measure the lens once, under Calibration."),
}  # fmt: skip

#: Flags whose words begin with the recording they are about.
_WHOSE = {"Before: ": N_("Before"), "After: ": N_("After")}


def flag_words(_: Translator, flag: Flag) -> str:
    """A flag in the language of the page.

    Examples
    --------
    >>> from rom_tracker.i18n import translator
    >>> flag_words(translator("de"), Flag("two_repetitions", "Before: Two repetitions were found; ...", "note"))
    'Vorher: Nur zwei Wiederholungen konnten gezählt werden. Drei bis fünf Wiederholungen machen das Ergebnis sicherer.'
    """
    if _.language == "en" and "--" not in flag.message and "`" not in flag.message:
        return flag.message
    said = _said(_, flag)
    whose = next((f"{_(words)}: " for start, words in _WHOSE.items() if flag.message.startswith(start)), "")
    return whose + said if said else ""


def lines_of(_: Translator, flags: Iterable[Flag], gravity: tuple[Severity, ...]) -> list[tuple[Severity, str]]:
    """Severity and words of flags, gravest first, each once."""
    found = dict.fromkeys((flag.severity, flag_words(_, flag)) for flag in flags)
    return sorted((line for line in found if line[1]), key=lambda line: gravity.index(line[0]))


def _said(_: Translator, flag: Flag) -> str:
    """By the code alone; nothing for a note that there are no words for."""
    for movement in load_catalogue().movements.values():
        for one in movement.compensations:
            if one.key == flag.code:
                return f"{_(one.title)}. {_(one.advice)}"
    if flag.severity == "note" and flag.code not in REASONS:
        return ""
    advice = ADVICE.get(flag.code)
    return f"{_(reason_for(flag.code))} {_(advice)}" if advice else _(reason_for(flag.code))
