"""Which model versions a database needs beside it, asked without changing anything in it."""

from sqlalchemy import inspect

from tianfu.serving.store.engines import look_at
from tianfu.serving.store.model_schema import encoder_moves, publications
from tianfu.serving.store.models import Models


def named_models(url: str) -> set[str]:
    """Ids of the versions that serve, that a rollback goes back to, or that an encoder's move leads to.

    A database whose schema knows of no models names none; what ships with the program has no id.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    with look_at(url, failed="no backup was made") as connection:
        if not {publications.name, encoder_moves.name} <= set(inspect(connection).get_table_names()):
            return set()
        models = Models(connection)
        last, move = models.serving().values(), models.move()
        named = {one.model_id for one in last} | {one.previous_id for one in last}
        named |= {move.model_id} if move is not None else set()
        return {model_id for model_id in named if model_id is not None}
