"""Adaptive augmentation: nothing at p = 0, the changes it says it makes, p steered towards its target."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from mien.nn.stylegan2 import augment  # noqa: E402


def test_at_zero_pictures_come_back_as_they_are() -> None:
    pictures = torch.randn(3, 3, 8, 8)
    assert augment.changed(pictures, 0.0) is pictures


def test_the_same_seed_makes_the_same_changes() -> None:
    pictures = torch.randn(6, 3, 16, 16)
    first, second = (augment.changed(pictures, 0.8, torch.Generator().manual_seed(3)) for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert (first - pictures).abs().max() > 0.1


def test_each_change_happens_as_often_as_asked() -> None:
    matrices = augment.position_matrices(4000, 0.25, torch.Generator().manual_seed(0))
    shifted = (matrices[:, 0, 2] != 0).float().mean().item()
    assert shifted == pytest.approx(0.25, abs=0.03)  # 4 standard deviations of 4,000 draws
    kept, offset = augment.color_matrices(4000, 0.0)
    torch.testing.assert_close(kept, torch.eye(3).expand(4000, 3, 3))
    assert offset.abs().max() == 0


def test_saturation_leaves_greys_and_brightness_adds() -> None:
    matrix, offset = augment.color_matrices(200, 1.0, torch.Generator().manual_seed(1))
    grey = torch.full((3,), 0.4)
    colored = torch.einsum("nij,j->ni", matrix, grey) + offset
    torch.testing.assert_close(colored, colored.mean(dim=1, keepdim=True).expand(-1, 3))


def test_gradients_flow_through() -> None:
    pictures = torch.randn(2, 3, 8, 8, requires_grad=True)
    augment.changed(pictures, 1.0, torch.Generator().manual_seed(0)).sum().backward()
    assert pictures.grad is not None
    assert pictures.grad.abs().sum() > 0


def test_p_rises_when_the_discriminator_is_sure_and_falls_when_not() -> None:
    adaptive = augment.AdaptiveProbability(pictures_to_one=1000)
    adaptive.watch(torch.ones(64))
    assert adaptive.move() == pytest.approx(0.064)
    adaptive.watch(torch.cat([torch.ones(16), -torch.ones(16)]))
    assert adaptive.move() == pytest.approx(0.032)
    adaptive.watch(-torch.ones(640))
    assert adaptive.move() == 0.0  # clamped below
    assert adaptive.move() == 0.0  # nothing watched since
