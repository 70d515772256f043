"""A map of Sichuan in tiles: each city a block roughly where it lies, each county one tile of it."""

from dataclasses import dataclass
from functools import cache

from tianfu.model.vocab.facts import Provenance, read_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A city's block: one row for its name, below it the tiles.

    Attributes:
        column: Leftmost, counted from 1, west to east.
        row: Of the name, counted from 1, north to south.
        width: In tiles.
        height: In rows of tiles, without the name's.
        counties: Adcodes, filled in by rows.
    """

    city: str
    column: int
    row: int
    width: int
    height: int
    counties: tuple[str, ...]

    def cell(self, county: str) -> tuple[int, int]:
        """Column and row of a county's tile on the whole map.

        Raises:
            ValueError: The county is not of this city.
        """
        down, right = divmod(self.counties.index(county), self.width)
        return self.column + right, self.row + 1 + down


@dataclass(frozen=True, slots=True, kw_only=True)
class TileMap:
    """All blocks, by the cities' codes."""

    blocks: tuple[Block, ...]
    provenance: Provenance

    @property
    def columns(self) -> int:
        """How many columns the map has."""
        return max(block.column + block.width - 1 for block in self.blocks)

    @property
    def rows(self) -> int:
        """How many rows the map has."""
        return max(block.row + block.height for block in self.blocks)


@cache
def load_tiles() -> TileMap:
    """Load the map; the same object every time."""
    facts = read_facts("tiles")
    blocks = tuple(
        Block(city=city, column=column, row=row, width=width, height=height, counties=tuple(counties))
        for city, column, row, width, height, counties in facts.content["rows"]
    )
    return TileMap(blocks=blocks, provenance=facts.provenance)
