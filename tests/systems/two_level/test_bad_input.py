"""What is wrong with footage, actors or the disk is one sentence, told early, and nothing is left half-written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.data.prepared import PreparedFootage, open_prepared  # noqa: E402
from mien.emotion.vocabulary import EMOTIONS  # noqa: E402
from mien.errors import InputError, ModelError  # noqa: E402
from mien.morphable import builtin  # noqa: E402
from mien.morphable.signature import signature  # noqa: E402
from mien.systems.two_level.actor import Actor, load_actor, save_actor  # noqa: E402
from mien.systems.two_level.config import PRESETS  # noqa: E402
from mien.systems.two_level.make import MakeOptions, make_actor, training_folder  # noqa: E402
from mien.systems.two_level.material import Material  # noqa: E402
from mien.systems.two_level.train import sizes_of  # noqa: E402

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")
OPTIONS = MakeOptions("tiny", device="cpu")


def relabelled(footage: PreparedFootage, folder: Path, change: Callable[[dict[str, Any]], None]) -> PreparedFootage:
    """The footage with another table of frames."""
    shutil.copytree(footage.folder, folder)
    table = dict(np.load(folder / "frames.npz"))
    change(table)
    np.savez(folder / "frames.npz", **table)
    return open_prepared(folder)


def all_happy(table: dict[str, Any]) -> None:
    table["emotion"][:, HAPPY] = 1


def all_neutral(table: dict[str, Any]) -> None:
    table["emotion"][:] = 0


def sad_at_the_end(table: dict[str, Any]) -> None:
    """In the last two frames of a clip, which are held out."""
    table["emotion"][38:] = np.eye(len(EMOTIONS))[SAD]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (all_happy, "no frame to learn from is neutral"),
        (all_neutral, "no frame to learn from is acted"),
        (sad_at_the_end, "has no picture of sad to learn from"),
    ],
)
def test_footage_that_lacks_something_is_refused_before_training(
    footage: PreparedFootage, tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    changed = relabelled(footage, tmp_path / "changed", change)
    with pytest.raises(InputError, match=said):
        make_actor(changed, builtin.load(), tmp_path / "ann", OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["changed"]


def test_an_emotion_without_pictures_is_refused_before_training(footage: PreparedFootage, tmp_path: Path) -> None:
    def sad(table: dict[str, Any]) -> None:
        table["emotion"][30:32] = np.eye(len(EMOTIONS))[SAD]

    relabelled(footage, tmp_path / "changed", sad)
    table = dict(np.load(tmp_path / "changed" / "pictures.npz"))
    table["row"][30:32] = 29
    np.savez(tmp_path / "changed" / "pictures.npz", **table)
    with pytest.raises(InputError, match="has no picture of sad to learn from"):
        make_actor(open_prepared(tmp_path / "changed"), builtin.load(), tmp_path / "ann", OPTIONS)
    assert not training_folder(tmp_path / "ann").exists()


@pytest.fixture
def actor(footage: PreparedFootage, tmp_path: Path) -> Path:
    """An actor whose networks have learnt nothing."""
    sizes = sizes_of(PRESETS["tiny"], Material(footage, builtin.load()))
    save_actor(tmp_path / "ann", Actor(sizes, {"actor": "ann", "model": signature(builtin.load())}))
    return tmp_path / "ann"


def with_card(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    card = json.loads((folder / "card.json").read_text())
    change(card)
    (folder / "card.json").write_text(json.dumps(card))


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "cut": lambda folder: (folder / "weights.safetensors").write_bytes(b"\0" * 100),
    "no weights": lambda folder: (folder / "weights.safetensors").unlink(),
    "no card": lambda folder: (folder / "card.json").unlink(),
    "no JSON": lambda folder: (folder / "card.json").write_bytes(b"\xff\xfe"),
    "no sizes": lambda folder: with_card(folder, lambda card: card.pop("sizes")),
    "a number for sizes": lambda folder: with_card(folder, lambda card: card["sizes"].update(shape=5)),
    "words for sizes": lambda folder: with_card(folder, lambda card: card["sizes"]["texture"].update(latent="many")),
    "other sizes": lambda folder: with_card(folder, lambda card: card["sizes"]["texture"].update(latent=32)),
    "other emotions": lambda folder: with_card(folder, lambda card: card["sizes"].update(emotions=None)),
    "another version": lambda folder: with_card(folder, lambda card: card.update(schema=99)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_actors_are_one_sentence(actor: Path, damage: str) -> None:
    DAMAGES[damage](actor)
    with pytest.raises(ModelError, match=r"damaged|cannot be read|reads 1") as told:
        load_actor(actor)
    assert "ann" in str(told.value)


def test_what_is_no_safetensors_is_told_even_if_the_digest_is_right(actor: Path) -> None:
    junk = b"junk" * 100
    (actor / "weights.safetensors").write_bytes(junk)
    with_card(actor, lambda card: card.update(weights_sha256=hashlib.sha256(junk).hexdigest()))
    with pytest.raises(ModelError, match=r"weights.safetensors is damaged: .*header"):
        load_actor(actor)


def test_an_actor_that_does_not_say_its_face_model(actor: Path) -> None:
    with_card(actor, lambda card: card.pop("model"))
    with pytest.raises(ModelError, match="a morphable model that its card does not describe"):
        load_actor(actor).check_model(builtin.load())


def test_an_actor_to_start_from_must_fit(footage: PreparedFootage, actor: Path, tmp_path: Path) -> None:
    def some_sad(table: dict[str, Any]) -> None:
        table["emotion"][30:] = np.eye(len(EMOTIONS))[SAD]

    sadder = relabelled(footage, tmp_path / "sadder", some_sad)
    options = replace(OPTIONS, start_from=actor)
    with pytest.raises(InputError, match="the actor to start from shows happy, and the footage happy, sad"):
        make_actor(sadder, builtin.load(), tmp_path / "bob", options)
    with_card(actor, lambda card: card["model"]["parts"]["mean"].update(norm=1.0))
    with pytest.raises(ModelError, match="the actor ann was trained with the morphable model"):
        make_actor(footage, builtin.load(), tmp_path / "bob", options)
    assert not training_folder(tmp_path / "bob").exists()


@pytest.mark.skipif(os.name == "nt", reason="limits on files are POSIX's")
def test_a_full_disk_during_training_is_one_sentence(footage: PreparedFootage, tmp_path: Path) -> None:
    import resource

    def limit() -> None:  # level 1 fits, the StyleGAN's checkpoint does not
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    words = ["train", "two_level", footage.folder, "-o", "ann", "--preset", "tiny", "--device", "cpu"]
    done = subprocess.run(
        [sys.executable, "-m", "mien", *map(str, words)],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("mien: .ann.training/texture/checkpoints: cannot be written: the file grows larger")
    assert done.stderr.count("\n") == 1
    work = training_folder(tmp_path / "ann")
    assert [path.name for path in tmp_path.iterdir()] == [work.name]
    assert not [path for path in work.rglob("*") if "partial" in path.name]
    assert (work / "shape" / "checkpoints" / "step-00000050").is_dir()  # what was whole is kept
