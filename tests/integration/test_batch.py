"""``batch`` as a clinic runs it: a real folder, some of it broken, killed on the way; and on a cluster of which a worker dies."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rom_tracker.errors import MeasurementError
from rom_tracker.pose.models import ensure_model

DATA = Path(__file__).parents[1] / "data"
TABLES = ("measurements", "repetitions", "comparisons", "failures")


@pytest.fixture(scope="module")
def lite(run) -> None:
    """The lite model is in the command's cache too."""
    shutil.copy(ensure_model("pose_lite"), run.cache / "models")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, film, elbow) -> Path:
    """A pair, one that only the manifest knows, and seven that are broken or unknown."""
    folder = tmp_path_factory.mktemp("batch") / "recordings"
    (folder / "ann").mkdir(parents=True)
    for n, moment in enumerate(("before", "after")):
        film(folder / "ann" / f"ann_elbow_flexion_left_{moment}.webm", elbow[n::4], np.arange(20) / 8)
    film(folder / "one.webm", elbow[2::4], np.arange(20) / 8)
    whole = film(folder / "cut_elbow_flexion_left.webm", elbow[3::4], np.arange(20) / 8).read_bytes()
    (folder / "cut_elbow_flexion_left.webm").write_bytes(whole[:400])
    nobody = [np.full((240, 320, 3), 90 + n % 7, np.uint8) for n in range(8)]
    film(folder / "nobody_elbow_flexion_left.webm", nobody, np.arange(8) / 8)
    (folder / "empty_elbow_flexion_left.mp4").touch()
    (folder / "text_elbow_flexion_left.mp4").write_text("Ann: shoulder better.\n" * 20)
    shutil.copy(DATA / "sound-only.m4a", folder / "sound_elbow_flexion_left.mp4")
    shutil.copy(DATA / "index-first.mp4", folder / "holiday.mp4")
    lines = ["file,movement,side,client,moment", "one.webm,elbow_flexion,left,ben,before", "gone.webm,elbow_flexion,left,ben,after"]
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder


def rows(results: Path, table: str) -> list[dict[str, str]]:
    with (results / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents(results: Path) -> dict[str, bytes]:
    """What must be the same in every run."""
    return {
        path.relative_to(results).as_posix(): path.read_bytes()
        for path in results.rglob("*")
        if path.suffix in (".csv", ".html", ".parquet")
    }


@pytest.fixture(scope="module")
def undisturbed(run, lite, folder, tmp_path_factory) -> Path:
    results = tmp_path_factory.mktemp("undisturbed") / "results"
    done = run("batch", folder, "--out", results, "--workers", "1", "--model", "lite", "--angles", "--json")
    assert done.exit_code == 0
    found = done.json
    counts = [found[name] for name in ("recordings", "measured", "refused", "failed", "unknown", "left", "compared")]
    assert counts == [8, 3, 1, 4, 2, 0, 1]
    return results


def test_every_recording_is_in_one_table(undisturbed):
    measured = rows(undisturbed, "measurements")
    assert [(row["file"], row["known_from"]) for row in measured] == [
        ("ann/ann_elbow_flexion_left_after.webm", "file name"),
        ("ann/ann_elbow_flexion_left_before.webm", "file name"),
        ("one.webm", "manifest"),
    ]
    for row in measured:
        assert float(row["end_range_low_deg"]) < float(row["end_range_deg"]) < float(row["end_range_high_deg"])
        table = (undisturbed / "angles" / f"{row['file']}.elbow_flexion_left.csv").read_text().splitlines()
        assert len(table) == int(row["frames"]) + 1
        assert 0 < int(row["frames_looked_at"]) < int(row["frames"])
    assert {row["file"] for row in rows(undisturbed, "repetitions")} == {row["file"] for row in measured}
    failures = {row["file"]: row for row in rows(undisturbed, "failures")}
    assert {file: row["kind"] for file, row in failures.items()} == {
        "cut_elbow_flexion_left.webm": "unreadable",
        "empty_elbow_flexion_left.mp4": "unreadable",
        "gone.webm": "unknown",
        "holiday.mp4": "unknown",
        "nobody_elbow_flexion_left.webm": "refused",
        "sound_elbow_flexion_left.mp4": "unreadable",
        "text_elbow_flexion_left.mp4": "unreadable",
    }
    assert all(row["reason"] and row["advice"] for row in failures.values())


def test_a_pair_is_compared_as_compare_does(undisturbed, run, folder):
    (row,) = rows(undisturbed, "comparisons")
    pair = [folder / row[name] for name in ("before_file", "after_file")]
    found = run("compare", *pair, "--movement", "elbow_flexion", "--side", "left", "--model", "lite", "--json").json
    assert float(row["change_deg"]) == pytest.approx(found["change_deg"], abs=0.011)
    assert float(row["detectable_deg"]) == pytest.approx(found["detectable_deg"], abs=0.011)
    assert row["verdict"] == found["verdict"]
    assert set(row["flags"].split()) == {flag["code"] for flag in found["flags"]}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_killed_on_the_way_it_goes_on_and_the_results_are_the_same_bytes(undisturbed, run, folder, tmp_path):
    results = tmp_path / "results"
    arguments = ("batch", folder, "--out", results, "--workers", "2", "--model", "lite", "--angles")
    journal = results / "journal.jsonl"
    for least in (1, 4):
        process = run.start(*arguments)
        while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") >= least):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not (results / "measurements.csv").exists()
    time.sleep(1)  # The workers notice, and go.
    for part in (run.cache / "poses").glob(".part-*"):
        part.unlink()
    kept = journal.read_bytes()
    kept = kept[: kept.rfind(b"\n") + 1]
    done = run(*arguments, "--resume", "--json")
    assert done.exit_code == 0
    assert done.json["new"] == 8 - kept.count(b"\n")
    assert journal.read_bytes().startswith(kept)
    assert contents(results) == contents(undisturbed)


def test_the_same_again_measures_nothing_and_what_changed_is_measured(undisturbed, run, folder, tmp_path):
    results, copy = tmp_path / "results", tmp_path / "copy"
    shutil.copytree(undisturbed, results)
    shutil.copytree(folder, copy, copy_function=shutil.copy)  # Other times of modification, the same contents.
    arguments = ("batch", copy, "--out", results, "--model", "lite", "--json")
    assert run(*arguments, "--workers", "1").json["new"] == 4  # Those that cannot be read, which costs nothing.
    before = {path.name: path.stat().st_mtime_ns for path in results.iterdir()}
    again = run(*arguments)
    assert again.json["new"] == 0
    assert {path.name: path.stat().st_mtime_ns for path in results.iterdir()} == before
    shutil.copy(copy / "ann" / "ann_elbow_flexion_left_after.webm", copy / "one.webm")
    assert run(*arguments).json["new"] == 0  # That content has been measured.
    assert rows(results, "measurements")[2]["end_range_deg"] == rows(results, "measurements")[0]["end_range_deg"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_leaves_tables_and_says_how_to_go_on(run, lite, folder, tmp_path):
    results = tmp_path / "results"
    process = run.start("batch", folder, "--out", results, "--workers", "1", "--model", "lite", "--json")
    journal = results / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") >= 2):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert json.loads(out)["interrupted"]
    assert "Go on with:" in err
    assert f"rom-tracker batch {folder} --out {results}" in err
    assert len(rows(results, "measurements")) + len(rows(results, "failures")) >= 2 + 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none", "--out", "results"), 'nothing is at "none"'),
        ((".", "--out", "."), "a folder for the results apart from the recordings"),
        ((".", "--out", "{tmp}/new", "--resume"), "There is no earlier run"),
        ((".", "--out", "{tmp}/new"), "Expected recordings"),
        ((".", "--out", "{tmp}/new", "--model", "giant"), "--model is auto"),
        ((".", "--out", "{tmp}/new", "--scheduler", "tcp://a:1", "--workers", "2"), "for the workers of this computer"),
    ],
)
def test_wrong_use_says_what_to_do(run, tmp_path, arguments, said):
    done = run("batch", *(argument.format(tmp=tmp_path) for argument in arguments))
    shutil.rmtree(run.folder / "results", ignore_errors=True)
    assert done.exit_code == 2
    assert said in done.sentence


@pytest.mark.filterwarnings("ignore")  # Dask's own: sockets of a killed worker, and a port that is taken.
def test_a_cluster_of_which_a_worker_dies_gives_the_same(undisturbed, lite, run, folder, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    from rom_tracker.batch import run_batch
    from rom_tracker.batch.engine import Heard

    for name, value in run.environment().items():
        if name.startswith("ROM_TRACKER"):
            monkeypatch.setenv(name, value)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        killed: list[int] = []

        def kill_one(heard: Heard) -> None:
            if heard.kind == "done" and not killed:
                victim = next(iter(cluster.workers.values()))
                killed.append(victim.pid)
                victim.process.process.kill()

        # The folder as a URL, so that every worker fetches the recordings.
        done = run_batch(f"file://{folder}", tmp_path / "results", scheduler=cluster.scheduler_address, model="lite", angles=True,
                         listen=kill_one)  # fmt: skip
    assert killed
    assert (done.measured, done.refused, done.failed, done.left) == (3, 1, 4, 0)
    assert contents(tmp_path / "results") == contents(undisturbed)


#: What the batch takes for the version of another program.
OTHER = "0.0.9 0.10.0 0123456789abcdef"


def _have_another_version() -> None:
    """On a worker: be another program."""
    from rom_tracker.batch import keys

    keys.method = lambda: OTHER


@pytest.mark.filterwarnings("ignore")  # Dask's own, as above.
def test_a_worker_with_another_version_of_the_program_is_told_and_its_results_are_not_taken(folder, tmp_path):
    distributed = pytest.importorskip("distributed")
    from rom_tracker.batch import keys, run_batch

    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster, set_as_default=False) as client:
            client.run(_have_another_version)
        expected = r"the worker tcp://\S+ has another version .*\(version 0\.0\.9, mediapipe 0\.10\.0, code 01234567; here version "
        with pytest.raises(MeasurementError, match=expected):
            run_batch(folder, tmp_path / "results", scheduler=cluster.scheduler_address, model="lite")
    assert keys.method() != OTHER
    assert not any((tmp_path / "results").glob("measurements.*"))


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
def test_on_a_terminal_there_are_bars(run, lite, folder, tmp_path):
    import os
    import pty

    few = tmp_path / "few"
    few.mkdir()
    for name in ("ann/ann_elbow_flexion_left_after.webm", "empty_elbow_flexion_left.mp4"):
        shutil.copy(folder / name, few)
    terminal, theirs = pty.openpty()
    process = run.start("batch", few, "--out", tmp_path / "results", "--workers", "1", "--model", "lite", "--json", stderr=theirs)
    os.close(theirs)
    said = b""
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:  # Linux says so at the end
            break
        if not read:
            break
        said += read
    os.close(terminal)
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["measured"] == 1
    assert b"Traceback" not in said
    for words in (b"2 to measure", b"0 of 2", b"1 of 2", b"/min", b"ann_elbow_flexion_left_after.webm", b"x empty_elbow"):
        assert words in said
