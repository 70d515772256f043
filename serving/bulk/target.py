"""Which encoder a run fills in: the one on its way where there is one, else the one that serves."""

from dataclasses import dataclass

from tianfu.embeddings.artefact import load_artefact
from tianfu.model.artifacts import shipped
from tianfu.model.release import ModelKind
from tianfu.serving.bulk.bench import Recipe
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An encoder to fill in.

    Attributes:
        label: Name and version, as in its card.
        moving: Whether it is on its way, so that workers publish it once nothing is missing.
    """

    recipe: Recipe
    label: str
    moving: bool


def target_of(settings: ServiceSettings, database: Database, *, threads: int) -> Target:
    """Find what is to be filled in.

    Raises:
        ArtefactInvalid: Its folder, or that of the judge that serves, is not on this machine.
    """
    cabinet = Cabinet(settings.models_dir)
    with database.read() as uow:
        serving = uow.models.serving()
        move = uow.models.move()
    encoder = serving.get(ModelKind.ENCODER)
    judge = serving.get(ModelKind.PAIRS)
    encoder_id = move.model_id if move else encoder.model_id if encoder else None
    judge_id = judge.model_id if judge else None
    folder = cabinet.path(encoder_id) if encoder_id else settings.encoder_dir or shipped("encoder")
    recipe = Recipe(
        encoder_dir=folder.resolve(),
        judge_dir=(cabinet.path(judge_id) if judge_id else shipped("pairs")).resolve(),
        threads=threads,
    )
    card = load_artefact(recipe.encoder_dir, kind=ModelKind.ENCODER.card_kind)
    return Target(recipe=recipe, label=card.version, moving=move is not None)
