"""SyncNet: a stretch of speech and five frames of a face as 1,024 numbers each, near when they belong together.

Source: J. S. Chung & A. Zisserman, "Out of time: automated lip sync in the wild", ACCV workshops 2016, in the layout
of joonson/syncnet_python (MIT), with its names. Two branches of convolutions (the face's in space and time), each
ending in two dense layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.errors import InputError
from mien.nn.state import load_state
from mien.nn.weights.conversion import read_arrays
from mien.types import AnyArray

FEATURES = 1024
FACE_SIZE = 224
WINDOW_FRAMES = 5
"""Frames that are looked at together, 0.2 s."""

COEFFICIENTS, WINDOW_STEPS = 13, 20
"""MFCC a step, and steps of 10 ms that are heard together, 0.2 s."""


class SyncNet(nn.Module):
    """Both branches. Make one with :meth:`load`."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_unit2d(1, 64, 3, 1), nn.MaxPool2d(1, 1),
            *_unit2d(64, 192, 3, 1), nn.MaxPool2d(3, (1, 2)),
            *_unit2d(192, 384, 3, 1),
            *_unit2d(384, 256, 3, 1),
            *_unit2d(256, 256, 3, 1), nn.MaxPool2d(3, 2),
            *_unit2d(256, 512, (5, 4), 0),
        )  # fmt: skip
        self.netfcaud = _dense()
        self.netfclip = _dense()
        self.netcnnlip = nn.Sequential(
            *_unit3d(3, 96, (5, 7, 7), 2, 0), nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_unit3d(96, 256, (1, 5, 5), 2, 1), nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
            *_unit3d(256, 256, (1, 3, 3), 1, 1),
            *_unit3d(256, 256, (1, 3, 3), 1, 1),
            *_unit3d(256, 256, (1, 3, 3), 1, 1), nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_unit3d(256, 512, (1, 6, 6), 1, 0),
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> SyncNet:
        """Read ``syncnet.safetensors`` of the store's ``syncnet``.

        Raises:
            ModelError: The file is missing or holds another network.
        """
        return cls.from_arrays(read_arrays(path))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> SyncNet:
        """From arrays with the published names.

        Raises:
            ModelError: An array is missing, is too many, or has another shape.
        """
        made = cls()
        load_state(made, arrays, "SyncNet")
        return made

    def audio_features(self, mfcc: Tensor) -> Tensor:
        """Features of speech.

        Args:
            mfcc: ``(N, 13, 20)``: coefficients by steps of 10 ms (:func:`mien.nn.mfcc.mfcc`, transposed).

        Returns:
            ``(N, 1024)``.

        Raises:
            InputError: Another shape.
        """
        if mfcc.ndim != 3 or mfcc.shape[1:] != (COEFFICIENTS, WINDOW_STEPS):
            raise InputError(f"MFCC are {tuple(mfcc.shape)}; expected (N, {COEFFICIENTS}, {WINDOW_STEPS})")
        return torch.as_tensor(self.netfcaud(self.netcnnaud(mfcc[:, None]).flatten(1)))

    def face_features(self, frames: Tensor) -> Tensor:
        """Features of faces.

        Args:
            frames: ``(N, 3, 5, 224, 224)``: blue, green, red from 0 to 255; five frames at 25 per second.

        Returns:
            ``(N, 1024)``.

        Raises:
            InputError: Another shape.
        """
        expected = (3, WINDOW_FRAMES, FACE_SIZE, FACE_SIZE)
        if frames.ndim != 5 or frames.shape[1:] != expected:
            raise InputError(f"frames are {tuple(frames.shape)}; expected (N, {', '.join(map(str, expected))})")
        return torch.as_tensor(self.netfclip(self.netcnnlip(frames).flatten(1)))


def _unit2d(inputs: int, outputs: int, size: int | tuple[int, int], padding: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, size, padding=padding), nn.BatchNorm2d(outputs), nn.ReLU()]


def _unit3d(inputs: int, outputs: int, size: tuple[int, int, int], stride: int, padding: int) -> list[nn.Module]:
    conv = nn.Conv3d(inputs, outputs, size, (1, stride, stride), (0, padding, padding))
    return [conv, nn.BatchNorm3d(outputs), nn.ReLU()]


def _dense() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, FEATURES))
