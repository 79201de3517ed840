"""What a training run is asked for, saved beside it, and held against on the way on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mien.disk import disk_errors, write_whole
from mien.errors import InputError, ModelError

FILE = "options.json"


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """How long, how often.

    Attributes:
        steps: Steps in all; a finished run goes on if more are asked for later.
        seed: All random numbers follow from it and from a step's number.
        log_every: Steps from one line of the log to the next, which holds their means.
        checkpoint_s: Seconds from one checkpoint to the next; the result does not depend on it.
        sample_every: Steps from one set of sample pictures to the next; 0 for the end only.

    Raises:
        InputError: A value is out of range.
    """

    steps: int
    seed: int = 0
    log_every: int = 50
    checkpoint_s: float = 60.0
    sample_every: int = 0

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("log_every", 1), ("sample_every", 0), ("checkpoint_s", 0)):
            if not getattr(self, name) >= least:
                raise InputError(f"{name} is {getattr(self, name)}; expected {least} or more")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"a seed is 0 to {2**32 - 1}, not {self.seed}")


def check_options(folder: Path, options: LoopOptions, about: Mapping[str, Any]) -> None:
    """Save the options of a run that begins; of one that goes on, see that what decides its result is the same.

    Args:
        folder: Of the run.
        options: Of the loop; of these the seed decides.
        about: What else the result follows from (config, data), as JSON can hold it.

    Raises:
        InputError: The folder holds a run with other options.
        ModelError: The saved options are damaged.
        OutputError: The disk refuses.
    """
    decisive = json.loads(json.dumps({"seed": options.seed, **about}))
    path = folder / FILE
    if path.exists():
        try:
            before = json.loads(path.read_text(encoding="utf-8"))["decisive"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path} is damaged ({error}); remove {folder} to train anew") from error
        for name in sorted({*before, *decisive}):
            if before.get(name) != decisive.get(name):
                raise InputError(
                    f"{folder} holds a run with another {name} ({_short(before.get(name))}, now "
                    f"{_short(decisive.get(name))}); choose another folder, or remove it to train anew"
                )
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps({"decisive": decisive, "loop": asdict(options)}, indent=1) + "\n").encode())


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
