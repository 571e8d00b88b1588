from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rom_tracker.analysis.reliability import OwnRepeatability, WithinClientError
from rom_tracker.errors import MeasurementError, OutputError
from rom_tracker.repeatability_table import check_table, load_own, own_for, save_own, table_path

OWN = OwnRepeatability("elbow_flexion", "camera 0", "full", WithinClientError(2.5, 8), 8, "2026-03-14")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ROM_TRACKER_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_what_is_kept_comes_back(folder):
    assert load_own() == ()
    assert save_own(OWN) == table_path() == folder / "repeatability.json"
    assert load_own() == (OWN,)
    assert [path.name for path in folder.iterdir()] == ["repeatability.json"]


def test_a_new_one_replaces_that_of_the_same_movement_camera_and_model_alone():
    others = [replace(OWN, camera="camera 1"), replace(OWN, movement="knee_flexion"), replace(OWN, model="lite")]
    for own in (OWN, *others, newer := replace(OWN, error=WithinClientError(1.0, 20))):
        save_own(own)
    assert set(load_own()) == {*others, newer}


def test_it_holds_for_its_movement_model_and_camera():
    save_own(OWN)
    assert own_for("elbow_flexion", "full", "camera 0") == OWN
    for other in (
        ("knee_flexion", "full", "camera 0"),
        ("elbow_flexion", "lite", "camera 0"),
        ("elbow_flexion", "full", "camera 1"),
    ):
        assert own_for(*other) is None
    anywhere = replace(OWN, camera="", error=WithinClientError(1.0, 8))
    save_own(anywhere)
    assert own_for("elbow_flexion", "full", "camera 0") == OWN
    assert own_for("elbow_flexion", "full", "camera 1") == anywhere


def test_where_the_camera_is_not_known_the_poorest_that_counts_is_taken():
    good, poor = OWN, replace(OWN, camera="camera 1", error=WithinClientError(4.0, 8))
    too_few = replace(OWN, camera="camera 2", error=WithinClientError(9.0, 1))
    for own in (poor, good, too_few):
        save_own(own)
    assert own_for("elbow_flexion", "full", None) == poor


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "line 1"),
        ("[]", 'expected "schema_version": 1'),
        ('{"schema_version": 2, "repeatability": []}', 'expected "schema_version": 1'),
        ('{"schema_version": 1}', "'repeatability' is missing"),
        ('{"schema_version": 1, "repeatability": [{"movement": "elbow_flexion"}]}', "'sem_deg' is missing"),
        ('{"schema_version": 1, "repeatability": [{"sem_deg": -1, "degrees_of_freedom": 3}]}', "got -1 and 3"),
        ('{"schema_version": 1, "repeatability": [{"sem_deg": NaN, "degrees_of_freedom": 3}]}', "got nan and 3"),
        ('{"schema_version": 1, "repeatability": [{"sem_deg": "two", "degrees_of_freedom": 3}]}', "two"),
    ],
)
def test_a_damaged_table_is_told_and_kept(folder, content, said):
    folder.mkdir()
    table_path().write_text(content, encoding="utf-8")
    for look in (load_own, check_table, lambda: save_own(OWN), lambda: own_for("elbow_flexion", "full", None)):
        with pytest.raises(MeasurementError, match="mend it or move it away") as caught:
            look()
        assert said in str(caught.value)
    assert table_path().read_text(encoding="utf-8") == content


def test_a_folder_that_cannot_be_there_is_told(folder):
    folder.write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError):
        check_table()


def test_the_table_names_no_clients_and_its_version():
    content = json.loads(save_own(OWN).read_text(encoding="utf-8"))
    assert content["schema_version"] == 1
    (entry,) = content["repeatability"]
    assert set(entry) == {
        "movement", "camera", "model", "sem_deg", "degrees_of_freedom", "clients", "measured_on", "rom_tracker",
    }  # fmt: skip
