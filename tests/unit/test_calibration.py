"""The measuring errors in the catalogue are those of the table they are said to come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.movements import load_catalogue
from rom_tracker.validation.catalogue_file import differences
from rom_tracker.validation.evidence import load_evidence
from rom_tracker.validation.residuals import ResidualTable, is_used
from rom_tracker.validation.tables import RecordingRow, read_rows

FOLDER = Path(__file__).parents[2] / "calibration"
TABLE = pd.read_csv(FOLDER / "residuals.csv")
ROWS = read_rows(FOLDER / "residuals.csv", RecordingRow)
RULES = load_evidence(FOLDER / "evidence.toml").residual
MOVEMENTS = load_catalogue().movements


def test_the_catalogue_states_what_the_table_gives():
    assert differences(ResidualTable(ROWS, RULES, MOVEMENTS).residuals(), MOVEMENTS) == []


@pytest.mark.parametrize("key", ["shoulder_abduction", "neck_rotation", "wrist_extension"])
def test_a_residual_is_the_root_mean_square_less_what_the_repetitions_explain(key):
    used = [row for row in ROWS if row.movement == key and is_used(row, RULES)]
    mean_square = np.mean([row.error_deg**2 for row in used])
    own = [row.own_sd_deg**2 for row in used if row.own_sd_deg and row.repetitions_found > 1]
    entry = MOVEMENTS[key]
    assert not entry.offset_deg
    assert entry.residual_deg == pytest.approx(np.sqrt(mean_square - np.mean(own)), abs=0.06)
    assert entry.residual_people == len({row.person for row in used})


def test_the_correction_is_the_mean_error_of_people_with_its_sign_turned():
    entry = MOVEMENTS["knee_flexion"]
    used = TABLE[(TABLE.movement == "knee_flexion") & TABLE.verdict.isin(["ok", "caution"])]
    raw = (used.error_deg - used.offset_deg).groupby(used.person).mean()
    assert entry.offset_deg == pytest.approx(-raw.mean(), abs=0.06)
    assert entry.residual_people == len(raw) >= RULES.offset_people
    about = np.sqrt(((used.error_deg - used.offset_deg + entry.offset_deg) ** 2).mean())
    assert about < RULES.offset_share * np.sqrt(((used.error_deg - used.offset_deg) ** 2).mean())


def test_of_the_mean_error_of_shoulders_half_is_corrected():
    entry = MOVEMENTS["shoulder_extension"]
    used = TABLE[(TABLE.movement == "shoulder_extension") & TABLE.verdict.isin(["ok", "caution"])]
    mean = (used.error_deg - used.offset_deg).groupby(used.person).mean().mean()
    assert entry.offset_deg == pytest.approx(-mean / 2, abs=0.06)
    spread = (used.error_deg - used.offset_deg - mean).std(ddof=0)
    assert spread < entry.residual_deg < np.hypot(1.1 * spread, mean / 2)


def test_errors_are_the_difference_of_the_angles():
    known = TABLE[TABLE.measured_deg.notna() & TABLE.true_deg.notna()]
    np.testing.assert_allclose(known.measured_deg - known.true_deg, known.error_deg, atol=0.011)


def test_the_words_about_the_table_are_true():
    words = " ".join((FOLDER / "README.md").read_text(encoding="utf-8").split())
    assert f"{len(TABLE)} rendered recordings of {TABLE.person.nunique()} people" in words
    borrowed = [key for key, entry in MOVEMENTS.items() if entry.evidence == "borrowed"]
    assert f"{['Twelve', 'Thirteen', 'Fourteen', 'Fifteen'][len(borrowed) - 12]} movements have no recording of their own" in words
    assert set(MOVEMENTS) - set(borrowed) == set(TABLE.movement)


@pytest.mark.parametrize("entry", MOVEMENTS.values(), ids=lambda entry: entry.key)
def test_the_interval_is_of_use(entry):
    terms = (ErrorTerm("repetitions", 1.0, 6), ErrorTerm("pose model", entry.residual_deg, entry.residual_people))
    assert 2.0 < ErrorBudget(terms).half_width_deg < (29 if entry.feasibility == "poor" else 20)
