"""What is noted of a run step by step: curves for TensorBoard, and for MLflow where a run is tracked."""

from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from tianfu.training.tracking import current


class Diary:
    """Curves of one run.

    Args:
        work: Folder of the run; the curves lie in ``curves`` there.
        begins: Step at which this stretch of the run begins; what was noted from it on is dropped.
    """

    def __init__(self, work: Path, *, begins: int) -> None:
        self._curves = SummaryWriter(str(work / "curves"), purge_step=begins)
        self._tracked = current()

    def note(self, step: int, values: Mapping[str, float]) -> None:
        """Note values of a step."""
        for name, value in values.items():
            self._curves.add_scalar(name, value, step)
        self._tracked.note(step, values)

    def close(self) -> None:
        """Write what is left."""
        self._curves.close()
