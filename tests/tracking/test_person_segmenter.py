from __future__ import annotations

import mediapipe
import numpy as np

from mien.tracking.person_segmenter import PersonSegmenter
from mien.types import ByteArray


def test_the_same_mask_as_mediapipes_own_solution(portrait: ByteArray) -> None:
    with mediapipe.solutions.selfie_segmentation.SelfieSegmentation() as solution:
        expected = solution.process(portrait).segmentation_mask
    segmenter = PersonSegmenter()
    mask = segmenter.segment(portrait)
    segmenter.close()
    assert mask.dtype == np.float32
    assert mask.shape == portrait.shape[:2]
    np.testing.assert_allclose(mask, expected, atol=1e-3)
    assert 0.2 < (mask > 0.5).mean() < 0.95


def test_nobody_is_seen_in_an_even_picture() -> None:
    segmenter = PersonSegmenter()
    assert segmenter.segment(np.full((120, 160, 3), 128, np.uint8)).max() < 0.5
    segmenter.close()
