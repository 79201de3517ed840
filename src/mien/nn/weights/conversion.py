"""Published weights into files that hold arrays alone: nothing that is kept, or read later, can run code.

PyTorch checkpoints are pickles. They are read once, when they are taken in, by an unpickler that makes tensors and
plain containers and refuses everything else (``torch.load(weights_only=True)``), and kept as safetensors. Keras' HDF5
is kept as ``.npz``. ONNX, TensorFlow.js manifests, ``.npz`` and safetensors are kept as they come.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import ModelError
from mien.types import AnyArray

PYTORCH = (".pth", ".pt", ".model", ".ckpt")
HDF5 = (".hdf5", ".h5")


def converted(content: bytes, published: str, kept_as: str, entry: str = "") -> bytes:
    """The content of a published file as it is kept.

    Args:
        content: The published file.
        published: Its name.
        kept_as: The name it will have; the suffix says the form.
        entry: Of a PyTorch checkpoint that holds several things: under which name the weights lie.

    Raises:
        ModelError: It is not of its form, holds more than arrays, or the package that reads it is not installed.
    """
    source, target = Path(published).suffix, Path(kept_as).suffix
    if source == target:
        return content
    if source in PYTORCH and target == ".safetensors":
        return _safetensors(_from_pytorch(content, published, entry))
    if source in HDF5 and target == ".npz":
        return _npz(_from_keras(content, published))
    raise ModelError(f"'{published}' cannot be kept as '{kept_as}'")


def read_arrays(path: Path) -> dict[str, AnyArray]:
    """Read a kept file of arrays, ``.safetensors`` or ``.npz``.

    Raises:
        ModelError: It is missing, not of its form, or safetensors is not installed.
    """
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        safetensors = needs("safetensors.numpy", "reading these weights")
        return dict(safetensors.load_file(path))
    except ModelError:
        raise
    except Exception as error:  # safetensors has an error class of its own, which cannot be named without it
        raise ModelError(f"'{path}' cannot be read as a file of arrays: {error}") from error


def needs(module: str, purpose: str, extra: str = "metrics") -> Any:
    """Import an optional package.

    Args:
        module: Its module.
        purpose: What it is needed for, to go into the sentence.
        extra: The extra of mien that brings it.

    Raises:
        ModelError: It is not installed.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ModelError(f"{purpose} needs the package {package}: pip install 'mien[{extra}]'") from error


def _from_pytorch(content: bytes, published: str, entry: str) -> dict[str, AnyArray]:
    torch = needs("torch", f"taking in the PyTorch checkpoint '{published}'")
    try:
        loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises pickle, zip, runtime and value errors here
        reason = str(error).split("\n", 1)[0]
        raise ModelError(f"'{published}' is not a PyTorch checkpoint of arrays alone: {reason}") from error
    if entry:
        if not isinstance(loaded, Mapping) or entry not in loaded:
            raise ModelError(f"'{published}' has no '{entry}': it is another checkpoint")
        loaded = loaded[entry]
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, Mapping) or not all(isinstance(tensor, torch.Tensor) for tensor in loaded.values()):
        raise ModelError(f"'{published}' is not a PyTorch state dict: a name for each tensor, and nothing else")
    return {str(name): tensor.detach().cpu().numpy() for name, tensor in loaded.items()}


def _from_keras(content: bytes, published: str) -> dict[str, AnyArray]:
    """Keras' weights by ``layer/array``: the longer paths of the file repeat the layer's name."""
    h5py = needs("h5py", f"taking in the Keras file '{published}'")
    arrays: dict[str, AnyArray] = {}

    def visit(path: str, found: Any) -> None:
        if isinstance(found, h5py.Dataset):
            arrays[f"{path.split('/', 1)[0]}/{path.rsplit('/', 1)[-1].removesuffix(':0')}"] = np.asarray(found[()])

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            file["model_weights"].visititems(visit)
    except (OSError, KeyError, AttributeError) as error:
        raise ModelError(f"'{published}' is not a model file of Keras: {error}") from error
    return arrays


def _safetensors(arrays: Mapping[str, AnyArray]) -> bytes:
    safetensors = needs("safetensors.numpy", "keeping weights")
    return bytes(safetensors.save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def _npz(arrays: Mapping[str, AnyArray]) -> bytes:
    buffer = io.BytesIO()
    # Names with slashes cannot be keywords of every NumPy, but a dict of them can.
    np.savez(buffer, **dict(arrays))  # type: ignore[arg-type]
    return buffer.getvalue()
