"""The model files: which there are, where they are kept, how they get there.

A model file is used only when its sha256 is the pinned one, so a truncated or altered file counts as missing; that is checked
when a process first asks for a file (about 10 ms for 10 MB), and again when its time or size has changed. Files are put in
place by renaming a finished copy. Two processes that do so at once put the same bytes there, so neither needs to wait for the
other.

Only `fetch_models`, and `ensure_model` when the file is not there, run a tool that opens a connection.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rom_tracker.cache_folder import cache_folder
from rom_tracker.errors import ModelFileError, UsageError
from rom_tracker.output_files import placed_whole, remove_stale_parts
from rom_tracker.pose import bundles, packages
from rom_tracker.pose.model_table import DEFAULT_MODEL, MODELS, Model, packages_of
from rom_tracker.pose.packages import Package, Progress

__all__ = [
    "DEFAULT_MODEL",
    "MODELS",
    "Model",
    "ModelState",
    "ensure_model",
    "ensure_working_model",
    "fetch_models",
    "find_model",
    "install_models",
    "model_states",
    "models_folder",
]

TESTED_FLATBUFFERS = "25.12.19"


@dataclass(frozen=True, slots=True)
class ModelState:
    """Whether a model file can be used.

    Attributes
    ----------
    model : Model
    path : Path
        Where the file is or belongs.
    state : "ready", "missing" or "damaged"
        Damaged: there is a file, but it is not the pinned one. It is never used; fetching replaces it.
    """

    model: Model
    path: Path
    state: Literal["ready", "missing", "damaged"]


def models_folder() -> Path:
    """Where the model files are kept.

    Returns
    -------
    Path
        The folder "models" in the user's cache folder; it need not exist yet.

    Examples
    --------
    >>> models_folder().name
    'models'
    """
    return cache_folder() / "models"


def find_model(key: str) -> Path | None:
    """A model file that is there and right.

    Parameters
    ----------
    key : str
        A key of MODELS.

    Returns
    -------
    Path or None
        None when the file is missing, or its bytes are not the pinned ones.

    Raises
    ------
    UsageError
        When no model has that key.
    """
    model = _model(key)
    path = _path(model)
    return path if _is_right(path, model) else None


def ensure_model(key: str, progress: Progress | None = None) -> Path:
    """A model file, fetched when it is not there.

    Parameters
    ----------
    key : str
        A key of MODELS.
    progress : callable, optional
        Told what is being fetched, the bytes done and the bytes in all.

    Returns
    -------
    Path
        The file. No connection was opened if it was there.

    Raises
    ------
    UsageError
        When no model has that key.
    ModelFileError
        When it cannot be fetched; says why and what to do.
    """
    return find_model(key) or fetch_models([key], progress)[0]


def ensure_working_model(key: str, progress: Progress | None = None) -> Path:
    """The file that is handed to MediaPipe: the model without what is not used of it, fetched when it is not there.

    For a pose model that is :func:`~rom_tracker.pose.bundles.working_bundle`, made once and kept in the models folder under a name
    that holds the model's and its own sha256; where it cannot be written there, the model itself does as well. For others it is
    the model.

    Parameters, raises
    ------------------
    As for :func:`ensure_model`.
    """
    path = ensure_model(key, progress)
    if not key.startswith("pose_"):
        return path
    folder, name = models_folder() / "working", f"{path.stem}.{MODELS[key].sha256[:16]}.{bundles.WORKING_FORM}"
    for made in folder.glob(f"{name}.*.task"):
        if _sha256_of(made)[:16] == made.name.split(".")[-2]:
            return made
    content = bundles.working_bundle(path)
    made = folder / f"{name}.{hashlib.sha256(content).hexdigest()[:16]}.task"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with placed_whole(made, lasting=True) as part:
            part.write_bytes(content)
    except OSError:
        return path
    for earlier in set(folder.glob(f"{path.stem}.*.task")) - {made}:
        with contextlib.suppress(OSError):  # Windows does not part with a file that is open.
            earlier.unlink()
    return made


def fetch_models(keys: Iterable[str], progress: Progress | None = None) -> list[Path]:
    """Fetch the model files that are not there.

    A package is fetched once, and every model that can be made of it is put in place, not only those asked for.

    Parameters
    ----------
    keys : iterable of str
        Keys of MODELS.
    progress : callable, optional
        Told what is being fetched, the bytes done and the bytes in all.

    Returns
    -------
    list of Path
        The files, in the order of the keys.

    Raises
    ------
    UsageError
        When no model has one of the keys.
    ModelFileError
        When one of them cannot be fetched; the others are in place. Says why and what to do.
    """
    wanted = [_model(key) for key in keys]
    missing = [model for model in wanted if find_model(model.key) is None]
    if missing:
        _prepare_folder()
        _fetch(missing, progress)
    return [_path(model) for model in wanted]


def install_models(source: Path) -> list[Model]:
    """Put model files in place from files at hand, without a network.

    Parameters
    ----------
    source : Path
        A model file, one of the package files that models are made of, or a folder of these. Files are recognised by
        their sha256, not by their names. Other files in a folder are left alone.

    Returns
    -------
    list of Model
        The models that are now ready because of the source (also where they were before).

    Raises
    ------
    ModelFileError
        When the source holds nothing that can be installed, or a file with the name of a model or package but other
        bytes (then nothing is installed), or when the files cannot be written.
    """
    recognised = _recognised_files(source)
    _prepare_folder()
    installed = []
    parts: dict[str, bytes] = {}
    for path, known in recognised.items():
        if isinstance(known, Model):
            _place(known, path.read_bytes())
            installed.append(known)
        else:
            parts |= bundles.parts_in(path)
    if parts:
        installed += _build_and_place(_parts_of_installed(), parts)
    if not installed:
        raise ModelFileError(_what_else_is_needed(parts))
    return list(dict.fromkeys(installed))


def model_states() -> list[ModelState]:
    """Every model with the state of its file, in the order of MODELS.

    Returns
    -------
    list of ModelState
    """
    return [ModelState(model, _path(model), _state(model)) for model in MODELS.values()]


def _model(key: str) -> Model:
    if key not in MODELS:
        raise UsageError(f"Expected one of the models {', '.join(MODELS)}; got {key!r}.")
    return MODELS[key]


def _path(model: Model) -> Path:
    return models_folder() / model.file_name


def _state(model: Model) -> Literal["ready", "missing", "damaged"]:
    path = _path(model)
    if _is_right(path, model):
        return "ready"
    return "damaged" if path.exists() else "missing"


def _is_right(path: Path, pinned: Model | Package) -> bool:
    """Whether a file is there and has the pinned size and sha256; False also when it cannot be read."""
    try:
        return path.stat().st_size == pinned.size_bytes and _sha256_of(path) == pinned.sha256
    except OSError:
        return False


def _sha256_of(path: Path) -> str:
    """The sha256 of a file, read once by a process while its time and size stay."""
    state = path.stat()
    return _sha256_as_of(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=16)
def _sha256_as_of(path: Path, _mtime_ns: int, _size: int) -> str:
    return packages.sha256_of(path)


def _fetch(missing: list[Model], progress: Progress | None) -> None:
    parts = _parts_of_installed()
    needed = [package for model in missing for package in packages_of(model.key, parts)]
    failure: ModelFileError | None = None
    for package in [package for package in packages.PACKAGES if package in needed]:
        try:
            with tempfile.TemporaryDirectory(prefix="rom_tracker-", ignore_cleanup_errors=True) as folder:
                parts |= bundles.parts_in(packages.fetch_package(package, Path(folder), progress))
        except ModelFileError as error:
            failure = error
            break
    _build_and_place({}, parts)
    still_missing = [model.file_name for model in missing if find_model(model.key) is None]
    if still_missing:
        raise ModelFileError(f"Expected {', '.join(still_missing)} in {models_folder()}. {failure}") from failure


def _parts_of_installed() -> dict[str, bytes]:
    """Parts that lie unchanged in the model files in place; they need not be fetched again."""
    found = (find_model(key) for key in MODELS)
    return {name: part for path in found if path for name, part in bundles.parts_in(path).items()}


def _build_and_place(at_hand: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[Model]:
    """Put in place every model that can be made with the new parts; the parts at hand alone make none again."""
    parts = {**at_hand, **new}
    buildable = [
        model
        for model in MODELS.values()
        if bundles.parts_needed(model.key) <= parts.keys() and bundles.parts_needed(model.key) & new.keys()
    ]
    for model in buildable:
        if find_model(model.key) is None:
            _place(model, _built(model, parts))
    return buildable


def _built(model: Model, parts: Mapping[str, bytes]) -> bytes:
    """The bytes of a model file, which are the pinned ones.

    The parts are right, so other bytes can only come from a library that lays them out differently. They would very
    likely work; still they are refused: measurements must be traceable to one file, and `find_model` knows only that.
    """
    content = bundles.build_bundle(model.key, parts)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != model.sha256:
        raise ModelFileError(
            f"Expected {model.file_name} with sha256 {model.sha256}; the one built here has {sha256}. The parts are "
            f"right, so flatbuffers {importlib.metadata.version('flatbuffers')} lays the file out differently: run "
            f'`pip install "flatbuffers=={TESTED_FLATBUFFERS}"` and try again, or bring the file from a computer that '
            "has it and run `rom-tracker models --from FILE`."
        )
    return content


def _prepare_folder() -> None:
    """Make the models folder, and clear it of copies that were never finished."""
    folder = models_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    remove_stale_parts(folder)


def _place(model: Model, content: bytes) -> None:
    """Put a model file in place; whoever looks sees no file, the old one or the whole new one."""
    path = _path(model)
    if _is_right(path, model):
        return
    try:
        with placed_whole(path, lasting=True) as part:
            part.write_bytes(content)
    except OSError as error:
        # Windows refuses to replace a file that is in use: then another process has just put the right one there.
        if not _is_right(path, model):
            raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> ModelFileError:
    return ModelFileError(
        f"The model files could not be written to {path}: {error.strerror or error}. Make room there or allow writing, "
        "or set the environment variable ROM_TRACKER_CACHE to a folder where you may write."
    )


def _recognised_files(source: Path) -> dict[Path, Model | Package]:
    """The files to install from, each with what it is."""
    if not source.exists():
        raise ModelFileError(f"Expected a model file, a package file or a folder of them; there is no {source}.")
    pinned: list[Model | Package] = [*MODELS.values(), *packages.PACKAGES]
    names = [known.file_name for known in pinned]
    try:
        files = sorted(path for path in source.iterdir() if path.is_file()) if source.is_dir() else [source]
        recognised = {path: known for path in files for known in pinned if _is_right(path, known)}
        # A single file is meant to be installed whatever its name; in a folder only the names tell what is meant.
        meant = [path for path in files if path.name in names or path == source]
        wrong = [path for path in meant if path not in recognised]
        if wrong or not recognised:
            raise ModelFileError(_wrong_files(source, wrong, names))
    except OSError as error:
        raise ModelFileError(f"{source} cannot be read: {error.strerror or error}. Allow reading it.") from error
    return recognised


def _wrong_files(source: Path, wrong: list[Path], names: list[str]) -> str:
    if not wrong:
        return f"Expected in the folder {source} at least one of {', '.join(names)}; none of them is there."
    found = "; ".join(f"{path.name} has {path.stat().st_size} bytes, sha256 {packages.sha256_of(path)}" for path in wrong)
    return (
        f"Expected the very files this program was made for ({', '.join(names)}), recognised by their sha256; got "
        f"others: {found}. They are damaged or come from another release; nothing was installed. Fetch them again with "
        f"`{packages.MEDIAPIPE_WHEEL.command}`."
    )


def _what_else_is_needed(parts: Mapping[str, bytes]) -> str:
    lacking = {package for model in MODELS.values() for package in packages_of(model.key, parts)}
    wanted = "; ".join(f"{package.file_name} (`{package.command}`)" for package in packages.PACKAGES if package in lacking)
    return (
        "This package file alone makes no model: the models also have parts in another one. Put both in one folder and "
        f"run `rom-tracker models --from FOLDER`. Needed besides: {wanted}."
    )
