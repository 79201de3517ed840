"""Prepared footage whose faces are drawn: the type is told by the mouth's colour, the level by the forehead's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien.data.labelled_clip import emotion_vector
from mien.data.pictures import encode_picture, write_pictures
from mien.data.prepared import PreparedFootage, open_prepared
from mien.morphable import builtin
from mien.morphable.signature import signature
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.views import face_views

SIZE = 64
LABELS = (("neutral", 0.0), ("happy", 0.5), ("happy", 1.0), ("sad", 0.5), ("sad", 1.0))
PER_CLIP = 8
TYPE_COLOURS = {"neutral": (40, 160, 40), "happy": (220, 60, 60), "sad": (60, 60, 220)}


def drawn_texture(emotion: str, intensity: float, rng: np.random.Generator) -> np.ndarray:
    texture = rng.normal(128, 12, (SIZE, SIZE, 3))
    texture[40:48, 24:40] = TYPE_COLOURS[emotion]
    texture[12:22, 16:48] = 60 + 160 * intensity
    return np.clip(texture, 0, 255).astype(np.uint8)


def make_prepared(folder: Path, clips_each: int = 1) -> PreparedFootage:
    """A folder as `mien prepare` makes it, without a video: a face that nods and turns a little."""
    rng = np.random.default_rng(0)
    model = builtin.load()
    folder.mkdir()
    clips = [label for label in LABELS for _ in range(clips_each)]
    count = len(clips) * PER_CLIP
    arrays = {
        "rotation": rng.normal(0, 0.08, (count, 3)),
        "scale": np.full(count, 0.24),
        "translation": 32 + rng.normal(0, 1, (count, 2)),
        "residual": np.full(count, 0.01),
        "pixel_aspect": np.ones(count),
        "beta": np.clip(rng.normal(0, 0.2, (count, model.expression_count)), 0, 1),
    }
    table = {name: values.astype(np.float32) for name, values in arrays.items()}
    alpha = np.zeros(model.identity_count, np.float32)
    fit = FaceParameters(start=0, alpha=alpha, **{k: v for k, v in table.items() if k != "pixel_aspect"})
    emotions = np.repeat([emotion_vector(*label) for label in clips], PER_CLIP, axis=0)
    np.savez(
        folder / "frames.npz",
        clip=np.repeat(np.arange(len(clips), dtype=np.int32), PER_CLIP),
        index=np.tile(np.arange(PER_CLIP, dtype=np.int32), len(clips)),
        time_s=np.tile(np.arange(PER_CLIP) / 25, len(clips)),
        emotion=emotions.astype(np.float32),
        **table,
    )
    views = face_views(model, fit, SIZE)
    np.savez(folder / "pictures.npz", row=np.arange(count, dtype=np.int32), face_view=views, mouth_view=views)
    np.savez(folder / "person.npz", alpha=alpha, lights=np.zeros((len(clips), 9, 3), np.float32))
    textures = [drawn_texture(*clips[row // PER_CLIP], rng) for row in range(count)]
    encoded = [encode_picture(texture, 95) for texture in textures]
    for kind in ("texture", "face", "mouth"):
        write_pictures(folder / f"{kind}.pictures", encoded)
    write_pictures(folder / "visible.pictures", [encode_picture(np.ones((SIZE, SIZE), bool), 95)] * count)
    listed = [
        {"name": f"{n}.mp4", "emotion": e, "intensity": i, "view": "front", "fingerprint": f"{n:064x}"}
        for n, (e, i) in enumerate(clips)
    ]
    card = {
        "format": "mien prepared footage",
        "schema": 1,
        "mien": "test",
        "actor": "drawn",
        "consent": "none needed",
        "footage": {"folder": "drawn", "layout": "folder", "clips": listed},
        "skipped": [],
        "model": signature(model),
        "sampling": {"every": 1},
        "pictures": {"sizes": {"texture": SIZE, "mouth": SIZE, "face": SIZE}, "quality": 95},
    }
    (folder / "card.json").write_text(json.dumps(card))
    return open_prepared(folder)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> PreparedFootage:
    """Forty pictures of five clips."""
    return make_prepared(tmp_path_factory.mktemp("drawn") / "prepared")


@pytest.fixture(scope="session")
def drawn_twice(tmp_path_factory: pytest.TempPathFactory) -> PreparedFootage:
    """Two clips of each label."""
    return make_prepared(tmp_path_factory.mktemp("drawn") / "prepared", clips_each=2)
