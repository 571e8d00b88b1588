from __future__ import annotations

import numpy as np
import pytest
from recordings import recorded
from stick_figure import IMAGE_SIZE

from rom_tracker.landmarks import INDEX
from rom_tracker.overlay.face_cover import BLOCKS, FaceCover

TIMES = np.arange(60) / 30
FACE = [i for name, i in INDEX.items() if name.startswith(("nose", "left_eye", "right_eye", "left_ear", "right_ear", "mouth"))]


def poses(lost=slice(0, 0), moved_px=0.0):
    look = recorded("shoulder_abduction", "left", np.linspace(0, 90, 60), TIMES).passes.as_filmed
    xy = look.xy + np.linspace(0, moved_px, 60)[:, None, None] * np.array([1.0, 0.0])
    xy[lost] = np.nan
    return look.replaced(xy=xy)


def noise(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (IMAGE_SIZE[1], IMAGE_SIZE[0], 3), dtype=np.uint8)


def covered(cover: FaceCover, index: int, image=None):
    image = noise() if image is None else image
    after = image.copy()
    cover.cover(after, index)
    return after, (after != image).any(axis=2)


@pytest.mark.parametrize("moved_px", [0.0, 200.0, -150.0])
def test_every_landmark_of_the_face_is_covered_wherever_it_goes(moved_px):
    seen = poses(moved_px=moved_px)
    cover = FaceCover.of(seen)
    for index in (0, 30, 59):
        _, changed = covered(cover, index)
        x, y = seen.xy[index, FACE].mean(axis=0)
        for px, py in seen.xy[index, FACE]:
            around = changed[int(py) - 4 : int(py) + 5, int(px) - 4 : int(px) + 5]
            assert around.mean() > 0.9
        rows, columns = np.nonzero(changed)
        assert np.hypot(columns - x, rows - y).max() < 2.5 * np.hypot(
            *(seen.xy[index, INDEX["left_ear"]] - seen.xy[index, INDEX["left_shoulder"]])
        )
        assert changed.mean() < 0.2


def test_little_is_left_and_pictures_of_the_same_means_look_alike():
    cover = FaceCover.of(poses())
    after, changed = covered(cover, 0)
    assert len(np.unique(after[changed], axis=0)) <= BLOCKS**2
    image = np.full_like(noise(), 120)
    stripes = image + (np.indices(image.shape[:2]).sum(axis=0) % 2 * 8)[..., None].astype(np.uint8)
    (plain, where), (striped, _) = covered(cover, 0, image), covered(cover, 0, stripes)
    assert np.array_equal(plain[where], striped[where])


def test_a_lost_face_stays_covered_at_its_last_place_and_beyond():
    gone = FaceCover.of(poses(lost=slice(20, 60)))
    whole = FaceCover.of(poses())
    _, last = covered(gone, 19)
    _, once_lost = covered(gone, 20)
    _, long_lost = covered(gone, 59)
    assert (last <= once_lost).all()
    assert (once_lost <= long_lost).all()
    assert last.sum() < once_lost.sum() < long_lost.sum()
    assert (covered(whole, 59)[1] <= long_lost).all()


def test_before_it_is_first_found_the_face_is_covered_where_it_will_be():
    late = FaceCover.of(poses(lost=slice(0, 20)))
    assert (covered(late, 20)[1] <= covered(late, 0)[1]).all()


def test_where_nobody_was_found_all_is_covered():
    for cover, index in ((FaceCover.of(poses(lost=slice(0, 60))), 5), (FaceCover.of(poses()), 60)):
        after, changed = covered(cover, index)
        assert changed.mean() > 0.99
        assert len(np.unique(after.reshape(-1, 3), axis=0)) <= BLOCKS**2


def test_a_face_outside_the_picture_costs_nothing():
    after, changed = covered(FaceCover.of(poses(moved_px=5000.0)), 59)
    assert not changed.any()
    assert after.shape == noise().shape
