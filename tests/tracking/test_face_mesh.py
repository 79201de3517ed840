import subprocess
import sys

import mediapipe
import numpy as np
import pytest

from mien.tracking.face_detector import FaceDetector
from mien.tracking.face_mesh import FaceMesh, _read_landmarks
from mien.tracking.follow import LOST
from mien.tracking.region import Region
from mien.types import ByteArray


@pytest.fixture(scope="module")
def mesh() -> FaceMesh:
    return FaceMesh()


def located(mesh: FaceMesh, picture: ByteArray) -> Region:
    region = FaceDetector("full").detect(picture)[0].region
    for _ in range(4):
        region = Region.around(mesh.read(picture, region).landmarks)
    return region


def test_the_same_landmarks_as_mediapipes_own_solution(mesh: FaceMesh, portrait: ByteArray) -> None:
    with mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True) as solution:
        for _ in range(4):
            points = solution.process(portrait).multi_face_landmarks[0].landmark
    expected = np.array([(point.x, point.y, point.z) for point in points]) * 256 + [0.5, 0.5, 0]
    landmarks = mesh.read(portrait, located(mesh, portrait)).landmarks
    eye_distance = np.linalg.norm(expected[263] - expected[33])
    # The regions differ a little (theirs is the box of the unturned face): the network then answers within 1 %.
    assert np.abs(landmarks - expected)[:, :2].mean() < 0.01 * eye_distance
    assert np.abs(landmarks - expected)[:, 2].mean() < 0.03 * eye_distance


@pytest.mark.parametrize("extra", [{}, {"visibility": 0.5}])
def test_landmarks_are_read_as_protobuf_reads_them(extra: dict[str, float]) -> None:
    """From the wire format where it has three floats a landmark, else through protobuf."""
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList
    from mediapipe.python import packet_creator

    expected = np.random.default_rng(0).normal(size=(478, 3)).astype(np.float32)
    expected[3] = 0.0
    points = NormalizedLandmarkList()
    for x, y, z in expected:
        points.landmark.add(x=x, y=y, z=z, **extra)
    landmarks = _read_landmarks(packet_creator.create_proto(points), NormalizedLandmarkList)
    np.testing.assert_array_equal(landmarks, expected)


def test_presence_tells_faces_from_none(mesh: FaceMesh, portrait: ByteArray) -> None:
    region = located(mesh, portrait)
    noise = np.random.default_rng(0).integers(0, 255, (256, 256, 3)).astype(np.uint8)
    assert mesh.read(portrait, region).presence > 15
    assert mesh.read(noise, region).presence < LOST
    assert mesh.read(np.zeros_like(portrait), region).presence < LOST


def test_a_region_may_lie_outside(mesh: FaceMesh, portrait: ByteArray) -> None:
    reading = mesh.read(portrait, Region(-500, -500, 100))
    assert np.isfinite(reading.landmarks).all()
    assert reading.presence < LOST


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_positions_count_from_the_edge(mesh: FaceMesh, portrait: ByteArray, quarters: int) -> None:
    """A turned picture turns the landmarks, to a tenth of a pixel on average; half a pixel off would show twice."""
    region = located(mesh, portrait)
    landmarks = mesh.read(portrait, region).landmarks[:, :2].astype(np.float64)
    for _ in range(quarters):  # clockwise
        region = Region(256 - region.y, region.x, region.size, region.angle + np.pi / 2)
        landmarks = np.stack([256 - landmarks[:, 1], landmarks[:, 0]], axis=1)
    turned = mesh.read(np.ascontiguousarray(np.rot90(portrait, -quarters)), region).landmarks[:, :2]
    assert np.abs((turned - landmarks).mean(axis=0)).max() < 0.2


@pytest.mark.parametrize("reach", ["full", "short"])
def test_detectors_find_the_face_and_nothing_in_noise(reach: str, portrait: ByteArray, mesh: FaceMesh) -> None:
    detector = FaceDetector(reach)
    (found,) = detector.detect(portrait)
    assert found.score > 0.5
    assert found.region.coincides(located(mesh, portrait))
    assert detector.detect(np.full((100, 300, 3), 120, np.uint8)) == []


def test_opencv_is_not_needed_and_nothing_is_printed() -> None:
    program = """
import sys
sys.modules["cv2"] = None
import numpy as np
from mien.tracking.face_detector import FaceDetector
from mien.tracking.face_mesh import FaceMesh, _read_landmarks
from mien.tracking.region import Region
picture = np.zeros((64, 64, 3), np.uint8)
FaceMesh().read(picture, Region(32, 32, 40))
FaceDetector("full").detect(picture)
assert "matplotlib" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
