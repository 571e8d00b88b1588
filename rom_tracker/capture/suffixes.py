"""What is taken for a recording in a folder."""

from __future__ import annotations

VIDEO_SUFFIXES = (".mkv", ".mp4", ".webm", ".mov", ".m4v", ".avi", ".mts", ".3gp")
