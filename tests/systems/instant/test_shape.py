from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mien.systems.instant.shape import added_activity

SHARES = arrays(np.float64, 6, elements=st.floats(0, 1))
SHOWN = arrays(np.float64, 6, elements=st.floats(0, 1.2))


def test_nothing_asked_adds_nothing() -> None:
    shown = np.linspace(0, 1.2, 7)
    np.testing.assert_array_equal(added_activity(shown, np.zeros(7), np.zeros(7)), 0)


def test_a_shown_action_saturates_and_an_antagonist_goes() -> None:
    shown = np.array([0.0, 0.5, 1.0, 1.2, 0.6])
    target = np.array([0.8, 0.8, 0.8, 0.8, 0.0])
    relax = np.array([0.0, 0.0, 0.0, 0.0, 1.0])
    np.testing.assert_allclose(added_activity(shown, target, relax), [0.8, 0.4, 0.0, 0.0, -0.6])
    # A smile that is taken away altogether leaves room for the whole target.
    np.testing.assert_allclose(added_activity(np.array([0.7]), np.array([0.5]), np.array([1.0])), [0.5 - 0.7])


@given(shown=SHOWN, target=SHARES, relax=SHARES, share=st.floats(0, 1))
def test_it_is_linear_in_what_is_asked(shown: np.ndarray, target: np.ndarray, relax: np.ndarray, share: float) -> None:
    nothing = np.zeros(6)
    np.testing.assert_allclose(
        added_activity(shown, share * target, nothing), share * added_activity(shown, target, nothing), atol=1e-12
    )
    np.testing.assert_allclose(
        added_activity(shown, nothing, share * relax), share * added_activity(shown, nothing, relax), atol=1e-12
    )


@given(shown=SHOWN, target=SHARES, relax=SHARES)
def test_the_result_is_never_beyond_what_a_face_can_do(
    shown: np.ndarray, target: np.ndarray, relax: np.ndarray
) -> None:
    result = shown + added_activity(shown, target, relax)
    assert (result >= -1e-12).all()
    assert (result <= np.maximum(shown, 1.0) + 1e-12).all()
    more = shown + added_activity(shown, np.minimum(target + 0.1, 1.0), relax)
    assert (more >= result - 1e-12).all()
