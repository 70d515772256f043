"""Shapes that the contract names although no route takes or gives them by themselves."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

PLACE = "#/components/schemas/{model}"


def place_of(shape: str) -> str:
    """Where the contract keeps a shape, for a ``$ref`` to it."""
    return PLACE.format(model=shape)


def add_shapes(app: FastAPI, shapes: Sequence[type[BaseModel]]) -> None:
    """Have the application's contract keep these shapes, and those that they are made of."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        contract = make()
        _, found = models_json_schema([(shape, "validation") for shape in shapes], ref_template=PLACE)
        known = contract["components"]["schemas"]
        contract["components"]["schemas"] = {**found["$defs"], **known}
        return contract

    app.openapi = openapi  # type: ignore[method-assign]  # how FastAPI's own manual changes the contract
