"""The trained classifier: pictures of the head to probabilities of expression type and of level."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.errors import InputError, ModelError
from mien.nn.model_folder import read_model_folder
from mien.nn.residual_network import ResidualNetwork
from mien.training.classifier.inputs import resized
from mien.training.classifier.task import normalised
from mien.types import AnyArray, FloatArray

FORM = "mien expression classifier"
SCHEMA = 1
NETS = ("type", "level")
_BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionProbabilities:
    """What the two networks say of N pictures.

    Attributes:
        type: ``(N, C)`` float32, rows adding up to 1, in the order of the classifier's ``types``.
        level: ``(N, L)`` float32, in the order of its ``levels``.
    """

    type: FloatArray
    level: FloatArray


class TypeLevelClassifier:
    """Two networks and the labels that they tell apart. Make one with :meth:`load`.

    Attributes:
        card: What it was made from.
        types: Names of the types, neutral among them.
        levels: Intensities of the levels, rising.
        size_px: Side of the pictures that the networks see.
        network: Name of the architecture, which figures made with it carry.
    """

    def __init__(self, card: dict[str, Any], networks: dict[str, ResidualNetwork], device: torch.device) -> None:
        self.card = card
        self.types: tuple[str, ...] = tuple(card["types"])
        self.levels: tuple[float, ...] = tuple(card["levels"])
        self.size_px: int = card["config"]["size_px"]
        self.network: str = card["config"]["network"]
        self._networks = {name: network.to(device).eval().requires_grad_(False) for name, network in networks.items()}
        self._device = device

    @staticmethod
    def load(folder: Path, device: torch.device | None = None) -> TypeLevelClassifier:
        """Read a classifier that ``mien train classifier`` has made; no code of it is run.

        Raises:
            ModelError: It is missing, damaged, or no classifier.
        """
        card, states = read_model_folder(folder, FORM, SCHEMA)
        try:
            networks = {}
            for name, labels in zip(NETS, (card["types"], card["levels"]), strict=True):
                networks[name] = ResidualNetwork(card["config"]["network"], len(labels))
                networks[name].load_state_dict(states[name])
            return TypeLevelClassifier(card, networks, device or torch.device("cpu"))
        except (KeyError, TypeError, RuntimeError, InputError) as error:
            raise ModelError(f"{folder} is damaged: {' '.join(str(error).split())[:200]}") from error

    def probabilities(self, frames: AnyArray) -> ExpressionProbabilities:
        """Probabilities of type and level.

        Args:
            frames: ``(N, s, s, 3)`` uint8 pictures of the input that it was trained on; for ``frames`` these are head
                crops as :func:`mien.reconstruction.views.face_views` cuts them. Of any size; they are resized.

        Raises:
            InputError: The array is not of that shape or type.
        """
        frames = np.asarray(frames)
        if frames.ndim != 4 or frames.shape[1] != frames.shape[2] or frames.shape[3] != 3 or frames.dtype != np.uint8:
            raise InputError(f"frames are (N, s, s, 3) uint8, but came as {frames.shape} {frames.dtype}")
        found: dict[str, list[FloatArray]] = {name: [] for name in NETS}
        for start in range(0, len(frames), _BATCH):
            pictures = np.stack([resized(picture, self.size_px) for picture in frames[start : start + _BATCH]])
            for name, network in self._networks.items():
                found[name].append(predicted(network, pictures, self._device))
        sizes = {"type": len(self.types), "level": len(self.levels)}
        rows = {
            n: np.concatenate(parts) if parts else np.zeros((0, sizes[n]), np.float32) for n, parts in found.items()
        }
        return ExpressionProbabilities(rows["type"], rows["level"])


def predicted(network: ResidualNetwork, pictures: AnyArray, device: torch.device) -> FloatArray:
    """Class probabilities ``(B, C)`` of pictures ``(B, s, s, 3)`` uint8."""
    network.eval()
    with torch.no_grad():
        scores = network(normalised(pictures.astype(np.float32) / np.float32(255.0), device))
        return np.asarray(torch.softmax(scores.double(), dim=1).float().cpu().numpy())
