"""The view of all stories that feeds may show: its lists by topic, place and channel."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.feed.view import distinct


@given(st.lists(st.integers(min_value=0, max_value=2**62)))
def test_distinct_numbers_are_those_that_numpy_finds(values: list[int]) -> None:
    given_values = np.array(values, dtype=np.int64)
    found = distinct(given_values)
    assert found.tolist() == np.unique(np.array(values, dtype=np.int64)).tolist()
    assert found.dtype == np.int64
    assert given_values.tolist() == values, "what was given stays as it is"


def test_the_distinct_numbers_of_none_are_none() -> None:
    assert distinct(np.zeros(0, dtype=np.int64)).tolist() == []


def test_zero_is_a_number_like_others() -> None:
    assert distinct(np.array([0, 0, 3, 0], dtype=np.intp)).tolist() == [0, 3]
