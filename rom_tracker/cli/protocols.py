"""``protocols``: how a muscle is treated with Active Soft Tissue Release, and what to measure before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.panel import Panel
from rich.table import Column, Table

from rom_tracker.cli import output

if TYPE_CHECKING:
    from rom_tracker.movements import Catalogue, Movement
    from rom_tracker.movements.protocols import Measure, Protocol, Protocols

#: So many protocols are told in full; more are listed.
TOLD_IN_FULL = 3

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
    if as_json:
        output.print_json(
            {
                "protocols": [_as_json(protocol, catalogue) for protocol in found],
                "contraindications": [state.model_dump(mode="json") for state in everything.contraindications],
                "principle": everything.principle.model_dump(mode="json"),
            }
        )
    elif words and len(found) <= TOLD_IN_FULL:
        for protocol in found:
            _tell(protocol, catalogue)
        output.console().print(Panel(_contraindications(everything), title="Before any treatment", title_align="left"))
        output.console().print("A reminder for trained therapists; no medical advice, no diagnosis.", style="dim")
    else:
        _list(found, catalogue)
        if words:
            name = found[0].key.replace("_", " ")
            output.hint(f"{len(found)} protocols fit. Name one muscle, such as `rom-tracker protocols {name}`.")
        else:
            output.console().print(_reasons(everything))
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


def _tell(protocol: Protocol, catalogue: Catalogue) -> None:
    shown = output.console()
    seen = _measurable(protocol, catalogue)
    first = seen[0] if seen else None
    shown.print(escape(protocol.muscle).upper(), style="bold")
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
            "besides": "\n".join(_measured(measure, catalogue) for measure in seen[1:]),
            "not seen": "\n".join(
                f"{entry.title}: {entry.why}"
                for measure in protocol.measure
                if (entry := catalogue.unmeasurable.get(measure.movement)) and measure not in seen
            ),
            "mind": protocol.measure_note,
            **(_set_up(catalogue[first.movement]) if first else {}),
            "also watch": "; ".join(protocol.also_watch),
            "expect": f"a {protocol.expected} angle; `compare` says whether the change is more than measuring error",
            "basis": f"{protocol.basis}. {protocol.basis_note}",
            "source": protocol.source,
        }
    )
    if first:
        _tell_commands(first)
    shown.print()


def _set_up(movement: Movement) -> dict[str, str]:
    seen = movement.feasibility + (f": {movement.feasibility_note}" if movement.feasibility_note else "")
    return {
        "to measure": movement.position,
        "camera": movement.camera_words,
        "how well seen": seen,
        "prevent": movement.compensation,
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


def _tell_commands(first: Measure) -> None:
    shown = output.console()
    side = "right" if first.side == "same" else "left"
    which = "" if first.side == "same" else ", so the movement to the left is measured"
    shown.print(f"Type next (here for a treated right side{which}):", style="bold")
    what = f"--movement {first.movement} --side {side}"
    for line in (
        f"rom-tracker record before.mkv {what}",
        f"rom-tracker record after.mkv {what} --moment after",
        f"rom-tracker compare before.mkv after.mkv {what}",
    ):
        # Unbroken, to be copied.
        shown.print(f"  {line}", soft_wrap=True, markup=False)
    shown.print("Before both recordings the same four or five movements to warm up: moving alone adds range.")


def _contraindications(everything: Protocols) -> str:
    def with_action(action: str) -> str:
        return "; ".join(escape(state.what) for state in everything.contraindications if state.action == action)

    return (
        f"[bold red]Do not treat:[/] {with_action('do not treat')}.\n"
        f"[bold yellow]Ask a doctor first:[/] {with_action('ask a doctor first')}.\n"
        f"[bold]While treating:[/] {escape(everything.principle.steps)} {escape(everything.principle.limit)}"
    )


def _reasons(everything: Protocols) -> Table:
    table = Table("before any treatment", "", "why")
    for state in everything.contraindications:
        table.add_row(escape(state.what), escape(state.action), escape(state.why))
    return table
