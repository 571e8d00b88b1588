"""One's own repeatability, kept for each movement, camera and pose model, so that changes are judged by it.

The table is a small JSON file in the user's data folder for rom_tracker. It has numbers and labels of cameras, and no clients.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from rom_tracker import __version__
from rom_tracker.errors import MeasurementError

if TYPE_CHECKING:
    from rom_tracker.analysis.reliability import OwnRepeatability

_SCHEMA_VERSION = 1


def table_path() -> Path:
    """Where the table lies: in the user's data folder, or in the one that the environment variable ROM_TRACKER_DATA names."""
    chosen = os.environ.get("ROM_TRACKER_DATA")
    folder = Path(chosen).expanduser().absolute() if chosen else platformdirs.user_data_path("rom_tracker", appauthor=False)
    return folder / "repeatability.json"


def load_own() -> tuple[OwnRepeatability, ...]:
    """All that was kept; nothing where there is no table yet.

    Raises
    ------
    MeasurementError
        The table is damaged, or of a later version of the program.
    """
    path = table_path()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(content, dict) or content.get("schema_version") != _SCHEMA_VERSION:
        raise _damaged(path, f'expected "schema_version": {_SCHEMA_VERSION}')
    try:
        return tuple(_from_json(entry) for entry in content["repeatability"])
    except KeyError as error:
        raise _damaged(path, f"{error} is missing") from error
    except (TypeError, ValueError) as error:
        raise _damaged(path, str(error)) from error


def own_for(movement: str, model: str, camera: str | None) -> OwnRepeatability | None:
    """The kept repeatability that holds for a movement, pose model and camera; None where there is none.

    Parameters
    ----------
    movement, model : str
    camera : str or None
        Its label; one kept under no label is taken where there is none of it. None where it is not known which camera filmed: then
        the poorest one of the movement, so that the verdict stays careful.
    """
    kept = [own for own in load_own() if (own.movement, own.model) == (movement, model)]
    of_camera = [own for own in kept if own.camera == camera] or [own for own in kept if not own.camera]
    return max(of_camera if camera else kept, key=lambda own: (own.error.enough, own.error.detectable_deg), default=None)


def save_own(own: OwnRepeatability) -> Path:
    """Keep a repeatability, in the place of an earlier one of the same movement, camera and model.

    Returns
    -------
    Path
        The table.

    Raises
    ------
    MeasurementError
        The table is damaged; it is left as it is.
    OutputError
        It cannot be written.
    """
    from rom_tracker.output_files import written_whole

    others = [one for one in load_own() if (one.movement, one.camera, one.model) != (own.movement, own.camera, own.model)]
    kept = sorted((*others, own), key=lambda one: (one.movement, one.camera, one.model))
    content = {"schema_version": _SCHEMA_VERSION, "repeatability": [_to_json(one) for one in kept]}
    path = _with_folder()
    with written_whole(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def check_table() -> None:
    """Find out before long work whether a repeatability can be kept.

    Raises
    ------
    MeasurementError
        The table is damaged.
    OutputError
        It cannot be written.
    """
    from rom_tracker.output_files import check_writable

    load_own()
    check_writable(_with_folder())


def _with_folder() -> Path:
    path = table_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from rom_tracker.output_files import cannot_write

        raise cannot_write(path, error) from error
    return path


def _damaged(path: Path, what: str) -> MeasurementError:
    return MeasurementError(
        f'"{path}" is no table of your own repeatability: {what}; mend it or move it away, and measure with `rom-tracker '
        "repeatability` again"
    )


def _to_json(own: OwnRepeatability) -> dict[str, Any]:
    return {
        "movement": own.movement,
        "camera": own.camera,
        "model": own.model,
        "sem_deg": own.error.sem_deg,
        "degrees_of_freedom": own.error.degrees_of_freedom,
        "clients": own.clients,
        "measured_on": own.measured_on,
        "rom_tracker": __version__,
    }


def _from_json(entry: dict[str, Any]) -> OwnRepeatability:
    from rom_tracker.analysis.reliability import OwnRepeatability, WithinClientError

    error = WithinClientError(float(entry["sem_deg"]), int(entry["degrees_of_freedom"]))
    if not math.isfinite(error.sem_deg) or error.sem_deg < 0 or error.degrees_of_freedom < 1:
        raise ValueError(
            "expected a sem_deg of 0 or more and degrees_of_freedom of 1 or more, got "
            f"{entry['sem_deg']} and {entry['degrees_of_freedom']}"
        )
    return OwnRepeatability(
        movement=str(entry["movement"]),
        camera=str(entry["camera"]),
        model=str(entry["model"]),
        error=error,
        clients=int(entry["clients"]),
        measured_on=str(entry["measured_on"]),
    )
