"""MediaPipe's native code: how it is imported, kept quiet and made to give memory back. The only module that imports mediapipe."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Standard error is the whole process's: one thread after the other turns it away.
_ONE_AT_A_TIME = threading.RLock()


def mediapipe_version() -> str:
    """Such as 0.10.33."""
    from importlib.metadata import version

    return version("mediapipe")


@functools.cache
def tasks() -> Any:
    """The module ``mediapipe.tasks.python``.

    It imports pyplot for drawings of its own, which are not used here; that takes most of a second and 24 MiB, so that an empty
    module stands in for it meanwhile.
    """
    standing_in = [name for name in ("matplotlib", "matplotlib.pyplot") if name not in sys.modules]
    sys.modules.update({name: ModuleType(name) for name in standing_in})
    try:
        return import_module("mediapipe.tasks.python")
    finally:
        for name in standing_in:
            del sys.modules[name]


def image_of(rgb: NDArray[np.uint8]) -> Any:
    """A picture (height, width, 3), red first, as MediaPipe takes it."""
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)


def give_back_memory() -> None:
    """Hand the memory of a model that was closed back to the system, which glibc would keep: 70 (full) to 170 MiB (heavy)."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep the start-up notes of MediaPipe's native code off the terminal; show them where an error passes."""
    with _ONE_AT_A_TIME:
        sys.stderr.flush()
        try:
            kept = os.dup(2)
        except OSError:
            yield
            return
        with tempfile.TemporaryFile() as notes:
            os.dup2(notes.fileno(), 2)
            try:
                yield
            except BaseException:
                os.dup2(kept, 2)
                notes.seek(0)
                sys.stderr.write(notes.read().decode(errors="replace"))
                raise
            finally:
                os.dup2(kept, 2)
                os.close(kept)
