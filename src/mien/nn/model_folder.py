"""A trained model as a folder: ``weights.safetensors`` and ``card.json``. Loading it runs no code.

The card says what the model is, what it was made from and with what; the digest in it ties the two files together.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.disk import disk_errors
from mien.errors import ModelError, OutputError

if TYPE_CHECKING:
    import torch

CARD = "card.json"
WEIGHTS = "weights.safetensors"


def check_model_target(folder: Path, form: str, overwrite: bool) -> None:
    """Refuse a place for a model before any work is done.

    Args:
        folder: Where it shall lie.
        form: What it is, such as ``mien actor``, as sentences can name it.
        overwrite: Whether a model of this form may be replaced.

    Raises:
        OutputError: The folder above is missing, something is there already, or is not a model of this form.
    """
    if not folder.parent.is_dir():
        raise OutputError(f"{folder}: cannot be written: the folder {folder.parent} does not exist.")
    if not folder.exists():
        return
    if not overwrite:
        raise OutputError(f"{folder}: is there already; choose another name, or allow replacing it (--overwrite).")
    try:
        read_card(folder, form)
    except ModelError as error:
        raise OutputError(f"{folder}: is there already and is no {form}; choose another name.") from error


def write_model_folder(
    folder: Path,
    form: str,
    schema: int,
    card: Mapping[str, Any],
    modules: Mapping[str, torch.nn.Module],
    files: Mapping[str, bytes] | None = None,
) -> None:
    """Write a model; it appears under its name when it is whole, in place of what is there.

    Args:
        folder: Where.
        form: What it is.
        schema: Version of its form.
        card: What the card says beside these.
        modules: Name to module; tensors are named ``name.key``.
        files: Further files to lie in the folder.

    Raises:
        OutputError: The disk refuses; nothing is changed.
    """
    from safetensors.torch import save

    tensors = {f"{name}.{key}": value for name, m in modules.items() for key, value in m.state_dict().items()}
    content = save({key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()})
    whole = {"format": form, "schema": schema, **card, "weights_sha256": hashlib.sha256(content).hexdigest()}
    described = (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()
    making = folder.with_name(f".{folder.name[:60]}.{secrets.token_hex(4)}.partial")
    try:
        with disk_errors(folder):
            making.mkdir()
            for name, data in {WEIGHTS: content, CARD: described, **(files or {})}.items():
                (making / name).write_bytes(data)
            if folder.exists():
                os.replace(folder, making / "replaced")
            os.replace(making, folder)
            shutil.rmtree(folder / "replaced", ignore_errors=True)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def read_card(folder: Path, form: str, schema: int | None = None) -> dict[str, Any]:
    """The card of a model.

    Args:
        folder: Where it lies.
        form: What it must be.
        schema: Version that is understood; None for any.

    Raises:
        ModelError: It is missing, damaged, of another form or version.
    """
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{folder} is no {form}: {CARD} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ModelError(f"{path} is damaged: {error}") from error
    if not isinstance(card, dict) or card.get("format") != form:
        found = card.get("format") if isinstance(card, dict) else None
        raise ModelError(f"{folder} is no {form}, but {found or 'something else'}")
    if schema is not None and card.get("schema") != schema:
        raise ModelError(f"{folder} has form {card.get('schema')} of {form}, and this program reads {schema}")
    return card


def read_model_folder(
    folder: Path, form: str, schema: int
) -> tuple[dict[str, Any], dict[str, dict[str, torch.Tensor]]]:
    """Read a model.

    Returns:
        The card, and name to state of each module, for ``load_state_dict``.

    Raises:
        ModelError: It is missing, damaged, of another form or version.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    card = read_card(folder, form, schema)
    path = folder / WEIGHTS
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != card.get("weights_sha256"):
        raise ModelError(f"{path} is damaged: it is not what {CARD} was written with")
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged: {' '.join(str(error).split())}") from error
    states: dict[str, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        name, _, rest = key.partition(".")
        states.setdefault(name, {})[rest] = value
    return card, states
