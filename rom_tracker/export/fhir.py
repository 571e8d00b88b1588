"""The records of clients as a FHIR R4 Bundle of Observations (HL7 FHIR 4.0.1, https://hl7.org/fhir/R4/observation.html).

Every current measurement is an Observation with its code, body site with side, position, method and device; those of a session
belong to a panel; the change between two is an Observation derived from both. They are ``preliminary`` until the session is
signed, ``final`` then. A refused measurement has no value but the reason. Codes come from ``codes.csv``, each with its source; a
movement for which no LOINC code was found has the general one of SNOMED CT and this program's own.

Without names, times are moved so that each client's first session falls on 2000-01-01, the usual way to keep the time between
events, and the resources are labelled as pseudonymised (``PSEUDED`` of HL7's code system v3-ObservationValue).
"""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from rom_tracker import __version__
from rom_tracker.movements import load_catalogue
from rom_tracker.output_files import written_whole
from rom_tracker.store import Client, KeptComparison, KeptMeasurement, Recording, SessionRecord, Store

_SYSTEMS = {"LOINC": "http://loinc.org", "SNOMED CT": "http://snomed.info/sct"}
#: Of this program's own codes: the keys of its movements, and the names of its numbers.
_OWN = "urn:rom-tracker:codes"
_UCUM = "http://unitsofmeasure.org"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_CATEGORY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "exam"}]}
_PSEUDED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "PSEUDED", "display": "pseudonymized"}
_POSITION = "http://hl7.org/fhir/StructureDefinition/observation-bodyPosition"
_GENDERS = {"female": "female", "male": "male", "other": "other", None: "unknown"}

#: Where the first session of a client is moved to without names.
_FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@cache
def _codes() -> tuple[Mapping[str, str], ...]:
    text = resources.files("rom_tracker.export").joinpath("codes.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def codings(joint: str, motion: str, side: str) -> list[dict[str, str]]:
    """The codes that are known for a motion: of the side, of either side.

    Examples
    --------
    >>> [one["code"] for one in codings("shoulder", "flexion", "left")]
    ['41295-7', '41389-8']
    >>> codings("elbow", "flexion", "left")
    []
    """
    fitting = [row for row in _codes() if (row["joint"], row["motion"]) == (joint, motion) and row["side"] in (side, "")]
    fitting.sort(key=lambda row: row["side"] == "")
    return [{"system": _SYSTEMS[row["system"]], "code": row["code"], "display": row["display"]} for row in fitting]


def body_site(joint: str, side: str, *, sided: bool) -> dict[str, Any]:
    """Where on the body: a code where one is known, and always words."""
    where = {"neck": "neck", "trunk": "trunk"}.get(joint, f"{side} {joint}")
    codes = codings("back" if joint == "trunk" else joint, "bodySite", side)
    sites = codes[:1] if codes else []
    return {
        **({"coding": sites} if sites else {}),
        "text": f"{where}, to the {side}" if joint in ("neck", "trunk") and sided else where,
    }


def fhir_bundle(
    store: Store, clients: Iterable[Client], *, names: bool = False, progress: Callable[[float, float | None], None] | None = None
) -> dict[str, Any]:
    """The records of clients as a FHIR R4 Bundle, ready for ``json.dump``.

    Parameters
    ----------
    store : Store
    clients : iterable of Client
    names : bool
        Labels, years of birth, true times and who signed too.
    progress : callable, optional
        Called with the clients done, and in all.
    """
    everyone = list(clients)
    device = _resource("Device", "program", deviceName=[{"name": f"rom_tracker {__version__}", "type": "model-name"}], type={
        "text": "software that measures joint angles in video (no medical device)"
    })  # fmt: skip
    found = [device]
    for number, client in enumerate(everyone, 1):
        found.extend(_Export(store, client, names, device).resources())
        if progress is not None:
            progress(number, len(everyone))
    if not names:
        for resource in found:
            resource["meta"] = {"security": [_PSEUDED]}
    entries = [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in found]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "entry": entries,
    }


def write_fhir(bundle: Mapping[str, Any], path: Path) -> None:
    """Write a Bundle as JSON.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with written_whole(path) as part:
        part.write_text(json.dumps(bundle, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _resource(kind: str, of: str, **content: Any) -> dict[str, Any]:
    """A resource whose identifier is made of this program's own, so that the same record is the same resource in every export."""
    kept = {name: value for name, value in content.items() if value not in (None, [], "")}
    return {"resourceType": kind, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:rom-tracker:{kind}:{of}")), **kept}


def _reference(resource: Mapping[str, Any]) -> dict[str, str]:
    return {"reference": f"urn:uuid:{resource['id']}"}


def _own(code: str, words: str) -> dict[str, Any]:
    return {"coding": [{"system": _OWN, "code": code, "display": words}], "text": words}


def _degrees(value: float) -> dict[str, Any]:
    return {"value": round(value, 1), "unit": "degree", "system": _UCUM, "code": "deg"}


def _range(interval: tuple[float, float]) -> dict[str, Any]:
    return {"low": _degrees(interval[0]), "high": _degrees(interval[1])}


@dataclass(frozen=True, slots=True)
class _Export:
    """One client on the way out."""

    store: Store
    client: Client
    names: bool
    device: Mapping[str, Any]

    def resources(self) -> list[dict[str, Any]]:
        records = self.store.sessions.of(self.client.id)
        results = self.store.measurements.results(one.id for record in records for one in record.current_measurements())
        patient = self._patient()
        found = [patient]
        moved = timedelta(0) if self.names or not records else _FIRST_DAY - records[0].session.held_at
        for record in records:
            shared = self._shared(record, patient, moved)
            observed = {one.id: self._measurement(one, record, results[one.id], shared) for one in record.current_measurements()}
            found.extend(observed.values())
            found.extend(self._change(one, observed, shared) for one in record.judged_comparisons())
            if observed:
                found.append(self._panel(record, list(observed.values()), shared))
        return found

    def _patient(self) -> dict[str, Any]:
        client = self.client
        return _resource(
            "Patient",
            client.pseudonym,
            identifier=[{"system": "urn:rom-tracker:pseudonym", "value": client.pseudonym}],
            gender=_GENDERS[client.sex],
            name=[{"text": client.label}] if self.names else None,
            birthDate=str(client.birth_year) if self.names and client.birth_year else None,
        )

    def _shared(self, record: SessionRecord, patient: Mapping[str, Any], moved: timedelta) -> dict[str, Any]:
        """What all Observations of a session have in common."""
        session = record.session
        performer = session.signed_by or session.therapist
        return {
            "status": "final" if session.signed else "preliminary",
            "category": [_CATEGORY],
            "subject": _reference(patient),
            "effectiveDateTime": (session.held_at + moved).isoformat(timespec="seconds"),
            "performer": [{"display": performer}] if self.names and performer else None,
        }

    def _measurement(
        self, one: KeptMeasurement, record: SessionRecord, result: Mapping[str, Any], shared: Mapping[str, Any]
    ) -> dict[str, Any]:
        movement = load_catalogue().movements.get(one.movement)
        title = movement.title if movement else one.movement.replace("_", " ")
        joint = movement.joint if movement else ""
        motion = one.movement.removeprefix(f"{joint}_")
        recording = next(each for each in record.recordings if each.id == one.recording_id)
        coding = [
            *codings(joint, motion, one.side),
            *codings("any", "range of joint movement", ""),
            {"system": _OWN, "code": one.movement, "display": title},
        ]
        position = movement.position if movement else None
        return _resource(
            "Observation",
            self._key(one.id),
            **shared,
            extension=[{"url": _POSITION, "valueCodeableConcept": {"text": position}}] if position else None,
            code={"coding": coding, "text": f"{title}, {one.side}, active end range, {recording.moment} treatment"},
            bodySite=body_site(joint, one.side, sided=movement.sided if movement else True) if joint else {"text": one.side},
            method={"text": self._method(one, result)},
            device=_reference(self.device),
            valueQuantity=None if one.peak_deg is None else _degrees(one.peak_deg),
            dataAbsentReason=_absent(result) if one.peak_deg is None else None,
            note=[{"text": flag["message"]} for flag in result["flags"]] + self._corrections(record, one),
            component=_components(one, recording),
        )

    def _key(self, record_id: str) -> str:
        """What an identifier is made of: where names are kept back, not of the record's own, by which exports could be matched."""
        return record_id if self.names else f"{self.client.pseudonym} {self.store.key.pseudonym_of(record_id)}"

    @staticmethod
    def _method(one: KeptMeasurement, result: Mapping[str, Any]) -> str:
        method = result["method"]
        lens = "" if one.calibration is None else "; lens undone"
        return (
            f"markerless pose estimation from one camera, model {one.model}, rom_tracker {one.version}; zero: {method['zero']}; "
            f"{method['geometry']}; {one.smoothing}; mean of {one.repetitions} repetitions{lens}"
        )

    def _corrections(self, record: SessionRecord, one: KeptMeasurement) -> list[dict[str, str]]:
        mine = [fix for fix in record.corrections if fix.recording_id == one.recording_id]
        why = {fix.id: f" ({fix.reason})" if self.names and fix.reason else "" for fix in mine}
        return [{"text": f"Corrected by the therapist: {fix.kind}{why[fix.id]}"} for fix in mine]

    def _change(self, one: KeptComparison, observed: Mapping[str, Mapping[str, Any]], shared: Mapping[str, Any]) -> dict[str, Any]:
        movement = load_catalogue().movements.get(one.movement)
        title = movement.title if movement else one.movement
        parts = []
        if one.interval_deg is not None:
            parts.append(
                {"code": _own("change_95_interval", "95 % interval of the change"), "valueRange": _range(one.interval_deg)}
            )
        if one.detectable_deg is not None:
            words = "smallest change that can be told from error with 95 % confidence"
            parts.append({"code": _own("detectable_change", words), "valueQuantity": _degrees(one.detectable_deg)})
        return _resource(
            "Observation",
            self._key(one.id),
            **shared,
            code=_own("change_of_end_range", f"Change of the active end range from before to after treatment: {title}, {one.side}"),
            derivedFrom=[_reference(observed[each]) for each in (one.before_id, one.after_id) if each in observed],
            interpretation=[{"text": one.verdict}],
            valueQuantity=None if one.change_deg is None else _degrees(one.change_deg),
            dataAbsentReason=_absent(one.result) if one.change_deg is None else None,
            note=[{"text": flag["message"]} for flag in one.result["flags"]],
            component=parts,
        )

    def _panel(self, record: SessionRecord, members: list[dict[str, Any]], shared: Mapping[str, Any]) -> dict[str, Any]:
        return _resource(
            "Observation",
            self._key(record.session.id),
            **shared,
            code={"coding": codings("all", "panel", ""), "text": "Active range of motion before and after treatment"},
            hasMember=[_reference(member) for member in members],
        )


def _absent(result: Mapping[str, Any]) -> dict[str, Any]:
    reasons = [flag["message"] for flag in result["flags"] if flag["severity"] == "refused"]
    return {"coding": [{"system": _ABSENT, "code": "error"}], "text": " ".join(reasons) or "refused"}


def _components(one: KeptMeasurement, recording: Recording) -> list[dict[str, Any]]:
    moment = {"code": _own("moment", "before or after treatment"), "valueString": recording.moment}
    if one.peak_deg is None:
        return [moment]
    numbers = (("start", "start of the movement", one.start_deg), ("range", "from the start to the end range", one.rom_deg))
    parts = [{"code": _own(code, words), "valueQuantity": _degrees(value)} for code, words, value in numbers if value is not None]
    if one.interval_deg is not None:
        parts.insert(
            0, {"code": _own("end_range_95_interval", "95 % interval of the end range"), "valueRange": _range(one.interval_deg)}
        )
    counted = {"code": _own("repetitions", "repetitions scored"), "valueInteger": one.repetitions}
    return [moment, *parts, counted]
