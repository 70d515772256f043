"""Fitting curves: a conditional logit over the stories of a page.

Which story of a page a reader wants, given that they want one (McFadden 1974), depends on a sum of one
curve a feature and one for the position.  Each curve is a sum of ramps between knots whose heights may not
be negative (a monotone additive model), so the loss is convex and its one minimum explains itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from tianfu.eval.feedlog import Pages
from tianfu.model.errors import UnreadableFile
from tianfu.model.feed.scoring import COLUMN, FEATURES, HAND_SET, POLICY, Curve

Floats = npt.NDArray[np.float64]
LEARNT = tuple(name for name in FEATURES if name not in POLICY)
POSITION_KNOTS = (1.0, 2.0, 4.0, 8.0, 16.0, 60.0)
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learnt.

    Attributes:
        curves: One a feature, scaled to the spread of the hand-set score within pages.
        position_loss: What standing at each of :data:`POSITION_KNOTS` costs against the first, in logits.
        loss: Mean negative log-likelihood of a wanted story, before the penalty.
        steps: Of the optimiser.
    """

    curves: Mapping[str, Curve]
    position_loss: tuple[float, ...]
    loss: float
    steps: int


def knots_of(values: npt.NDArray[np.float32], count: int) -> tuple[float, ...]:
    """Where a feature's curve may bend: quantiles of its values above 0, and 1; rising."""
    above = values[values > 0.0]
    inner = np.quantile(above, np.linspace(0, 1, count + 1)[1:-1]).round(4).tolist() if len(above) else []
    return tuple(sorted({*(knot for knot in inner if 0.0 < knot < 1.0), 1.0}))


def ramps(values: npt.ArrayLike, knots: tuple[float, ...]) -> Floats:
    """How far each value is along each stretch between 0 and the knots, shape (n, knots), 0..1."""
    ends = np.array(knots)
    begins = np.concatenate([[0.0], ends[:-1]])
    along: Floats = (np.asarray(values, dtype=np.float64)[:, None] - begins) / (ends - begins)
    return along.clip(0.0, 1.0)


def fit(pages: Pages, *, knots: int, ridge: float, most_steps: int) -> Fitted:
    """Fit curves to pages; the same pages give the same curves.

    Args:
        pages: See :func:`~tianfu.training.ranker.pages.read_pages`.
        knots: Stretches of each curve, at most.
        ridge: Penalty on squared heights, per wanted story.
        most_steps: Of L-BFGS-B (Byrd et al. 1995).

    Raises:
        UnreadableFile: No feature tells a wanted story from a passed one.
    """
    bends = {name: knots_of(pages.features[:, COLUMN[name]], knots) for name in LEARNT}
    known = [ramps(pages.features[:, COLUMN[name]], bends[name]) for name in LEARNT]
    design = np.concatenate([*known, -ramps(pages.position, POSITION_KNOTS)], axis=1)
    loss = PageLoss(design, pages, ridge)
    done = minimize(
        loss, np.full(design.shape[1], 0.1), jac=True, method="L-BFGS-B",
        bounds=[(0.0, None)] * design.shape[1], options={"maxiter": most_steps},
    )  # fmt: skip
    heights = np.split(done.x, np.cumsum([len(bends[name]) for name in LEARNT]))
    curves = {name: _curve(bends[name], height) for name, height in zip(LEARNT, heights, strict=False)}
    return Fitted(
        _scaled({name: curves.get(name, HAND_SET.curves[name]) for name in FEATURES}, pages),
        tuple(np.cumsum(heights[-1]).round(4).tolist()),
        float(loss.plain(done.x)),
        int(done.nit),
    )


class PageLoss:
    """Negative log-likelihood with its gradient."""

    def __init__(self, design: Floats, pages: Pages, ridge: float) -> None:
        self._design, self._of, self._starts = design, pages.of, pages.starts
        self._clicked = pages.clicked.astype(np.float64)
        self._clicks = np.add.reduceat(self._clicked, self._starts)
        self._many = self._clicks.sum()
        self._ridge = ridge

    def __call__(self, heights: Floats) -> tuple[float, Floats]:
        """The loss with its penalty, and its slope."""
        chance = self._chances(heights)
        slope = self._design.T @ (chance * self._clicks[self._of] - self._clicked) / self._many
        return self._mean(chance) + self._ridge * float(heights @ heights), slope + 2 * self._ridge * heights

    def plain(self, heights: Floats) -> float:
        """Without the penalty."""
        return self._mean(self._chances(heights))

    def _mean(self, chance: Floats) -> float:
        return float(-np.log(chance[self._clicked > 0]).sum() / self._many)

    def _chances(self, heights: Floats) -> Floats:
        score = self._design @ heights
        raised = np.exp(score - np.maximum.reduceat(score, self._starts)[self._of])
        return np.asarray(raised / np.add.reduceat(raised, self._starts)[self._of])


def _curve(knots: tuple[float, ...], heights: Floats) -> Curve:
    return Curve((0.0, *knots), (0.0, *np.cumsum(heights).round(_DIGITS).tolist()))


def _scaled(curves: Mapping[str, Curve], pages: Pages) -> dict[str, Curve]:
    """Bring learnt curves to the spread of hand-set ones, so that penalties and boosts keep their meaning."""
    learnt, hand = (_spread(which, pages) for which in (curves, HAND_SET.curves))
    if not learnt:
        raise UnreadableFile(
            "No feature tells what readers wanted from what they passed over.",
            advice="Give a longer time; until then the hand-set score serves.",
        )
    factor = hand / learnt
    return {
        name: curve
        if name in POLICY
        else Curve(curve.at, tuple(round(worth * factor, _DIGITS) for worth in curve.worth))
        for name, curve in curves.items()
    }


def _spread(curves: Mapping[str, Curve], pages: Pages) -> float:
    """Standard deviation of learnt parts' sums around the mean of their page."""
    score = sum(
        np.interp(pages.features[:, COLUMN[name]], curves[name].at, curves[name].worth) for name in LEARNT
    )
    sizes = np.diff(np.append(pages.starts, len(pages.clicked)))
    means = np.add.reduceat(np.asarray(score), pages.starts) / sizes
    return float(np.sqrt(np.mean((score - means[pages.of]) ** 2)))
