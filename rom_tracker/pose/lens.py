"""Landmarks as a lens that bends nothing would have shown them, in pixels of the same picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from rom_tracker.capture.lens import LensProfile
from rom_tracker.pose.hand import HandSequence
from rom_tracker.pose.head import FaceSequence
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

Mesh = TypeVar("Mesh", HandSequence, FaceSequence)


def undistorted(passes: PosePasses, lens: LensProfile | None) -> PosePasses:
    """Both looks with the lens undone; metres stay. As they are without a profile.

    Parameters
    ----------
    passes : PosePasses
        As filmed: what the model found, or the cache kept.
    lens : LensProfile or None
        At the resolution of the recording.
    """
    if lens is None:
        return passes
    as_filmed, mirrored = (_undistorted_look(look, lens) for look in (passes.as_filmed, passes.mirrored))
    return PosePasses(as_filmed, mirrored, passes.recording_s)


def undistorted_mesh(mesh: Mesh, lens: LensProfile | None) -> Mesh:
    """A hand or a face with the lens undone in x and y; depths and metres stay. As it is without a profile."""
    return mesh if lens is None else replace(mesh, xyz=_moved(mesh.xyz, lens))


def _undistorted_look(poses: PoseSequence, lens: LensProfile) -> PoseSequence:
    if poses.lens is not None:
        raise ValueError("expected landmarks as filmed, but a lens was undone in them already")
    return poses.replaced(xy=_moved(poses.xy, lens), lens=lens)


def _moved(points: Floats, lens: LensProfile) -> Floats:
    """(..., 2 or more) the same with pixels x and y moved; the type stays."""
    moved = points.copy()
    moved[..., :2] = lens.undistorted(points[..., :2])
    return moved
