from __future__ import annotations

import errno

import pytest

from rom_tracker.charts.style import new_figure, save_chart
from rom_tracker.errors import OutputError, UsageError


def test_only_kinds_of_file_that_work(tmp_path):
    with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf"):
        save_chart(new_figure(), tmp_path / "chart.jpg")


def test_a_chart_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    figure = new_figure()
    with pytest.raises(OutputError, match="is not a folder"):
        save_chart(figure, tmp_path / "no" / "chart.png")

    def full(path, **_):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "chart.png").write_bytes(b"old")
    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(OutputError, match="disk is full"):
        save_chart(figure, tmp_path / "chart.png")
    assert [file.name for file in tmp_path.iterdir()] == ["chart.png"]
    assert (tmp_path / "chart.png").read_bytes() == b"old"
