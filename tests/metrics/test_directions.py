"""Which way metrics improve: as their definitions and limits say, with noise counted as even."""

from __future__ import annotations

import pytest

from mien.metrics.coefficient_distance import coefficient_figure_name
from mien.metrics.directions import DIRECTIONS, Direction, better_of, direction_of
from mien.metrics.evaluation.limits import LIMITS
from mien.metrics.pixel_distance import APD_NAME, FAPD_NAME, MAPD_NAME


def test_limits_and_directions_say_the_same() -> None:
    assert {key: DIRECTIONS[key].better for key in LIMITS} == {key: limit.better for key, limit in LIMITS.items()}


@pytest.mark.parametrize(
    ("key", "better"),
    [
        ("LIE[mini-xception]", "lower"), ("FID", "lower"), ("LSE-C", "higher"), ("LSE-D", "lower"),
        ("recognised[mini-xception]:happy", "higher"), ("PSNR", "higher"), ("CE level[resnet-18]", "lower"),
        ("linearity:happy:mouthSmile", "higher"), ("LPIPS-Alex", "lower"), ("ACC_emo[face-api]", "higher"),
    ],
)  # fmt: skip
def test_networks_and_emotions_do_not_hide_a_metric(key: str, better: str) -> None:
    found = direction_of(key)
    assert found is not None
    assert found.better == better


def test_a_unit_in_brackets_has_a_tolerance_of_its_own() -> None:
    pixels, eyes = direction_of("LMD"), direction_of("LMD[eye distances]")
    assert pixels is not None
    assert eyes is not None
    assert eyes.even < pixels.even


def test_what_two_papers_call_apd_stays_apart() -> None:
    pixels = direction_of(APD_NAME)
    pose = direction_of(coefficient_figure_name("apd", "mien's fit"))
    assert pixels is not None
    assert pose is not None
    assert pose.even < pixels.even / 10  # shades of 255 and radians
    for name in (FAPD_NAME + "[face mesh]", MAPD_NAME, *map(coefficient_figure_name, ("aed", "mae_pose"))):
        assert direction_of(name) is not None
    assert direction_of("APD") is None  # nobody could say whose


def test_dnts_css_is_syncnets_confidence() -> None:
    assert DIRECTIONS["css"] == DIRECTIONS["lse-c"]


def test_what_is_not_in_the_table_has_no_direction() -> None:
    assert direction_of("something new") is None


def test_who_is_better() -> None:
    higher, lower = Direction("higher", 0.005), Direction("lower")
    assert better_of(higher, 0.99, 0.98) == "first"
    assert better_of(higher, 0.985, 0.98) == "even"
    assert better_of(lower, 1, 2) == "first"
    assert better_of(lower, 2, 1) == "second"
    assert better_of(lower, 2, 2) == "even"
    assert better_of(Direction("", 0, "x"), 1, 2) == ""


def test_what_has_no_direction_says_why() -> None:
    assert all(bool(direction.better) != bool(direction.reason) for direction in DIRECTIONS.values())
