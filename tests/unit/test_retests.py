"""Which recordings the command takes for test and retest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rom_tracker.capture import RecordingInfo
from rom_tracker.capture.recording import write_sidecar
from rom_tracker.cli.noted import camera_of
from rom_tracker.cli.retests import Retest, find_retests, noted_movement
from rom_tracker.errors import UsageError


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def noted(path: Path, *, client: str = "Ann", camera: str = "camera 0") -> Path:
    path.touch()
    write_sidecar(path, RecordingInfo(client=client, movement="elbow_flexion", side="left", moment="before", camera=camera))
    return path


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table(tmp_path, separator, encoding):
    text = "Client,test, retest,side,remark\r\nann,a.mkv,b.mkv,left,tired\r\nben,sub/c.mkv,,\r\n"
    path = written(tmp_path / "retests.csv", text.replace(",", separator), encoding)
    assert find_retests([path]) == [
        Retest("ann", (tmp_path / "a.mkv", tmp_path / "b.mkv"), "left"),
        Retest("ben", (tmp_path / "sub" / "c.mkv",), None),
    ]


def test_a_table_without_sides_and_with_a_short_line(tmp_path):
    path = written(tmp_path / "retests.csv", "client,test,retest\nann,a.mkv,b.mkv\nben\n")
    assert [len(one.recordings) for one in find_retests([path])] == [2, 0]


def test_a_folder(tmp_path):
    names = (
        "ann-test.mkv",
        "ann-retest.mkv",
        "ann-test.recording.json",
        "Ben Test.MP4",
        "ben_retest.csv",
        "test.mkv",
        "protest.mkv",
    )
    for name in names:
        (tmp_path / name).touch()
    assert find_retests([tmp_path]) == [
        Retest("Ben", (tmp_path / "Ben Test.MP4",)),
        Retest("ann", (tmp_path / "ann-test.mkv", tmp_path / "ann-retest.mkv")),
    ]


def test_recordings_of_one_client(tmp_path):
    paths = [noted(tmp_path / f"{name}.mkv") for name in "abc"]
    assert find_retests(paths) == [Retest("Ann", tuple(paths))]
    assert find_retests([Path("x.mp4"), Path("y.mp4")]) == [Retest("client", (Path("x.mp4"), Path("y.mp4")))]


def test_the_client_and_the_movement_that_are_noted(tmp_path):
    for name in ("1-test.mkv", "1-retest.mkv"):
        noted(tmp_path / name)
    (found,) = find_retests([tmp_path])
    assert (found.client, noted_movement([found])) == ("Ann", "elbow_flexion")
    assert noted_movement([Retest("ann", (tmp_path / "gone.mkv",))]) is None


def test_the_camera_where_all_were_filmed_by_one(tmp_path):
    first, second = noted(tmp_path / "a.mkv"), noted(tmp_path / "b.mkv")
    other = noted(tmp_path / "c.mkv", camera="camera 1")
    assert camera_of((first, second)) == "camera 0"
    assert camera_of((first, other)) is None
    assert camera_of((first, tmp_path / "gone.mkv")) is None
    assert camera_of(()) is None


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.mkv", "", "two or more recordings, a folder or a table"),
        ("wrong.csv", "name,before\nann,a.mkv\n", r"columns client, test, retest, side in .*, got name, before"),
        ("empty.csv", "", "got an empty file"),
        ("none.csv", "client,test,retest\n", "a line for each client"),
        ("more.csv", "client,test,retest\nMiller, Ann,a.mkv,b.mkv\n", "line 2 of more.csv has more cells than there are columns"),
        ("latin.csv", "client,test,retest\nJosé,a.mkv,b.mkv\n", "save it anew, in a spreadsheet as"),
    ],
)
def test_what_is_none_of_these_is_told(tmp_path, name, text, said):
    path = written(tmp_path / name, text, "latin-1")
    with pytest.raises(UsageError, match=said):
        find_retests([path])


def test_a_folder_without_retests_and_a_table_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="NAME-test and NAME-retest"):
        find_retests([tmp_path])
    with pytest.raises(UsageError, match=r"gone\.csv"):
        find_retests([tmp_path / "gone.csv"])
