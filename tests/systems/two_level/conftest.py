"""A small prepared footage, written as `mien prepare` writes it: a face that talks, neutral and happy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien.data.pictures import encode_picture, write_pictures
from mien.data.prepared import FORMAT, SCHEMA, PreparedFootage, open_prepared
from mien.emotion.vocabulary import EMOTIONS
from mien.geometry.camera import project
from mien.morphable import builtin
from mien.morphable.signature import signature
from mien.reconstruction.views import mouth_view
from mien.types import Pose

FRAMES = 40
SIZES = {"texture": 32, "mouth": 32, "face": 32}


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> PreparedFootage:
    """Two clips of 20 frames: neutral, then happy at 1; the cheeks of happy texture maps are redder."""
    folder = tmp_path_factory.mktemp("prepared")
    model, rng = builtin.load(), np.random.default_rng(0)
    names = list(model.expression_names)
    happy = np.arange(FRAMES) >= FRAMES // 2
    beta = np.abs(rng.normal(scale=0.02, size=(FRAMES, len(names)))).astype(np.float32)
    beta[:, names.index("AU26")] = np.abs(np.sin(np.arange(FRAMES) / 3))
    for unit in ("AU12L", "AU12R"):
        beta[happy, names.index(unit)] += 0.8
    emotion = np.zeros((FRAMES, len(EMOTIONS)), np.float32)
    emotion[happy, EMOTIONS.index("happy")] = 1.0
    alpha = np.zeros(model.identity_count, np.float32)
    rotation = np.tile(np.float32([0.0, 0.1, 0.0]), (FRAMES, 1))
    pose = Pose(rotation[0].astype(np.float64), 1.5, np.array([128.0, 128.0]))
    views = np.stack([mouth_view(model, model.shape(alpha, b), pose, SIZES["mouth"]) for b in beta])
    ones = np.ones(FRAMES, np.float32)
    np.savez(
        folder / "frames.npz",
        clip=happy.astype(np.int32), index=np.arange(FRAMES, dtype=np.int32) % (FRAMES // 2),
        time_s=np.arange(FRAMES) % (FRAMES // 2) / 25, emotion=emotion, beta=beta, rotation=rotation,
        scale=1.5 * ones, translation=np.tile(np.float32([128, 128]), (FRAMES, 1)), residual=0.01 * ones,
        pixel_aspect=ones,
    )  # fmt: skip
    np.savez(
        folder / "pictures.npz",
        row=np.arange(FRAMES, dtype=np.int32), face_view=np.tile(np.eye(3), (FRAMES, 1, 1)), mouth_view=views,
    )  # fmt: skip
    np.savez(folder / "person.npz", alpha=alpha, lights=np.zeros((2, 9, 3), np.float32))
    _write_pictures(folder, happy, rng)
    card = {
        "format": FORMAT,
        "schema": SCHEMA,
        "model": signature(model),
        "pictures": {"sizes": SIZES},
        "footage": {"clips": [{"path": "calm.mp4"}, {"path": "glad.mp4"}]},
        "actor": "nobody",
        "consent": "a drawn face",
    }
    (folder / "card.json").write_text(json.dumps(card))
    assert np.isfinite(project(model.mean, pose)).all()
    return open_prepared(folder)


def _write_pictures(folder: Path, happy: np.ndarray, rng: np.random.Generator) -> None:
    y, x = np.mgrid[:32, :32] / 31
    encoded: dict[str, list[bytes]] = {kind: [] for kind in (*SIZES, "visible")}
    for red in happy:
        skin = np.stack(
            [170 + 60 * red * np.exp(-((x - 0.5) ** 2 + (y - 0.5) ** 2) * 20), 130 + 20 * y, 110 + 20 * x], -1
        )
        noisy = np.clip(skin + rng.normal(scale=4, size=skin.shape), 0, 255).astype(np.uint8)
        for kind in SIZES:
            encoded[kind].append(encode_picture(noisy, 95))
        encoded["visible"].append(encode_picture((x > 0.1), 95))
    for kind, contents in encoded.items():
        write_pictures(folder / f"{kind}.pictures", contents)
