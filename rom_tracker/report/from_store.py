"""A report from the records of a client: a session's comparisons, and all sessions up to it in a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from rom_tracker.analysis.comparison import ChangeVerdict
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.norms import Placement, place
from rom_tracker.analysis.progress import Progress, SessionMark, progress_of
from rom_tracker.errors import UnknownRecordError
from rom_tracker.landmarks import Side, opposite_side
from rom_tracker.movements import Movement
from rom_tracker.movements.norms import Norm, Sex, norm_for
from rom_tracker.movements.protocols import load_protocols
from rom_tracker.report.contents import Report, Visit
from rom_tracker.store import Client, SessionRecord, Store

_SEXES: dict[str | None, Sex] = {"female": "F", "male": "M"}


def report_of(store: Store, client_id: str, session_id: str | None = None) -> Report:
    """All that the report of a session is made from; by default of the last session in which something was compared.

    Raises
    ------
    UnknownRecordError
        No such client or session, or nothing was compared in it.
    """
    client = store.clients.get(client_id)
    sessions = store.sessions.of(client_id)
    wanted = [one for one in sessions if one.session.id == session_id or (session_id is None and one.current_comparisons())]
    if not wanted or not wanted[-1].current_comparisons():
        raise UnknownRecordError("nothing was compared before and after a treatment yet: record both and compare them first")
    told = wanted[-1].session
    comparisons = [store.measurements.comparison(one.id) for one in wanted[-1].current_comparisons()]
    so_far = [one for one in sessions if one.session.held_at <= told.held_at]
    day = told.held_at.astimezone().date()
    return Report.of(
        comparisons,
        _visit(client, wanted[-1]),
        progress=[progress_in(so_far, c.before.movement, c.before.side, client) for c in comparisons],
        placements=[_placed(client, day, c.after) if c.after.peak_deg is not None else None for c in comparisons],
    )


def progress_in(sessions: Sequence[SessionRecord], movement: Movement, side: Side, client: Client) -> Progress:
    """A movement over the sessions, beside the other side and the norm of the client's age and sex.

    Raises
    ------
    UsageError
        It was never measured.
    """
    other = marks_in(sessions, movement, opposite_side(side)) if movement.sided else []
    return progress_of(movement, side, marks_in(sessions, movement, side), other_side=other, norm=_norm(sessions, movement, client))


def marks_in(sessions: Sequence[SessionRecord], movement: Movement, side: Side) -> list[SessionMark]:
    """What each session found of a movement and side; none of a session in which it was not recorded."""
    marks = []
    for record in sessions:
        found = [one for one in record.current_measurements() if (one.movement, one.side) == (movement.key, side)]
        if not found:
            continue
        last = {record.moment_of(one): one.peak_deg for one in sorted(found, key=lambda one: one.measured_at)}
        compared = [one for one in record.judged_comparisons() if (one.movement, one.side) == (movement.key, side)]
        marks.append(
            SessionMark(
                record.session.held_at.astimezone().date(),
                last.get("before"),
                last.get("after"),
                cast("ChangeVerdict", compared[-1].verdict) if compared else None,
                compared[-1].detectable_deg if compared else None,
            )
        )
    return marks


def _visit(client: Client, record: SessionRecord) -> Visit:
    told = record.session
    protocol = load_protocols().protocols.get(told.protocol)
    return Visit(
        client=client.label,
        therapist=told.therapist,
        day=told.held_at.astimezone().date(),
        treated=told.muscle or (protocol.muscle if protocol is not None else ""),
        complaint=told.complaint,
        pain_before=told.pain_before,
        pain_after=told.pain_after,
        next_steps=told.next_steps,
    )


def _norm(sessions: Sequence[SessionRecord], movement: Movement, client: Client) -> Norm | None:
    """The comparable mean of a group, where the client's age is known and there is one."""
    age = client.age_on(sessions[-1].session.held_at.date()) if sessions else None
    norm = None if age is None else norm_for(movement.key, age=age, sex=_SEXES.get(client.sex))
    return norm if norm is not None and norm.comparable and norm.kind == "norm" else None


def _placed(client: Client, day: date, after: RomMeasurement) -> Placement | None:
    age = client.age_on(day)
    return None if age is None else place(after, age, _SEXES.get(client.sex))
