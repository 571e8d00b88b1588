"""Records as tables and as FHIR: right numbers, units in the names, and nobody told by them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fhir.resources.R4B.bundle import Bundle
from recordings import recorded

from rom_tracker import compare
from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.errors import OutputError, UsageError
from rom_tracker.export.fhir import body_site, codings, fhir_bundle, write_fhir
from rom_tracker.export.tables import COLUMNS, record_tables, write_tables
from rom_tracker.movements import load_catalogue
from rom_tracker.store import Client, Store

MOVEMENT, SIDE = "shoulder_abduction", "left"
HELD_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
#: What somebody typed or could be told by; none of it may be in an export without names.
OWN_WORDS = (
    "Querfurth",
    "Kim",
    "stiff neck",
    "slept",
    "stretch daily",
    "Anne's phone",
    "slipped",
    "trapezius of Q",
    "1980",
    "2026",
    "09:30",
)


def measured(top_deg: float) -> RomMeasurement:
    time_s = np.arange(0, 6.5, 1 / 30)
    angles = 20 + (top_deg - 20) * np.sin(np.pi * time_s / 2) ** 2
    return recorded(MOVEMENT, SIDE, angles, time_s, jitter_px=0.5).measured()


@pytest.fixture(scope="module")
def change() -> Comparison:
    return compare(measured(90), measured(120), primary=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, change: Comparison) -> Iterator[Store]:
    """Two clients: one with two sessions a week apart, of which the first is signed; one with a refused measurement."""
    with Store.create(tmp_path_factory.mktemp("records") / "records", passphrase="correct horse battery", who="Kim") as made:
        ann = made.clients.add("Anne Querfurth", birth_year=1980, sex="female")
        for week in range(2):
            told = {"complaint": "stiff neck", "notes": "slept badly", "muscle": "trapezius of Q", "next_steps": "stretch daily"}
            session = made.sessions.start(
                ann.id, held_at=HELD_AT + timedelta(weeks=week), therapist="Kim", protocol="upper_trapezius", pain_before=6, **told
            )
            made.sessions.screen(session.id, {"pregnancy": True, "fever": False})
            kept = []
            for moment, found in (("before", change.before), ("after", change.after)):
                recording = made.recordings.add(
                    session.id, MOVEMENT, SIDE, moment, recorded_at=session.held_at, camera="Anne's phone",
                    setup={"distance_m": 2.5, "words": "slipped"},
                )  # fmt: skip
                kept.append(made.measurements.keep(recording.id, found))
            made.measurements.keep_comparison(kept[0].id, kept[1].id, change)
            if week == 0:
                made.recordings.correct(made.sessions.get(session.id).recordings[0].id, "other", {}, "slipped")
                made.sessions.sign(session.id, "Kim")
        bob = made.clients.add("Bob Querfurth")
        session = made.sessions.start(bob.id, held_at=HELD_AT)
        recording = made.recordings.add(session.id, MOVEMENT, SIDE, "before")
        still = recorded(MOVEMENT, SIDE, np.full(60, 20.0), np.arange(60) / 30).measured()
        assert still.verdict == "refused"
        made.measurements.keep(recording.id, still)
        yield made


@pytest.fixture(scope="module")
def clients(store: Store) -> list[Client]:
    return [line.client for line in store.clients.list()]


def test_tables_have_the_numbers_of_the_records(store: Store, clients: list[Client], change: Comparison) -> None:
    tables = record_tables(store, clients)
    ann, bob = clients
    assert tables.clients.set_index("client").loc[ann.pseudonym].to_dict() == {"sex": "female", "age_years": 46, "sessions": 2}
    sessions = tables.sessions[tables.sessions["client"] == ann.pseudonym]
    assert list(sessions["day"]) == [0, 7]
    assert list(sessions["signed"]) == [True, False]
    assert list(sessions["yes_to_contraindications"]) == ["pregnancy"] * 2
    assert list(sessions["pain_before_nrs"]) == [6, 6]
    first = tables.measurements.iloc[0]
    assert (first["session"], first["recording"], first["moment"], first["current"]) == (1, 1, "before", True)
    assert first["peak_deg"] == pytest.approx(change.before.peak_deg, abs=1e-3)
    assert (first["peak_low_deg"], first["peak_high_deg"]) == pytest.approx(change.before.interval_deg, abs=1e-3)
    assert first["distance_m"] == 2.5
    assert (first["corrections"], tables.measurements.iloc[1]["corrections"]) == ("other", "")
    refused = tables.measurements[tables.measurements["client"] == bob.pseudonym].iloc[0]
    assert refused["verdict"] == "refused"
    assert np.isnan(refused["peak_deg"])
    repetitions = tables.repetitions[tables.repetitions["recording"] == 1].head(len(change.before.repetitions.scored))
    assert list(repetitions["peak_deg"]) == pytest.approx([r.peak_deg for r in change.before.repetitions.scored], abs=0.01)
    compared = tables.comparisons.iloc[0]
    assert compared["change_deg"] == pytest.approx(change.change_deg, abs=1e-3)
    assert (compared["verdict"], compared["role"], compared["detectable_from"]) == (
        "improved",
        "chosen beforehand",
        "measuring error",
    )
    assert len(tables.comparisons) == 2


def test_every_number_with_a_unit_has_it_in_its_name() -> None:
    unitless = {"session", "sessions", "recording", "repetition", "repetitions", "day"}
    named = re.compile(r"_(deg|s|m|fps|deg_s|nrs|years|sparc|year)$")
    words = {
        "client",
        "label",
        "sex",
        "side",
        "protocol",
        "signed",
        "yes_to_contraindications",
        "current",
        "movement",
        "moment",
        "verdict",
        "verdict_in_session",
    }
    words |= {"flags", "corrections", "model", "rom_tracker", "zero", "geometry", "smoothing", "lens_undone", "scored", "role"}
    words |= {"detectable_from", "therapist", "complaint", "muscle", "notes", "next_steps", "signed_by", "camera"}
    for plain, own in COLUMNS.values():
        for name in (*plain, *own):
            assert name in unitless | words or name.endswith("_at") or named.search(name), name


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_tables_are_read_back(store: Store, clients: list[Client], tmp_path: Path, form: Any) -> None:
    tables = record_tables(store, clients, names=True)
    target = tmp_path / ("out.xlsx" if form == "xlsx" else "out")
    written = write_tables(tables, target, form)
    readers = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": lambda path: pd.read_excel(path, sheet_name="measurements")}
    path = target if form == "xlsx" else target / f"measurements.{form}"
    assert path in written
    found = readers[form](path)
    assert list(found["peak_deg"].round(2).dropna()) == list(tables.measurements["peak_deg"].round(2).dropna())
    assert list(found["label"]) == list(tables.measurements["label"])
    if form != "xlsx":
        assert sorted(one.name for one in target.iterdir()) == sorted(f"{name}.{form}" for name in COLUMNS)


def test_nobody_is_told_by_tables_without_names(store: Store, clients: list[Client], tmp_path: Path) -> None:
    for names in (True, False):
        write_tables(record_tables(store, clients, names=names), tmp_path / str(names), "csv")
        text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / str(names)).iterdir())
        assert [words for words in OWN_WORDS if words in text and not names] == []
        if names:
            assert {"Anne Querfurth", "stiff neck", "Anne's phone", "2026-03-02 09:30"} <= {words for words in (
                "Anne Querfurth", "stiff neck", "Anne's phone", "2026-03-02 09:30") if words in text}  # fmt: skip


def test_tables_of_nobody_have_their_columns(store: Store, tmp_path: Path) -> None:
    write_tables(record_tables(store, []), tmp_path / "out", "csv")
    for name, (plain, _) in COLUMNS.items():
        assert (tmp_path / "out" / f"{name}.csv").read_text() == ",".join(plain) + "\n"


def test_tables_where_they_cannot_be_are_told(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="expected a folder"):
        write_tables(record_tables(store, []), tmp_path / "file", "csv")
    with pytest.raises(OutputError):
        write_tables(record_tables(store, []), tmp_path / "nowhere" / "x.xlsx", "xlsx")


def observations(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Observation"]


@pytest.mark.parametrize("names", [True, False])
def test_the_bundle_is_valid_fhir(store: Store, clients: list[Client], tmp_path: Path, names: bool) -> None:
    bundle = fhir_bundle(store, clients, names=names)
    write_fhir(bundle, tmp_path / "out.json")
    text = (tmp_path / "out.json").read_text(encoding="utf-8")
    checked = Bundle.model_validate_json(text)
    assert len(checked.entry) == len(bundle["entry"])
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    references = re.findall(r'"reference": "([^"]+)"', text)
    assert set(references) <= set(urls)
    assert len(references) > 20


def test_a_broken_bundle_is_not_valid(store: Store, clients: list[Client]) -> None:
    bundle = fhir_bundle(store, clients)
    del observations(bundle)[0]["status"]
    with pytest.raises(ValueError, match="status"):
        Bundle.model_validate_json(json.dumps(bundle))


def test_an_observation_says_what_was_measured(store: Store, clients: list[Client], change: Comparison) -> None:
    found = observations(fhir_bundle(store, clients, names=True))
    measured = [one for one in found if "active end range" in one["code"]["text"] and "Change" not in one["code"]["text"]]
    first = measured[0]
    assert first["code"]["text"] == "Shoulder abduction, left, active end range, before treatment"
    assert [one["code"] for one in first["code"]["coding"]] == ["41299-9", "41381-5", "364564000", MOVEMENT]
    assert first["bodySite"]["coding"][0]["code"] == "91775009"
    assert first["bodySite"]["text"] == "left shoulder"
    assert first["valueQuantity"] == {
        "value": round(change.before.peak_deg or 0, 1), "unit": "degree", "system": "http://unitsofmeasure.org", "code": "deg",
    }  # fmt: skip
    assert first["extension"][0]["valueCodeableConcept"]["text"] == load_catalogue()[MOVEMENT].position
    assert "markerless pose estimation from one camera" in first["method"]["text"]
    assert first["effectiveDateTime"] == HELD_AT.isoformat()
    assert {"text": "Corrected by the therapist: other (slipped)"} in first["note"]
    interval = next(part for part in first["component"] if part["code"]["text"].startswith("95 %"))["valueRange"]
    assert (interval["low"]["value"], interval["high"]["value"]) == pytest.approx(change.before.interval_deg, abs=0.06)
    assert [one["status"] for one in measured] == ["final", "final", "preliminary", "preliminary", "preliminary"]
    refused = measured[-1]
    assert "valueQuantity" not in refused
    assert refused["dataAbsentReason"]["coding"][0]["code"] == "error"
    assert len(refused["dataAbsentReason"]["text"]) > 20


def test_a_change_is_derived_from_both_and_a_panel_has_all(store: Store, clients: list[Client], change: Comparison) -> None:
    bundle = fhir_bundle(store, clients)
    found = observations(bundle)
    changes = [one for one in found if one["code"]["text"].startswith("Change")]
    assert len(changes) == 2
    assert changes[0]["interpretation"] == [{"text": "improved"}]
    assert changes[0]["valueQuantity"]["value"] == round(change.change_deg or 0, 1)
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    texts = [by_url[one["reference"]]["code"]["text"] for one in changes[0]["derivedFrom"]]
    assert [text.rsplit(", ", 1)[1] for text in texts] == ["before treatment", "after treatment"]
    panels = [one for one in found if "hasMember" in one]
    assert [len(one["hasMember"]) for one in panels] == [2, 2, 1]
    assert panels[0]["code"]["coding"][0]["code"] == "41359-1"


def test_nobody_is_told_by_a_bundle_without_names(store: Store, clients: list[Client]) -> None:
    bundle = fhir_bundle(store, clients)
    bundle["timestamp"] = ""
    text = json.dumps(bundle)
    assert [words for words in OWN_WORDS if words in text] == []
    identifiers = [clients[0].id, *(record.session.id for record in store.sessions.of(clients[0].id))]
    assert not any(one in text for one in identifiers)
    assert all(entry["resource"]["meta"]["security"][0]["code"] == "PSEUDED" for entry in bundle["entry"])
    days = sorted({one["effectiveDateTime"][:10] for one in observations(bundle)})
    assert days == ["2000-01-01", "2000-01-08"]
    assert "Querfurth" in json.dumps(fhir_bundle(store, clients, names=True))
    ids = {entry["fullUrl"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Observation"}
    named = {entry["fullUrl"] for entry in fhir_bundle(store, clients, names=True)["entry"]}
    assert not ids & named
    assert ids <= {entry["fullUrl"] for entry in fhir_bundle(store, clients)["entry"]}


def test_every_movement_has_codes_or_says_so() -> None:
    known = {
        key for key, one in load_catalogue().movements.items() if codings(one.joint, key.removeprefix(f"{one.joint}_"), "left")
    }
    assert {"shoulder_flexion", "shoulder_abduction", "shoulder_internal_rotation", "knee_flexion", "knee_extension"} <= known
    assert "wrist_flexion" not in known
    assert body_site("elbow", "right", sided=True) == {"text": "right elbow"}
    assert body_site("trunk", "left", sided=False)["coding"][0]["code"] == "304035006"
    assert body_site("neck", "left", sided=True) == {"text": "neck, to the left"}
