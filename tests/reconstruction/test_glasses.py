"""Glasses: found where they were drawn, and only there."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.geometry.camera import project
from mien.morphable import builtin
from mien.reconstruction.glasses import believed_arcs, find_glasses
from mien.reconstruction.glasses_plane import STRAIGHT, GlassesPlane, Seat, better_seat
from mien.reconstruction.parameters import Glasses
from mien.reconstruction.storage import read_analysis

from ..worn_glasses import put_on_glasses


@pytest.fixture(scope="module")
def worn(tmp_path_factory):
    return put_on_glasses(tmp_path_factory.mktemp("glasses"))


def test_a_bare_face_wears_none(worn):
    assert worn.bare.faces[0].parameters.glasses is None


def test_they_are_found_where_they_were_drawn(worn):
    parameters = worn.worn.faces[0].parameters
    glasses = parameters.glasses
    assert glasses is not None
    assert [closed for _, _, closed in glasses.lines] == [1, 1, 0]  # two rims and the bridge
    truth = np.concatenate(worn.lines[5])
    found = project(glasses.points, parameters.pose(5))[:, :2]
    away = np.linalg.norm(found[:, None] - truth[None], axis=2)
    # Per frame they are found anew within a few mm: here the fit's pose alone has placed them.
    assert np.median(away.min(axis=1)) < 1.0
    assert np.quantile(away.min(axis=1), 0.9) < 2.5
    assert np.quantile(away.min(axis=0), 0.9) < 2.5  # nothing of them is missing
    rims = glasses.points[: glasses.lines[1, 1]]
    assert (glasses.senses[: len(rims)] > 0).mean() > 0.9  # they are dark


def test_they_are_kept_with_the_analysis(worn):
    glasses = worn.worn.faces[0].parameters.glasses
    _, shots = read_analysis(worn.worn.folder)
    again = shots[0][2][0][1].glasses
    for name in ("points", "normals", "half_widths", "senses", "extents", "strengths", "lines"):
        np.testing.assert_array_equal(getattr(again, name), getattr(glasses, name))


def test_the_same_pictures_give_the_same_glasses(worn):
    parameters = worn.worn.faces[0].parameters
    pictures = list(worn.worn.clip.frames(0, 6))
    first, second = (find_glasses(builtin.load(), parameters, pictures) for _ in range(2))
    np.testing.assert_array_equal(first.points, second.points)


def test_no_pictures_no_glasses(worn):
    assert find_glasses(builtin.load(), worn.worn.faces[0].parameters, []) is None


def test_arcs_are_believed_only_where_all_is_right():
    radii = np.full((4, 2, 80), 1.0)
    clear, prominent = np.full((4, 2, 80), 0.05), np.full((4, 2), 12.0)
    np.testing.assert_array_equal(believed_arcs((radii, clear, prominent)), radii[0])
    assert believed_arcs((radii, clear * 0.2, prominent)) is None
    assert believed_arcs((radii, clear, prominent * 0.4)) is None
    elsewhere = radii + np.random.default_rng(0).uniform(-0.2, 0.2, radii.shape)
    assert believed_arcs((elsewhere, clear, prominent)) is None
    one_eye = clear.copy()
    one_eye[:, 0] = 0.001
    assert believed_arcs((radii, one_eye, prominent)) is None


def test_rims_that_sit_askew_are_seen_as_alike():
    """Two lenses of one shape, moved and turned together: the seat is what was done to them."""
    angles = np.linspace(0.0, 2.0 * np.pi, 160, endpoint=False)
    plane = GlassesPlane(np.zeros(3), 1.0, np.array([[31.0, 0.0, 14.0, 5.0]] * 2))
    done = Seat(across=1.5, turn=0.04)
    radii = np.empty((2, len(angles)))
    for side in range(2):
        table, _ = plane.round_lens(side, angles)
        shape, _ = plane.round_lens(side, angles, done)
        ring = shape[:, 35]  # one radius all round, as it lies in the picture
        for n in range(len(angles)):
            across = table[n] - table[n].mean(axis=0)
            along = (table[n, -1] - table[n, 0]) / np.linalg.norm(table[n, -1] - table[n, 0])
            rays = ring - table[n].mean(axis=0)
            off = np.abs(rays[:, 0] * along[1] - rays[:, 1] * along[0]) + 1e3 * (rays @ along < across[0] @ along)
            radii[side, n] = np.interp(rays[off.argmin()] @ along, across @ along, np.arange(0.3, 1.6, 0.02))
    found = better_seat(STRAIGHT, angles, radii)
    assert found.across == pytest.approx(1.5, abs=0.3)
    assert found.turn == pytest.approx(0.04, abs=0.01)


def test_arrays_that_do_not_fit_are_refused():
    good = {"points": np.zeros((4, 3)), "normals": np.zeros((4, 2)), "half_widths": np.zeros(4)}
    good |= {"senses": np.zeros(4), "extents": np.zeros((4, 2)), "strengths": np.zeros(4)}
    Glasses(**good, lines=np.array([[0, 4, 0]]))
    with pytest.raises(InputError, match="end with their points"):
        Glasses(**good, lines=np.array([[0, 3, 0]]))
    with pytest.raises(InputError, match="need normals"):
        Glasses(**{**good, "normals": np.zeros((3, 2))}, lines=np.array([[0, 4, 0]]))
