"""A few pictures of a recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture.video import Glimpse, VideoFile

Picture = NDArray[np.uint8]


class Pictures:
    """Pictures of a recording at certain times, which can be taken along while it is read for something else.

    Parameters
    ----------
    times_s : sequence of float
        Seconds, increasing. To each belongs the first frame that is not before it.

    Examples
    --------
    >>> pictures = Pictures([0.0, 1.0])
    >>> for glimpse in VideoFile("sample_videos/hip_flexion.mp4").glimpses():
    ...     pictures.see(glimpse)
    >>> len(pictures.taken)
    2
    """

    def __init__(self, times_s: Sequence[float]) -> None:
        self.times_s = tuple(times_s)
        self.taken: list[Picture] = []

    @property
    def complete(self) -> bool:
        """Whether there is one for each of the times."""
        return len(self.taken) == len(self.times_s)

    def see(self, glimpse: Glimpse) -> None:
        """Take the frame's picture, if it is due."""
        if self.complete or glimpse.time_s < self.times_s[len(self.taken)]:
            return
        frame = glimpse.frame()
        if frame is not None:
            self.taken.append(frame.image)


def pictures_at(video: VideoFile, times_s: Sequence[float], along: Pictures | None = None) -> list[Picture]:
    """Pictures of a recording at certain times, as many as it is long enough for; where it is shorter than the first, its last one.

    Parameters
    ----------
    video : VideoFile
    times_s : sequence of float
    along : Pictures, optional
        Of those times, taken along while the recording was read: if all of them were, it is not read again.

    Raises
    ------
    VideoError
        The recording cannot be read.
    """
    if along is not None and along.complete and along.times_s == tuple(times_s):
        return along.taken
    pictures, last = Pictures(times_s), Pictures([0.0])
    for glimpse in video.glimpses():
        pictures.see(glimpse)
        if pictures.complete:
            break
        if not pictures.taken:
            last = Pictures([0.0])
            last.see(glimpse)
    return pictures.taken or last.taken
