from __future__ import annotations

import numpy as np
import pytest
from boards import TOUR, WIDE, Film, Pose, filmed

from rom_tracker.calibration.board import BOARD, BoardFinder, BoardView
from rom_tracker.calibration.views import COLUMNS, ROWS, Coverage, ViewKeeper, keep_views
from rom_tracker.capture import Frame
from rom_tracker.errors import CalibrationError

GREY = np.full((360, 640, 3), 90, dtype=np.uint8)


def view_at(*places: tuple[float, float], size: tuple[int, int] = (640, 360)) -> BoardView:
    """Corners in the given places of the picture, 0 to 1."""
    corners = np.array(places, dtype=np.float32) * size
    return BoardView(np.arange(len(places), dtype=np.int32), corners, size, 1.0)


def test_the_corners_are_where_the_lens_puts_them(sheet):
    pose = Pose(at=(0.1, 0.05), away_mm=280, about_vertical=20, in_plane=90)
    found = BoardFinder().find(Frame(0, 0.0, filmed(sheet, pose, WIDE, supersampled=3)))
    assert found is not None
    place = pose.away_mm * np.linalg.solve(WIDE.camera_matrix, [*WIDE.undistorted(np.array([1.1, 1.05]) / 2 * WIDE.size), 1])
    points = (found.corners_mm - (*np.array(BOARD.size_mm) / 2, 0)) @ pose.rotation().T + place
    rays = points @ WIDE.camera_matrix.T
    true_px = WIDE.distorted(rays[:, :2] / rays[:, 2:])
    # Where pixels are counted from their middles and the finer picture's from its own, a third of a pixel is lost.
    assert np.linalg.norm(found.corners_px - true_px, axis=1).max() < 0.6
    assert found.tilt_deg == pytest.approx([20, 0], abs=4)


def test_a_part_of_the_board_is_enough(sheet):
    found = BoardFinder().find(Frame(0, 0.0, filmed(sheet, Pose(at=(-0.7, 0.6), away_mm=240), WIDE)))
    assert found is not None
    assert 12 <= len(found.ids) < 35


def test_no_board_and_a_board_far_away(sheet):
    finder = BoardFinder()
    assert finder.find(Frame(0, 0.0, GREY)) is None
    assert finder.find(Frame(0, 0.0, filmed(sheet, Pose(away_mm=4000), WIDE))) is None


def test_a_blurred_view_is_less_sharp(sheet):
    pose, finder = Pose(away_mm=280), BoardFinder()
    sharp, blurred = (finder.find(Frame(0, 0.0, filmed(sheet, pose, WIDE, blur_px=blur))) for blur in (0.0, 1.5))
    assert sharp is not None
    assert blurred is not None
    assert blurred.sharpness < 0.6 * sharp.sharpness


def test_offers(sheet):
    keeper = ViewKeeper()
    still, moved = (filmed(sheet, Pose(at=(x, 0), away_mm=280), WIDE) for x in (0.0, 0.3))
    blurred = filmed(sheet, Pose(at=(-0.3, 0), away_mm=280), WIDE, blur_px=1.5)
    said = [keeper.offer(Frame(0, 0.0, image)) for image in (GREY, still, still, still, moved, moved, blurred, blurred)]
    assert said == ["no board", "moving", "kept", "known", "moving", "kept", "moving", "blurred"]
    assert (keeper.looked, keeper.seen, len(keeper.kept)) == (8, 7, 2)


def test_blurred_views_give_way_to_sharp_ones(sheet):
    keeper = ViewKeeper()
    blurred = filmed(sheet, Pose(away_mm=280), WIDE, blur_px=1.5)
    sharp = filmed(sheet, Pose(at=(0.3, 0), away_mm=280), WIDE)
    assert [keeper.offer(Frame(0, 0.0, image)) for image in (blurred, blurred, sharp, sharp)][1::2] == ["kept", "kept"]
    assert len(keeper.kept) == 1


def test_coverage_counts_fields():
    everywhere = [((c + 0.5) / COLUMNS, (r + 0.5) / ROWS) for r in range(ROWS) for c in range(COLUMNS)]
    assert Coverage.of([view_at(*everywhere)] * 4).share == 1.0
    assert Coverage.of([view_at(*everywhere)] * 4).gaps == []
    nothing = Coverage.of([])
    assert nothing.share == 0
    assert len(nothing.gaps) == 9
    outside = Coverage.of([view_at((-0.01, 1.02))] * 4)
    assert outside.corners[-1, 0] == 4


def test_the_grid_shows_where():
    grid = Coverage.of([view_at((0.01, 0.01), (0.99, 0.99))] * 4 + [view_at((0.5, 0.5))]).grid().splitlines()
    assert grid[1].split() == ["|", "#", *"......", ".", "|"]
    assert grid[3].split()[1:-1] == [*"....", "+", *"..."]
    assert grid[-2].split()[-2] == "#"


def test_the_lower_left_corner_is_missing():
    places = [((c + 0.5) / COLUMNS, (r + 0.5) / ROWS) for r in range(ROWS) for c in range(COLUMNS) if r < 3 or c > 2]
    assert Coverage.of([view_at(*places)] * 4).gaps == ["lower left corner"]


def test_the_guide_is_content_at_the_end_and_a_camera_stops_then(pictures):
    asked: list[tuple[str, ...]] = []
    keeper = keep_views(Film.of(pictures * 2), live=True, on_look=lambda frame, offer, keeper: asked.append(tuple(keeper.missing)))
    assert asked[0][0].startswith("bring it to the")
    assert asked[-1] == ()
    assert len(asked) <= 2 * len(TOUR)
    keeper.check()


def test_a_view_is_looked_for_a_few_times_a_second_only(pictures):
    class Fast(Film):
        def __iter__(self):
            for frame in super().__iter__():
                yield Frame(frame.index, frame.time_s / 10, frame.image)

    assert keep_views(Fast.of(pictures[:5], held=8)).looked == 5


@pytest.mark.parametrize(
    ("poses", "said"),
    [
        (TOUR[:3], r"only 3 sharp and different views .* 10 are needed; bring it to the"),
        (
            [Pose(away_mm=300 + 20 * i, about_vertical=(-1) ** i * 30, in_plane=20 * i) for i in range(12)],
            r"covered .*% of the picture",
        ),
        (
            [Pose(at=(x, y), away_mm=260, in_plane=90) for x in (-0.6, -0.3, 0, 0.3, 0.6) for y in (-0.5, 0, 0.5)],
            r"square to the camera .* turn it: left edge away",
        ),
    ],
)
def test_what_cannot_be_calibrated_with_is_refused(sheet, poses, said):
    keeper = keep_views(Film.of(filmed(sheet, pose, WIDE) for pose in poses))
    with pytest.raises(CalibrationError, match=said):
        keeper.check()


def test_no_board_is_said():
    with pytest.raises(CalibrationError, match="not found in any of 3 pictures; print it"):
        keep_views(Film.of([GREY] * 3, held=1)).check()


def test_a_camera_that_changes_its_resolution(sheet):
    small = filmed(sheet, Pose(away_mm=280), WIDE)
    with pytest.raises(CalibrationError, match="changed its size"):
        keep_views(Film.of([small, np.kron(small, np.ones((2, 2, 1), dtype=np.uint8))]))
