"""The measuring errors in the catalogue are those of the table they are said to come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.movements import load_catalogue

FOLDER = Path(__file__).parents[2] / "calibration"
TABLE = pd.read_csv(FOLDER / "residuals.csv")

#: Recordings that are flagged and get a wider interval, and those without a number, are not in the catalogue's errors.
USED = TABLE[(TABLE.verdict != "refused") & ~TABLE.condition.isin(["small face", "turned"])]

#: Movements with few people share their recordings with their opposite.
OPPOSITES = [
    {"forearm_pronation", "forearm_supination"}, {"wrist_flexion", "wrist_extension"}, {"neck_flexion", "neck_extension"},
]  # fmt: skip
FEW_PEOPLE = 6

#: Pairs of recordings of one client are put together for these; all others are one group.
CHANGE_GROUPS = {
    "knee_flexion": ["knee_flexion"],
    "shoulder_flexion": ["shoulder_flexion", "shoulder_extension"],
    "shoulder_external_rotation": ["shoulder_external_rotation"],
    "wrist_extension": ["wrist_flexion", "wrist_extension"],
    "neck_rotation": ["neck_lateral_flexion", "neck_rotation"],
}
ALONE = [*(key for group in CHANGE_GROUPS.values() for key in group), "forearm_pronation", "forearm_supination"]

MEASURED = [entry for entry in load_catalogue().movements.values() if entry.evidence == "own"]


@pytest.mark.parametrize("entry", MEASURED, ids=lambda entry: entry.key)
def test_residual_is_the_root_mean_square_of_the_table(entry):
    rows = USED[USED.movement == entry.key]
    found_deg, people = rms(rows.error_deg), rows.person.nunique()
    both = [group for group in OPPOSITES if entry.key in group]
    if both and people < FEW_PEOPLE:
        together = USED[USED.movement.isin(both[0])]
        found_deg, people = max((found_deg, people), (rms(together.error_deg), together.person.nunique()))
    assert entry.residual_deg == pytest.approx(max(found_deg, 1.5 if entry.joint == "neck" else 2.0), abs=0.06)
    assert entry.residual_people == people >= 3


def rms(values: pd.Series) -> float:
    return float(np.sqrt((values**2).mean()))


def test_errors_are_the_difference_of_the_angles():
    known = TABLE[TABLE.measured_deg.notna()]
    np.testing.assert_allclose(known.measured_deg - known.true_deg, known.error_deg, atol=0.011)
    assert set(TABLE[TABLE.measured_deg.isna()].verdict) == {"refused"}
    assert (USED.repetitions_found == USED.repetitions_true).all()


def test_the_words_about_the_table_are_true():
    words = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"{len(TABLE)} rendered recordings of {TABLE.person.nunique()} people" in " ".join(words.split())
    borrowed = len(load_catalogue().movements) - len(MEASURED)
    assert f"{['Twelve', 'Thirteen', 'Fourteen', 'Fifteen'][borrowed - 12]} movements have no recording of their own" in words
    assert {entry.key for entry in MEASURED} == set(TABLE.movement)


@pytest.mark.parametrize("key", [*CHANGE_GROUPS, "elbow_flexion"])
def test_change_residual_is_the_root_mean_square_over_the_pairs(key):
    wanted = CHANGE_GROUPS.get(key, [m for m in TABLE.movement.unique() if m not in ALONE])
    pairs = USED[USED.movement.isin(wanted) & USED.moment.notna()].fillna({"condition": ""}).pivot(
        index=["set", "movement", "pair", "condition"], columns="moment", values="error_deg"
    )  # fmt: skip
    changes = (pairs.after - pairs.before).dropna()
    entry = load_catalogue()[key]
    assert entry.change_residual_deg == pytest.approx(rms(changes), abs=0.06)
    assert entry.change_residual_people == len(changes)


@pytest.mark.parametrize("entry", load_catalogue().movements.values(), ids=lambda entry: entry.key)
def test_the_interval_is_of_use(entry):
    terms = (ErrorTerm("repetitions", 1.0, 6), ErrorTerm("pose model", entry.residual_deg, entry.residual_people))
    assert 3.5 < ErrorBudget(terms).half_width_deg < (29 if entry.feasibility == "poor" else 20)
