"""``repeatability``, what ``compare`` makes of it, and ``--explain``."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

ELBOW = ("--movement", "elbow_flexion", "--side", "left")

#: Keys of the object that ``compare --json`` prints.
COMPARED = {
    "before", "after", "change_deg", "interval_deg", "detectable_deg", "detectable_from", "p_value", "verdict", "role", "flags",
    "budget",
    "own_repeatability", "literature",
}  # fmt: skip


@pytest.fixture(scope="session")
def films(tmp_path_factory, film, elbow, short) -> SimpleNamespace:
    """Three recordings of one movement that share no frame."""
    folder = tmp_path_factory.mktemp("retests")
    b, c = (film(folder / f"{name}.webm", elbow[k::3], np.arange(28) / 10) for name, k in (("b", 1), ("c", 2)))
    return SimpleNamespace(a=short, b=b, c=c)


@pytest.fixture
def data(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def kept(run, data):
    """Runs the command with a data folder of its own."""
    return lambda *arguments: run(*arguments, env=run.environment(ROM_TRACKER_DATA=str(data)))


def table(path: Path, *rows: tuple[object, ...], separator: str = ",") -> Path:
    lines = [separator.join(map(str, row)) for row in (("client", "test", "retest", "side"), *rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def put(data: Path, sem_deg: float, degrees_of_freedom: int = 8) -> None:
    data.mkdir()
    entry = {
        "movement": "elbow_flexion", "camera": "", "model": "heavy", "sem_deg": sem_deg, "clients": 8, "measured_on": "2026-03-14",
        "degrees_of_freedom": degrees_of_freedom, "rom_tracker": "0.1.0",
    }  # fmt: skip
    (data / "repeatability.json").write_text(json.dumps({"schema_version": 1, "repeatability": [entry]}), encoding="utf-8")


def test_a_table_of_clients_of_which_some_are_lost(kept, films, data, tmp_path):
    rows = table(
        tmp_path / "retests.csv",
        ("ann", films.a, films.b, "left"),
        ("ben", films.b, films.c, "left"),
        ("cat", films.c, films.a, "left"),
        ("dan", films.a, "gone.webm", "left"),
        ("eve", films.a, films.a, "left"),
        ("fay", films.a, "", "left"),
        ("gus", films.a, films.b, "middle"),
    )
    chart = tmp_path / "ba.png"
    done = kept("repeatability", rows, "--movement", "elbow_flexion", "--json", "--chart", chart)
    assert done.exit_code == 0
    found = done.json
    assert [one["client"] for one in found["measured"]] == ["ann", "ben", "cat"]
    reasons = {one["client"]: one["reason"] for one in found["lost"]}
    assert list(reasons) == ["dan", "eve", "fay", "gus"]
    for client, said in {"dan": "gone.webm", "eve": "same recording", "fay": "short.webm alone", "gus": "'middle'"}.items():
        assert said in reasons[client]
    test, retest = np.array([one["peak_deg"] for one in found["measured"]]).T
    assert found["sem_deg"] == pytest.approx(np.sqrt(((retest - test) ** 2).sum() / 6), abs=0.01)
    assert found["mdc95_deg"] == pytest.approx(1.96 * 2**0.5 * found["sem_deg"], abs=0.01)
    assert (found["clients"], found["degrees_of_freedom"], found["icc"]["clients"]) == (3, 3, 3)
    assert found["bland_altman"]["bias_deg"] == pytest.approx(np.mean(retest - test), abs=0.011)
    assert found["saved"] == str(data / "repeatability.json")
    assert cv2.imread(str(chart)).shape[0] > 400
    assert done.err.count("\n") == 7

    said = kept("repeatability", rows, "--movement", "elbow_flexion", "--no-save").out
    for words in ("Standard error of measurement", "MDC95", "ICC(2,1)", "Bias, retest less test", "Left out: dan"):
        assert words in said

    change = kept("compare", films.a, films.b, *ELBOW, "--json").json
    assert change["own_repeatability"]["sem_deg"] == found["sem_deg"]
    assert change["detectable_from"] == "measuring error"


def test_a_folder_and_one_client_measured_often(kept, films, data, tmp_path):
    folder = tmp_path / "clients"
    folder.mkdir()
    for name, path in (("ann-test", films.a), ("ann-retest", films.b), ("ben-test", films.c), ("holiday", films.a)):
        (folder / f"{name}.webm").write_bytes(path.read_bytes())
    found = kept("repeatability", folder, *ELBOW, "--json", "--camera", "camera 7").json
    assert [one["client"] for one in found["measured"]] == ["ann"]
    assert [one["client"] for one in found["lost"]] == ["ben"]
    assert (found["icc"], found["bland_altman"], found["camera"]) == (None, None, "camera 7")
    assert [note["code"] for note in found["notes"]] == ["one_client", "no_icc", "too_few"]

    often = kept("repeatability", films.a, films.b, films.c, *ELBOW, "--json", "--no-save").json
    (one,) = often["measured"]
    assert often["sem_deg"] == pytest.approx(np.std(one["peak_deg"], ddof=1), abs=0.01)
    assert (often["saved"], often["degrees_of_freedom"]) == (None, 2)
    entries = json.loads((data / "repeatability.json").read_text(encoding="utf-8"))["repeatability"]
    assert [(entry["camera"], entry["degrees_of_freedom"]) for entry in entries] == [("camera 7", 1)]


def test_nothing_measured_is_a_failure_that_keeps_nothing(kept, data, tmp_path):
    rows = table(tmp_path / "retests.csv", ("ann", "gone.mkv", "gone too.mkv", "left"), separator=";")
    done = kept("repeatability", rows, "--movement", "elbow_flexion", "--json")
    assert done.exit_code == 1
    assert (done.json["measured"], done.json["sem_deg"], done.json["icc"], done.json["saved"]) == ([], None, None, None)
    assert not (data / "repeatability.json").exists()


def test_without_recordings_it_tells_how(kept):
    done = kept("repeatability", "--movement", "elbow_flexion")
    assert (done.exit_code, done.err) == (0, "")
    assert "step away" in done.out
    assert "rom-tracker record ann-retest.mkv --movement elbow_flexion --side left --client ann" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"), [(("FILM",), "two or more recordings, a folder or a table"), (("--json",), "Which recordings?")]
)
def test_wrong_use_is_said_before_the_long_work(kept, films, arguments, said):
    done = kept("repeatability", *(films.a if argument == "FILM" else argument for argument in arguments), *ELBOW)
    assert (done.exit_code, done.out) == (2, "")
    assert said in done.sentence


def test_a_damaged_table_of_results_is_said_before_the_long_work(kept, films, data):
    data.mkdir()
    (data / "repeatability.json").write_text("{", encoding="utf-8")
    done = kept("compare", films.a, films.b, *ELBOW)
    assert (done.exit_code, done.out) == (1, "")
    assert "mend it or move it away" in done.sentence


def test_a_change_is_judged_by_ones_own_repeatability_where_that_is_poorer(kept, films, data):
    put(data, 5.0)
    found = kept("compare", films.a, films.b, *ELBOW, "--json").json
    assert found.keys() == COMPARED
    assert (found["detectable_from"], found["role"]) == ("own repeatability", "exploratory")
    # Student's t for 8 degrees of freedom
    assert found["detectable_deg"] == pytest.approx(2.306 * 2**0.5 * 5, abs=0.01)
    low, high = found["interval_deg"]
    assert (high - low) / 2 == pytest.approx(found["detectable_deg"], abs=0.011)
    manual = found["literature"]
    assert (manual["mdc_deg"], manual["instrument"], manual["source"][:9]) == (6.0, "universal goniometer", "Armstrong")
    for budget in (found["budget"], found["before"]["budget"]):
        assert all(set(term) == {"source", "sd_deg", "degrees_of_freedom"} for term in budget)
    assert [term["source"] for term in found["before"]["budget"]] == [
        "repetitions",
        "landmark noise",
        "pose model",
        "correction",
        "lens not known",
    ]

    said = " ".join(kept("compare", films.a, films.b, *ELBOW, "--primary", "--explain").out.split())
    for words in (
        "what your own measurements differ by without a treatment (8 repeats of 8 clients, 2026-03-14)",
        "with another instrument: 6°",
        "Chosen beforehand",
        "Error budget of the change",
        "pose model and set-up",
    ):
        assert words in said


def test_a_measurement_explained(run, films):
    said = run("measure", films.a, *ELBOW, "--explain").out
    assert "Error budget of the end range" in said
    assert "Welch and Satterthwaite" in said
    assert "100%" in said


def test_a_recording_that_cannot_be_read_has_the_same_keys(run, films, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    lost = run("compare", films.a, broken, *ELBOW, "--json", "--primary").json
    assert lost.keys() == COMPARED
    assert (lost["budget"], lost["detectable_from"], lost["role"]) == (None, None, "chosen beforehand")
    assert lost["after"]["budget"] is None
