"""``protocols``: how a muscle is treated with Active Soft Tissue Release, and what to measure before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Column, Table

from rom_tracker.cli import output

if TYPE_CHECKING:
    from rom_tracker.movements import Catalogue, Movement
    from rom_tracker.movements.protocols import Contraindication, Measure, Protocol, Protocols

#: So many protocols are told in full; more are listed.
TOLD_IN_FULL = 3

#: Stands for the client in the commands.
CLIENT = "client1"

#: So many of its complaints stand beside a protocol in the list.
LISTED_COMPLAINTS = 3


def protocols(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="A muscle, complaint, movement or region, such as tennis elbow.", metavar="[WORD]..."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell how to treat and measure a muscle or complaint, or list all protocols."""
    from rom_tracker.movements import load_catalogue
    from rom_tracker.movements.protocols import load_protocols

    everything, catalogue = load_protocols(), load_catalogue()
    asked = " ".join(words or [])
    found = everything.find(asked) if words else tuple(everything.protocols.values())
    states = everything.contraindications_for(found)
    if as_json:
        output.print_json(
            {
                "protocols": [_as_json(protocol, catalogue) for protocol in found],
                "contraindications": [state.model_dump(mode="json") for state in states],
                "principle": everything.principle.model_dump(mode="json"),
            }
        )
    elif words and len(found) <= TOLD_IN_FULL:
        _tell_first(found)
        for protocol in found:
            _tell(protocol, catalogue)
        output.console().print(Panel(_contraindications(states, everything), title="Before any treatment", title_align="left"))
        output.console().print("A reminder for trained therapists; no medical advice, no diagnosis.", style="dim")
    else:
        _list(found, catalogue)
        if words:
            name = found[0].key.replace("_", " ")
            output.hint(f"{len(found)} protocols fit. Name one muscle, such as `rom-tracker protocols {name}`.")
        else:
            output.console().print(_reasons(states))
            output.hint("All about one: `rom-tracker protocols tennis elbow`, or any other muscle, complaint or movement.")


def _as_json(protocol: Protocol, catalogue: Catalogue) -> dict[str, Any]:
    content = protocol.model_dump(mode="json")
    for measure in content["measure"]:
        key = measure["movement"]
        movement = catalogue.movements.get(key)
        measure |= {
            "title": _title(key, catalogue),
            "measurable": movement is not None,
            "position": movement.position if movement else None,
            "camera": movement.camera_words if movement else None,
        }
    return content


def _title(key: str, catalogue: Catalogue) -> str:
    entry = catalogue.movements.get(key) or catalogue.unmeasurable.get(key)
    return entry.title if entry else key


def _measurable(protocol: Protocol, catalogue: Catalogue) -> list[Measure]:
    return [measure for measure in protocol.measure if measure.movement in catalogue.movements]


def _list(found: tuple[Protocol, ...], catalogue: Catalogue) -> None:
    table = Table("muscle", "for what", Column("measure", overflow="fold"))
    for region in dict.fromkeys(protocol.region for protocol in found):
        table.add_section()
        table.add_row(f"[bold]{escape(region.upper())}[/]")
        for protocol in found:
            if protocol.region == region:
                complaints = ", ".join(protocol.complaints[:LISTED_COMPLAINTS])
                table.add_row(escape(protocol.muscle), escape(complaints), escape(_measured_first(protocol, catalogue)))
    output.console().print(table)


def _measured_first(protocol: Protocol, catalogue: Catalogue) -> str:
    seen = _measurable(protocol, catalogue)
    if not seen:
        return "what it holds back"
    return _title(seen[0].movement, catalogue) + ("" if seen[0] is protocol.measure[0] else " (second choice)")


def _tell_first(found: tuple[Protocol, ...]) -> None:
    shown = output.console()
    if len(found) > 1:
        names = "; ".join(protocol.muscle for protocol in found)
        shown.print(f"{len(found)} protocols fit, the nearest first: {escape(names)}.", style="bold")
    shown.print("Before any treatment: see the box at the end.", style="bold yellow")


def _tell(protocol: Protocol, catalogue: Catalogue) -> None:
    shown = output.console()
    seen = _measurable(protocol, catalogue)
    first = seen[0] if seen else None
    shown.print(Rule(f"[bold]{escape(protocol.muscle.upper())}[/]", align="left"))
    _facts(
        {
            "for": ", ".join(protocol.complaints),
            "1. client": protocol.position,
            "2. shorten": protocol.shortened_start,
            "3. press": protocol.pin,
            "4. move": protocol.lengthening,
        }
    )
    cautions = "\n".join(f"! {escape(caution.what)} [dim]({escape(caution.source)})[/dim]" for caution in protocol.cautions)
    shown.print(Panel(cautions, title="CAUTIONS", title_align="left", border_style="yellow"))
    _facts(
        {
            "measure": _measured(first, catalogue) if first else "",
            "also measure": "\n".join(_measured(measure, catalogue) for measure in seen[1:]),
            "not seen": "\n".join(
                f"{entry.title}: {entry.why}"
                for measure in protocol.measure
                if (entry := catalogue.unmeasurable.get(measure.movement)) and measure not in seen
            ),
            "note": protocol.measure_note,
            **(_set_up(catalogue[first.movement], protocol) if first else {}),
            "also watch": "; ".join(protocol.also_watch),
            "expect": f"a {protocol.expected} angle; `compare` says whether the change is more than measuring error",
            "basis": f"{protocol.basis}. {protocol.basis_note}",
            "source": protocol.source,
        }
    )
    _tell_commands(first, catalogue)
    shown.print()


def _set_up(movement: Movement, protocol: Protocol) -> dict[str, str]:
    seen = movement.feasibility + (f": {movement.feasibility_note}" if movement.feasibility_note else "")
    return {
        "to measure": movement.position,
        "camera": movement.camera_words,
        "how well seen": seen,
        "prevent": protocol.prevent or movement.compensation,
    }


def _facts(facts: dict[str, str]) -> None:
    table = Table(show_header=False, box=None)
    table.add_column(style="dim", no_wrap=True, min_width=len("how well seen"))
    table.add_column(overflow="fold")
    for name, value in facts.items():
        if value:
            table.add_row(name, escape(value))
    output.console().print(table)


def _measured(measure: Measure, catalogue: Catalogue) -> str:
    movement = catalogue[measure.movement]
    said = f"{movement.title} ({movement.key})"
    if movement.sided:
        said += ", treated side" if measure.side == "same" else ", other side"
    return said + (f": {measure.note}" if measure.note else "")


def _tell_commands(first: Measure | None, catalogue: Catalogue) -> None:
    """How to record, and the commands to copy; ``first`` is None where the therapist finds the movement."""
    shown = output.console()
    shown.print("To record: start still, then three to five slow repetitions; hold each end range for half a second.")
    shown.print("Before both recordings the same four or five movements to warm up: moving alone adds range.")
    if first is None:
        here, what = "put in a MOVEMENT of `rom-tracker movements`, and left or right for SIDE; ", "MOVEMENT --side SIDE"
    elif not catalogue[first.movement].sided:
        here, what = "", first.movement
    elif first.side == "same":
        here, what = "here for a treated right side; ", f"{first.movement} --side right"
    else:
        here, what = "here for a treated right side, so the movement to the left; ", f"{first.movement} --side left"
    shown.print(f"Type next ({here}{CLIENT} is a label of your own):", style="bold")
    before, after = f"{CLIENT}-before.mkv", f"{CLIENT}-after.mkv"
    for line in (
        f"rom-tracker record {before} --movement {what} --client {CLIENT}",
        f"rom-tracker record {after} --movement {what} --client {CLIENT} --moment after",
        f"rom-tracker compare {before} {after} --chart {CLIENT}-change.png",
    ):
        # Unbroken, to be copied.
        shown.print(f"  {line}", soft_wrap=True, markup=False)


def _contraindications(states: tuple[Contraindication, ...], everything: Protocols) -> str:
    def with_action(action: str) -> str:
        return "; ".join(escape(state.what) for state in states if state.action == action)

    return (
        f"[bold red]Do not treat:[/] {with_action('do not treat')}.\n"
        f"[bold yellow]Ask a doctor first:[/] {with_action('ask a doctor first')}.\n"
        f"[bold]While treating:[/] {escape(everything.principle.steps)} {escape(everything.principle.limit)}"
    )


def _reasons(states: tuple[Contraindication, ...]) -> Table:
    table = Table("before any treatment", "", "why")
    for state in states:
        table.add_row(escape(state.what), escape(state.action), escape(state.why))
    return table
