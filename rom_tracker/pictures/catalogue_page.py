"""The page of all movements, with a picture of each, written from the catalogue itself.

    python -m rom_tracker.pictures.catalogue_page

writes ``rom_tracker/movements/README.md`` and ``rom_tracker/movements/pictures`` anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from rom_tracker.charts.svg import svg_text
from rom_tracker.movements import Catalogue, Compensation, Movement, Unmeasurable, load_catalogue
from rom_tracker.pictures.movement import movement_picture
from rom_tracker.pictures.viewpoint import viewpoint_of
from rom_tracker.result_words import MINUS, degrees

PAGE, PICTURES = "README.md", "pictures"

#: Where the package keeps the page.
FOLDER = Path(__file__).parents[1] / "movements"

_INTRODUCTION = """\
# Movements

This page is written from the definitions in [movements.toml](movements.toml) by `python -m rom_tracker.pictures.catalogue_page`.

How to read a picture: grey is where the client starts, blue the moving segment at the end, light blue what it takes along. The \
angle runs from the dashed line of 0 to the orange line of the moving segment; the black line is what it is measured against. The \
number is what the pose in the picture reads, and nothing that a client has to reach. Pictures show a test of the right side, seen \
by the camera where it belongs; where the camera cannot show the angle, the picture is a sketch and says so.

Words used below:

- **Zero** is *fixed* where the definition says what reads 0, and *the client's own start* where the angle is counted from the \
starting position of the recording.
- **Plausible** is what a living joint can do; a recording that leaves it is flagged, or refused.
- **Measuring error** is the root mean square error against known angles. It is *its own* where recordings with known angles of \
this movement stand behind it, and *borrowed* where none does; then that of a relative, or of the least \
certain movement of the large joints, is taken. See \
[calibration](../../calibration/README.md).
"""

_DIRECTIONS = {
    "forward": "forwards", "backward": "backwards", "outward": "outwards, away from the other side",
    "inward": "inwards, towards the other side", "up": "upwards", "down": "downwards",
    "palmar": "towards the palm", "dorsal": "towards the back of the hand", "radial": "towards the thumb",
    "ulnar": "towards the little finger",
}  # fmt: skip

_ZEROS = {"anatomical": "fixed", "start": "the client's own start"}

_PROFILES = {
    "body": "half of the face is hidden, and the line from ear to nose and eye of the body's landmarks is taken",
    "refused": "no angle, since half of the face is hidden",
}


def write_page(folder: Path, catalogue: Catalogue | None = None) -> None:
    """Write the page, and its pictures into a folder below it.

    Parameters
    ----------
    folder : Path
        Made where it is missing; a picture in it that no movement has any more is removed.
    catalogue : Catalogue, optional
        The built-in one without it.
    """
    catalogue = load_catalogue() if catalogue is None else catalogue
    pictures = folder / PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    for gone in {path.name for path in pictures.glob("*.svg")} - {f"{key}.svg" for key in catalogue.movements}:
        (pictures / gone).unlink()
    for key, movement in catalogue.movements.items():
        (pictures / f"{key}.svg").write_text(picture_svg(movement), encoding="utf-8", newline="\n")
    (folder / PAGE).write_text(page_text(catalogue), encoding="utf-8", newline="\n")


def page_text(catalogue: Catalogue) -> str:
    """The page as Markdown."""
    regions: dict[str, list[Movement]] = {}
    for movement in catalogue.movements.values():
        regions.setdefault(movement.joint, []).append(movement)
    parts = [_INTRODUCTION, _contents(regions)]
    for region, movements in regions.items():
        parts.append(f"## {region.capitalize()}\n")
        parts.extend(_entry(movement) for movement in movements)
    parts.append(_unmeasurable(list(catalogue.unmeasurable.values())))
    return "\n".join(parts)


def picture_svg(movement: Movement) -> str:
    """The movement's picture as a small SVG file, the same bytes every time."""
    return svg_text(lambda: movement_picture(movement))


def _contents(regions: dict[str, list[Movement]]) -> str:
    lines = ["| Region | Movements |", "| --- | --- |"]
    for region, movements in regions.items():
        links = ", ".join(f"[{movement.title}](#{_anchor(movement.title)})" for movement in movements)
        lines.append(f"| {region.capitalize()} | {links} |")
    lines.append("\nAt the end: [what one camera cannot measure](#what-one-camera-cannot-measure).\n")
    return "\n".join(lines)


def _anchor(title: str) -> str:
    """The name that a heading gets on GitHub."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _entry(movement: Movement) -> str:
    note = f": {movement.feasibility_note}" if movement.feasibility_note else ""
    lines = [
        f"### {movement.title}\n",
        f'<img src="{PICTURES}/{movement.key}.svg" width="300" align="right" alt="{_in_words(movement)}">\n',
        f"`{movement.key}`{'' if movement.sided else ' (left and right are the same movement)'}\n",
        f"{movement.definition}\n",
        f"- **Starting position**: {movement.position}",
        f"- **Camera**: {movement.camera_words}",
        *([f"- **Sideways to the camera**: {_PROFILES[movement.profile]}"] if movement.profile else []),
        f"- **Zero**: {_ZEROS[movement.zero]}",
        f"- **Positive**: {_DIRECTIONS[movement.positive]}; {movement.better} is better",
        f"- **What people do instead**: {movement.compensation}",
        f"- **Measured of it**: {_measured(movement.compensations)}",
        f"- **Plausible**: {_plain(movement.limits_deg[0])} to {_plain(movement.limits_deg[1])}",
        f"- **Feasibility**: {movement.feasibility}{note}",
        f"- **Measuring error**: {_error(movement)}",
        f"- **Source**: {movement.source}\n",
        '<br clear="right">\n',
    ]
    return "\n".join(lines)


def _in_words(movement: Movement) -> str:
    """The picture for people who do not see it."""
    view = viewpoint_of(movement, "right")
    seen = "seen by its camera" if view.is_the_cameras else f"a sketch {view.words}"
    return f"{movement.title}, {seen}: {movement.definition}".replace('"', "&quot;")


def _measured(compensations: tuple[Compensation, ...]) -> str:
    if not compensations:
        return "nothing"
    how = {"change": "flagged beyond {} of change", "angle": "flagged beyond {}"}
    return "; ".join(f"{c.title.lower()} ({how[c.counted].format(degrees(c.limit_deg))})" for c in compensations)


def _error(movement: Movement) -> str:
    end = f"{movement.residual_deg:g}° at the end range ({movement.residual_people} people)"
    change = f"{movement.change_residual_deg:g}° for a change ({movement.change_residual_people} degrees of freedom)"
    whose = "its own" if movement.evidence == "own" else "borrowed"
    return f"{end}, {change}; {whose}"


def _plain(angle_deg: float) -> str:
    return f"{MINUS if angle_deg < 0 else ''}{abs(angle_deg):g}°"


def _unmeasurable(entries: list[Unmeasurable]) -> str:
    lines = ["## What one camera cannot measure\n", "| Movement | Why | Instead | Source |", "| --- | --- | --- | --- |"]
    lines += [f"| {e.title} (`{e.key}`) | {e.why} | {e.instead} | {e.source} |" for e in entries]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_page(FOLDER)
