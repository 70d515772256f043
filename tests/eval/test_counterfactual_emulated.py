"""The estimate of a ranker from places that chance gave away, against the same ranker choosing there."""

import pytest
from support.fakes import fake_parts

from benchmarks.counterfactual import apart, judged


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_estimate_covers_what_came_of_the_ranker_when_it_chose() -> None:
    """One emulated day of the real service, twice: chance chooses, then the ranker; the seed decides all."""
    found = judged(days=1, readers=150, seed=5, parts=fake_parts())
    assert found["draws"] > 20
    assert found["online_choices_told"] == 1.0, "what an export tells of a draw must lead to the same choice"
    for name, one in found["estimates"].items():
        assert apart(one, found["online"]) <= 1.0, (name, found)
