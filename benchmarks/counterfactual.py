"""Whether estimates from drawn places hold: the emulation lives with the ranker that was only estimated.

    python -m benchmarks.counterfactual [--days N] [--readers N] [--seeds N]

Emulated readers live with feeds that give some places of each ten away by chance; from what they made of
those, the share of places whose story is wanted is estimated for a ranker that would choose there.  Then the
same readers live with that ranker choosing, and the estimate is held against what came of it.  Places two
and five are given away, so that readers look at many of them; the feed itself keeps the seventh.  Prints a
table and writes ``benchmarks/results/counterfactual.json``.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from tianfu.cli.simulate import BEGINS, simulate
from tianfu.eval.bootstrap import bootstrap
from tianfu.eval.comparing.rankers import plain_scores
from tianfu.eval.core import silent
from tianfu.eval.counterfactual import estimates, overlap_of
from tianfu.eval.draws import Draws, best_of_each, expected_rewards, rounds_of
from tianfu.model.feed import vary
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.rank import Candidates
from tianfu.model.feed.scoring import FEATURES, Curve, Scorer
from tianfu.serving.exporting.export import export_snapshot
from tianfu.serving.parts import ModelParts
from tianfu.serving.store.database import Database
from tianfu.serving.store.snapshots import Window
from tianfu.training.ranker.log import read_draws
from tianfu.training.snapshot import open_snapshot

RESULTS = Path(__file__).parent / "results" / "counterfactual.json"
GIVEN_AWAY = frozenset({1, 4})
TASTE = Scorer(
    "taste@1",
    {
        name: Curve((0.0, 1.0), (0.0, {"topic_taste": 2.0, "interest": 1.0, "local": 1.0}.get(name, 1e-3)))
        for name in FEATURES
    },
)
"""The ranker that is judged: what the reader turned to before, and what is near."""


@contextmanager
def chosen_by(scorer: Scorer | None) -> Iterator[None]:
    """Let the given-away places fall to the best of each shortlist; to chance where no scorer is given."""
    usual_spread, usual_list = vary.spread, vary.shortlisted
    seen: list[Candidates] = []

    def spread(found: Candidates, count: int, context: FeedContext) -> vary.Line:
        seen[:] = [found]
        return usual_spread(found, count, context)

    def shortlisted(eligible: npt.NDArray[np.intp], chance: np.random.Generator) -> npt.NDArray[np.intp]:
        among = usual_list(eligible, chance)
        if scorer is None:
            return among
        best = int(plain_scores(scorer)(seen[0].features[among].round(3)).argmax())
        return np.concatenate([among[best : best + 1], np.delete(among, best)])

    with (
        patch("tianfu.model.feed.vary.explored_places", lambda _context: GIVEN_AWAY),
        patch("tianfu.model.feed.vary.shortlisted", shortlisted),
        patch("tianfu.model.feed.assemble.spread", spread),
    ):
        yield


def lived(folder: Path, scorer: Scorer | None, *, parts: ModelParts | None = None, **size: Any) -> Draws:
    """Draws of one life, by chance or by a scorer."""
    with chosen_by(scorer):
        simulate(of=("personalised",), keep=folder / "room", told=silent, silent=0.0, parts=parts, **size)
    window = Window(since=BEGINS.replace(year=BEGINS.year - 1), until=BEGINS.replace(year=BEGINS.year + 1))
    with Database(f"sqlite:///{folder / 'room' / 'tianfu.db'}") as database:
        export_snapshot(database, window, folder / "data", now=BEGINS, told=silent)
    return read_draws(open_snapshot(folder / "data"))


def judged(*, parts: ModelParts | None = None, **size: Any) -> dict[str, Any]:
    """The estimates from chance, and what came of the same ranker when it chose; shares of drawn places.

    Args:
        parts: Models that serve; the shipped ones when left out.
        size: ``days``, ``readers`` and ``seed`` of :func:`~tianfu.cli.simulate.simulate`.
    """
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        chance = lived(Path(one), None, parts=parts, **size)
        online = lived(Path(other), TASTE, parts=parts, **size)
    target = best_of_each(chance, plain_scores(TASTE)(chance.features))
    rounds = rounds_of(chance, target, expected_rewards(chance))
    chosen = best_of_each(online, plain_scores(TASTE)(online.features))
    return {
        **size,
        "stories_a_shortlist": round(len(chance.shown) / len(chance), 2),
        "online_choices_told": float((chosen[online.shown] > 0.0).mean()),
        "draws": len(chance),
        "by_chance": _of_readers(chance),
        "online": _of_readers(online),
        "estimates": {name: asdict(one) for name, one in estimates(rounds).items()},
        "overlap": asdict(overlap_of(rounds)),
    }


def _of_readers(draws: Draws) -> dict[str, float]:
    _, of = np.unique(draws.reader, return_inverse=True)
    sums = np.stack([np.bincount(of), np.bincount(of, weights=draws.reward)], axis=1)
    point, limits = bootstrap(
        len(sums), lambda at: {"wanted": float(sums[at, 1].sum() / sums[at, 0].sum())}, resamples=1_000
    )
    return {"value": point["wanted"], "low": limits["wanted"][0], "high": limits["wanted"][1]}


def apart(one: dict[str, float], other: dict[str, float]) -> float:
    """How far two shares lie apart, in half-widths of the interval of their difference; 1 is its edge."""
    halves = [(side["high"] - side["low"]) / 2 for side in (one, other)]
    return abs(one["value"] - other["value"]) / max(float(np.hypot(*halves)), 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    found = [
        judged(days=options.days, readers=options.readers, seed=7 + seed) for seed in range(options.seeds)
    ]
    table = Table("", "share wanted", "95 %", "apart from online", title="Drawn places")
    for run in found:
        rows = {"by chance": run["by_chance"], **run["estimates"], "online": run["online"]}
        for name, one in rows.items():
            far = f"{apart(one, run['online']):.2f}"
            table.add_row(name, f"{one['value']:.4f}", f"{one['low']:.4f} to {one['high']:.4f}", far)
        table.add_section()
    Console().print(table)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
