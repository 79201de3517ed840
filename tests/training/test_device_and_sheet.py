"""Devices by name, bfloat16, and sheets of sample pictures read back by Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.errors import InputError, TrainingError
from mien.training.sheet import GAP_PX, write_sheet


def test_auto_takes_bfloat16_where_the_device_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from mien.training import device

    for there, kind in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(device, "has_bfloat16", lambda _, there=there: there)
        assert device.feature_type(torch.device("cpu"), "auto") == kind
    monkeypatch.undo()
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file() and "model name" in cpu.read_text():  # Linux on x86 says it itself
        flags = next(line for line in cpu.read_text().splitlines() if line.startswith("flags")).split()
        assert device.has_bfloat16(torch.device("cpu")) == bool({"amx_bf16", "avx512_bf16"} & set(flags))


def test_devices_and_precision() -> None:
    torch = pytest.importorskip("torch")
    from mien.training.device import autocast, pick_device

    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    for name in ("tpu", "cuda:99", "cpu:x"):
        with pytest.raises(InputError, match="there is no device"):
            pick_device(name)
    layer = torch.nn.Linear(4, 4)
    for precision, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with autocast(torch.device("cpu"), precision):
            assert layer(torch.ones(1, 4)).dtype == kind
    with pytest.raises(InputError, match="float32, bfloat16 or auto"):
        autocast(torch.device("cpu"), "float8")  # type: ignore[arg-type]


def test_a_compiled_network_gives_and_learns_the_same() -> None:
    torch = pytest.importorskip("torch")
    from mien.training.device import check_compiler, compiled

    try:
        check_compiler(torch.device("cpu"))
    except TrainingError as error:
        pytest.skip(str(error))
    torch.manual_seed(0)
    layer, x = torch.nn.Linear(4, 3), torch.randn(5, 4)
    slopes = []
    for network in (layer, compiled(layer)):
        layer.zero_grad()
        made = network(x)
        made.square().mean().backward()
        slopes.append((made.detach(), layer.weight.grad.clone()))
    for plain, other in zip(*slopes, strict=True):
        torch.testing.assert_close(plain, other)


def test_a_sheet_has_every_picture_in_its_place(tmp_path: Path) -> None:
    pictures = np.zeros((2, 3, 5, 7, 3), np.uint8)
    pictures[1, 2] = (10, 20, 30)
    write_sheet(tmp_path / "samples" / "a.png", pictures)
    read = np.array(Image.open(tmp_path / "samples" / "a.png"))
    assert read.shape == (2 * 5 + GAP_PX, 3 * 7 + 2 * GAP_PX, 3)
    assert (read[5 + GAP_PX :, 2 * (7 + GAP_PX) :] == (10, 20, 30)).all()
    assert (read[:5, 7 : 7 + GAP_PX] == 255).all()
    write_sheet(tmp_path / "b.png", np.full((1, 1, 2, 2, 3), 0.5))
    assert (np.array(Image.open(tmp_path / "b.png")) == 128).all()
    with pytest.raises(InputError, match="sheet of pictures"):
        write_sheet(tmp_path / "c.png", pictures[0])
