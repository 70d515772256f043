"""The models that serve, how they are changed for others, and the library that speaks their language."""

from dataclasses import dataclass
from datetime import timedelta

from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.services.encoder_switch import EncoderSwitch
from tianfu.serving.services.library import Library
from tianfu.serving.services.likeness import LikenessFinder
from tianfu.serving.services.live_models import LiveModels, ModelSet
from tianfu.serving.services.meaning_maker import MeaningMaker
from tianfu.serving.services.model_desk import ModelDesk
from tianfu.serving.services.reading import StoryReader
from tianfu.serving.services.trials import TrialRunner
from tianfu.serving.wiring.ground import Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What reads stories and tells them apart."""

    live: LiveModels
    desk: ModelDesk
    trials: TrialRunner
    library: Library
    switch: EncoderSwitch
    reader: StoryReader
    finder: LikenessFinder


def build_models(ground: Ground) -> Models:
    """Build the models' side; nothing is loaded that the parts have not loaded."""
    parts, database, clock = ground.parts, ground.database, ground.clock
    cabinet = Cabinet(ground.settings.models_dir)
    maker = MeaningMaker(
        loader=parts.loader,
        cabinet=cabinet,
        indexes=parts.indexes,
        clean=parts.clean,
        snapshot_dir=ground.settings.snapshot_dir,
        meters=ground.meters,
    )
    shipped = maker.shipped(parts.encoder, parts.encoder_version, parts.learner)
    live = LiveModels(
        ModelSet(
            taggers=tuple(parts.taggers),
            topics=parts.topics,
            learner=parts.learner,
            judge=parts.judge,
            scorer=parts.scorer,
        ),
        loader=parts.loader,
        cabinet=cabinet,
        database=database,
    )
    library = Library(
        database=database,
        meaning=maker.first(database, shipped),
        new_copy_index=parts.new_copy_index,
        clock=clock,
        hot_window=timedelta(days=ground.settings.hot_days),
        shows=ground.answers,
    )
    return Models(
        live=live,
        desk=ModelDesk(
            database=database,
            cabinet=cabinet,
            loader=parts.loader,
            shipped_encoder=lambda: shipped.fingerprint,
            clock=clock,
        ),
        trials=TrialRunner(database=database, models=live, clock=clock),
        library=library,
        switch=EncoderSwitch(
            database=database, library=library, live=live, shipped=shipped, new_meaning=maker.published
        ),
        reader=StoryReader(
            meaning=lambda: library.meaning, models=live, clean=parts.clean, align=parts.align
        ),
        finder=LikenessFinder(library=library, judge=lambda: live.now.judge),
    )
