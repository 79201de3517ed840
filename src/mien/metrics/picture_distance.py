"""How different two pictures look to a network: LPIPS, and for a face what an expression classifier says.

LPIPS: R. Zhang et al. 2018 (see :mod:`mien.nn.lpips`); in CCFE 4.2 inside LIE, in FG-EmoTalk on pictures against real
ones. Neither paper names its trunk, so the trunk is part of the name: ``LPIPS-Alex``, ``LPIPS-VGG``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mien.errors import InputError
from mien.metrics.expression_classifier import ExpressionClassifier
from mien.metrics.recognition import recognise
from mien.nn.weights.conversion import needs
from mien.nn.weights.store import require
from mien.types import AnyArray, ByteArray

if TYPE_CHECKING:
    from mien.nn.lpips import Lpips


@dataclass(frozen=True, slots=True)
class PictureDistance:
    """A distance with the name of the network behind it.

    Attributes:
        name: ``LPIPS-Alex``, ``mini-xception``.
        between: Two pictures, ``(H, W, 3)`` uint8 RGB of one size, to their distance, 0 for equal ones.
    """

    name: str
    between: Callable[[ByteArray, ByteArray], float]


def lpips(trunk: Literal["alex", "vgg"] = "alex") -> PictureDistance:
    """LPIPS 0.1: 0 for equal pictures, about 0.7 for unrelated ones.

    Raises:
        WeightsMissingError: The network is not on this machine.
        ModelError: Its files are damaged, or torch is not installed.
    """
    title = {"alex": "LPIPS-Alex", "vgg": "LPIPS-VGG"}[trunk]
    folder = require(f"lpips-{trunk}", title)
    needs("torch", title)
    from mien.nn.lpips import Lpips

    return lpips_distance(title, Lpips.load(folder, trunk))


def lpips_distance(title: str, network: Lpips) -> PictureDistance:
    """The distance of a loaded network, under a name."""
    import torch

    def between(first: ByteArray, second: ByteArray) -> float:
        with torch.inference_mode():
            pair = [torch.from_numpy(_signed(picture)) for picture in (first, second)]
            return float(network(*pair)[0])

    return PictureDistance(title, between)


def expression_distance(classifier: ExpressionClassifier, landmarks: AnyArray) -> PictureDistance:
    """Euclidean distance of the mini-Xception's class probabilities, mean over its crops: from 0 to √2.

    Args:
        classifier: The network.
        landmarks: ``(478, 3)`` px: of the face in the neutral picture. The same crops are cut out of all pictures.
    """

    def between(first: ByteArray, second: ByteArray) -> float:
        before, after = (
            np.stack(list(recognise(picture, landmarks, classifier).values())) for picture in (first, second)
        )
        return float(np.linalg.norm(after - before, axis=1).mean())

    return PictureDistance("mini-xception", between)


def _signed(picture: ByteArray) -> AnyArray:
    """``(H, W, 3)`` uint8 to ``(1, 3, H, W)`` from -1 to 1, as LPIPS takes it."""
    array = np.asarray(picture)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise InputError(f"a picture is {array.dtype} {array.shape}; expected uint8 (H, W, 3), RGB")
    return np.ascontiguousarray(array.transpose(2, 0, 1)[None], np.float32) / np.float32(127.5) - np.float32(1)
