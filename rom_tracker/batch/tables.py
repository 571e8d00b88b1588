"""The tables of a batch: their columns with units and meanings, and the files that hold them."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rom_tracker.output_files import written_whole

Kind = Literal["text", "number", "count", "yes or no"]

#: Rows that are written at once, so that memory does not grow with the table.
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, with the unit; what it holds; its unit, empty where it has none; and its meaning."""

    name: str
    kind: Kind
    unit: str
    meaning: str


def _deg(name: str, meaning: str) -> Column:
    return Column(name, "number", "degrees", meaning)


def _s(name: str, meaning: str) -> Column:
    return Column(name, "number", "seconds", meaning)


def _text(name: str, meaning: str) -> Column:
    return Column(name, "text", "", meaning)


def _count(name: str, meaning: str) -> Column:
    return Column(name, "count", "", meaning)


_WHICH = (
    _text("client", "label of the client; empty where not known"),
    _text("movement", "key of the movement in the catalogue"),
    _text("side", "left or right; of a movement without sides, right"),
)
_FILE = _text("file", "path of the recording within the folder, with slashes")
_MOMENT = _text("moment", "before or after the treatment; empty where not known")
_START = _deg("start_deg", "where the movement starts")
_ZERO = "from the clinical zero"

TABLES: Mapping[str, tuple[Column, ...]] = {
    "measurements": (
        _FILE,
        *_WHICH,
        _MOMENT,
        _text("known_from", "who said what the recording shows: manifest, sidecar or file name"),
        _text("verdict", "ok, or caution: then read the column cautions"),
        _deg("end_range_deg", f"end range, mean over the scored repetitions, {_ZERO}"),
        _deg("end_range_low_deg", "lower end of its 95 % interval"),
        _deg("end_range_high_deg", "upper end of its 95 % interval"),
        _deg("start_deg", f"start, mean over the scored repetitions, {_ZERO}"),
        _deg("range_of_motion_deg", "from the start to the end range, mean over the scored repetitions"),
        _deg("best_end_range_deg", "best end range of a scored repetition"),
        _deg("end_range_sd_deg", "standard deviation of the end range over the repetitions; empty for a single one"),
        _deg("best_range_of_motion_deg", "largest way from start to end range"),
        _deg("range_of_motion_sd_deg", "standard deviation of that way over the repetitions; empty for a single one"),
        _count("repetitions", "scored repetitions"),
        _count("partial_repetitions", "repetitions that stopped well short of the others and do not count"),
        _deg("view_yaw_deg", "where the body faces: 0 to the camera, 90 to the right edge of the picture, -90 to the left edge"),
        _deg("view_off_plane_deg", "how far the movement's plane is turned out of the picture's, 0 to 90"),
        _s("duration_s", "time of the last frame"),
        _count("frames", "frames of the recording"),
        _count("frames_looked_at", "frames that the pose model looked at; those between follow from their neighbours"),
        _count("frames_with_angle", "frames in which the angle is known"),
        _text("zero", "what is counted from: anatomical, or start"),
        _text("geometry", "what the angle was taken in"),
        _text("looks", "which looks at the picture the joints come from: as filmed, mirrored, or both averaged"),
        _text("lens", "profile of the lens that was undone; empty where none was"),
        _text("pose_model", "pose model with the beginning of its SHA-256, and the version of MediaPipe"),
        _text("flags", "codes of all that is to be known of the measurement, separated by spaces"),
        _text("cautions", "the cautions among them in words"),
        _text("content_sha256", "SHA-256 of the file"),
        _text("rom_tracker", "version of the program"),
    ),
    "repetitions": (
        _FILE,
        *_WHICH,
        _MOMENT,
        _count("repetition", "number of the repetition within the recording, from 1"),
        Column("scored", "yes or no", "", "whether it counts; a partial one does not"),
        _s("start_s", "start of the lengthening, since the first frame"),
        _s("hold_start_s", "end of the lengthening"),
        _s("peak_s", "middle of the end range"),
        _s("hold_end_s", "start of the return"),
        _s("end_s", "end of the return"),
        _START,
        _deg("end_range_deg", f"end range: the highest mean over 0.3 seconds, {_ZERO}"),
        _deg("range_of_motion_deg", "from the start to the end range"),
        Column("peak_velocity_deg_s", "number", "degrees per second", "highest angular velocity of the lengthening"),
        Column("smoothness_sparc", "number", "", "spectral arc length of the lengthening, at most 0; nearer to 0 is smoother"),
    ),
    "comparisons": (
        *_WHICH,
        _text("before_file", "recording before the treatment"),
        _text("after_file", "recording after it"),
        _deg("before_end_range_deg", f"end range before, {_ZERO}"),
        _deg("after_end_range_deg", f"end range after, {_ZERO}"),
        _deg("change_deg", "end range after less end range before; empty where refused"),
        _deg("change_low_deg", "lower end of its 95 % interval"),
        _deg("change_high_deg", "upper end of its 95 % interval"),
        _deg("detectable_deg", "smallest change that can be told from what is measured without one, for this comparison alone"),
        _text("detectable_from", "measuring error, or own repeatability"),
        _text("verdict", "improved, no detectable change, worse or refused; with several of one session, after Holm's correction"),
        _text("role", "exploratory: no movement was named beforehand as the one that counts"),
        _count("compared_together", "comparisons of the session that share one error rate of 5 %"),
        Column("p_value", "number", "", "two-sided probability of such a change without a true one"),
        Column("p_value_holm", "number", "", "the same, corrected by Holm (1979) for the number compared together"),
        _text("flags", "codes of all that is to be known of the comparison, separated by spaces"),
        _text("cautions", "the cautions, or where refused the reasons, in words"),
    ),
    "failures": (
        _FILE,
        *_WHICH,
        _MOMENT,
        _text(
            "kind",
            "unknown: what it shows is not known; unreadable: the file cannot be read; refused: read, but no number can be given; "
            "not fetched: its store did not give it; crashed, memory, time: it ended the worker, filled its memory or took too "
            "long; unexpected: an error of the program; program: a model file or lens profile; not compared: measured, but which "
            "before belongs to which after is not known",
        ),
        _text("reason", "what is wrong"),
        _text("advice", "what to do"),
        _count("attempts", "how often it was tried"),
    ),
}

Row = Mapping[str, Any]


def write_tables(folder: Path, rows: Mapping[str, Iterable[Row]]) -> list[Path]:
    """Write every table as Parquet and CSV, and the data dictionary; each is there whole or stays as it was.

    Parameters
    ----------
    folder : Path
    rows : mapping
        For each of ``TABLES`` its rows, in order; a column that a row lacks is empty.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    OutputError
        One cannot be written.
    """
    written = [path for name, columns in TABLES.items() for path in _write(folder, name, columns, rows[name])]
    dictionary = folder / "data_dictionary.csv"
    with written_whole(dictionary) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("table", "column", "kind", "unit", "meaning"))
        writer.writerows((name, c.name, c.kind, c.unit, c.meaning) for name, columns in TABLES.items() for c in columns)
    return [*written, dictionary]


def _write(folder: Path, name: str, columns: tuple[Column, ...], rows: Iterable[Row]) -> list[Path]:
    import pyarrow as pa
    from pyarrow import parquet

    types = {"text": pa.string(), "number": pa.float64(), "count": pa.int64(), "yes or no": pa.bool_()}
    schema = pa.schema([pa.field(c.name, types[c.kind], metadata={"unit": c.unit, "meaning": c.meaning}) for c in columns])
    paths = [folder / f"{name}.parquet", folder / f"{name}.csv"]
    with contextlib.ExitStack() as open_files:
        parts = [open_files.enter_context(written_whole(path)) for path in paths]
        text = open_files.enter_context(parts[1].open("w", encoding="utf-8", newline=""))
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(schema.names)
        with parquet.ParquetWriter(parts[0], schema) as store:
            for some in _in_pieces(rows):
                store.write_table(pa.Table.from_pylist([{n: _shown(row.get(n)) for n in schema.names} for row in some], schema))
                writer.writerows([_cell(row.get(n)) for n in schema.names] for row in some)
    return paths


def _in_pieces(rows: Iterable[Row]) -> Iterator[list[Row]]:
    piece: list[Row] = []
    for row in rows:
        piece.append(row)
        if len(piece) == ROWS_AT_ONCE:
            yield piece
            piece = []
    yield piece


def _shown(value: Any) -> Any:
    """The value; a file name that is no text of any encoding with escapes."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(_shown(value))
