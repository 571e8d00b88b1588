"""The errors in movements.toml are those that the command computes, and it writes nothing else."""

from dataclasses import replace
from pathlib import Path

from rom_tracker.movements import load_catalogue
from rom_tracker.validation.catalogue_file import differences, rewritten
from rom_tracker.validation.evidence import load_evidence
from rom_tracker.validation.residuals import Residual, ResidualTable
from rom_tracker.validation.tables import RecordingRow, read_rows

ROOT = Path(__file__).parents[3]
MOVEMENTS = load_catalogue().movements
TOML = (ROOT / "rom_tracker" / "movements" / "movements.toml").read_text(encoding="utf-8")
RULES = load_evidence(ROOT / "calibration" / "evidence.toml").residual
FOUND = ResidualTable(read_rows(ROOT / "calibration" / "residuals.csv", RecordingRow), RULES, MOVEMENTS).residuals()


def test_the_catalogue_states_what_the_table_gives():
    again = "write it anew: python -m rom_tracker.validation residuals --write rom_tracker/movements/movements.toml"
    assert differences(FOUND, MOVEMENTS) == [], again
    assert rewritten(TOML, FOUND) == TOML, again


def test_another_error_changes_its_line_alone():
    changed = FOUND | {"knee_flexion": replace(FOUND["knee_flexion"], end_range=Residual(12.34, 40, -3.21))}
    lines, now = TOML.splitlines(), rewritten(TOML, changed).splitlines()
    added = [line for line in now if line not in lines]
    assert added == ["residual_deg = 12.3", "residual_people = 40", "offset_deg = -3.2"]
    assert len(now) == len(lines) + 1
    knee = now.index("[movement.knee_flexion]")
    assert knee < now.index("residual_deg = 12.3") < now.index("[movement.knee_extension]")


def test_a_movement_that_gets_evidence_of_its_own_gets_the_lines():
    own = FOUND | {"trunk_extension": replace(FOUND["knee_flexion"], movement="trunk_extension")}
    text = rewritten(TOML, own)
    part = text[text.index("[movement.trunk_extension]") :].split("\n[")[0]
    assert 'evidence = "own"\n' in part
    assert "residual_deg = 6.2\nresidual_people = 11\n" in part
    assert rewritten(text, own) == text
    assert 'trunk_extension: evidence = "own", not "borrowed"' in differences(own, MOVEMENTS)
