"""The measured angle drawn over the recording: as a video, and as single pictures of the end range."""

from rom_tracker.overlay.artist import face_cover_of
from rom_tracker.overlay.video import end_range_picture, jpeg_of, write_overlay

__all__ = ["end_range_picture", "face_cover_of", "jpeg_of", "write_overlay"]
