"""Putting published arrays into a torch network, by name."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from mien.errors import ModelError
from mien.types import AnyArray


def load_state(network: nn.Module, arrays: Mapping[str, AnyArray], title: str, ignored: tuple[str, ...] = ()) -> None:
    """Fill a network with arrays, every one of them, and switch it to inference.

    Args:
        network: With the published names.
        arrays: Name to array.
        title: Of the network, for the sentence.
        ignored: Beginnings of names that the file has and the network does not need (a classifier's last layer).

    Raises:
        ModelError: An array is missing, is too many, or has another shape.
    """
    # What batch normalisation counted while it was trained says nothing later, and old files lack it.
    wanted = {name: value for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    offered = {
        name: array
        for name, array in arrays.items()
        if not name.endswith("num_batches_tracked") and not name.startswith(ignored)
    }
    for name in sorted(wanted.keys() | offered.keys()):
        expected = tuple(wanted[name].shape) if name in wanted else "nothing"
        found = tuple(offered[name].shape) if name in offered else "nothing"
        if expected != found:
            raise ModelError(f"the weights are not those of {title}: {name} is {found}, expected {expected}")
    network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in offered.items()}, strict=False)
    network.requires_grad_(False).eval()
