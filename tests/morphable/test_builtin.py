"""The built-in model: topology, symmetry, scale, and fields that stay where they belong."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from mien.emotion.action_units import AU_COLUMNS
from mien.morphable import builtin
from mien.morphable.model import MorphableModel
from mien.morphable.regions import (
    EYE_CORNERS_OUTER,
    FACE_OVAL,
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    REGIONS,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)

FLIP = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def model() -> MorphableModel:
    return builtin.load()


def column(model: MorphableModel, *names: str) -> np.ndarray:
    return sum(model.expression[:, :, model.expression_names.index(name)].astype(np.float64) for name in names)


def normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[triangles[:, k]].astype(np.float64) for k in range(3))
    return np.cross(b - a, c - a)


def test_it_has_the_columns_that_emotions_are_written_in(model):
    assert model.expression_names == AU_COLUMNS
    assert model.identity.shape == (468, 3, 80)
    assert np.array_equal(model.landmark_vertices, np.arange(468))


def test_the_mesh_is_a_disc_with_holes_for_eyes_and_mouth(model):
    uses = Counter(tuple(sorted(edge)) for t in model.triangles.tolist() for edge in itertools.combinations(t, 2))
    assert 468 - len(uses) + len(model.triangles) == 1 - 3
    assert set(uses.values()) == {1, 2}
    rim = {vertex for edge, count in uses.items() if count == 1 for vertex in edge}
    holes = [FACE_OVAL, INNER_LIP_UPPER, INNER_LIP_LOWER]
    holes += [LEFT_EYE_UPPER, LEFT_EYE_LOWER, RIGHT_EYE_UPPER, RIGHT_EYE_LOWER]
    assert rim == set(np.concatenate(holes).tolist())


def test_triangles_are_the_trackers_own_edges(model):
    from mediapipe.python.solutions import face_mesh_connections as connections

    theirs = {tuple(sorted(edge)) for edge in connections.FACEMESH_TESSELATION}
    ours = {tuple(sorted(edge)) for t in model.triangles.tolist() for edge in itertools.combinations(t, 2)}
    assert ours == theirs


def test_triangles_all_turn_the_same_way_and_the_front_looks_at_the_camera(model):
    directed = Counter((t[k], t[(k + 1) % 3]) for t in model.triangles.tolist() for k in range(3))
    assert max(directed.values()) == 1
    area = normals(model.mean, model.triangles)[:, 2]
    assert area[area > 0].sum() > 20 * -area[area < 0].sum()


def test_the_mean_is_a_symmetric_upright_face_of_adult_size(model):
    assert np.array_equal(model.mirror[model.mirror], np.arange(468))
    np.testing.assert_allclose(model.mean[model.mirror] * FLIP, model.mean, atol=1e-6)
    right, left = model.mean[EYE_CORNERS_OUTER]
    assert left[0] > 0 > right[0]
    assert np.linalg.norm(left - right) == pytest.approx(90.0, abs=0.05)  # The table has hundredths of a mm.
    assert model.mean[10, 1] > model.mean[1, 1] > model.mean[152, 1]
    assert model.mean[1, 2] == pytest.approx(model.mean[:, 2].max(), abs=3.0)  # Nose tip: foremost, or nearly.
    # Sellion to chin of adults is 105 to 135 mm (Farkas 1994, nasion-gnathion); the tracker's 168 and 152.
    assert 105 < np.linalg.norm(model.mean[168] - model.mean[152]) < 135


def test_regions_are_symmetric(model):
    for name, vertices in REGIONS.items():
        other = name.replace("left", "#").replace("right", "left").replace("#", "right")
        assert set(model.mirror[vertices].tolist()) == set(REGIONS[other].tolist()), name
    assert np.array_equal(model.mirror[INNER_LIP_UPPER], INNER_LIP_UPPER[::-1])
    assert np.array_equal(model.mirror[LEFT_EYE_UPPER], RIGHT_EYE_UPPER[::-1])


def test_the_texture_map_is_a_symmetric_face_without_folds(model):
    assert model.uv.min() > 0.0
    assert model.uv.max() < 1.0
    np.testing.assert_allclose((model.uv.min(axis=0) + model.uv.max(axis=0)) / 2, 0.5, atol=1e-4)
    np.testing.assert_allclose(model.uv[model.mirror], model.uv * [-1, 1] + [1, 0], atol=2e-5)
    assert model.uv[263, 0] > 0.5 > model.uv[33, 0]
    assert model.uv[152, 1] > model.uv[10, 1]
    flat = np.column_stack([model.uv, np.zeros(468)]) * [1.0, -1.0, 1.0]
    assert normals(flat, model.triangles)[:, 2].min() > 0


def test_the_texture_map_keeps_angles_around_eyes_and_mouth(model):
    # Singular values of the map's derivative, triangle by triangle: a ratio of 1 is conformal.
    near = np.concatenate([REGIONS["left eye"], REGIONS["right eye"], REGIONS["lips"]])
    chosen = model.triangles[np.isin(model.triangles, near).any(axis=1)]
    a, b, c = (model.mean[chosen[:, k]].astype(np.float64) for k in range(3))
    u, v, w = (model.uv[chosen[:, k]].astype(np.float64) for k in range(3))
    along = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
    up = np.cross(np.cross(b - a, c - a), along)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    edges = np.stack([np.stack([((p - a) * d).sum(axis=1) for d in (along, up)], axis=1) for p in (b, c)], axis=2)
    maps = np.stack([v - u, w - u], axis=2) @ np.linalg.inv(edges)
    stretch = np.linalg.svd(maps, compute_uv=False)
    assert np.median(stretch[:, 0] / stretch[:, 1]) < 1.5


@pytest.mark.parametrize("number", [1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 20, 43])
def test_right_is_the_mirror_of_left(model, number):
    left, right = column(model, f"AU{number}L"), column(model, f"AU{number}R")
    np.testing.assert_allclose(right[model.mirror] * FLIP, left, atol=1e-5)
    ours = model.mean[:, 0] > 12  # The other side is pulled along by the skin between: less than half as far.
    assert np.linalg.norm(left[ours], axis=1).max() > 2 * np.linalg.norm(left[ours[model.mirror]], axis=1).max()


@pytest.mark.parametrize("name", ["AU17", "AU18", "AU22", "AU23", "AU24", "AU25", "AU26", "AU27", "AU28", "AU29"])
def test_midline_units_are_symmetric(model, name):
    field = column(model, name)
    np.testing.assert_allclose(field[model.mirror] * FLIP, field, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "vertex", "axis", "least_mm", "most_mm"),
    [
        ("AU1L", 336, 1, 5, 8),
        ("AU2L", 334, 1, 4, 11),  # the outer brow goes as far as actors' scores ask for
        ("AU4L", 285, 1, -7, -4),
        ("AU4L", 285, 0, -5.5, -2),
        ("AU5L", 386, 1, 2, 4.25),
        ("AU6L", 280, 1, 3, 5),
        ("AU7L", 374, 1, 1.5, 2.5),
        ("AU9L", 358, 1, 3, 6.5),
        ("AU10L", 267, 1, 3, 6.5),
        ("AU12L", 291, 1, 5, 9),
        ("AU12L", 291, 0, 3, 7),
        ("AU12L", 280, 1, 2, 5),
        ("AU15L", 291, 1, -8, -6),
        ("AU16L", 402, 1, -4.5, -3),
        ("AU17", 199, 1, 4, 8),
        ("AU18", 291, 0, -5, -2),
        ("AU18", 0, 2, 4, 8),
        ("AU20L", 291, 0, 4, 6.5),
        ("AU25", 14, 1, -5, -3),
        ("AU26", 152, 1, -12, -5),
        ("AU26", 152, 2, -12, -5),
        ("AU27", 152, 1, -25, -16),
        ("AU29", 152, 2, 4, 6),
        ("AU30L", 152, 0, 4, 10),
        ("AU30R", 152, 0, -10, -4),
        ("AU34", 427, 2, 4, 8),
        ("AU35", 427, 2, -6, -3),
    ],
)
def test_units_move_what_facs_says_they_move(model, name, vertex, axis, least_mm, most_mm):
    """Ranges: FACS for the direction; for the size, what actors show while talking (DESIGN.md, the rig's sources)."""
    assert least_mm <= column(model, name)[vertex, axis] <= most_mm


def test_closed_eyes_are_closed(model):
    for side, upper, lower in (("L", LEFT_EYE_UPPER, LEFT_EYE_LOWER), ("R", RIGHT_EYE_UPPER, RIGHT_EYE_LOWER)):
        closed = model.mean + column(model, f"AU43{side}")
        gap = (closed[upper] - closed[lower])[1:-1, 1]
        assert np.abs(gap).max() < 0.75, gap  # Lid margins are thicker than that.


def test_holes_separate_the_lids_and_the_lips(model):
    raised = np.linalg.norm(column(model, "AU10L", "AU10R"), axis=1)
    assert raised[INNER_LIP_LOWER[4:7]].max() < 0.15 * raised[INNER_LIP_UPPER[4:7]].min()
    lowered = np.linalg.norm(column(model, "AU16L", "AU16R"), axis=1)
    assert lowered[INNER_LIP_UPPER[4:7]].max() < 0.15 * lowered[INNER_LIP_LOWER[4:7]].min()
    widened = np.linalg.norm(column(model, "AU5L"), axis=1)
    assert widened[LEFT_EYE_LOWER[3:6]].max() < 0.15 * widened[LEFT_EYE_UPPER[3:6]].min()


def test_brows_do_not_drag_the_lids_along(model):
    for name in ("AU1L", "AU2L", "AU4L"):
        field = np.linalg.norm(column(model, name), axis=1)
        assert field[LEFT_EYE_UPPER].max() < 0.25 * field[REGIONS["left brow"]].max(), name
        assert field[LEFT_EYE_LOWER].max() < 0.15 * field[REGIONS["left brow"]].max(), name


def test_the_rim_stays_where_no_jaw_moves(model):
    # A moving rim would drag hair and background with it. Brow units reach the hairline a little, AU2 the temple most.
    moving_jaw = {"AU26", "AU27", "AU29", "AU30L", "AU30R"}
    upper_rim = FACE_OVAL[model.mean[FACE_OVAL, 1] > 0]
    for name in set(model.expression_names) - moving_jaw:
        assert np.linalg.norm(column(model, name)[upper_rim], axis=1).max() < 4.0, name
    for name in moving_jaw:
        assert np.linalg.norm(column(model, name)[upper_rim], axis=1).max() < 0.5, name


def test_no_unit_folds_the_face_over(model):
    """Seen from the front no triangle that faces the camera turns over; slivers seen edge-on may."""
    before = normals(model.mean, model.triangles)
    facing = before[:, 2] > 0.5 * np.linalg.norm(before, axis=1)
    for name in model.expression_names:
        after = normals(model.mean + column(model, name), model.triangles)
        assert (after[facing, 2] > 0).all(), name


def test_fields_are_smooth(model):
    """Neighbours move alike: no step over an edge as long as the edge itself, which would be a crease in the skin.

    Lips and lids are left out: across the closed mouth and at the corners they do part.
    """
    edges = np.unique(np.sort(model.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    inside = np.isin(edges, np.concatenate([REGIONS[r] for r in ("lips", "left eye", "right eye", "nose")])).any(axis=1)
    edges = edges[~inside]
    length = np.linalg.norm(model.mean[edges[:, 0]] - model.mean[edges[:, 1]], axis=1)
    for name in model.expression_names:
        field = column(model, name)
        step = np.linalg.norm(field[edges[:, 0]] - field[edges[:, 1]], axis=1)
        # The outer brow's lid fold is short, and AU2 draws it out: 1.14 on one edge. Nothing turns over (see above).
        assert (step / length).max() < (1.2 if name.startswith("AU2") and name[3:] in "LR" else 1.0), name


def test_identity_is_smooth_ordered_and_free_of_pose(model):
    identity = model.identity.astype(np.float64)
    assert np.array_equal(identity, builtin.load().identity)
    size = np.sqrt((identity**2).sum(axis=1).mean(axis=0))
    assert size[:12].mean() > 2 * size[-12:].mean()
    faces = identity @ np.random.default_rng(0).normal(size=(80, 50))
    spread = np.sqrt((faces**2).sum(axis=1).mean())
    assert 2.0 < spread < 5.0  # mm, as real heads at these points: ICT-FaceKit's 3.0, nine tracked people's 3 to 4.
    # A similarity fitted to (mean + identity) against mean, weighing vertices by area, finds nothing to do.
    vertices = model.mean.astype(np.float64)
    area = np.zeros(468)
    for k in range(3):
        np.add.at(area, model.triangles[:, k], np.linalg.norm(normals(vertices, model.triangles), axis=1) / 6)
    assert np.abs(np.einsum("n,ncj->cj", area, identity)).max() / area.sum() < 1e-5
    growth = np.einsum("n,nc,ncj->j", area, vertices, identity) / np.einsum("n,nc,nc->", area, vertices, vertices)
    assert np.abs(growth).max() < 1e-6


def test_it_is_loaded_once(model):
    assert builtin.load() is model
    with pytest.raises(ValueError, match="read-only"):
        model.mean[0, 0] = 1.0
