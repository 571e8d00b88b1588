from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from recordings import Recording, filmed_faces, recorded
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.flag import Flag, verdict_of
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure, measure_poses
from rom_tracker.analysis.quality import file_flags, flags_of, small_range
from rom_tracker.capture import Part
from rom_tracker.errors import UnknownMovementError, UsageError
from rom_tracker.landmarks import INDEX
from rom_tracker.movements import load_catalogue
from rom_tracker.movements.mannequin import posed
from rom_tracker.pose import reading
from rom_tracker.pose.passes import MergedPasses, exchange_legs
from rom_tracker.pose.reading import Reading
from rom_tracker.pose.sequence import PosePasses, PoseSequence

CATALOGUE = load_catalogue()
KEYS = {
    "video", "movement", "side", "verdict", "flags", "start_deg", "peak_deg", "rom_deg", "interval_deg", "best_deg", "spread_deg",
    "best_rom_deg", "rom_spread_deg", "repetitions", "partial_repetitions", "compensations", "checks", "budget", "frames",
    "frames_looked_at", "part_s", "seconds", "view",
    "method",
}  # fmt: skip
REPETITION_KEYS = {
    "start_s", "hold_start_s", "peak_s", "hold_end_s", "end_s", "start_deg", "peak_deg", "rom_deg",
    "peak_velocity_deg_s", "smoothness",
}  # fmt: skip


def passes_of(
    peaks_deg, key="elbow_flexion", *, side="left", faces="image_left", yaw_deg=None, jitter_px=0.0, **timing
) -> PosePasses:
    time_s, angle_deg = repetitions_deg(peaks_deg, **timing)
    return stick_passes(key, side, angle_deg, time_s, faces=faces, yaw_deg=yaw_deg, jitter_px=jitter_px)


def measured(passes: PosePasses, key="elbow_flexion", side="left") -> RomMeasurement:
    return measure_poses(passes, CATALOGUE[key], side, video="clip.mp4")


def changed(passes: PosePasses, frames, *, xy=None, visibility=None, landmarks=slice(None)) -> PosePasses:
    """The passes with landmarks put elsewhere, or dimmed, in some frames; ``xy`` NaN is nobody."""

    def change(look: PoseSequence) -> PoseSequence:
        new_xy, new_visibility = look.xy.copy(), look.visibility.copy()
        rows = np.flatnonzero(np.broadcast_to(frames, len(look)))[:, None]
        columns = np.arange(33)[landmarks] if isinstance(landmarks, slice) else np.array(landmarks)
        if xy is not None:
            new_xy[rows, columns] = xy
        if visibility is not None:
            new_visibility[rows, columns] = visibility
        return look.replaced(xy=new_xy, visibility=new_visibility)

    return PosePasses(change(passes.as_filmed), change(passes.mirrored))


def cut(passes: PosePasses, keep) -> PosePasses:
    def change(look: PoseSequence) -> PoseSequence:
        return look.replaced(**{name: getattr(look, name)[keep] for name in ("time_s", "xy", "world", "visibility")})

    return PosePasses(change(passes.as_filmed), change(passes.mirrored))


WRIST = [INDEX["left_wrist"]]
GOOD = passes_of([120, 122, 121])
T = GOOD.time_s
LOST = {"xy": np.nan}
HOLDS = np.abs(T % 3.7 - 2.25) < 0.35


def test_a_good_recording_by_hand():
    m = measured(passes_of([120, 124, 122], rest_deg=10))
    assert (m.verdict, m.flags) == ("ok", ())
    assert (m.start_deg, m.peak_deg, m.rom_deg) == pytest.approx((10, 122, 112), abs=1)
    assert (m.best_deg, m.spread_deg) == pytest.approx((124, 2), abs=0.2)
    low, high = m.interval_deg
    assert (low + high) / 2 == pytest.approx(m.peak_deg)
    assert (high - low) / 2 == pytest.approx(m.budget.half_width_deg)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("key", [key for key, movement in CATALOGUE.movements.items() if movement.instrument == "body"])
def test_every_movement_of_the_body_is_measured_far_into_its_range(key, side):
    low, high = CATALOGUE[key].limits_deg
    rest, peak = (0, 0.7 * high) if high > 45 else (0.6 * low, 0.0)
    passes = passes_of([peak, peak + 2, peak + 1], key, side=side, faces=f"image_{side}", rest_deg=rest, jitter_px=0.5)
    m = measured(passes, key, side)
    assert m.verdict == "ok"
    assert [r.peak_deg for r in m.repetitions.scored] == pytest.approx([peak, peak + 2, peak + 1], abs=1.2)
    assert low < m.interval_deg[0] < m.peak_deg < m.interval_deg[1]


FLAGS = {
    "no_person": (changed(GOOD, True, **LOST), "refused"),
    "few_frames": (cut(GOOD, slice(0, 9)), "refused"),
    "low_frame_rate": (passes_of([120, 122, 121], fps=10), "caution"),
    "view": (passes_of([120, 122, 121], yaw_deg=-60.0), "caution"),
    "view far off": (passes_of([120, 122, 121], yaw_deg=0.0), "refused"),
    "far_side": (passes_of([120, 122, 121], faces="image_right"), "caution"),
    "end_range_not_seen": (changed(GOOD, (T > 1.4) & (T < 2.9), **LOST), "caution"),
    "end_range_not_seen at all": (cut(GOOD, T < 1.5), "refused"),
    "joint_not_seen": (changed(GOOD, True, xy=(-100, 300), landmarks=WRIST), "refused"),
    "no_movement": (passes_of([4, 4, 4]), "refused"),
    "one_repetition": (passes_of([120]), "caution"),
    "partial_repetition": (passes_of([120, 122, 50, 121]), "caution"),
    "uneven_repetitions": (passes_of([105, 120, 112]), "caution"),
    "frames_lost": (changed(GOOD, T > 9.5, **LOST), "caution"),
    "hidden_joint": (changed(GOOD, True, visibility=0.3, landmarks=WRIST), "caution"),
    "implausible": (passes_of([178, 179, 178]), "refused"),
}  # fmt: skip


@pytest.mark.parametrize("case", FLAGS)
def test_each_flag_has_its_case(case):
    passes, severity = FLAGS[case]
    m = measured(passes)
    found = {f.code: f for f in m.flags}
    code = case.split()[0]
    assert found[code].severity == severity
    assert m.verdict == severity
    assert found[code].message.endswith(".")
    assert "nan" not in found[code].message


def hidden(recording: Recording, frames: np.ndarray | bool) -> Recording:
    """The same with hand or face not found in some frames."""
    lost = np.broadcast_to(frames, len(recording.passes.time_s))

    def without(found):
        arrays = found.to_arrays()
        empty = {name: np.where(lost[:, None, None], np.nan, arrays[name]) for name in ("xyz", "world") if name in arrays}
        return replace(found, **empty)

    return replace(
        recording, hands=recording.hands and without(recording.hands), faces=recording.faces and without(recording.faces)
    )


def of_hand_or_head(key: str, **options) -> Recording:
    time_s, angle_deg = repetitions_deg([50, 52, 51])
    return recorded(key, "left", angle_deg, time_s, **options)


def rolled(recording: Recording, roll_deg: float) -> Recording:
    """The same with the hand, which lies level in the picture, turned about its length, so that palm or back shows."""
    cos, sin = np.cos(np.radians(roll_deg)), np.sin(np.radians(roll_deg))
    turn = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    xyz, world, wrist = recording.hands.xyz, recording.hands.world, recording.hands.xyz[..., :1, :]
    return replace(recording, hands=replace(recording.hands, xyz=(xyz - wrist) @ turn.T + wrist, world=world @ turn.T))


def close_up(recording: Recording) -> Recording:
    """The same with the hips below the edge of the picture."""
    passes = changed(recording.passes, True, xy=(320, 700), landmarks=[INDEX["left_hip"], INDEX["right_hip"]])
    return replace(recording, passes=passes)


def small_in_the_picture() -> Recording:
    recording, (time_s, angle_deg) = of_hand_or_head("neck_flexion"), repetitions_deg([50, 52, 51])
    return replace(recording, faces=filmed_faces(posed(recording.movement, "left", angle_deg), time_s, away_m=2.0))


WRIST_FLEXION, NECK_FLEXION, NECK_ROTATION = (of_hand_or_head(k) for k in ("wrist_flexion", "neck_flexion", "neck_rotation"))
FLAGS_OF_HAND_AND_HEAD = {
    "body_not_seen": (replace(WRIST_FLEXION, passes=changed(WRIST_FLEXION.passes, T % 1 < 0.3, **LOST)), "caution"),
    "hand_not_seen": (hidden(WRIST_FLEXION, T > 0.2), "refused"),
    "face_not_seen": (hidden(NECK_FLEXION, True), "refused"),
    "face_not_seen at the start": (hidden(NECK_FLEXION, T < 0.6), "refused"),
    "face_lost": (hidden(NECK_ROTATION, (T > 1.4) & (T < 2.9)), "caution"),
    "small_face": (small_in_the_picture(), "caution"),
    "view": (rolled(WRIST_FLEXION, 30.0), "caution"),
    "view far off": (rolled(WRIST_FLEXION, 60.0), "refused"),
    "trunk_not_seen": (close_up(of_hand_or_head("neck_lateral_flexion")), "caution"),
    "posture of a head that lies": (NECK_ROTATION.turned(90.0), "refused"),
    "posture of a leg raise done standing": (of_hand_or_head("straight_leg_raise").turned(-90.0), "caution"),
    "view of a turned nod": (of_hand_or_head("neck_flexion", yaw_deg=30.0), "caution"),
    "view of a nod in profile": (of_hand_or_head("neck_flexion", yaw_deg=-90.0), "refused"),
    "view of a tilt in profile": (of_hand_or_head("neck_extension", yaw_deg=-90.0), "caution"),
}


@pytest.mark.parametrize("case", FLAGS_OF_HAND_AND_HEAD)
def test_each_flag_of_hand_and_head_has_its_case(case):
    recording, severity = FLAGS_OF_HAND_AND_HEAD[case]
    m = recording.measured()
    flag = {f.code: f for f in m.flags}[case.split()[0]]
    assert (flag.severity, m.verdict) == (severity, severity)
    assert flag.message.endswith(".")
    assert "nan" not in flag.message
    assert set(strictly_json(m)) == KEYS


@pytest.mark.parametrize("recording", [WRIST_FLEXION, NECK_FLEXION], ids=lambda r: r.movement.key)
def test_nobody_at_all_is_refused_whatever_was_to_be_measured(recording):
    nobody = replace(hidden(recording, True), passes=changed(recording.passes, True, **LOST))
    m = nobody.measured()
    assert (m.verdict, [f.code for f in m.flags]) == ("refused", ["no_person"])
    strictly_json(m)


def test_exchanged_legs_are_a_note_and_cost_nothing():
    clean = passes_of([60, 62, 61], "hip_flexion")
    frames = np.arange(len(clean.time_s)) % 3 == 0
    mixed = PosePasses(exchange_legs(clean.as_filmed, frames), exchange_legs(clean.mirrored, frames))
    m = measured(mixed, "hip_flexion")
    assert [(f.code, f.severity) for f in m.flags] == [("legs_exchanged", "note")]
    assert m.verdict == "ok"
    assert m.peak_deg == pytest.approx(measured(clean, "hip_flexion").peak_deg, abs=0.1)


def test_every_code_of_the_package_has_a_case():
    import re
    from pathlib import Path

    from rom_tracker.analysis import compensation, quality, seeing

    text = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in (compensation, quality, seeing))
    codes = set(re.findall(r"Flag\(\s*\"(\w+)\"", text)) | {"hand_not_seen"}
    elsewhere = (
        {"legs_exchanged", "cut_off", "other_model", "part_chosen", "borrowed_error", "unsure_facing"}
        | WRONG_USE
        | NOTES
        | OF_A_FITTED_BODY
        | {"several_people", "joints_unsure", "hand_on_limb", "limb_across_somebody"}
    )
    assert codes == {case.split()[0] for case in (*FLAGS, *FLAGS_OF_HAND_AND_HEAD)} | elsewhere


OF_A_FITTED_BODY = {"no_fit", "walking"}
NOTES = {"two_repetitions", "compensation_not_seen"}
WRONG_USE = {"wrong_side", "other_direction", "trunk_moved", "small_range"}


def test_two_repetitions_and_a_hidden_knee_are_notes():
    m = measured(passes_of([120, 122]))
    assert [(f.code, f.severity) for f in m.flags] == [("two_repetitions", "note")]
    raised = passes_of([120, 122, 121], "shoulder_flexion")
    hidden_wrist = measured(changed(raised, True, visibility=0.2, landmarks=WRIST), "shoulder_flexion")
    assert [(f.code, f.severity) for f in hidden_wrist.flags] == [("compensation_not_seen", "note")]
    assert "elbow bending" in hidden_wrist.flags[0].message
    assert hidden_wrist.verdict == m.verdict == "ok"


def test_the_wrong_leg_is_refused():
    time_s, angle_deg = repetitions_deg([90, 92])
    found = measured(stick_passes("hip_flexion", "left", angle_deg, time_s, faces="image_left"), "hip_flexion", "right")
    assert found.verdict == "refused"


def test_legs_exchanged_in_most_frames_are_the_wrong_side():
    from rom_tracker.analysis.quality import flags_of

    good = measured(GOOD)
    merged = MergedPasses(good.merged.poses, "as filmed", np.ones(len(good.angles), dtype=bool))
    flags = flags_of(Reading(good.movement, merged, good.view, good.angles), good.repetitions, "left")
    assert [f.severity for f in flags if f.code == "wrong_side"] == ["refused"]


def test_the_opposite_movement_is_refused():
    time_s, angle_deg = repetitions_deg([40, 42])
    backwards = stick_passes("shoulder_extension", "left", angle_deg, time_s, faces="image_left")
    found = measured(backwards, "shoulder_flexion")
    assert found.verdict == "refused"
    assert "other_direction" in {f.code for f in found.flags}
    assert found.peak_deg is None


def test_a_leaning_trunk_is_not_a_raised_leg():
    time_s, angle_deg = repetitions_deg([25, 26])
    leaning = stick_passes("trunk_lateral_flexion", "right", angle_deg, time_s, faces="image_left", yaw_deg=0.0)
    found = [measured(leaning, "hip_abduction", side) for side in ("left", "right")]
    assert all(m.verdict == "refused" for m in found)
    assert "trunk_moved" in {f.code for m in found for f in m.flags}


def test_a_range_within_its_own_error_is_a_caution():
    found = measured(passes_of([11, 12]))
    assert {"small_range"} <= {f.code for f in found.flags} or found.budget.half_width_deg < found.rom_deg
    assert small_range(5.0, 6.0)[0].severity == "caution"
    assert small_range(7.0, 6.0) == ()


def test_flags_of_the_file_and_the_model():
    assert file_flags(ended_early=False, model="full", usual="full") == ()
    assert [(f.code, f.severity) for f in file_flags(ended_early=True, model="lite", usual="full")] == [
        ("cut_off", "caution"),
        ("other_model", "caution"),
    ]
    (chosen,) = file_flags(ended_early=False, model="full", usual="full", part=Part(2.0, 14.5))
    assert (chosen.code, chosen.message, chosen.severity) == (
        "part_chosen",
        "Only the part from 2.0 to 14.5 s was looked at.",
        "note",
    )
    given = file_flags(ended_early=True, model="full", usual="full")
    assert measure_poses(GOOD, load_catalogue()["elbow_flexion"], "left", flags=given).flags[0] == given[0]


def test_a_movement_without_recordings_of_its_own_says_so():
    assert "borrowed_error" in {f.code for f in measured(passes_of([60, 62], "hip_extension"), "hip_extension").flags}
    assert "borrowed_error" not in {f.code for f in measured(GOOD).flags}


def test_an_unclear_facing_is_a_caution(monkeypatch):
    view = reading.body_view(GOOD)
    monkeypatch.setattr(reading, "body_view", lambda passes: replace(view, agreement=0.2))
    assert "unsure_facing" in {f.code for f in measured(GOOD).flags}


@pytest.mark.parametrize(
    ("severities", "verdict"),
    [((), "ok"), (("note",), "ok"), (("note", "caution"), "caution"), (("caution", "refused", "note"), "refused")],
)
def test_the_verdict_is_that_of_the_gravest_flag(severities, verdict):
    assert verdict_of(tuple(Flag("x", "X.", severity) for severity in severities)) == verdict


def strictly_json(m: RomMeasurement) -> dict:
    return json.loads(json.dumps(m.as_dict(), allow_nan=False))


@pytest.mark.parametrize("case", FLAGS)
def test_the_plain_form_is_json_without_nan_and_keeps_its_keys(case):
    m = measured(FLAGS[case][0])
    plain = strictly_json(m)
    assert set(plain) == KEYS
    assert plain["flags"] == [{"code": f.code, "message": f.message, "severity": f.severity} for f in m.flags]
    assert (plain["movement"], plain["side"], plain["video"]) == ("elbow_flexion", "left", "clip.mp4")
    numbers = [plain[key] for key in ("start_deg", "peak_deg", "rom_deg", "interval_deg", "best_deg")]
    if m.verdict == "refused":
        assert numbers == [None] * 5
        assert plain["spread_deg"] is None
        assert plain["flags"]
    else:
        assert None not in numbers
        assert plain["interval_deg"][0] < plain["peak_deg"] < plain["interval_deg"][1]
        assert plain["best_deg"] >= plain["peak_deg"]
    assert all(set(r) == REPETITION_KEYS for r in plain["repetitions"] + plain["partial_repetitions"])
    assert (plain["view"] is None) == (case == "no_person")


def test_the_plain_form_by_hand():
    plain = strictly_json(measured(passes_of([120, 124, 122])))
    assert len(plain["repetitions"]) == 3
    assert plain["peak_deg"] == pytest.approx(122, abs=0.1)
    assert plain["rom_deg"] == pytest.approx(plain["peak_deg"] - plain["start_deg"], abs=0.011)
    assert plain["view"] == {"yaw_deg": -90.0, "faces": "image_left", "off_plane_deg": 0.0}
    assert plain["frames"] == len(GOOD.time_s)
    assert plain["seconds"] == pytest.approx(GOOD.time_s[-1], abs=1e-3)
    assert plain["method"]["looks"] in {"as filmed", "mirrored", "both averaged"}
    assert plain["method"]["model"] == "stick figure"
    assert math.isclose(plain["repetitions"][0]["peak_s"], 0.7 + 1.5, abs_tol=0.5)


def test_what_an_earlier_version_measured_keeps_its_version_and_a_part_its_length():
    found = replace(measured(GOOD), version="0.0.9")
    assert found.as_dict()["method"]["rom_tracker"] == "0.0.9"
    later = replace(found, angles=replace(found.angles, time_s=found.angles.time_s + 5))
    assert later.as_dict()["seconds"] == found.as_dict()["seconds"]


@pytest.mark.parametrize("frames", [0, 1, 2, 5])
def test_a_recording_of_next_to_no_frames_is_refused(frames):
    m = measured(cut(GOOD, slice(0, frames)))
    assert m.verdict == "refused"
    strictly_json(m)


@pytest.mark.parametrize("kept", [slice(40, 41), slice(40, 43), slice(40, 52)])
def test_somebody_in_a_few_frames_only_is_refused(kept):
    gone = np.ones(len(T), dtype=bool)
    gone[kept] = False
    m = measured(changed(GOOD, gone, **LOST))
    assert m.verdict == "refused"
    strictly_json(m)


def test_every_end_range_out_of_the_picture_is_refused_and_says_so():
    m = measured(changed(GOOD, HOLDS, xy=(-100, 300), landmarks=WRIST))
    assert m.verdict == "refused"
    assert {"end_range_not_seen", "frames_lost"} <= {f.code for f in m.flags}
    assert "outside the picture" in next(f.message for f in m.flags if f.code == "frames_lost")


def test_where_a_joint_leaves_the_picture_is_not_the_end_range():
    m = measured(GOOD)
    first, second, _ = m.repetitions.scored
    outside = replace(m.angles, out_of_picture=np.abs(T - first.peak_s - 0.4) < 0.15)
    reading = Reading(m.movement, m.merged, m.view, outside)
    (flag,) = [f for f in flags_of(reading, m.repetitions, "left") if f.code == "end_range_not_seen"]
    assert flag.severity == "refused"
    assert f"leaves the picture near the end range ({first.peak_s:.1f} s)" in flag.message
    away = replace(m.angles, out_of_picture=np.abs(T - (first.peak_s + second.peak_s) / 2) < 0.1)
    assert flags_of(Reading(m.movement, m.merged, m.view, away), m.repetitions, "left") == ()


def test_wrong_requests():
    with pytest.raises(UnknownMovementError):
        measure("clip.mp4", "elbow", "left")
    with pytest.raises(UsageError, match="expected side 'left' or 'right', got 'both'"):
        measure("clip.mp4", "elbow_flexion", "both")
    with pytest.raises(UsageError, match="there is no file"):
        measure("no such clip.mp4", "elbow_flexion", "left")
