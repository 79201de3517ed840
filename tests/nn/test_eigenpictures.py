"""A linear model of pictures, against NumPy's singular value decomposition and pictures that are linear by make."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.errors import InputError  # noqa: E402
from mien.nn.eigenpictures import Eigenpictures  # noqa: E402

SIDE, RANK, COUNT = 32, 3, 40


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    """Smooth pictures that vary in three ways only: ``(40, 3, 32, 32)``."""
    random = torch.Generator().manual_seed(0)
    ways = torch.nn.functional.interpolate(
        torch.randn(RANK + 1, 3, 4, 4, generator=random), size=SIDE, mode="bicubic", align_corners=False
    )
    amounts = torch.randn(COUNT, RANK, generator=random) * torch.tensor([0.2, 0.1, 0.05])
    return 0.2 * ways[RANK] + torch.einsum("pk,kchw->pchw", amounts, ways[:RANK])


@pytest.fixture(scope="module")
def everywhere() -> torch.Tensor:
    return torch.ones(SIDE, SIDE, dtype=torch.bool)


def test_pictures_of_few_directions_are_drawn_again(pictures, everywhere) -> None:
    model = Eigenpictures.fit(pictures, everywhere, RANK)
    drawn = model.draw(model.weights(pictures), torch.zeros_like(pictures))
    # Maps are stored with 11 bits: 0.0005 of values up to about 1.
    torch.testing.assert_close(drawn, pictures, rtol=0, atol=3e-3)


def test_what_is_left_is_what_the_singular_values_say(everywhere) -> None:
    noisy = torch.randn(20, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)) * 0.1
    model = Eigenpictures.fit(noisy, everywhere, 5)
    values = (noisy - noisy.mean(dim=0)).flatten(1).double().numpy()
    energy = np.linalg.svd(values, compute_uv=False) ** 2
    assert model.sizes.noise == pytest.approx(energy[5:].sum() / values.size, rel=1e-4)
    weights = model.weights(noisy).numpy()
    # Unit variance, but for the prior, which pulls weights of this noise to zero by about a thousandth.
    np.testing.assert_allclose(weights.std(axis=0, ddof=1), 1.0, atol=0.02)
    np.testing.assert_allclose(np.corrcoef(weights.T), np.eye(5), atol=0.01)


def test_pixels_that_are_not_modelled_are_those_beneath(pictures, everywhere) -> None:
    left = everywhere.clone()
    left[:, SIDE // 2 :] = False
    model = Eigenpictures.fit(pictures, left, RANK)
    changed = pictures.clone()
    changed[..., SIDE // 2 :] = 7.0  # neither read nor drawn
    beneath = torch.full_like(pictures, 5.0)
    drawn = model.draw(model.weights(changed), beneath)
    assert (drawn[..., SIDE // 2 :] == 5.0).all()
    torch.testing.assert_close(drawn[..., : SIDE // 2], pictures[..., : SIDE // 2], rtol=0, atol=3e-3)


def test_fewer_pictures_than_directions_leave_the_last_ones_empty(pictures, everywhere) -> None:
    model = Eigenpictures.fit(pictures[:3], everywhere, 8)
    assert (model.maps[2:] == 0).all()
    weights = model.weights(pictures[:3])
    assert (weights[:, 2:].abs() < 1e-6).all()
    drawn = model.draw(weights, torch.zeros_like(pictures[:3]))
    torch.testing.assert_close(drawn, pictures[:3], rtol=0, atol=3e-3)


def test_saved_and_loaded_it_draws_the_same(pictures, everywhere) -> None:
    model = Eigenpictures.fit(pictures, everywhere, RANK)
    used = Eigenpictures.fit(-pictures, everywhere, RANK)
    used.weights(pictures)  # what it computes with must follow the load
    used.load_state_dict(model.state_dict())
    fresh = Eigenpictures(model.sizes)
    fresh.load_state_dict(model.state_dict())
    weights, none = model.weights(pictures), torch.zeros_like(pictures)
    for loaded in (used, fresh):
        torch.testing.assert_close(loaded.weights(pictures), weights, rtol=0, atol=0)
        torch.testing.assert_close(loaded.draw(weights, none), model.draw(weights, none), rtol=0, atol=0)


def test_refusals(pictures, everywhere) -> None:
    with pytest.raises(InputError, match="two or more"):
        Eigenpictures.fit(pictures[:1], everywhere, 2)
    with pytest.raises(InputError, match="0 pixels"):
        Eigenpictures.fit(pictures, ~everywhere, 2)
    with pytest.raises(InputError, match="side of 32 px"):
        Eigenpictures.fit(pictures, everywhere, 2).weights(pictures[..., :12, :12])
