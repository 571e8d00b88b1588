"""The recording with the skeleton, the arc of the angle and its value drawn over it.

Skeleton and arc lie where the joints are in the picture; the number is the measured one. They agree, with two exceptions that
are meant: where the body stands turned out of the movement's plane the number is corrected for it, and the picture is not; and
the number is smoothed over time, and the skeleton is not. A turn of the head that the camera cannot see is drawn in a corner.

The picture keeps its size up to :data:`LONGEST_EDGE_PX`, which a browser and a phone play smoothly; a larger one is scaled down.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import cv2
import numpy as np

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.capture import TimedVideoWriter, VideoFile
from rom_tracker.errors import UsageError
from rom_tracker.overlay.artist import Artist
from rom_tracker.overlay.drawing import (
    Image,
)

LONGEST_EDGE_PX = 1280


def write_overlay(
    video: VideoFile,
    measurement: RomMeasurement,
    path: str | os.PathLike[str],
    progress: Callable[[float, float | None], None] | None = None,
    *,
    cover_face: bool = False,
) -> None:
    """Write the recording with skeleton, arc and value drawn over it, every frame at its own time.

    Parameters
    ----------
    video : VideoFile
        The recording that ``measurement`` was made from.
    measurement : RomMeasurement
        A refused one is drawn as far as it goes, with the reason in words.
    path : path-like
        Ends in ``.webm``. A file of that name is replaced at the end.
    progress : callable, optional
        Called with the seconds of video done, and in all where known.
    cover_face : bool
        Cover the client's head with a few fields of its mean colours, which cannot be undone; other people's stay as they are.

    Raises
    ------
    UsageError
        The name does not end in ``.webm``, or the measurement is of another recording.
    VideoError
        The recording cannot be read.
    OutputError
        The file cannot be written; nothing is left behind.
    """
    artist = _artist_of(video, measurement, cover_face=cover_face)
    expected, frames = len(measurement.angles), 0
    with TimedVideoWriter(path, artist.size) as writer:
        for frame in video:
            if measurement.part is not None and not measurement.part.holds(frame.time_s):
                writer.write(artist.scaled(frame.image), frame.time_s)
            else:
                if frames < expected:
                    writer.write(artist.drawn(frame.image, frames), frame.time_s)
                frames += 1
            if progress is not None:
                progress(frame.time_s, video.expected_duration_s)
        if frames != expected:
            raise UsageError(
                f'expected the recording of the measurement, with {expected} frames, but "{video.path}" has {frames}; measure it '
                "again"
            )


def end_range_picture(video: VideoFile, measurement: RomMeasurement, *, cover_face: bool = True) -> Image | None:
    """The frame in the middle of the end range of the repetition nearest to the mean, drawn over; None where none is scored.

    Nothing is written in it: the end range of a page is the mean over the repetitions, this one's is another.

    Parameters
    ----------
    video : VideoFile
        The recording that ``measurement`` was made from.
    measurement : RomMeasurement
    cover_face : bool
        As in :func:`write_overlay`.

    Raises
    ------
    VideoError
        The recording cannot be read.
    """
    scored, mean = measurement.repetitions.scored, measurement.peak_deg
    if not scored or mean is None:
        return None
    at_s = min(scored, key=lambda r: abs(r.peak_deg - mean)).peak_s
    artist = _artist_of(video, measurement, cover_face=cover_face)
    index = int(np.argmin(np.abs(measurement.angles.time_s - at_s)))
    frame = next((frame for frame in video if frame.time_s >= measurement.angles.time_s[index]), None)
    return None if frame is None else artist.drawn(frame.image, index, words=False)


def jpeg_of(image: Image) -> bytes:
    """The picture as a JPEG file."""
    return cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 85))[1].tobytes()


def _artist_of(video: VideoFile, measurement: RomMeasurement, *, cover_face: bool) -> Artist:
    """Who draws a recording, as large as the picture gets."""
    scale = min(1.0, LONGEST_EDGE_PX / max(video.size))
    size = (round(video.size[0] * scale), round(video.size[1] * scale))
    return Artist(measurement, scale, size, cover_face=cover_face)
