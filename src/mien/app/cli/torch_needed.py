"""What commands say that need PyTorch where it is not installed."""

from __future__ import annotations


def needs_torch() -> None:
    """Refuse, in a sentence, where PyTorch is not installed.

    Raises:
        InputError: It is not.
    """
    from importlib.util import find_spec

    from mien.errors import InputError

    for name in ("torch", "safetensors", "PIL"):
        if find_spec(name) is None:
            raise InputError(f"training needs {name}, which is not installed: pip install 'mien[train]'")
