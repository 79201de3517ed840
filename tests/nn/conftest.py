"""Small networks of the published layouts, their numbers ours."""

import json
from pathlib import Path

import numpy as np
import pytest


def write_manifest(folder: Path, name: str, arrays: dict[str, np.ndarray], quantised: tuple[str, ...] = ()) -> None:
    """Write arrays as a TensorFlow.js manifest and its file; those named are kept in 8 bits."""
    entries, content = [], b""
    for key, array in arrays.items():
        entry = {"name": key, "shape": list(array.shape), "dtype": "float32"}
        if key in quantised:
            low, scale = float(array.min()), float(np.ptp(array)) / 255 or 1.0
            entry["quantization"] = {"dtype": "uint8", "scale": scale, "min": low}
            content += np.rint((array - low) / scale).astype(np.uint8).tobytes()
        else:
            content += array.astype("<f4").tobytes()
        entries.append(entry)
    half = len(content) // 2
    parts = {f"{name}.bin": content[:half], f"{name}.2.bin": content[half:]}
    for file, part in parts.items():
        (folder / file).write_bytes(part)
    manifest = [{"paths": list(parts), "weights": entries}]
    (folder / f"{name}-weights_manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def manifest_writer():
    return write_manifest
