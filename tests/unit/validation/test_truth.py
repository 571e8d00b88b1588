import json

import numpy as np
import pytest

from rom_tracker.errors import UsageError
from rom_tracker.validation.truth import TruthError, find_recordings, series_error, true_end_ranges


def write(folder, name, about, rows="t,angle_true\n0,0\n1,90\n"):
    (folder / f"{name}.json").write_text(about if isinstance(about, str) else json.dumps(about))
    (folder / f"{name}.csv").write_text(rows)
    (folder / f"{name}.mp4").touch()


def test_end_ranges_are_the_plateaus_of_runs_above_the_middle():
    angle = np.concatenate([np.zeros(5), [40, 70, 99.2, 100, 99.6, 70, 40], np.zeros(5), [60, 80, 60]])
    assert true_end_ranges(angle) == [99.6, 80.0]


def test_a_still_client_has_no_repetition():
    assert true_end_ranges(np.array([10.0, 12.0, 14.0, 10.0])) == []


def test_series_error_is_over_the_time_that_was_measured():
    truth = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 10.0, 20.0, 500.0])
    measured = np.array([np.nan, 12.0, 24.0])
    assert series_error(truth, np.array([0.0, 1.0, 2.0]), measured) == pytest.approx((2 + 4) / 2)
    assert series_error(truth, np.array([0.0, 1.0, 2.0]), np.full(3, np.nan)) is None


def test_recordings_are_found_and_bad_ones_named(tmp_path):
    body = {"phenotype": {"age": 0.5, "gender": 1.0}}
    write(tmp_path, "x_pre", {"movement": "knee_flexion", "side": "L", "spec": body})
    write(tmp_path, "x_post", {"movement": "knee_flexion", "side": "L", "spec": {"phenotype": {"gender": 1.0, "age": 0.5}}})
    write(tmp_path, "squat_knee", {"movement": "knee_flexion", "side": "right", "video": "x_pre.mp4"})
    write(tmp_path, "torn", '{"movement": ')
    write(tmp_path, "sideless", {"movement": "knee_flexion"})
    write(tmp_path, "lost", {"movement": "knee_flexion", "side": "L", "video": "nowhere.mp4"})
    found, bad = find_recordings(tmp_path, "made")
    by_name = {one.name: one for one in found}
    assert list(by_name) == ["squat_knee", "x_post", "x_pre"]
    assert (by_name["x_pre"].pair, by_name["x_pre"].moment, by_name["x_post"].moment) == ("x", "before", "after")
    assert by_name["x_pre"].person == by_name["x_post"].person != by_name["squat_knee"].person
    assert (by_name["squat_knee"].side, by_name["squat_knee"].person, by_name["squat_knee"].pair) == ("right", "x_pre", None)
    assert [one.name for one in bad] == ["lost", "sideless", "torn"]
    assert "nowhere.mp4" in bad[0].why
    assert "side" in bad[1].why


@pytest.mark.parametrize("rows", ["t,angle\n0,1\n", "t,angle_true\n0,x\n1,2\n", "t,angle_true\n0,1\n"])
def test_damaged_truth_is_told(tmp_path, rows):
    write(tmp_path, "x", {"movement": "knee_flexion", "side": "L"}, rows)
    with pytest.raises(TruthError, match="angle"):
        _ = find_recordings(tmp_path, "made")[0][0].series


def test_a_folder_without_recordings_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"NAME\.json"):
        find_recordings(tmp_path, "made")
    with pytest.raises(UsageError, match="nowhere"):
        find_recordings(tmp_path / "nowhere", "made")
