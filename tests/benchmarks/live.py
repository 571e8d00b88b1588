"""How long the live view takes from a camera's picture to the angle that is drawn, and that nothing queues up.

    python tests/benchmarks/live.py [--seconds 60]

A camera of 1280 x 720 and 30 pictures a second is played by a thread that always holds the newest picture, as the page does: it is
scaled to the width that the page sends, compressed as JPEG, read by the pose process of the app, and the answer is back. While the
model is busy, pictures are passed over; the age of what is drawn is the time from the camera's picture to the answer.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

import cv2
import numpy as np
from recordings import recordings_720p

from rom_tracker.app.live import PoseProcess
from rom_tracker.capture import VideoFile

SENT_WIDTH, JPEG_QUALITY = 640, 80
FPS = 30


class Camera:
    """Plays pictures at 30 a second, over and over, and holds the newest."""

    def __init__(self, pictures: list[np.ndarray]) -> None:
        self._pictures, self._fresh, self._stop = pictures, threading.Condition(), False
        self.newest: tuple[np.ndarray, float] | None = None
        self.taken = 0
        threading.Thread(target=self._play, daemon=True).start()

    def _play(self) -> None:
        begun = time.perf_counter()
        while not self._stop:
            time.sleep(max(begun + self.taken / FPS - time.perf_counter(), 0))
            with self._fresh:
                self.newest = self._pictures[self.taken % len(self._pictures)], time.perf_counter()
                self.taken += 1
                self._fresh.notify()

    def next(self) -> tuple[np.ndarray, float]:
        with self._fresh:
            while self.newest is None:
                self._fresh.wait()
            newest, self.newest = self.newest, None
            return newest

    def stop(self) -> None:
        self._stop = True


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "rom_tracker_benchmark")
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    clip = next(each for each in recordings_720p(asked.folder / "short", rounds=1) if each.movement == "shoulder_abduction")
    pictures = [frame.image for frame in VideoFile(clip.path)]
    process = PoseProcess(clip.movement, clip.side)
    print(process.wait() or "ready")
    camera = Camera(pictures)
    for phase in ("set-up", "recording"):
        process.tell("begin", phase)
        ages, begun = [], time.perf_counter()
        while time.perf_counter() - begun < asked.seconds:
            image, taken_s = camera.next()
            small = cv2.resize(image, (SENT_WIDTH, SENT_WIDTH * image.shape[0] // image.shape[1]), interpolation=cv2.INTER_AREA)
            jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
            process.look(jpeg, taken_s)
            ages.append(1000 * (time.perf_counter() - taken_s))
        late = np.median(ages[-len(ages) // 4 :])
        print(
            f"{phase:10s} median {np.median(ages):5.1f} ms, 95 of 100 within {np.percentile(ages, 95):5.1f} ms, "
            f"median of the last quarter {late:5.1f} ms; {len(ages) / asked.seconds:.1f} answers a second"
        )
    camera.stop()
    process.close()


if __name__ == "__main__":
    main()
