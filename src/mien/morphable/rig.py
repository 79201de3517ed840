"""The built-in model's expression basis: facial actions authored as a readable table.

``data/rig.csv`` says for each action unit how far which places of the face go at intensity 1, in mm: away from the
midline (lateral), up, and forward, and over which radius (way over the skin) the place takes its surroundings along.
Left sides are authored, right ones are their mirror image. A row without movement holds its place still. The field
between the places is the smoothest there is (:meth:`mien.morphable.surface.Surface.interpolate`); beyond every
radius the skin stays. ``data/places.csv`` names the places. ``far`` before a name means the other side of the face.

The jaw is a bone: it turns about the axis through its two joints, and ``data/jaw.csv`` says what share of that movement
each place of the skin takes.

Sources: what moves where, P. Ekman, W. V. Friesen, J. C. Hager, "Facial Action Coding System: The Manual", 2002; for
the units that ICT-FaceKit (MIT) has scanned, directions and extents were read off its shapes at these places, rounded,
brought down to what an actor shows while talking, and changed where FACS or the look of a warped face asked for it
(``benchmarks/rig_against_ict.py`` compares). AU13, 23, 25, 34 and 35 have no scan and are from FACS alone.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from mien.errors import ModelError
from mien.geometry.rotation import matrix_from_vector
from mien.types import DoubleArray, IntArray

if TYPE_CHECKING:
    from mien.morphable.surface import Surface

EXPRESSION_NAMES: tuple[str, ...] = (
    *(f"AU{n}{side}" for n in (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16) for side in "LR"),
    *("AU17", "AU18", "AU20L", "AU20R"),
    *(f"AU{n}" for n in (22, 23, 24, 25, 26, 27, 28, 29)),
    *("AU30L", "AU30R", "AU33", "AU34", "AU35", "AU43L", "AU43R"),
)
"""Column names, the same and in the same order as ``mien.emotion.AU_COLUMNS`` (the two rooms import not each other)."""


@dataclass(frozen=True, slots=True)
class Handle:
    """One row of the rig's table.

    Attributes:
        action_unit: Such as ``AU12``.
        place: Name from ``places.csv``.
        far: Whether the place is meant on the other side.
        lateral_mm: Away from the midline.
        up_mm: Up.
        forward_mm: Out of the face.
        radius_mm: How far over the skin it reaches.
    """

    action_unit: str
    place: str
    far: bool
    lateral_mm: float
    up_mm: float
    forward_mm: float
    radius_mm: float


@dataclass(frozen=True, slots=True)
class JawMotion:
    """How the bone moves at intensity 1.

    Attributes:
        open_degrees: Turn about the joints' axis, chin down and back.
        forward_mm: Slide of the joints: as the mouth opens they glide forward and down along the skull.
        down_mm: The same, down.
        left_mm: Slide towards the person's left.
    """

    open_degrees: float = 0.0
    forward_mm: float = 0.0
    down_mm: float = 0.0
    left_mm: float = 0.0


JAW_MOTIONS: dict[str, JawMotion] = {
    "AU26": JawMotion(open_degrees=7.0, forward_mm=1.5, down_mm=1.0),
    "AU27": JawMotion(open_degrees=17.0, forward_mm=7.5, down_mm=5.0),
    "AU29": JawMotion(forward_mm=5.0),
    "AU30L": JawMotion(left_mm=6.0),
    "AU30R": JawMotion(left_mm=-6.0),
}
JAW_JOINT_MM = np.array([0.0, 8.0, -62.0])
"""Middle of the jaw's two joints in the mean face's space: just before the ear's tragus (oval vertices 234 and 454)."""


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of one of the tables in ``morphable/data``."""
    text = (resources.files("mien.morphable") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def read_places() -> dict[str, int]:
    """Name of each place to its vertex, on the left side or the midline."""
    return {row["place"]: int(row["vertex"]) for row in read_table("places.csv")}


def read_rig() -> dict[str, list[Handle]]:
    """The handles of each action unit.

    Raises:
        ModelError: A row names a place that ``places.csv`` has not, or an action unit that it cannot move.
    """
    places = read_places()
    rig: dict[str, list[Handle]] = defaultdict(list)
    for row in read_table("rig.csv"):
        far = row["place"].startswith("far ")
        place = row["place"].removeprefix("far ")
        if place not in places:
            raise ModelError(f"rig.csv: {row['action_unit']} names the place {place!r}, which places.csv has not")
        unit = row["action_unit"]
        if unit in JAW_MOTIONS or (unit not in EXPRESSION_NAMES and f"{unit}L" not in EXPRESSION_NAMES):
            raise ModelError(f"rig.csv: {unit!r} is not an action unit that is written there")
        moves = (float(row[f"{axis}_mm"]) for axis in ("lateral", "up", "forward", "radius"))
        rig[unit].append(Handle(unit, place, far, *moves))
    return dict(rig)


def build_expression(surface: Surface, mirror: IntArray) -> DoubleArray:
    """The expression basis.

    Args:
        surface: The mean face.
        mirror: ``(N,)`` left-right counterparts.

    Returns:
        ``(N, 3, E)`` mm at intensity 1, columns as :data:`EXPRESSION_NAMES`.

    Raises:
        ModelError: The tables contradict themselves or leave a column out.
    """
    places = read_places()
    used = sorted(set(places.values()))
    ways = dict(zip(used, surface.ways(np.array(used)), strict=True))
    jaw = jaw_share(surface, mirror, places, ways)
    fields = {
        unit: surface.interpolate(*_known(handles, places, ways, mirror, both=unit in EXPRESSION_NAMES))
        for unit, handles in read_rig().items()
    }
    columns = []
    for name in EXPRESSION_NAMES:
        if name in JAW_MOTIONS:
            columns.append(jaw[:, None] * _jaw_movement(surface.vertices, JAW_MOTIONS[name]))
        elif name in fields:
            columns.append(fields[name])
        elif name[:-1] in fields:
            left = fields[name[:-1]]
            columns.append(left if name[-1] == "L" else left[mirror] * [-1.0, 1.0, 1.0])
        else:
            raise ModelError(f"rig.csv has no row of {name.rstrip('LR')}")
    return np.stack(columns, axis=-1)


def jaw_share(surface: Surface, mirror: IntArray, places: dict[str, int], ways: dict[int, DoubleArray]) -> DoubleArray:
    """Share ``(N,)`` of the jaw's movement that the skin takes."""
    handles = [
        Handle("jaw", row["place"], False, 0.0, float(row["share"]), 0.0, float(row["radius_mm"]))
        for row in read_table("jaw.csv")
    ]
    known, values = _known(handles, places, ways, mirror, both=True)
    return surface.interpolate(known, values[:, 1:2])[:, 0]


def _jaw_movement(vertices: DoubleArray, motion: JawMotion) -> DoubleArray:
    turn = matrix_from_vector(np.radians([motion.open_degrees, 0.0, 0.0]))
    from_joint = vertices - JAW_JOINT_MM
    return np.asarray(from_joint @ turn.T - from_joint + [motion.left_mm, -motion.down_mm, motion.forward_mm])


def _known(
    handles: list[Handle], places: dict[str, int], ways: dict[int, DoubleArray], mirror: IntArray, both: bool
) -> tuple[IntArray, DoubleArray]:
    """Vertices whose movement is given, and it ``(K, 3)``: the handles, and 0 beyond every radius."""
    moves: dict[int, tuple[float, float, float]] = {}
    reached = np.zeros(len(mirror), bool)
    for handle in handles:
        vertex = places[handle.place]
        if mirror[vertex] == vertex and handle.lateral_mm:
            raise ModelError(f"rig.csv: {handle.action_unit} moves the midline place {handle.place!r} sideways")
        reach = ways[vertex] <= handle.radius_mm
        for other in (False, True) if both else (handle.far,):
            at = int(mirror[vertex]) if other else vertex
            if at in moves and mirror[vertex] != vertex:
                raise ModelError(f"rig.csv: {handle.action_unit} names {handle.place!r} twice")
            moves[at] = (-handle.lateral_mm if other else handle.lateral_mm, handle.up_mm, handle.forward_mm)
            reached |= reach[mirror] if other else reach
    still = np.flatnonzero(~reached)
    still = still[~np.isin(still, list(moves))]
    known = np.concatenate([np.array(list(moves), np.int32), still.astype(np.int32)])
    values = np.concatenate([np.array(list(moves.values())), np.zeros((len(still), 3))])
    return known, values
