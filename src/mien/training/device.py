"""Where to compute, and how exactly."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Literal, get_args

import torch

from mien.errors import InputError, TrainingError
from mien.training.ranks import local_rank, rank_count

Precision = Literal["float32", "bfloat16", "auto"]
"""``auto`` is bfloat16 where the device has it."""


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; ``auto`` is the first GPU, or the CPU where there is none.

    Of several processes on a machine (:mod:`mien.training.ranks`) each gets a GPU of its own.

    Raises:
        InputError: There is no such device here, or not one for each process.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if rank_count() > 1 and name.startswith("cuda"):
        if name != "cuda":
            raise InputError(f"each process takes a GPU of its own: ask for the device auto, cuda or cpu, not {name}")
        name = f"cuda:{local_rank()}"
    kind, _, number = name.partition(":")
    known = torch.cuda.is_available() if kind == "cuda" else kind == "cpu"
    if not known or (number and not (number.isdigit() and int(number) < max(1, torch.cuda.device_count()))):
        there = ["cpu", *(f"cuda:{k}" for k in range(torch.cuda.device_count()))]
        raise InputError(f"there is no device {name!r} here; there are: {', '.join(there)}")
    return torch.device(name)


@contextmanager
def enough_memory() -> Iterator[None]:
    """Within, a GPU that has too little memory is told in a sentence.

    Raises:
        TrainingError: It has.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"the GPU has too little memory for this ({' '.join(str(error).split())[:100]}); choose a smaller preset, "
            "or let several GPUs share the batches (torchrun)"
        ) from error


def compiled(module: torch.nn.Module) -> Callable[..., Any]:
    """A network that torch compiles at its first call; it takes and learns the module's own weights."""
    made: Callable[..., Any] = torch.compile(module)
    return made


def check_compiler(device: torch.device) -> None:
    """See whether torch can compile here, by compiling next to nothing.

    Raises:
        TrainingError: It cannot: a C++ compiler is missing, or what it needs of Python or CUDA.
    """
    # On its way torch may tell in its log that it looked for CUDA, too; what matters is said below.
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    try:
        torch.compile(lambda x: 2.0 * x + 1.0)(torch.ones(8, device=device))
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0][:160]  # what follows tells developers of torch how to debug it
        raise TrainingError(
            f"torch cannot compile networks on this machine ({reason}); train without --compile"
        ) from error


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """For the forward pass: matrix products in bfloat16 if asked for, all else as it is.

    Raises:
        InputError: The precision is not known.
    """
    kind = feature_type(device, precision)
    return nullcontext() if kind == torch.float32 else torch.autocast(device.type, dtype=kind)


def feature_type(device: torch.device, precision: Precision) -> torch.dtype:
    """For networks that are told the type of their features.

    Raises:
        InputError: The precision is not known.
    """
    if precision not in get_args(Precision):
        raise InputError(f"precision is float32, bfloat16 or auto, not {precision!r}")
    short = precision == "bfloat16" or (precision == "auto" and has_bfloat16(device))
    return torch.bfloat16 if short else torch.float32


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 itself; others imitate it, many times slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # torch says this of CPUs by private names alone.
    asked = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("amx_tile", "avx512_bf16"))
    return device.type == "cpu" and any(ask is not None and ask() for ask in asked)
