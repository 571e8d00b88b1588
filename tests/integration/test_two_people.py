"""A therapist in the picture: rendered recordings of an arm raised to 118 degrees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rom_tracker.analysis.measurement import measure
from rom_tracker.pose import models

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data"
TRUE_DEG = 118.0


def test_the_client_is_measured_beside_a_therapist() -> None:
    found = measure(DATA / "therapist-beside.mp4", "shoulder_abduction", "left")
    assert found.peak_deg == pytest.approx(TRUE_DEG, abs=6)
    low, high = found.interval_deg or (0, 0)
    assert low < TRUE_DEG < high
    (said,) = [flag for flag in found.flags if flag.code == "several_people"]
    assert said.severity == "note"
    assert "2 people are in the picture; the one on the right" in said.message
    assert found.hand_on is not None
    assert not found.hand_on.any()


def test_an_arm_raised_in_front_of_a_therapist_is_refused() -> None:
    found = measure(DATA / "therapist-behind.mp4", "shoulder_abduction", "left")
    assert (found.verdict, found.peak_deg, found.repetitions.scored) == ("refused", None, ())
    assert [flag.code for flag in found.flags if flag.severity == "refused"] == ["limb_across_somebody"]


def test_a_client_in_profile_is_found_before_a_therapist_who_faces_the_camera() -> None:
    found = measure(DATA / "therapist-half-hidden.mp4", "hip_flexion", "right")
    assert found.peak_deg == pytest.approx(86.0, abs=7)
    (said,) = [flag for flag in found.flags if flag.code == "several_people"]
    assert said.severity == "note"
    assert "2 people are in the picture; the one on the right" in said.message


def test_without_the_hand_model_the_client_is_measured_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = models.ensure_model("pose_full")
    monkeypatch.setenv("ROM_TRACKER_CACHE", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / here.name).symlink_to(here)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
    found = measure(DATA / "therapist-beside.mp4", "shoulder_abduction", "left")
    assert found.peak_deg == pytest.approx(TRUE_DEG, abs=6)
    assert found.hand_on is None
    (said,) = [flag for flag in found.flags if flag.code == "hands_not_looked_for"]
    assert said.severity == "caution"
    assert "rom-tracker models --fetch hand" in said.message
