"""The measuring errors in the catalogue are those of the table they are said to come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.movements import load_catalogue

TABLE = pd.read_csv(Path(__file__).parents[2] / "calibration" / "residuals.csv")
MEASURED = [entry for entry in load_catalogue().movements.values() if entry.evidence == "own"]


@pytest.mark.parametrize("entry", MEASURED, ids=lambda entry: entry.key)
def test_residual_is_the_root_mean_square_of_the_table(entry):
    rows = TABLE[TABLE.movement == entry.key]
    assert entry.residual_deg == pytest.approx(max(float(np.sqrt((rows.error_deg**2).mean())), 2.0), abs=0.06)
    assert entry.residual_people == rows.person.nunique() >= 4


def test_errors_are_the_difference_of_the_angles():
    np.testing.assert_allclose(TABLE.measured_deg - TABLE.true_deg, TABLE.error_deg, atol=0.011)
    assert (TABLE.repetitions_found == TABLE.repetitions_true).all()


@pytest.mark.parametrize("key", ["knee_flexion", "elbow_flexion"])
def test_change_residual_is_the_root_mean_square_over_the_pairs(key):
    groups = {"knee_flexion": ["knee_flexion"]}
    alone = ["knee_flexion", "shoulder_flexion", "shoulder_extension"]
    wanted = groups.get(key, [m for m in TABLE.movement.unique() if m not in alone])
    pairs = TABLE[TABLE.movement.isin(wanted) & TABLE.moment.notna()].pivot(
        index=["set", "pair"], columns="moment", values="error_deg"
    )
    changes = (pairs.after - pairs.before).dropna()
    entry = load_catalogue()[key]
    assert entry.change_residual_deg == pytest.approx(float(np.sqrt((changes**2).mean())), abs=0.06)
    assert entry.change_residual_people == len(changes)


@pytest.mark.parametrize("entry", load_catalogue().movements.values(), ids=lambda entry: entry.key)
def test_the_interval_is_of_use(entry):
    terms = (ErrorTerm("repetitions", 1.0, 6), ErrorTerm("pose model", entry.residual_deg, entry.residual_people))
    assert 4 < ErrorBudget(terms).half_width_deg < 20
