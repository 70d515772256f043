"""The tile map: every county once, in its own city's block, nothing on top of anything else."""

from collections import Counter

import pytest

from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.tiles import load_tiles

TILES, DIVISIONS = load_tiles(), load_divisions()


def test_every_county_has_one_tile_in_the_block_of_its_city() -> None:
    assert [block.city for block in TILES.blocks] == [city.adcode for city in DIVISIONS.cities]
    for block in TILES.blocks:
        assert sorted(block.counties) == sorted(place.adcode for place in DIVISIONS.children(block.city))
        assert len(block.counties) <= block.width * block.height


def test_no_block_lies_on_another_and_all_fit_a_narrow_screen() -> None:
    cells = Counter(
        (column, row)
        for block in TILES.blocks
        for column in range(block.column, block.column + block.width)
        for row in range(block.row, block.row + block.height + 1)
    )
    assert max(cells.values()) == 1
    assert (TILES.columns, TILES.rows) == (22, 18)


def test_a_tile_lies_below_its_citys_name_and_inside_the_block() -> None:
    for block in TILES.blocks:
        found = [block.cell(county) for county in block.counties]
        assert len(set(found)) == len(found)
        for column, row in found:
            assert block.column <= column < block.column + block.width
            assert block.row < row <= block.row + block.height
    with pytest.raises(ValueError, match="index"):
        TILES.blocks[0].cell("510802")


def test_cities_lie_roughly_where_they_do() -> None:
    middle = {b.city: (b.column + b.width / 2, b.row + b.height / 2) for b in TILES.blocks}
    east_to_west = ("511700", "511300", "510100", "513300")
    north_to_south = ("510800", "510700", "510100", "511100", "510400")
    assert [middle[city][0] for city in east_to_west] == sorted(
        (middle[city][0] for city in east_to_west), reverse=True
    )
    assert [middle[city][1] for city in north_to_south] == sorted(middle[city][1] for city in north_to_south)
