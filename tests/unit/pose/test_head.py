"""The head's turns: how a cloud of points was turned is what is found, whatever camera took it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from recordings import IMAGE_SIZE, Recording, filmed_faces, recorded
from scipy.spatial.transform import Rotation
from stick_figure import repetitions_deg, stick_passes
from test_estimator import FakeGlimpse

from rom_tracker.capture import Frame
from rom_tracker.capture.lens import FOCAL_SHARE, pinhole
from rom_tracker.movements import load_catalogue
from rom_tracker.movements.mannequin import Body, posed
from rom_tracker.pose import mediapipe
from rom_tracker.pose.estimator import FACE_POINTS, FaceMesh
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.head import EVERY, FaceSequence, faces_of, head_turns, nearest_rotations
from rom_tracker.pose.head_angles import head_series
from rom_tracker.pose.view import View, body_view

MOVEMENTS = load_catalogue().movements
OF_THE_HEAD = [key for key, movement in MOVEMENTS.items() if movement.instrument == "face"]
SIDES = ["left", "right"]

#: Focal length in pixels and distance of the face in metres; the measurement takes every camera for the first one.
CAMERA = pinhole(IMAGE_SIZE, None)
CAMERAS = {
    "as it is taken for": (FOCAL_SHARE * max(IMAGE_SIZE), 1.2),
    "long focus": (1.5 * FOCAL_SHARE * max(IMAGE_SIZE), 1.8),
    "wide angle": (0.8 * FOCAL_SHARE * max(IMAGE_SIZE), 1.0),
}


def turned_by(vectors_deg: np.ndarray) -> Body:
    """A body whose head is turned by rotation vectors, (frame, 3) degrees about the axes forward, left and up."""
    frames = len(vectors_deg)
    points = np.repeat(posed(MOVEMENTS["neck_flexion"], "left", [0.0]).points_m, frames, axis=0)
    head = Rotation.from_rotvec(np.radians(vectors_deg)).as_matrix()
    still = np.broadcast_to(np.eye(3), head.shape)
    return Body(points, trunk=still, head=head, pivot_m=np.zeros(3))


def in_camera_axes(head: np.ndarray) -> np.ndarray:
    """Rotations about forward, left and up as x right, y up, z to the camera has them, for a client who faces the camera."""
    axes = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
    return axes @ head @ axes.T


def apart_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(Rotation.from_matrix(a @ b.transpose(0, 2, 1)).magnitude())


def slowly_to(vector_deg: list[float], frames: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Half a second straight ahead, then a turn; times and rotation vectors."""
    done = np.clip((np.arange(frames) - 15) / (frames - 20), 0, 1)
    return np.arange(frames) / 30, done[:, None] * np.array(vector_deg)


class TestTurns:
    @pytest.mark.parametrize("camera", CAMERAS)
    @pytest.mark.parametrize(
        "vector_deg", [[0, 60, 0], [0, -60, 0], [0, 0, 60], [0, 0, -60], [60, 0, 0], [25, 30, -35], [-10, -40, 30]]
    )
    def test_a_turned_head_is_found_turned_through_any_camera(self, camera, vector_deg):
        focal_px, away_m = CAMERAS[camera]
        time_s, vectors = slowly_to(vector_deg)
        body = turned_by(vectors)
        found = head_turns(filmed_faces(body, time_s, focal_px=focal_px, away_m=away_m), CAMERA)
        assert apart_deg(found, in_camera_axes(body.head)).max() < 2.0

    def test_a_head_beside_the_middle_of_the_picture_is_found_turned_alike(self):
        time_s, vectors = slowly_to([10, 40, 20])
        body = turned_by(vectors)
        beside = filmed_faces(body, time_s, beside_m=(0.2, -0.2), focal_px=900.0, away_m=1.9)
        assert apart_deg(head_turns(beside, CAMERA), in_camera_axes(body.head)).max() < 3.0

    def test_a_head_that_moves_without_turning_has_not_turned(self):
        time_s, vectors = slowly_to([0, 0, 0])
        body = turned_by(vectors)
        for forward_left_up_m in ([0, 0.1, 0], [0, 0, -0.1], [0.15, 0, 0]):
            way = np.linspace(0, 1, len(time_s))[:, None, None] * np.array(forward_left_up_m)
            found = head_turns(filmed_faces(replace(body, points_m=body.points_m + way), time_s), CAMERA)
            assert apart_deg(found, np.eye(3)[None]).max() < 1.0

    def test_it_is_counted_from_how_the_face_was_at_the_start(self):
        frames = 30
        vectors = np.array([0.0, 12.0, 20.0]) + np.array([0.0, 0.0, 25.0]) * np.clip((np.arange(frames) - 15) / 10, 0, 1)[:, None]
        body = turned_by(vectors)
        found = head_turns(filmed_faces(body, np.arange(frames) / 30), CAMERA)
        truth = in_camera_axes(body.head @ body.head[0].T)
        assert apart_deg(found, truth).max() < 1.5
        assert apart_deg(found[:10], np.eye(3)[None]).max() < 0.05

    def test_frames_without_a_face_are_unknown_and_the_others_are_as_they_were(self):
        time_s, vectors = slowly_to([0, 0, 40])
        faces = filmed_faces(turned_by(vectors), time_s)
        whole = head_turns(faces, CAMERA)
        xyz = faces.xyz.copy()
        xyz[:, 20:25], xyz[0, 28:30], xyz[1, 32:35] = np.nan, np.nan, np.nan
        found = head_turns(replace(faces, xyz=xyz), CAMERA)
        unknown = np.isnan(found).any(axis=(1, 2))
        np.testing.assert_array_equal(np.flatnonzero(unknown), np.arange(20, 25))
        assert apart_deg(found[~unknown], whole[~unknown]).max() < 0.01

    @pytest.mark.parametrize("look", [0, 1])
    def test_one_look_is_enough(self, look):
        time_s, vectors = slowly_to([0, 0, 40])
        faces = filmed_faces(turned_by(vectors), time_s)
        xyz = faces.xyz.copy()
        xyz[1 - look] = np.nan
        found = head_turns(replace(faces, xyz=xyz), CAMERA)
        assert apart_deg(found, head_turns(faces, CAMERA)).max() < 1e-6

    def test_no_face_at_all_has_no_turns(self):
        time_s, vectors = slowly_to([0, 0, 0])
        faces = filmed_faces(turned_by(vectors), time_s)
        nobody = replace(faces, xyz=faces.xyz * np.nan)
        assert np.isnan(head_turns(nobody, CAMERA)).all()
        assert (nobody.found.any(), nobody.width_px) == (False, 0.0)


def test_the_nearest_rotation():
    rng = np.random.default_rng(2)
    true = Rotation.random(20, random_state=3).as_matrix()
    np.testing.assert_allclose(nearest_rotations(1.7 * true), true, atol=1e-12)
    found = nearest_rotations(true + rng.normal(scale=0.05, size=true.shape))
    np.testing.assert_allclose(np.linalg.det(found), 1)
    assert apart_deg(found, true).max() < 8
    mirrored = nearest_rotations(np.diag([1.0, 1.0, -1.0])[None])
    assert np.linalg.det(mirrored[0]) == pytest.approx(1)
    assert np.isnan(nearest_rotations(np.full((2, 3, 3), np.nan))).all()


class TestSequence:
    def test_the_width_of_the_face_in_the_picture(self):
        faces = filmed_faces(turned_by(np.zeros((5, 3))), np.arange(5) / 30, focal_px=600.0, away_m=1.2)
        # 2 x 75 mm wide and 1.2 m away; the hundred points of the mesh do not reach the very edge
        assert 0.85 * 75 < faces.width_px < 75

    def test_what_is_kept_comes_back(self):
        faces = filmed_faces(turned_by(np.zeros((5, 3))), np.arange(5) / 30)
        again = FaceSequence.from_arrays(faces.to_arrays())
        np.testing.assert_array_equal(again.xyz, faces.xyz)
        np.testing.assert_array_equal(again.time_s, faces.time_s)

    def test_a_shape_that_does_not_fit_is_named(self):
        with pytest.raises(ValueError, match=r"expected shape \(2, 3, point, 3\), got \(1, 3, 4, 3\)"):
            FaceSequence(np.arange(3.0), np.zeros((1, 3, 4, 3)))


class FakeVideo:
    begins_s, expected_duration_s = 0.0, None

    def __iter__(self):
        for index in range(4):
            yield Frame(index, index / 30, np.zeros((8, 8, 3), dtype=np.uint8))

    def glimpses(self):
        return (FakeGlimpse(frame) for frame in self)

    def content_hash(self) -> str:
        return "content"


class FakeFaces:
    """Finds a mesh that tells the frame, and nobody in the second frame of the mirrored look."""

    name = "fake faces"

    def __init__(self, region: object) -> None:
        self.entered, self.region = 0, region

    def __enter__(self):
        self.entered += 1
        return self

    def __exit__(self, *exc):
        pass

    def look(self, frame, looks=Looks.BOTH):
        mesh = np.arange(FACE_POINTS * 3.0).reshape(FACE_POINTS, 3) + 10_000 * frame.index
        mirrored = FaceMesh.nobody() if frame.index == 1 else FaceMesh(mesh + 5)
        return {Looks.AS_FILMED: FaceMesh(mesh), Looks.MIRRORED: mirrored}


def test_a_fourth_of_the_mesh_is_kept_and_the_second_look_is_from_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ROM_TRACKER_CACHE", str(tmp_path / "cache"))
    made: list[FakeFaces] = []

    def make(region):
        made.append(FakeFaces(region))
        return made[-1]

    monkeypatch.setattr(mediapipe, "FaceEstimator", make)
    passes = stick_passes("neck_flexion", "left", np.zeros(4), np.arange(4) / 30)
    first, again = (faces_of(FakeVideo(), passes) for _ in range(2))
    assert [fake.entered for fake in made] == [1, 0]
    np.testing.assert_array_equal(first.xyz, again.xyz)
    assert first.xyz.shape == (2, 4, -(-FACE_POINTS // EVERY), 3)
    np.testing.assert_array_equal(first.xyz[0, 2, :, 0], 20_000 + 3 * EVERY * np.arange(first.xyz.shape[2]))
    np.testing.assert_array_equal(np.isnan(first.xyz[1, :, 0, 0]), [False, True, False, False])
    assert first.found.all()


def read(recording: Recording) -> np.ndarray:
    """The angle of every frame."""
    poses = recording.passes.as_filmed
    view = View(body_view(recording.passes))
    return head_series(head_turns(recording.faces, CAMERA), poses, recording.movement, recording.side, view).angle_deg


TIME_S, NODS_DEG = repetitions_deg([40, 44, 42], fps=20)


class TestAngle:
    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("key", OF_THE_HEAD)
    def test_the_angle_is_the_one_that_the_head_was_turned_by(self, key, side):
        np.testing.assert_allclose(read(recorded(key, side, NODS_DEG, TIME_S)), NODS_DEG, atol=1.8)

    @pytest.mark.parametrize(("key", "back"), [("neck_flexion", "neck_extension"), ("neck_extension", "neck_flexion")])
    def test_flexion_is_extension_counted_the_other_way(self, key, back):
        recording = recorded(key, "left", NODS_DEG, TIME_S)
        there, other_way = read(recording), read(replace(recording, movement=MOVEMENTS[back]))
        np.testing.assert_allclose(other_way, -there, atol=1e-9)

    @pytest.mark.parametrize("key", ["neck_lateral_flexion", "neck_rotation"])
    def test_to_the_left_is_the_right_sides_movement_read_backwards(self, key):
        recording = recorded(key, "left", NODS_DEG, TIME_S)
        np.testing.assert_allclose(read(replace(recording, side="right")), -read(recording), atol=1e-9)
        found = replace(recording, side="right").measured()
        assert found.verdict == "refused"
        assert "other_direction" in {flag.code for flag in found.flags}

    @pytest.mark.parametrize("key", OF_THE_HEAD)
    def test_another_movement_of_the_head_hardly_shows(self, key):
        """A nod is no rotation, a rotation no side-bend, and so on: what crosses over is the camera's perspective."""
        for other in ("neck_flexion", "neck_rotation", "neck_lateral_flexion"):
            if MOVEMENTS[other].plane != MOVEMENTS[key].plane:
                recording = recorded(other, "left", 0.6 * NODS_DEG, TIME_S)
                assert np.abs(read(replace(recording, movement=MOVEMENTS[key]))).max() < 2.0

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("leaned_deg", [15.0, -15.0])
    def test_a_head_that_leans_along_with_the_trunk_has_not_moved(self, leaned_deg, side):
        leaning = recorded("trunk_lateral_flexion", "left", leaned_deg / 42 * NODS_DEG, TIME_S)
        body = posed(leaning.movement, "left", leaned_deg / 42 * NODS_DEG)
        neck = replace(leaning, movement=MOVEMENTS["neck_lateral_flexion"], side=side, faces=filmed_faces(body, TIME_S))
        assert np.abs(read(neck)).max() < 0.6
        assert neck.measured().verdict == "refused", "there is no movement of the neck to be scored"

    def test_a_head_that_stays_upright_over_a_leaning_trunk_has_moved_against_it(self):
        leaning = recorded("trunk_lateral_flexion", "left", 15 / 42 * NODS_DEG, TIME_S)
        upright = posed(MOVEMENTS["neck_lateral_flexion"], "left", 0 * NODS_DEG)
        neck = replace(leaning, movement=MOVEMENTS["neck_lateral_flexion"], faces=filmed_faces(upright, TIME_S))
        np.testing.assert_allclose(read(neck), -15 / 42 * NODS_DEG, atol=0.6)
        np.testing.assert_allclose(read(replace(neck, side="right")), 15 / 42 * NODS_DEG, atol=0.6)

    def test_a_client_who_sits_obliquely_is_followed_in_the_axes_of_the_trunk(self):
        for yaw_deg in (-30.0, 30.0):
            for key in ("neck_lateral_flexion", "neck_flexion"):
                recording = recorded(key, "left", 0.7 * NODS_DEG, TIME_S, yaw_deg=yaw_deg)
                np.testing.assert_allclose(read(recording), 0.7 * NODS_DEG, atol=1.8)

    def test_where_the_face_is_lost_the_angle_is_unknown(self):
        recording = recorded("neck_rotation", "left", NODS_DEG, TIME_S)
        xyz = recording.faces.xyz.copy()
        xyz[:, 30:36] = np.nan
        found = read(replace(recording, faces=replace(recording.faces, xyz=xyz)))
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(found)), np.arange(30, 36))


class TestInProfile:
    @pytest.mark.parametrize("yaw_deg", [-90.0, 90.0, -70.0])
    def test_bending_forwards_is_refused_and_the_front_view_is_named(self, yaw_deg):
        found = recorded("neck_flexion", "left", NODS_DEG, TIME_S, yaw_deg=yaw_deg).measured()
        flag = next(flag for flag in found.flags if flag.code == "view")
        assert (found.verdict, flag.severity, found.peak_deg) == ("refused", "refused", None)
        assert "has to be filmed from the front" in flag.message

    @pytest.mark.parametrize("yaw_deg", [-90.0, 90.0])
    def test_bending_backwards_is_measured_from_ears_eyes_and_nose_with_a_caution(self, yaw_deg):
        recording = recorded("neck_extension", "left", NODS_DEG, TIME_S, yaw_deg=yaw_deg)
        lost = replace(recording.faces, xyz=recording.faces.xyz * np.nan)
        found = replace(recording, faces=lost).measured()
        flag = next(flag for flag in found.flags if flag.code == "view")
        assert (found.verdict, flag.severity) == ("caution", "caution")
        assert "ear, eye and nose were followed instead" in flag.message
        assert [r.peak_deg for r in found.repetitions.scored] == pytest.approx([40, 44, 42], abs=0.3)
        assert found.head is None

    def test_a_trunk_that_leans_back_along_with_the_head_is_taken_out(self):
        leaning = recorded("trunk_extension", "left", 15 / 42 * NODS_DEG, TIME_S)
        faces = filmed_faces(posed(leaning.movement, "left", 15 / 42 * NODS_DEG), TIME_S, yaw_deg=-90.0)
        neck = replace(leaning, movement=MOVEMENTS["neck_extension"], faces=faces)
        found = neck.measured()
        assert np.nanmax(np.abs(found.angles.angle_deg)) < 0.6

    def test_turning_the_head_cannot_be_seen_in_profile(self):
        for key in ("neck_rotation", "neck_lateral_flexion"):
            assert recorded(key, "left", NODS_DEG, TIME_S, yaw_deg=-90.0).measured().verdict == "refused"
