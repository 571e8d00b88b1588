"""What a request may reach on the real server: nothing without the cookie, and no file by its name."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from opened import CLIPS, PASSPHRASE, Server, session_of


@pytest.fixture(scope="module")
def inside(server: Server) -> Iterator[httpx.Client]:
    """A client that came in by the door, as a browser does."""
    with httpx.Client(base_url=server.origin, headers={"origin": server.origin}, timeout=120) as client:
        assert client.get(server.new_door().removeprefix(server.origin)).status_code == 200
        client.post("/unlock", data={"passphrase": PASSPHRASE})  # Other tests of the same app may have done so before.
        assert client.get("/").status_code == 200
        yield client


def test_the_records_are_opened_by_their_passphrase_alone(own_server: Server) -> None:
    with httpx.Client(base_url=own_server.origin, headers={"origin": own_server.origin}, timeout=120) as client:
        assert client.get(own_server.new_door().removeprefix(own_server.origin)).status_code == 200
        assert client.get("/").headers["location"] == "/unlock"
        assert client.post("/unlock", data={"passphrase": "wrong wrong wrong"}).headers["location"].startswith("/unlock?told=")
        assert client.get("/").headers["location"] == "/unlock"
        assert client.post("/unlock", data={"passphrase": PASSPHRASE}).headers["location"] == "/"
        assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/settings", "/recordings/x/video", "/static/live.js", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"]
)
def test_nothing_is_given_without_the_cookie(server: Server, inside: httpx.Client, path: str) -> None:
    assert httpx.get(server.origin + path, timeout=60).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/recordings/..%2f..%2frecords.db/video",
        "/overlays/..%2f..%2f..%2fetc%2fpasswd.webm",
        "/pictures/..%2f..%2fmovements.toml",
        "/static/..%2fgate.py",
        "/static/%2e%2e/gate.py",
        "/charts/..%2fx.png", "/calibration/..%2fboard.pdf", "/docs",
        "/openapi.json",
    ],
)  # fmt: skip
def test_no_file_is_reached_by_its_name(inside: httpx.Client, path: str) -> None:
    answer = inside.get(path)
    assert answer.status_code in (404, 405, 200)
    for secret in (b"root:", b"SQLite", b"def ", b"[movement."):
        assert secret not in answer.content


def test_a_recording_is_sent_piece_by_piece_and_strange_ones_are_refused(server: Server, inside: httpx.Client) -> None:
    session = session_of(server, "Ida")
    about = {"session": session, "measure": "elbow_flexion-left", "moment": "before", "kind": "video/mp4"}
    key = inside.post("/recordings", json=about).json()["id"]
    content = (CLIPS / "elbow_flexion_pre.mp4").read_bytes()
    assert inside.post(f"/recordings/{key}/pieces/0", content=content[:50_000]).status_code == 200
    assert inside.post(f"/recordings/{key}/pieces/2", content=b"x").status_code == 400
    assert inside.post(f"/recordings/{'0' * 32}/pieces/0", content=b"x").status_code == 400
    assert inside.post(f"/recordings/{key}/pieces/1", content=content[50_000:]).status_code == 200
    assert inside.post(f"/recordings/{key}/finish", json={}).json()["next"] == f"/sessions/{session}"
    assert inside.get(f"/recordings/{key}/video").content == content
    part = inside.get(f"/recordings/{key}/video", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])
    for wrong in ({**about, "moment": "later"}, {**about, "measure": "nothing-left"}, {**about, "session": "0" * 32}):
        assert inside.post("/recordings", json=wrong).status_code == 400
    assert inside.post("/recordings", json={**about, "path": "/etc/passwd"}).status_code == 422
    assert "Ida" not in server.log()


def test_the_page_goes_back_to_own_paths_only(inside: httpx.Client) -> None:
    for back in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert inside.post("/look", data={"language": "de", "back": back}).headers["location"] == "/"
