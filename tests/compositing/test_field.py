from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import polygon2mask

from mien.compositing.field import (
    EYES,
    LEAST_FALL,
    SKIRT_FALL,
    SKIRT_RINGS,
    SKIRT_WIDTH,
    add_skirt,
    closed_triangles,
    face_box,
    rasterise_field,
)
from mien.geometry.warp import FIELD_CHANNELS
from mien.morphable.model import MorphableModel
from mien.morphable.outline import outward
from mien.morphable.regions import FACE_OVAL, INNER_LIP_LOWER, INNER_LIP_UPPER
from mien.types import MESH_VERTEX_COUNT, Box, DoubleArray, FloatArray

WHOLE = Box(0, 0, 360, 400)
EXTRA = FIELD_CHANNELS - 2


def eye_distance(points: DoubleArray) -> float:
    return float(np.linalg.norm(points[33] - points[263]))


def make_field(model: MorphableModel, points: DoubleArray, move: DoubleArray, box: Box = WHOLE, scale: float = 1.0):
    skirted, moves = add_skirt(points, move, eye_distance(points))
    attributes = np.ones((len(skirted), EXTRA))
    return rasterise_field(
        skirted, moves, attributes, closed_triangles(model.triangles), box, scale, eye_distance(points)
    )


@pytest.fixture(scope="module")
def shifted(model: MorphableModel, drawn_face: DoubleArray) -> FloatArray:
    """The field of a face whose every vertex goes 6 px right and 4 px up."""
    return make_field(model, drawn_face, np.tile([6.0, -4.0], (MESH_VERTEX_COUNT, 1)))


def test_closed_triangles_are_a_sheet_without_holes(model: MorphableModel) -> None:
    """Every edge has two triangles, but those of the outermost ring one: no hole is left at eyes and lips."""
    triangles = closed_triangles(model.triangles)
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    edges = edges[edges[:, 0] != edges[:, 1]]  # at the corners of an opening a strip's triangle has two sides only
    unique, count = np.unique(edges, axis=0, return_counts=True)
    outer = MESH_VERTEX_COUNT + (len(SKIRT_RINGS) - 1) * len(FACE_OVAL)
    assert set(map(tuple, unique[count == 1])) == {tuple(edge) for edge in unique if (edge >= outer).all()}
    assert triangles.max() == outer + len(FACE_OVAL) - 1


def test_no_hole_inside_the_mesh(model: MorphableModel, drawn_face: DoubleArray, shifted: FloatArray) -> None:
    oval = drawn_face[FACE_OVAL][:, [1, 0]] + [-4.0, 6.0]
    inside = polygon2mask((400, 360), oval)
    field = shifted[:400, :360]
    np.testing.assert_allclose(field[inside][:, :2], [[-6.0, 4.0]] * inside.sum(), atol=1e-3)
    np.testing.assert_allclose(field[inside][:, 2:], 1.0, atol=1e-4)
    for ring in (
        *(np.concatenate([upper, lower[-2:0:-1]]) for upper, lower in EYES),
        np.concatenate([INNER_LIP_UPPER, INNER_LIP_LOWER[-2:0:-1]]),
    ):
        middle = drawn_face[ring, :2].mean(axis=0) + np.array([6.0, -4.0])
        np.testing.assert_allclose(field[round(middle[1]), round(middle[0]), :2], [-6.0, 4.0], atol=1e-3)


def test_the_skirt_fades_as_its_table_says(drawn_face: DoubleArray, shifted: FloatArray) -> None:
    """Along each ray from the oval: all of the displacement there, none half an eye distance out."""
    width = SKIRT_WIDTH * eye_distance(drawn_face)
    outward = drawn_face[FACE_OVAL, :2] - drawn_face[:, :2].mean(axis=0)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    for distance, share in SKIRT_RINGS[:-1]:
        at = drawn_face[FACE_OVAL, :2] + outward * (distance * width) + np.array([6.0, -4.0]) * share
        x, y = np.round(at).astype(int).T
        # The share falls by 1.4 per width at most, and rounding moves by 0.71 px.
        tolerance = 6.0 * 1.4 * 0.75 / width + 0.05
        np.testing.assert_allclose(shifted[y, x, 0], -6.0 * share, atol=tolerance)
        np.testing.assert_allclose(shifted[y, x, 1], 4.0 * share, atol=tolerance)


def test_far_from_the_face_nothing_moves(drawn_face: DoubleArray, shifted: FloatArray) -> None:
    rows, columns = np.mgrid[0:400, 0:360]
    away = np.full((400, 360), np.inf)
    for x, y, _ in drawn_face:
        np.minimum(away, np.hypot(columns - x, rows - y), out=away)
    # Half an eye distance is where the skirt ends at the oval's vertices; between them its rim lies a little farther.
    far = away > 0.55 * eye_distance(drawn_face)
    assert far.mean() > 0.1
    assert (shifted[:400, :360][far] == 0).all()


def test_neighbouring_displacements_differ_little_across_the_skirt(
    shifted: FloatArray, drawn_face: DoubleArray
) -> None:
    """No tear: over half an eye distance 7.2 px fade away, so nowhere by more than three times the mean slope."""
    size = np.hypot(shifted[..., 0], shifted[..., 1])
    steepest = max(np.abs(np.diff(size, axis=0)).max(), np.abs(np.diff(size, axis=1)).max())
    assert steepest < 3 * np.hypot(6, 4) / (SKIRT_WIDTH * eye_distance(drawn_face))


def test_the_box_holds_all_that_moves(model: MorphableModel, drawn_face: DoubleArray) -> None:
    move = np.tile([6.0, -4.0], (MESH_VERTEX_COUNT, 1))
    box = face_box(*add_skirt(drawn_face, move, eye_distance(drawn_face)), 4000, 4000)
    large = make_field(model, drawn_face + np.array([1000.0, 1000.0, 0.0]), move, Box(800, 800, 1600, 1600))
    y, x = np.nonzero(np.abs(large[..., 2]) > 0)
    assert box.x0 <= x.min() - 200 and x.max() - 200 < box.x1  # noqa: PT018 - one statement about one box
    assert box.y0 <= y.min() - 200 and y.max() - 200 < box.y1  # noqa: PT018
    beside = drawn_face - [5000.0, 0.0, 0.0]
    assert face_box(*add_skirt(beside, move, eye_distance(beside)), 360, 400).empty


@pytest.mark.parametrize("scale", [0.5, 0.25])
def test_a_coarser_grid_is_the_same_field(
    model: MorphableModel, drawn_face: DoubleArray, shifted: FloatArray, scale: float
) -> None:
    coarse = make_field(model, drawn_face, np.tile([6.0, -4.0], (MESH_VERTEX_COUNT, 1)), WHOLE, scale)
    every = round(1 / scale)
    fine = shifted[:400:every, :360:every]
    # On the steep part of the skirt, whose outline triangles cut, a grid px apart may fall on another triangle.
    np.testing.assert_allclose(coarse[: len(fine), : fine.shape[1], :2], fine[..., :2], atol=0.6)


def test_a_turned_head_is_one_sheet_too(model: MorphableModel) -> None:
    """At 50 degrees one cheek hides the other: the nearer one's displacement is seen, and none is torn."""
    yaw = np.radians(50)
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    points = model.mean[model.landmark_vertices] @ turn.T * 1.5 * [1, -1, -1]
    points[:, :2] += [180, 200]
    field = make_field(model, points, np.tile([5.0, 0.0], (MESH_VERTEX_COUNT, 1)))
    assert np.isfinite(field).all()
    assert field[..., 0].min() == pytest.approx(-5.0, abs=1e-3)
    assert field[..., 0].max() <= 1e-6


@pytest.mark.parametrize("move", [(6.0, -4.0), (-9.0, 3.0)])
def test_beyond_the_person_the_background_stays(drawn_face: DoubleArray, move: tuple[float, float]) -> None:
    """Where the person ends before the skirt does, nothing moves from a little further on; elsewhere as before."""
    eyes = eye_distance(drawn_face)
    reach = np.full(len(FACE_OVAL), 0.6)
    near = np.arange(4, 12)
    reach[near] = 0.05
    moved = np.tile(move, (MESH_VERTEX_COUNT, 1))
    skirted, moves = add_skirt(drawn_face, moved, eyes, reach)
    plain, plain_moves = add_skirt(drawn_face, moved, eyes)
    rings = (len(SKIRT_RINGS), len(FACE_OVAL))
    last = np.linalg.norm((skirted - plain)[-len(FACE_OVAL) :, :2], axis=1)
    fall = max(SKIRT_FALL, LEAST_FALL * float(np.linalg.norm(move)) / eyes)
    assert np.all(last[near] > (SKIRT_WIDTH - 0.05 - fall) * eyes - 1e-6)
    others = np.setdiff1d(np.arange(len(FACE_OVAL)), near)
    np.testing.assert_allclose(last[others], 0.0, atol=1e-9)
    np.testing.assert_allclose(moves, plain_moves)
    assert np.all(moves[MESH_VERTEX_COUNT:].reshape(*rings, 2)[-1] == 0)


def test_a_narrow_skirt_does_not_fold_over(drawn_face: DoubleArray) -> None:
    """Pushed outward by 12 px, the rings keep their order."""
    eyes = eye_distance(drawn_face)
    rays = outward(drawn_face[:, :2])
    moved = np.zeros((MESH_VERTEX_COUNT, 2))
    moved[FACE_OVAL] = 12.0 * rays
    skirted, moves = add_skirt(drawn_face, moved, eyes, np.zeros(len(FACE_OVAL)))
    target = (skirted[:, :2] + moves)[MESH_VERTEX_COUNT:].reshape(len(SKIRT_RINGS), len(FACE_OVAL), 2)
    outwards = ((target - (drawn_face[FACE_OVAL, :2] + moved[FACE_OVAL])) * rays).sum(axis=2)
    assert np.all(np.diff(outwards, axis=0, prepend=0.0) > 0)
