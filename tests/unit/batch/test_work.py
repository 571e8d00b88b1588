"""What comes of a recording that cannot be measured: the reason and the advice, each whole."""

from __future__ import annotations

from rom_tracker.batch.work import measure_task
from rom_tracker.movements import load_catalogue

KNEE = load_catalogue()["knee_flexion"].model_dump(mode="json", by_alias=True)


def failure_of(address: object, file: str) -> dict[str, str]:
    record = measure_task(str(address), file, KNEE, "left", "full", angles=False)
    assert record["status"] == "failed"
    return record["failure"]


def test_a_recording_that_is_gone(tmp_path):
    failure = failure_of(tmp_path / "a.mp4", "a.mp4")
    assert (failure["kind"], failure["reason"]) == ("unreadable", '"a.mp4" cannot be read (No such file or directory).')
    assert failure["advice"] == "Check that it is there still, and who may read it."


def test_a_name_with_marks_of_a_sentence_in_it(tmp_path):
    name = "St. Ann; K. knee.mp4"
    (tmp_path / name).write_bytes(b"no video at all" * 9)
    failure = failure_of(tmp_path / name, name)
    assert failure["kind"] == "unreadable"
    assert failure["reason"] == f'Expected a video, but "{name}" holds text.'


def test_one_that_a_store_does_not_give():
    failure = failure_of("memory://gone/a.mp4", "a.mp4")
    assert failure["kind"] == "not fetched"
    assert failure["reason"].startswith('"a.mp4" cannot be fetched')
    assert failure["advice"] == "Check the connection and who may read it."
