"""Files are there whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

import pytest

from rom_tracker.errors import OutputError
from rom_tracker.output_files import STALE_AFTER_S, cannot_write, placed_whole, remove_stale_parts, written_whole


def test_a_file_appears_under_its_name_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    with written_whole(target) as part:
        assert (part.parent, part.suffix) == (tmp_path, ".csv")
        part.write_text("new")
        assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert target.read_text() == "new"


@pytest.mark.parametrize("lasting", [False, True])
def test_what_fails_on_the_way_leaves_the_old_file_and_nothing_else(tmp_path: Path, lasting: bool) -> None:
    target = tmp_path / "model.task"
    target.write_text("old")

    def fails(part: Path) -> None:
        part.write_text("ne")
        raise ValueError("broke")

    with pytest.raises(ValueError, match="broke"), placed_whole(target, lasting=lasting) as part:
        fails(part)
    assert [path.name for path in tmp_path.iterdir()] == ["model.task"]
    assert target.read_text() == "old"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    def written() -> None:
        with written_whole(tmp_path / "nowhere" / "table.csv"):
            pass

    with pytest.raises(OutputError, match=r"table.csv.*cannot be written"):
        written()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_results_can_be_read_by_whom_new_files_can_and_what_is_private_by_the_user_alone(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    for private, expected in ((False, (tmp_path / "usual").stat().st_mode), (True, 0o100600)):
        with placed_whole(tmp_path / "new", private=private) as part:
            part.write_text("x")
        assert (tmp_path / "new").stat().st_mode == expected


def test_what_was_left_behind_long_ago_goes(tmp_path: Path) -> None:
    folder = tmp_path / "below"
    folder.mkdir()
    for name, age_s in ((".part-old.npz", STALE_AFTER_S + 60), (".part-now.npz", 0.0), ("result.npz", STALE_AFTER_S + 60)):
        (folder / name).touch()
        then_s = time.time() - age_s
        os.utime(folder / name, (then_s, then_s))
    remove_stale_parts(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == [".part-now.npz", "result.npz"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "read-only"), (errno.EIO, "choose")],
)
def test_the_reason_is_told(tmp_path: Path, number: int, words: str) -> None:
    assert words in str(cannot_write(tmp_path / "v.webm", OSError(number, "told by the system")))
