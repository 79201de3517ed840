"""Training in several processes, each with its part of every batch, that all make the same steps.

A launcher (``torchrun``) starts the processes and tells each its number, the rank, in the environment; without one
there is a single process, rank 0, and nothing here does anything. What a task has to do for it: take its own part of
the rows (:func:`own_part`, :func:`own_count`), and bring together what it counts itself (:func:`averaged`,
:func:`gathered`). The loop does the rest (:func:`in_step`): gradients are averaged before every step of an optimiser,
whatever was differentiated how often, and buffers (moving averages, BatchNorm's) after every step of the task.
BatchNorm normalises each part by itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from mien.errors import InputError, TrainingError
from mien.types import AnyArray

LONGEST_WAIT = timedelta(hours=1)
"""For the others, which draw sample pictures or load on their own."""


def rank_count() -> int:
    """Processes of this training."""
    launched = {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys()
    return int(os.environ["WORLD_SIZE"]) if launched else 1


def rank() -> int:
    """Number of this process, from 0."""
    return int(os.environ["RANK"]) if rank_count() > 1 else 0


def is_first() -> bool:
    """Whether this is the process that writes and tells; a single one is."""
    return rank() == 0


def local_rank() -> int:
    """Number of this process among those of its machine."""
    return int(os.environ.get("LOCAL_RANK", rank())) if rank_count() > 1 else 0


@contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """Within, the processes can talk to each other: NCCL between GPUs, gloo between CPUs.

    Raises:
        TrainingError: The others cannot be reached.
    """
    if rank_count() == 1:
        yield
        return
    with _lost():
        if device.type == "cuda":
            torch.cuda.set_device(device)
            dist.init_process_group("nccl", timeout=LONGEST_WAIT, device_id=device)
        else:
            dist.init_process_group("gloo", timeout=LONGEST_WAIT)
    yield
    # Not after an error: waiting for others that have ended might never end, and this process ends anyway.
    dist.destroy_process_group()


def own_count(batch: int) -> int:
    """How many of a batch this process takes.

    Raises:
        InputError: The batch cannot be split evenly.
    """
    count = rank_count()
    if batch % count:
        raise InputError(
            f"a batch of {batch} cannot be split evenly over {count} processes; start as many as divide it"
        )
    return batch // count


def own_part(rows: AnyArray) -> AnyArray:
    """This process's rows of a batch; those of all, one after the other, are the batch.

    Raises:
        InputError: The batch cannot be split evenly.
    """
    count = own_count(len(rows))
    return rows[rank() * count : (rank() + 1) * count]


def averaged(value: Tensor) -> Tensor:
    """The mean of a tensor over the processes, the same in all of them, without gradient."""
    count = rank_count()
    if count == 1:
        return value.detach()
    total = value.detach().clone()
    with _lost():
        dist.all_reduce(total)
    return total / count


def gathered(values: Tensor) -> Tensor:
    """The rows of all processes, one after the other: ``(N, ...)`` to ``(ranks · N, ...)``, without gradient."""
    count = rank_count()
    if count == 1:
        return values.detach()
    parts = [torch.empty_like(values) for _ in range(count)]
    with _lost():
        dist.all_gather(parts, values.detach().contiguous())
    return torch.cat(parts)


def wait_for_all() -> None:
    """Return when every process has come here."""
    if rank_count() > 1:
        with _lost():
            dist.barrier()


@contextmanager
def in_step(
    modules: Mapping[str, nn.Module], optimizers: Iterable[torch.optim.Optimizer], step: int
) -> Iterator[Callable[[], None]]:
    """Within, the processes keep in step; what is given is to be called after every step of the task.

    Args:
        modules: Everything with weights or buffers; they begin as the first process has them.
        optimizers: Their gradients are averaged before each of their steps.
        step: Where this process begins; all must begin at the same.

    Raises:
        InputError: The processes were started for something that does not join them, or begin apart.
        TrainingError: Another process has ended, or the weights have come apart.
    """
    if rank_count() == 1:
        yield lambda: None
        return
    if not dist.is_initialized():
        raise InputError("this cannot be trained by several processes; start it without torchrun")
    if not _alike(step, modules):
        raise InputError("the processes of this training do not find the same checkpoint; they must share its folder")
    with _lost():
        for tensor in _tensors(modules):
            dist.broadcast(tensor, 0)
    buffers = _Buffers(modules)
    hooks = [optimizer.register_step_pre_hook(_average_gradients) for optimizer in optimizers]
    try:
        yield buffers.average
        if not _alike(_digest(modules), modules):
            raise TrainingError("the processes of this training have other weights than each other at its end")
    finally:
        for hook in hooks:
            hook.remove()


def _average_gradients(optimizer: torch.optim.Optimizer, _args: Any, _named: Any) -> None:
    """One message for all gradients."""
    weights = (weight for group in optimizer.param_groups for weight in group["params"])
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    _put_back(averaged(_flat(gradients)), gradients)


class _Buffers:
    """Keeps the buffers of modules the same by averaging what each process has added to them.

    For a moving average that is what one process would have come to with the whole batch; buffers that no step changes
    stay what they are to the last bit.
    """

    def __init__(self, modules: Mapping[str, nn.Module]) -> None:
        self._modules = modules
        self._before = _flat(self._held())

    def average(self) -> None:
        held = self._held()
        self._before += averaged(_flat(held) - self._before)
        _put_back(self._before, held)

    def _held(self) -> list[Tensor]:
        buffers = (buffer for module in self._modules.values() for buffer in module.buffers())
        return [buffer for buffer in buffers if buffer.is_floating_point()]


def _flat(tensors: list[Tensor]) -> Tensor:
    return torch.cat([tensor.detach().flatten() for tensor in tensors]) if tensors else torch.empty(0)


@torch.no_grad()
def _put_back(flat: Tensor, tensors: list[Tensor]) -> None:
    for part, tensor in zip(torch.split(flat, [tensor.numel() for tensor in tensors]), tensors, strict=True):
        tensor.copy_(part.view_as(tensor))


def _tensors(modules: Mapping[str, nn.Module]) -> list[Tensor]:
    return [value.detach() for module in modules.values() for value in module.state_dict().values()]


def _digest(modules: Mapping[str, nn.Module]) -> int:
    digest = hashlib.sha256()
    for tensor in _tensors(modules):
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return int.from_bytes(digest.digest()[:7])


def _alike(number: int, modules: Mapping[str, nn.Module]) -> bool:
    """Whether all processes have come with the same number, told over the device that the modules are on."""
    device = next(tensor.device for tensor in _tensors(modules))
    return bool((gathered(torch.tensor([number], device=device)) == number).all())


@contextmanager
def _lost() -> Iterator[None]:
    """What torch says when another process has ended, in a sentence."""
    try:
        yield
    except RuntimeError as error:
        raise TrainingError(
            "another process of this training has ended or cannot be reached, so this one ends too; it says why"
        ) from error
