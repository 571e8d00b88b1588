"""The journal: nothing that was told to be there is lost, and nothing half-written counts."""

from __future__ import annotations

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rom_tracker.batch.journal import NAME, Journal
from rom_tracker.errors import OutputError


def test_what_was_added_is_there_the_next_time_and_the_last_one_counts(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append("a", {"status": "failed"})
        journal.append("b", {"status": "measured", "content_key": "c"})
        journal.append("a", {"status": "measured", "name": "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"})
    with Journal(tmp_path) as journal:
        assert len(journal) == 2
        assert journal["a"]["name"] == "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"
        assert journal.of_content("c") == journal["b"]
        journal.append("e", journal["b"])  # The same content under another name.
        assert journal["e"] == {**journal["b"], "key": "e"}
        assert journal.of_content("d") is None
        assert "d" not in journal


@given(cut=st.integers(min_value=0, max_value=200))
def test_a_line_that_was_cut_off_is_dropped_and_the_next_one_is_whole(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("journal")
    with Journal(folder) as journal:
        for key in "abc":
            journal.append(key, {"n": key * 20})
    path = folder / NAME
    content = path.read_bytes()[: -cut or None] if cut < path.stat().st_size else b""
    path.write_bytes(content)
    with Journal(folder) as journal:
        assert len(journal) == content.count(b"\n")
        journal.append("d", {"n": "d"})
    with Journal(folder) as journal:
        assert len(journal) == content.count(b"\n") + 1
        assert journal["d"]["n"] == "d"


def test_a_damaged_line_in_the_middle_costs_itself_alone(tmp_path):
    with Journal(tmp_path) as journal:
        for key in "abc":
            journal.append(key, {"n": key})
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes().replace(b'"key":"b"', b'"key":"\xff'))
    with Journal(tmp_path) as journal:
        assert [key in journal for key in "abc"] == [True, False, True]


def test_a_record_that_an_interruption_left_on_the_disk_is_known_when_read_again(tmp_path, monkeypatch):
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    with Journal(tmp_path) as journal:
        journal.append("a", {"n": "a"})
        monkeypatch.setattr("rom_tracker.batch.journal.os.fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            journal.append("b", {"n": "b"})
        assert "b" not in journal
        journal.read()
        assert [journal[key]["n"] for key in "ab"] == ["a", "b"]


class Full:
    """A file on a full disk: what was written is still in memory when it is closed."""

    def __init__(self, file) -> None:
        self._file = file

    def __getattr__(self, name):
        return getattr(self._file, name)

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        self._file.close()
        self.flush()


@pytest.mark.parametrize("records", [0, 1])
def test_a_full_disk_is_told_in_a_sentence(tmp_path, records):
    def filled() -> None:
        with Journal(tmp_path) as journal:
            journal._file = Full(journal._file)
            for key in "a" * records:
                journal.append(key, {"n": key})

    with pytest.raises(OutputError, match="journal"):
        filled()


def test_two_runs_do_not_write_at_once(tmp_path):
    with Journal(tmp_path), pytest.raises(OutputError, match="another run"):
        Journal(tmp_path)
    with Journal(tmp_path):
        pass
