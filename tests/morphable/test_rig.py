"""The rig's tables: that they can be read by people and programs, and that mistakes in them are named."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import ModelError
from mien.morphable import builtin, rig
from mien.morphable.rig import EXPRESSION_NAMES, JAW_MOTIONS, read_places, read_rig, read_table
from mien.morphable.surface import Surface


@pytest.fixture(scope="module")
def surface() -> Surface:
    model = builtin.load()
    return Surface(model.mean, model.triangles, model.mirror)


def test_places_are_on_the_left_or_the_midline_and_each_is_used():
    model, places = builtin.load(), read_places()
    assert len(set(places.values())) == len(places) == len(read_table("places.csv"))
    for name, vertex in places.items():
        assert model.mean[vertex, 0] > 0 or model.mirror[vertex] == vertex, name
    used = {handle.place for handles in read_rig().values() for handle in handles}
    used |= {row["place"] for row in read_table("jaw.csv")}
    assert set(places) - used == set()


def test_the_table_covers_every_column():
    units = {name.rstrip("LR") for name in EXPRESSION_NAMES if name not in JAW_MOTIONS}
    assert set(read_rig()) == units


def test_figures_are_round_and_of_a_faces_size():
    for handles in read_rig().values():
        for handle in handles:
            moves = np.array([handle.lateral_mm, handle.up_mm, handle.forward_mm])
            np.testing.assert_array_equal(moves * 4, np.round(moves * 4))
            assert np.linalg.norm(moves) < 12
            assert 15 <= handle.radius_mm <= 60


def test_places_move_as_written(surface):
    model, places = builtin.load(), read_places()
    for unit, handles in read_rig().items():
        name = unit if unit in EXPRESSION_NAMES else f"{unit}L"
        field = model.expression[:, :, EXPRESSION_NAMES.index(name)]
        for handle in handles:
            vertex = int(model.mirror[places[handle.place]]) if handle.far else places[handle.place]
            side = -1 if handle.far else 1
            expected = [side * handle.lateral_mm, handle.up_mm, handle.forward_mm]
            np.testing.assert_allclose(field[vertex], expected, atol=1e-4, err_msg=f"{unit} {handle.place}")


def test_beyond_the_radius_nothing_moves(surface):
    model, places = builtin.load(), read_places()
    handles = read_rig()["AU5"]
    ways = surface.ways(np.array([places[handle.place] for handle in handles]))
    beyond = (ways > np.array([[handle.radius_mm] for handle in handles])).all(axis=0)
    assert beyond.sum() > 200
    assert not model.expression[beyond][:, :, EXPRESSION_NAMES.index("AU5L")].any()


def test_the_jaw_turns_about_its_joints():
    """At the chin, which is bone, AU26 is a turn about the joints' axis (lengths from it are kept) and a slide."""
    model = builtin.load()
    motion = JAW_MOTIONS["AU26"]
    chin = model.mean[152].astype(np.float64)
    moved = chin + model.expression[152, :, EXPRESSION_NAMES.index("AU26")] * 1.0
    joint = rig.JAW_JOINT_MM
    slid = joint + np.array([0.0, -motion.down_mm, motion.forward_mm])
    assert np.linalg.norm((moved - slid)[1:]) == pytest.approx(np.linalg.norm((chin - joint)[1:]), rel=1e-3)
    before, after = (np.degrees(np.arctan2(*(p[1:]))) for p in (chin - joint, moved - slid))
    assert abs(after - before) == pytest.approx(motion.open_degrees, rel=0.02)


def with_table(monkeypatch: pytest.MonkeyPatch, name: str, rows: list[dict[str, str]]) -> None:
    original = rig.read_table
    monkeypatch.setattr(rig, "read_table", lambda asked: rows if asked == name else original(asked))


def row(place: str, lateral: str = "0", unit: str = "AU1") -> dict[str, str]:
    return {
        "action_unit": unit, "place": place, "lateral_mm": lateral, "up_mm": "1", "forward_mm": "0", "radius_mm": "20"
    }  # fmt: skip


def test_an_unknown_place_is_named(monkeypatch):
    with_table(monkeypatch, "rig.csv", [row("elbow")])
    with pytest.raises(ModelError, match="'elbow'"):
        read_rig()


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([row("glabella", lateral="1")], "sideways"),
        ([row("brow tail"), row("brow tail")], "twice"),
        ([row("brow tail")], "no row of AU2"),
        ([row("brow tail", unit="AU99")], "'AU99' is not"),
        ([row("chin tip", unit="AU26")], "'AU26' is not"),
    ],
)
def test_contradictions_are_named(monkeypatch, surface, rows, says):
    with_table(monkeypatch, "rig.csv", rows)
    with pytest.raises(ModelError, match=says):
        rig.build_expression(surface, builtin.load().mirror)
