"""Bad recordings become rows, in one process and in several."""

import json

import pytest

from rom_tracker.validation.measuring import jobs_of
from rom_tracker.validation.running import run
from rom_tracker.validation.truth import find_recordings


@pytest.mark.parametrize("workers", [1, 2])
def test_bad_recordings_do_not_stop_the_others(tmp_path, workers):
    for name, movement in (("a_pre", "knee_flexion"), ("a_post", "knee_flexion"), ("b", "flying")):
        (tmp_path / f"{name}.json").write_text(json.dumps({"movement": movement, "side": "L"}))
        (tmp_path / f"{name}.csv").write_text("t,angle_true\n0,0\n1,90\n")
        (tmp_path / f"{name}.mp4").write_text("no video")
    jobs = jobs_of(find_recordings(tmp_path, "made")[0])
    assert [len(job.recordings) for job in jobs] == [2, 1]
    done = [found for _, found in run(jobs, workers)]
    rows = {row.recording: row for found in done for row in found.recordings}
    assert {row.verdict for row in rows.values()} == {"failed"}
    assert "flying" in rows["b"].reason
    assert "a_pre" in rows["a_pre"].reason
    assert [change.verdict for found in done for change in found.changes] == ["failed"]
