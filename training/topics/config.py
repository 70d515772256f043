"""What a training run of the topic tagger is made of, read from a TOML file."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tianfu.training.configuration import filled, toml_values

_FOLDERS = ("data", "out", "labels", "teacher", "decisions", "start")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfig:
    """How to train.  Paths may be relative to the working directory.

    Attributes:
        data: Folder of the training data.
        out: Where the artefact is written.
        stories: Labelled stories, JSON Lines, in the data folder; these measure the run.
        labels: More labels, by hashes of stories in the data folder, or ``None``.
        decisions: Data snapshot whose editors' decisions are learnt from: beside the labelled stories, or
            instead of them where it is ``data`` itself; its newest part then measures the run.
        start: Tagger whose answers the decisions correct, instead of learning everything from them;
            ``None`` starts from nothing.  Only where there are no labelled files.
        start_strength: ``C`` of the SVMs that correct it.
        held_share: Share of its clusters, the newest, that is kept to measure on.
        teacher: Encoder artefact whose vectors the teacher reads beside the words; ``None`` does
            without a teacher.
        teacher_below: With so many decided stories or more no teacher is asked: it reads
            some twenty a second, and what it added to 3,700 labels a thousand more labels add too.
        unlabelled: Stories and headlines that the teacher gives its opinion on.
        headlines_per_class: Most headlines of one class from the public sets.
        headline_weight: Weight of a headline; a labelled story has 1.
        least_texts: An n-gram must stand in so many texts.
        most_ngrams: Keep so many n-grams, those with the largest weights.
        regularisation: ``C`` of the SVM; larger fits closer.
        teacher_strength: The same of the teacher's logistic regressions on vectors.
        teacher_share: Weight of these beside the SVM's margins.
        student_share: Weight of the student's logits beside the SVM's margins.
        student_epochs: Passes of the student over all texts.
        student_rate: Its peak learning rate.
        repeats: How often a labelled story stands among the student's texts.
        folds: Of the cross-validation that calibrates, sets the threshold and measures.
        seed: Of folds, draws and order.

    Raises:
        ValueError: A value breaks its rule.
    """

    data: Path
    out: Path
    stories: str = "topics/dev.jsonl.gz"
    labels: Path | None = None
    decisions: Path | None = None
    start: Path | None = None
    start_strength: float = 0.3
    held_share: float = 0.2
    teacher: Path | None = None
    teacher_below: int = 8_000
    name: str = "topics-ngram"
    version: str = "2"
    unlabelled: int = 16_000
    headlines_per_class: int = 600
    headline_weight: float = 0.1
    least_texts: int = 2
    most_ngrams: int = 90_000
    regularisation: float = 1.0
    teacher_strength: float = 0.02
    teacher_share: float = 0.3
    student_share: float = 0.25
    student_epochs: int = 3
    student_rate: float = 0.02
    repeats: int = 2
    folds: int = 5
    seed: int = 13

    def __post_init__(self) -> None:
        if not 0.0 < self.held_share <= 0.5:
            raise ValueError("held_share must lie above 0 and be one half at most")
        if self.start is not None and self.decisions != self.data:
            raise ValueError("a tagger to start from goes with decisions alone")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the card and the run log; folders are left out."""
        values = asdict(self)
        for name in _FOLDERS:
            values.pop(name)
        return values


def read_config(path: Path, **changes: Any) -> TopicConfig:
    """Read a configuration file (TOML) and change some of its values.

    Raises:
        UnreadableFile: It is no TOML, or a key is not known.
    """
    values = toml_values(path)
    values |= {name: value for name, value in changes.items() if value is not None}
    for name in _FOLDERS:
        if values.get(name) is not None:
            values[name] = Path(values[name])
    return filled(TopicConfig, values, path)
