"""The errors in movements.toml are those that the command computes, and it writes nothing else."""

from dataclasses import replace
from pathlib import Path

from rom_tracker.movements import load_catalogue
from rom_tracker.validation.catalogue_file import differences, rewritten
from rom_tracker.validation.evidence import load_evidence
from rom_tracker.validation.residuals import MovementResiduals, Residual, ResidualTable
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


def part_of(text: str, key: str) -> str:
    return text[text.index(f"[movement.{key}]") :].split("\n[")[0]


def test_another_error_changes_its_movement_alone():
    changed = FOUND | {"knee_flexion": replace(FOUND["knee_flexion"], end_range=Residual(12.34, 40, -3.21))}
    before, now = rewritten(TOML, FOUND), rewritten(TOML, changed)
    part = part_of(now, "knee_flexion")
    assert {"residual_deg = 12.3", "residual_people = 40", "offset_deg = -3.2"} <= set(part.splitlines())
    assert now.replace(part, part_of(before, "knee_flexion")) == before
    assert len(part.splitlines()) <= len(part_of(before, "knee_flexion").splitlines()) + 1


def test_a_movement_that_gets_evidence_of_its_own_gets_the_lines():
    own = FOUND | {"trunk_extension": MovementResiduals("trunk_extension", Residual(6.25, 11), Residual(3.81, 12), own=True)}
    text = rewritten(TOML, own)
    lines = part_of(text, "trunk_extension").splitlines()
    assert 'evidence = "own"' in lines
    assert {"residual_deg = 6.2", "residual_people = 11", "change_residual_deg = 3.8", "change_residual_people = 12"} <= set(lines)
    assert rewritten(text, own) == text
    assert 'trunk_extension: evidence = "own", not "borrowed"' in differences(own, MOVEMENTS)
