"""Factors of readers and stories, learnt anew each hour: what is known as collaborative filtering."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from tianfu.eval.clicklog import Click, Moment
from tianfu.model.feed.clicks import Numbers

FACTORS = 64
_HOUR_S = 3_600.0
_LEAST_CLICKS = 1_000


class FactorModel(StrEnum):
    """How factors are learnt, as the library ``implicit`` does."""

    ALS = "als"
    """Alternating least squares on implicit feedback (Hu, Koren and Volinsky 2008)."""
    BPR = "bpr"
    """Bayesian personalised ranking (Rendle et al. 2009)."""


class HourlyFactors:
    """Ranks by factors learnt from everything clicked before the hour began.

    A reader without factors is given what is popular; stories first clicked within the hour have no factors
    and come after all that have, by popularity.
    """

    def __init__(
        self, kind: FactorModel, clicks: Sequence[Click], popular: Callable[[Moment], Numbers]
    ) -> None:
        self._kind = kind
        self._clicks = clicks
        self._popular = popular
        self._times = [click.at_s for click in clicks]
        self._hour = -1
        self._readers: dict[str, int] = {}
        self._stories: dict[int, int] = {}
        self._of_readers = np.zeros((0, FACTORS), dtype=np.float32)
        self._of_stories = np.zeros((0, FACTORS), dtype=np.float32)

    def __call__(self, moment: Moment) -> Numbers:
        """Every story not yet read, best first."""
        hour = int(moment.click.at_s // _HOUR_S)
        if hour != self._hour:
            self._hour = hour
            self._learn(self._clicks[: bisect_left(self._times, hour * _HOUR_S)])
        order = self._popular(moment)
        reader = self._readers.get(moment.click.reader)
        if reader is None:
            return order
        at = np.array([self._stories.get(int(story), -1) for story in order])
        scores = self._of_stories @ self._of_readers[reader]
        found: Numbers = order[np.argsort(-np.where(at < 0, -np.inf, scores[at]), kind="stable")]
        return found

    def _learn(self, clicks: Sequence[Click]) -> None:
        if len(clicks) < _LEAST_CLICKS:
            return
        self._readers = {name: row for row, name in enumerate(dict.fromkeys(c.reader for c in clicks))}
        self._stories = {story: row for row, story in enumerate(dict.fromkeys(c.story for c in clicks))}
        rows = [self._readers[c.reader] for c in clicks]
        columns = [self._stories[c.story] for c in clicks]
        shape = (len(self._readers), len(self._stories))
        table = csr_matrix((np.ones(len(clicks), dtype=np.float32), (rows, columns)), shape=shape)
        new = _maker(self._kind)
        with threadpool_limits(limits=1, user_api="blas"):  # as the library asks: it has threads of its own
            model = new()
            model.fit(table, show_progress=False)
        self._of_readers = _dense(model.user_factors)
        self._of_stories = _dense(model.item_factors)


def _maker(kind: FactorModel) -> Callable[[], Any]:
    """Load the library, which brings a BLAS of its own, and return what makes a model."""
    if kind is FactorModel.ALS:
        from implicit.als import AlternatingLeastSquares

        return partial(
            AlternatingLeastSquares, factors=FACTORS, iterations=10, regularization=0.05, random_state=7
        )
    from implicit.bpr import BayesianPersonalizedRanking

    return partial(BayesianPersonalizedRanking, factors=FACTORS - 1, iterations=60, random_state=7)


def _dense(factors: Any) -> npt.NDArray[np.float32]:
    return np.asarray(factors, dtype=np.float32)
