"""What is kept of a measurement gives the same comparison as the measurement."""

from __future__ import annotations

import dataclasses
import json

import pytest
from oblique import oblique_passes
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.comparison import compare
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.batch.kept import from_plain, to_plain, without_frames
from rom_tracker.movements import load_catalogue

CATALOGUE = load_catalogue()


def in_plane(peak_deg: float, seed: int) -> RomMeasurement:
    time_s, angle_deg = repetitions_deg([peak_deg] * 3)
    passes = stick_passes("knee_flexion", "right", angle_deg, time_s, jitter_px=1.0, seed=seed)
    return measure_poses(passes, CATALOGUE["knee_flexion"], "right", video="a.mp4")


def oblique(peak_deg: float, seed: int) -> RomMeasurement:
    time_s, angle_deg = repetitions_deg([peak_deg], fps=15)
    passes = oblique_passes("knee_flexion", "right", angle_deg, time_s, yaw_deg=45, seed=seed)
    return measure_poses(passes, CATALOGUE["knee_flexion"], "right")


def nobody() -> RomMeasurement:
    time_s, angle_deg = repetitions_deg([90])
    passes = stick_passes("knee_flexion", "right", angle_deg, time_s)
    for look in (passes.as_filmed, passes.mirrored):
        look.xy[:] = float("nan")
    return measure_poses(passes, CATALOGUE["knee_flexion"], "right")


def kept(found: RomMeasurement) -> RomMeasurement:
    through = from_plain(json.loads(json.dumps(to_plain(without_frames(found)))))
    assert isinstance(through, RomMeasurement)
    return through


@pytest.mark.parametrize(
    ("before", "after"),
    [(in_plane(90, 1), in_plane(104, 2)), (in_plane(90, 1), oblique(95, 3)), (in_plane(90, 1), nobody())],
    ids=["in plane", "oblique", "nobody"],
)
def test_the_comparison_is_the_same(before, after):
    whole, thin = compare(before, after), compare(kept(before), kept(after))
    for name in ("change_deg", "verdict", "flags", "interval_deg", "detectable_deg", "detectable_from", "p_value"):
        assert getattr(thin, name) == getattr(whole, name)


def test_the_same_recording_is_still_recognised():
    before = in_plane(90, 1)
    assert "same_recording" in [flag.code for flag in compare(kept(before), kept(before)).flags]
    assert "same_recording" not in [flag.code for flag in compare(kept(before), kept(in_plane(90, 2))).flags]


def test_it_is_small_however_long_the_recording():
    assert len(json.dumps(to_plain(without_frames(in_plane(90, 1))))) < 12_000


@pytest.mark.parametrize("change", [{"tree": {}}, {"arrays": {}}])
def test_what_is_none_of_a_measurement_is_told(change):
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_plain({**to_plain(without_frames(in_plane(90, 1))), **change})


@pytest.mark.parametrize("key", ["wrist_flexion", "wrist_extension"])
def test_the_hand_alone_counted_from_its_start_is_kept_too(key):
    """As a wrist is measured where no forearm is in the picture."""
    alone = CATALOGUE[key].model_copy(update={"reference": "up", "zero": "start"})
    found = dataclasses.replace(in_plane(100, seed=1), movement=alone)
    assert from_plain(json.loads(json.dumps(to_plain(found)))).movement == alone
