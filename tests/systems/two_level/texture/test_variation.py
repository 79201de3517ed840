"""Blends, shifts and light that an encoder learns on beside the footage itself."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from mien.systems.two_level.texture import variation  # noqa: E402
from mien.systems.two_level.texture.batch import InversionBatch  # noqa: E402
from mien.systems.two_level.texture.variation import BEYOND, varied  # noqa: E402


def batch(count: int = 4, side: int = 32) -> InversionBatch:
    pictures = torch.rand(count, 3, side, side) - 0.5
    return InversionBatch(pictures, pictures * 0.5, (torch.rand(count, 1, side, side) > 0.3).float())


def test_shown_and_wanted_are_changed_alike() -> None:
    torch.manual_seed(3)
    pictures = batch().shown
    made = varied(InversionBatch(pictures, pictures.clone(), None))
    assert torch.equal(made.shown, made.wanted)
    assert not torch.equal(made.shown, pictures)
    assert float(made.shown.abs().max()) <= 1.0


def test_without_shift_and_light_each_picture_lies_on_the_line_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variation, "SHIFT_SHARE", 0.0)
    monkeypatch.setattr(variation, "BRIGHTER", 0.0)
    torch.manual_seed(4)
    given = batch()
    made = varied(given)
    for k in range(4):
        one, other = given.shown[k], given.shown[k - 1]
        weight = (made.shown[k] - one).flatten() @ (other - one).flatten() / (other - one).square().sum()
        assert -BEYOND <= float(weight) <= 1 + BEYOND
        expected = (one + weight * (other - one)).clamp(-1, 1)
        assert float((made.shown[k] - expected).abs().max()) < 1e-5  # rounding of the weight found by least squares


def test_a_texel_counts_as_seen_only_if_both_pictures_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variation, "SHIFT_SHARE", 0.0)
    given = batch()
    made = varied(given)
    assert given.share is not None
    assert made.share is not None
    assert torch.equal(made.share, given.share * given.share.roll(1, 0))


def test_shifts_are_whole_pixels_and_take_the_share_along() -> None:
    torch.manual_seed(5)
    side = 200  # 2 px at most
    pictures = torch.zeros(2, 3, side, side)
    pictures[..., 100, 100] = -1.0  # stays put in the blend of two alike; light keeps -1, which is black
    share = torch.ones(2, 1, side, side)
    share[..., 100, 100] = 0.0
    made = varied(InversionBatch(pictures, pictures, share))
    assert made.share is not None
    for k in range(2):
        dark = (made.shown[k, 0] <= -0.999).nonzero()
        assert len(dark) == 1
        assert torch.equal(dark, (made.share[k, 0] == 0).nonzero())
        assert int((dark - 100).abs().max()) <= 2


def test_the_same_seed_gives_the_same_pictures() -> None:
    given = batch()
    torch.manual_seed(6)
    first = varied(given)
    torch.manual_seed(6)
    assert torch.equal(varied(given).shown, first.shown)
