"""A linear model of pictures that lie on one another: a mean and the directions in which they vary most.

Source: M. Turk and A. Pentland, "Eigenfaces for Recognition", 1991; its reading by least squares with a prior: M.
Tipping and C. Bishop, "Probabilistic Principal Component Analysis", 1999. Texture maps lie on one another by their UV
coordinates, as in the active appearance models of T. Cootes et al., 2001.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mien.errors import InputError

STORED = torch.float16
"""Of the stored maps: half the size, and no difference that could be seen (under 0.01 dB)."""

MOST_PICTURES = 2048
"""So many, evenly chosen, are enough; their products are a matrix of this side."""


@dataclass(frozen=True, slots=True)
class EigenSizes:
    """Sizes of :class:`Eigenpictures`.

    Attributes:
        resolution: Side of the picture, px.
        count: How many directions.
        texels: How many pixels of the picture are modelled.
        noise: Variance of a pixel's value (-1 to 1) that the directions leave.
    """

    resolution: int
    count: int
    texels: int
    noise: float

    def __post_init__(self) -> None:
        if min(self.resolution, self.count, self.texels) < 1 or not 0.0 < self.noise < math.inf:
            raise InputError(
                f"resolution {self.resolution}, count {self.count}, texels {self.texels}, noise {self.noise}; expected "
                "each more than 0"
            )


class Eigenpictures(nn.Module):
    """Pictures to weights of unit variance, and weights to pictures.

    Args:
        sizes: From :meth:`fit`, or a card.
    """

    mean: Tensor
    maps: Tensor
    modelled: Tensor

    def __init__(self, sizes: EigenSizes) -> None:
        super().__init__()
        self.sizes = sizes
        values = 3 * sizes.texels
        self.register_buffer("mean", torch.zeros(values, dtype=STORED))
        self.register_buffer("maps", torch.zeros(sizes.count, values, dtype=STORED))
        self.register_buffer("modelled", torch.zeros(sizes.resolution, sizes.resolution, dtype=torch.bool))
        self._working: tuple[Tensor, Tensor, Tensor] | None = None
        self.register_load_state_dict_post_hook(_forget)  # type: ignore[no-untyped-call]

    @staticmethod
    def fit(pictures: Tensor, modelled: Tensor, count: int) -> Eigenpictures:
        """The directions in which pictures vary most.

        Args:
            pictures: ``(P, 3, R, R)``, -1 to 1; two or more. Where there are fewer than ``count`` + 1, the last
                directions are nothing.
            modelled: ``(R, R)`` bool, the pixels to model.
            count: How many directions.

        Raises:
            InputError: There are too few pictures, or no pixels.
        """
        if len(pictures) < 2 or not modelled.any():
            raise InputError(f"{len(pictures)} pictures of {int(modelled.sum())} pixels; expected two or more, of some")
        values = pictures.flatten(2)[:, :, modelled.flatten()].flatten(1).float()
        mean = values.mean(dim=0)
        values -= mean
        energies, sides = torch.linalg.eigh((values @ values.T).double())
        found = min(count, len(values) - 1)
        energies, sides = energies.flip(0).clamp(min=0)[:found], sides.flip(1)[:, :found]
        # Of unit length after division by the root of the energy; times the deviation of the weights.
        scale = torch.where(energies > 0, 1.0 / math.sqrt(len(values) - 1), 0.0)
        left = (float(values.square().sum()) - float(energies.sum())) / (len(values) * values.shape[1])
        sizes = EigenSizes(pictures.shape[-1], count, int(modelled.sum()), max(left, 1e-6))
        made = Eigenpictures(sizes)
        made.mean.copy_(mean)
        made.maps[:found] = ((sides * scale).T.float() @ values).to(STORED)
        made.modelled.copy_(modelled)
        return made

    def weights(self, pictures: Tensor) -> Tensor:
        """The likeliest weights of pictures: least squares, and the prior that weights have unit variance.

        Args:
            pictures: ``(N, 3, R, R)``, -1 to 1.

        Returns:
            ``(N, count)``.

        Raises:
            InputError: They have another side.
        """
        if pictures.shape[-2:] != self.modelled.shape:
            raise InputError(f"pictures are {tuple(pictures.shape)}; expected a side of {self.sizes.resolution} px")
        mean, maps, inverse = self._computed()
        values = pictures.flatten(2)[:, :, self.modelled.flatten()].flatten(1).float() - mean
        return values @ maps.T @ inverse

    def draw(self, weights: Tensor, beneath: Tensor) -> Tensor:
        """Pictures of weights; pixels that are not modelled are those of ``beneath``.

        Args:
            weights: ``(N, count)``.
            beneath: ``(N, 3, R, R)``.

        Returns:
            ``(N, 3, R, R)``.
        """
        mean, maps, _ = self._computed()
        values = torch.addmm(mean, weights.float(), maps).view(len(weights), 3, -1)
        made = beneath.flatten(2).clone()
        made[:, :, self.modelled.flatten()] = values.to(made)
        return made.view_as(beneath)

    def _computed(self) -> tuple[Tensor, Tensor, Tensor]:
        """What the stored maps are computed with: mean, maps, and the matrix from products with maps to weights."""
        if self._working is None or self._working[0].device != self.mean.device:
            maps = self.maps.float()
            inner = (maps @ maps.T).double() + self.sizes.noise * torch.eye(len(maps), device=maps.device).double()
            self._working = self.mean.float(), maps, torch.linalg.inv(inner).float()
        return self._working


def _forget(model: nn.Module, *_: object) -> None:
    """What was computed of the buffers is out of date when they are loaded."""
    assert isinstance(model, Eigenpictures)
    model._working = None
