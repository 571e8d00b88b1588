"""Where recordings lie: a real folder, a real server for http, and a store that fails as stores do."""

from __future__ import annotations

import functools
import http.server
import json
import os
import threading
from pathlib import Path

import pytest

from rom_tracker.batch.place import near_copy, place_of
from rom_tracker.errors import UsageError, VideoError

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two recordings, one with a sidecar, beside hidden files and the results of an earlier run."""
    folder = tmp_path / "recordings"
    (folder / "ben").mkdir(parents=True)
    (folder / "ann.mkv").write_bytes(b"one")
    (folder / "ben" / "b.mp4").write_bytes(b"three")
    (folder / "ben" / "b.recording.json").write_text(json.dumps({"movement": "knee_flexion"}))
    (folder / ".hidden.mp4").touch()
    (folder / ".trash").mkdir()
    (folder / ".trash" / "c.mp4").touch()
    (folder / "results").mkdir()
    (folder / "results" / "index.html").touch()
    return folder


@pytest.fixture
def served(folder):
    """The address of a page that lists the folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Refusing(fsspec.AbstractFileSystem):
    """A store whose errors are of its own kind, as those of sftp, gs and az are."""

    protocol = "refusing"

    class RefusedError(Exception):
        pass

    def __init__(self, host: str = "", **options: object) -> None:
        super().__init__(**options)
        if host == "closed":
            raise self.RefusedError("Authentication failed.\nSee the log.")

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path.removeprefix("refusing://")

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, str]:
        return {"host": path.removeprefix("refusing://").split("/")[0]}

    def ls(self, path, detail=True, **options):
        raise self.RefusedError

    def get_file(self, *args, **options):
        raise self.RefusedError("403: you may not read this")


fsspec.register_implementation("refusing", Refusing, clobber=True)


def test_a_folder_is_listed_in_the_order_of_names_without_what_is_hidden_or_its_own_results(folder):
    place = place_of(folder)
    assert [(one.file, one.size) for one in place.files(folder / "results")][:2] == [("ann.mkv", 3), ("ben/b.mp4", 5)]
    assert [one.file for one in place.files(folder / "results")] == ["ann.mkv", "ben/b.mp4", "ben/b.recording.json"]
    assert "results/index.html" in [one.file for one in place.files(None)]


@pytest.mark.parametrize("form", ["folder", "file URL", "http"])
def test_a_file_is_fetched_with_its_sidecar_and_the_copy_goes_afterwards(folder, served, form):
    place = place_of({"folder": str(folder), "file URL": f"file://{folder}", "http": f"{served}/"}[form])
    files = [one.file for one in place.files(None)]
    assert [file for file in files if file.endswith((".mkv", ".mp4"))] == ["ann.mkv", "ben/b.mp4"]
    with near_copy(place.address("ben/b.mp4")) as path:
        assert path.read_bytes() == b"three"
        assert path.name == "b.mp4"
        assert path.with_name("b.recording.json").exists()
    assert path.exists() == (form == "folder")


@pytest.mark.parametrize("form", ["folder", "file URL"])
def test_the_signature_changes_with_the_file(folder, form):
    place = place_of({"folder": str(folder), "file URL": f"file://{folder}"}[form])
    before = {one.file: one.signature for one in place.files(None)}
    os.utime(folder / "ann.mkv", (1, 1))
    after = {one.file: one.signature for one in place.files(None)}
    assert [file for file, signature in after.items() if signature != before[file]] == ["ann.mkv"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("refusing://closed/x", r'"refusing://closed/x" cannot be reached \(Authentication failed\.\); check the address'),
        ("refusing://open/x", r'"refusing://open/x" cannot be listed \(RefusedError\); check the address'),
        ("http://127.0.0.1:9/x", r'nothing is at "http://127\.0\.0\.1:9/x", or it cannot be reached'),
        ("memory://not-there", r'nothing is at "memory://not-there", or it cannot be reached|cannot be listed'),
        ("nosuch://x", r'"nosuch://x" cannot be opened'),
    ],
)
def test_a_place_that_cannot_be_read_is_told_as_such(url, words):
    with pytest.raises(UsageError, match=words):
        place_of(url).files(None)


def test_a_folder_that_is_not_there_or_a_file_is_told_as_such(folder):
    with pytest.raises(UsageError, match="nothing is at"):
        place_of(folder / "gone")
    with pytest.raises(UsageError, match="a file is at"):
        place_of(folder / "ann.mkv")


@pytest.mark.parametrize(
    ("address", "words"),
    [("refusing://open/a.mp4", r"cannot be fetched \(403: you may not read this\)"), ("memory://gone/a.mp4", "cannot be fetched")],
)
def test_a_file_that_cannot_be_fetched_is_told_as_such(address, words):
    with pytest.raises(VideoError, match=words), near_copy(address):
        pass
