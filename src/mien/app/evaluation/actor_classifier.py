"""The classifier of expression type and level that ``--classifier`` names: read, checked, loaded when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import InputError, ModelError
from mien.morphable import builtin
from mien.morphable.signature import check_model

if TYPE_CHECKING:
    from mien.training.classifier.classifier import TypeLevelClassifier

PUBLISHED_NETWORK = "resnet-50"


@dataclass(frozen=True, slots=True)
class ActorClassifier:
    """A classifier that ``mien train classifier`` made of somebody's footage. Make one with :func:`open_classifier`.

    Attributes:
        folder: Where it lies.
        actor: Whose footage it was trained on.
        network: As figures name it, such as ``resnet-18``; empty for the paper's.
        types: What it tells apart: emotions, and neutral.
        levels: Intensities that it tells apart, rising.
        digest: Of its weights.
    """

    folder: Path
    actor: str
    network: str
    types: tuple[str, ...]
    levels: tuple[float, ...]
    digest: str

    def load(self) -> TypeLevelClassifier:
        """The networks; the last one loaded stays.

        Raises:
            ModelError: The folder is missing or damaged.
        """
        return _loaded(self.folder, self.digest)

    @property
    def described(self) -> str:
        """For the conditions of an evaluation."""
        network = self.network or f"{PUBLISHED_NETWORK} as published"
        return f"{network}, trained on footage of {self.actor}; weights {self.digest[:12]}"


def open_classifier(folder: Path) -> ActorClassifier:
    """Read a classifier and refuse one that cannot judge clips, before any work is done.

    Raises:
        InputError: PyTorch is not installed, or the classifier judges something else than frames.
        ModelError: It is missing, damaged, no classifier, or was trained with another face model.
    """
    for package in ("torch", "safetensors", "PIL"):
        if find_spec(package) is None:
            raise InputError(f"--classifier needs {package}, which is not installed: pip install 'mien[train]'")
    from mien.nn.model_folder import read_card
    from mien.training.classifier.classifier import FORM, SCHEMA

    if not folder.is_dir():
        raise ModelError(f"there is no classifier {folder}: `mien train classifier` makes one")
    digest = read_card(folder, FORM, SCHEMA).get("weights_sha256")
    found = _loaded(folder, str(digest))
    card = found.card
    if card.get("input") != "frames":
        raise InputError(f"{folder} is a classifier of {card.get('input')}; clips are judged by one of frames")
    if "model" in card:  # older ones have none: they could be of the built-in model only
        check_model(card["model"], builtin.load(), f"the classifier {folder} was trained")
    actor = card.get("actor")
    return ActorClassifier(
        folder,
        actor if isinstance(actor, str) and actor else "somebody",
        _name(card["config"]),
        found.types,
        found.levels,
        str(digest),
    )


def _name(config: Mapping[str, object]) -> str:
    """What figures carry. Only preset ``paper`` is what DNT 3.2 describes."""
    from mien.training.classifier.config import PRESETS

    network = str(config.get("network"))
    if dict(config) == asdict(PRESETS["paper"]):
        return ""
    return f"{network}, not as published" if network == PUBLISHED_NETWORK else network


@lru_cache(maxsize=1)
def _loaded(folder: Path, _digest: str) -> TypeLevelClassifier:
    """A suite's clips come source by source, so one at a time is enough; another folder of weights has another key."""
    from mien.training.classifier.classifier import TypeLevelClassifier
    from mien.training.device import pick_device

    return TypeLevelClassifier.load(folder, pick_device())
