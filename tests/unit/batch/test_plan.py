"""What is to be measured in a folder: from manifest, sidecar and name; pairs; and what is listed instead of guessed."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from rom_tracker.batch.naming import NamePattern
from rom_tracker.batch.plan import Plan, plan_of
from rom_tracker.capture.recording import RecordingInfo, write_sidecar
from rom_tracker.errors import UsageError
from rom_tracker.movements import load_catalogue
from rom_tracker.sample_clips import sample_clips, sample_folder, sample_pairs

CATALOGUE = load_catalogue()


def folder_of(root: Path, *files: str, manifest: str | None = None) -> Path:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    if manifest is not None:
        (root / "manifest.csv").write_text("file,movement,side,client,moment\n" + manifest, encoding="utf-8")
    return root


def planned(root: Path, **options: str) -> Plan:
    return plan_of(root, CATALOGUE, **options)  # type: ignore[arg-type]


def said(plan: Plan) -> list[tuple[str, ...]]:
    return [(t.file, t.movement, t.side, t.client, t.moment, t.known_from) for t in plan.tasks]


def test_names_sidecars_and_manifest(tmp_path):
    root = folder_of(
        tmp_path,
        "ann_knee_flexion_L_pre.mp4",
        "b/one.mkv",
        "c/two.avi",
        "notes.txt",
        manifest="c/two.avi,Hip flexion,right,cem,after\n",
    )
    write_sidecar(root / "b" / "one.mkv", RecordingInfo("ben", "elbow_flexion", "left", "before"))
    plan = planned(root)
    assert said(plan) == [
        ("ann_knee_flexion_L_pre.mp4", "knee_flexion", "left", "ann", "before", "file name"),
        ("b/one.mkv", "elbow_flexion", "left", "ben", "before", "sidecar"),
        ("c/two.avi", "hip_flexion", "right", "cem", "after", "manifest"),
    ]
    assert plan.problems == ()


def test_hidden_folders_and_the_results_are_not_searched(tmp_path):
    root = folder_of(tmp_path, *(f"{folder}ann_knee_flexion_left.mp4" for folder in ("", ".trash/", "results/", "._")))
    assert [task.file for task in plan_of(root, CATALOGUE, without=root / "results").tasks] == ["ann_knee_flexion_left.mp4"]


@pytest.mark.parametrize(
    ("manifest", "reason", "advice"),
    [
        (
            "a.mp4,knee_flexoin,left,ann,before\n",
            "Line 2 of manifest.csv: There is no movement called 'knee_flexoin'.",
            "knee_flexion",
        ),
        ("a.mp4,,left,ann,before\n", "the movement is missing", "Write it down"),
        ("a.mp4,knee_flexion,,ann,before\n", "the side of knee_flexion is missing", "Write left or right"),
        ("a.mp4,knee_flexion,up,ann,before\n", "the side is left, right or both, got 'up'", "Mend it"),
        ("a.mp4,knee_flexion,left,ann,during\n", "the moment is before or after, got 'during'", "Mend it"),
        ("a.mp4,knee_flexion,left,ann,\na.mp4,knee_flexion,L,ann,\n", "names the same movement and side", "one line"),
        (
            "b.mp4,knee_flexion,left,ann,\na.mp4,knee_flexion,left,ann,\n",
            "Line 2 of manifest.csv names this file",
            "Check its name",
        ),
    ],
)
def test_what_a_manifest_has_wrong_is_listed(tmp_path, manifest, reason, advice):
    (problem,) = planned(folder_of(tmp_path, "a.mp4", manifest=manifest)).problems
    assert problem.kind == "unknown"
    assert reason in problem.reason
    assert advice in problem.advice


def test_a_name_that_says_nothing_is_listed_and_not_guessed(tmp_path):
    plan = planned(folder_of(tmp_path, "knee.mp4", "ann_knee_flexion_before.mp4"))
    assert plan.tasks == ()
    assert [(p.file, p.kind) for p in plan.problems] == [("ann_knee_flexion_before.mp4", "unknown"), ("knee.mp4", "unknown")]


def test_manifest_against_sidecar_is_not_measured_and_what_it_leaves_open_is_taken_from_there(tmp_path):
    root = folder_of(tmp_path, "a.mkv", "b.mkv", manifest="a.mkv,knee_flexion,left,,\nb.mkv,,,cem,\n")
    for name in ("a", "b"):
        write_sidecar(root / f"{name}.mkv", RecordingInfo("cem", "elbow_flexion", "left", "before"))
    plan = planned(root)
    assert said(plan) == [("b.mkv", "elbow_flexion", "left", "cem", "before", "manifest")]
    assert "knee_flexion here and elbow_flexion in the sidecar" in plan.problems[0].reason


def test_a_damaged_sidecar_is_told(tmp_path):
    root = folder_of(tmp_path, "a.mkv")
    (root / "a.recording.json").write_text("{")
    (problem,) = planned(root).problems
    assert "does not describe a recording" in problem.reason


def test_both_sides_of_one_recording_are_two_tasks(tmp_path):
    plan = planned(folder_of(tmp_path, "a.mp4", manifest="a.mp4,shoulder_abduction,both,ann,before\n"))
    assert [task.side for task in plan.tasks] == ["left", "right"]


def test_a_manifest_from_a_spreadsheet(tmp_path):
    root = folder_of(tmp_path, "x/a.mp4")
    (root / "manifest.csv").write_text(
        "File;Movement;Side;Client;Moment\nx\\a.mp4;knee flexion;R;Ann B;post\n;;;;\n", encoding="utf-8-sig"
    )
    assert said(planned(root)) == [("x/a.mp4", "knee_flexion", "right", "Ann B", "after", "manifest")]


@pytest.mark.parametrize("manifest", ["name,what\n", "", "file;side\n"])
def test_a_table_of_another_form_is_wrong_use(tmp_path, manifest):
    root = folder_of(tmp_path, "a.mp4")
    (root / "manifest.csv").write_text(manifest)
    with pytest.raises(UsageError, match="expected the columns file, movement"):
        planned(root)


def test_the_sample_videos_can_be_measured_as_a_folder():
    plan = planned(sample_folder())
    assert plan.problems == ()
    assert {(task.file, task.movement, task.side, task.moment) for task in plan.tasks} == {
        (clip.path.name, clip.movement, clip.side, clip.moment or "") for clip in sample_clips()
    }
    assert {(before.file, after.file) for before, after in plan.pairs} == {
        (before.path.name, after.path.name) for before, after in sample_pairs()
    }


def test_no_folder(tmp_path):
    with pytest.raises(UsageError, match="nothing is at"):
        planned(tmp_path / "none")


def test_pairs_are_found_wherever_they_lie(tmp_path):
    plan = planned(folder_of(tmp_path, "x/ann_knee_flexion_left_before.mp4", "y/ann_knee_flexion_left_after.mp4"))
    assert [(b.file, a.file) for b, a in plan.pairs] == [
        ("x/ann_knee_flexion_left_before.mp4", "y/ann_knee_flexion_left_after.mp4")
    ]


def test_sessions_in_folders_are_paired_apart_and_what_stays_unclear_is_listed(tmp_path):
    sessions = [f"{day}/ann_knee_flexion_left_{moment}.mp4" for day in ("may", "june") for moment in ("before", "after")]
    plan = planned(folder_of(tmp_path, *sessions))
    assert [(b.session, a.session) for b, a in plan.pairs] == [("june", "june"), ("may", "may")]
    plan = planned(folder_of(tmp_path, "may/ann_knee_flexion_left_pre.mp4"))
    assert [(b.session, a.session) for b, a in plan.pairs] == [("june", "june")]
    (problem,) = plan.problems
    assert problem.kind == "not compared"
    assert problem.reason.startswith("2 before and 1 after")


def test_what_is_left_over_of_both_moments_is_listed(tmp_path):
    names = [f"{moment}/ann_{n}.mp4" for moment in ("before", "after") for n in (1, 2)]
    lines = "".join(f"{name},knee_flexion,left,ann,{name.split('/')[0]}\n" for name in names)
    plan = planned(folder_of(tmp_path, *names, manifest=lines))
    assert len(plan.tasks) == 4
    assert plan.pairs == ()
    (problem,) = plan.problems
    assert problem.reason.startswith("2 before and 2 after the treatment are of this client, movement and side")


def test_a_client_who_is_written_in_two_ways_is_listed(tmp_path):
    plan = planned(folder_of(tmp_path, "Cara_knee_flexion_left_before.mp4", "cara_knee_flexion_left_after.mp4"))
    assert plan.pairs == ()
    (problem,) = plan.problems
    assert (problem.kind, problem.file) == ("not compared", "cara_knee_flexion_left_after.mp4")
    assert (
        problem.reason == 'The client is called "cara" here and "Cara" in "Cara_knee_flexion_left_before.mp4", which count as two.'
    )


def test_a_name_with_accents_is_the_same_however_they_are_written(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "Jürgen.mp4") for form in ("NFC", "NFD"))
    assert composed != decomposed
    plan = planned(folder_of(tmp_path, decomposed, manifest=f"{composed},knee_flexion,left,Jürgen,before\n"))
    assert [unicodedata.normalize("NFC", task.file) for task in plan.tasks] == [composed]
    assert plan.problems == ()
    names = [unicodedata.normalize(form, f"{who}_knee_flexion_left_{moment}.mp4") for form, who, moment in
             (("NFC", "Zoë", "before"), ("NFD", "Zoë", "after"))]  # fmt: skip
    (tmp_path / "more").mkdir()
    assert len(planned(folder_of(tmp_path / "more", *names)).pairs) == 1


def test_a_folder_that_cannot_be_read_is_listed(tmp_path, monkeypatch):
    root = folder_of(tmp_path, "ann_knee_flexion_left.mp4", "closed/ben_knee_flexion_left.mp4")
    scandir = os.scandir

    def refuse(folder: str) -> object:  # Root may read everything, whatever its permissions.
        if os.fspath(folder).endswith("closed"):
            raise PermissionError(13, "Permission denied", folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    plan = planned(root)
    assert [task.file for task in plan.tasks] == ["ann_knee_flexion_left.mp4"]
    assert [(p.file, p.reason) for p in plan.problems] == [("closed", "This folder cannot be read, nor what is in it.")]


@pytest.mark.parametrize(
    ("pattern", "file", "client", "side", "moment"),
    [
        ("CLIENT_MOVEMENT[_SIDE][_MOMENT]", "ann_shoulder_external_rotation_R_post.mp4", "ann", "right", "after"),
        ("CLIENT_MOVEMENT[_SIDE][_MOMENT]", "a/b c-trunk-flexion.mov", "b c", "", ""),
        ("CLIENT/MOMENT ANY_MOVEMENT_SIDE", "x/ann/before take 2_knee flexion_left.mkv", "ann", "left", "before"),
    ],
)
def test_patterns(pattern, file, client, side, moment):
    named = NamePattern(pattern, CATALOGUE.movements).read(file)
    assert named is not None
    assert (named.client, named.side, named.moment) == (client, side, moment)
    assert named.movement in CATALOGUE.movements


@pytest.mark.parametrize("pattern", ["CLIENT_SIDE", "MOVEMENT_MOVEMENT", "CLIENT_MOVEMENT[_SIDE"])
def test_patterns_that_are_none(pattern):
    with pytest.raises(UsageError, match="such as CLIENT_MOVEMENT"):
        NamePattern(pattern, CATALOGUE.movements)


def test_a_misspelt_word_in_a_pattern_is_told():
    with pytest.raises(UsageError, match=r"SIED in the pattern .* did you mean SIDE"):
        NamePattern("CLIENT_MOVEMENT_SIED", CATALOGUE.movements)
    for pattern in ("IMG_CLIENT_MOVEMENT", "CLIENT_MOVEMENTANY", "MANY_MOVEMENT"):
        NamePattern(pattern, CATALOGUE.movements)


def test_planning_imports_nothing_that_is_slow():
    """A second run over unchanged files does nothing else, and is to be over at once."""
    code = (
        "import sys\nimport rom_tracker.batch.run, rom_tracker.cli.batch, rom_tracker.repeatability_table\n"
        "slow = {'cv2', 'mediapipe', 'matplotlib', 'scipy', 'pandas', 'pyarrow'} & set(sys.modules)\nassert not slow, slow"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
