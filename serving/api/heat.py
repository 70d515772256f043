"""Heat over time and over the map: counts only."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from tianfu.model.errors import InvalidRequest
from tianfu.model.flow.grounds import name_of_topic
from tianfu.model.place import Place
from tianfu.model.rules import check_adcode
from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.tiles import Block, load_tiles
from tianfu.serving.api.context import NewsCaller, NewsroomDep
from tianfu.serving.api.forms import Out
from tianfu.serving.api.insights import CountOut, check_outlet
from tianfu.serving.api.pickups import check_topic
from tianfu.serving.services.heat import HeatByArea
from tianfu.serving.services.newsroom import Newsroom

router = APIRouter(prefix="/insights", tags=["flow"])

_OutletId = Annotated[str | None, Query(max_length=40, description="The key's own by default.")]
_Days = Annotated[int, Query(ge=1, le=30)]


class TopicDaysOut(Out):
    """A class on each day; `clicks` is null on days with fewer than 20 known readers behind them."""

    topic: str
    name: str
    stories: list[int]
    outlets: list[int]
    clicks: list[int | None]


class HeatOut(Out):
    """Classes day by day in China's calendar, oldest first; today is not over yet."""

    area: str
    clicks_of: str | None
    days: list[date]
    topics: list[TopicDaysOut]


class AreaOut(Out):
    """A city or county: `stories` about it, by how many outlets, and `own_stories` of its newsrooms."""

    adcode: str
    name: str
    short_name: str
    column: int
    row: int
    stories: int
    outlets: int
    own_stories: int
    leading_topic: str | None
    leading_name: str | None


class CountyOut(AreaOut):
    """A county's tile; `clicks` is null where fewer than 20 known readers stand behind it."""

    clicks: int | None


class CityOut(AreaOut):
    """A city's block on the tile map: its name's row, and `height` rows of tiles below."""

    width: int
    height: int
    counties: list[CountyOut]


class MapOut(Out):
    """Every county as a tile; a position says roughly where it lies, no distance and no border."""

    days: int
    topic: str | None
    clicks_of: str | None
    columns: int
    rows: int
    topics: list[CountOut]
    cities: list[CityOut]


@router.get("/heat")
def get_heat(
    room: NewsroomDep,
    known: NewsCaller,
    outlet_id: _OutletId = None,
    adcode: Annotated[str | None, Query(max_length=9, description="The outlet's area by default.")] = None,
    days: _Days = 14,
) -> HeatOut:
    """Tell how classes of an area went up and down by day; readers are the own outlet's, in counts."""
    check_outlet(outlet_id)
    if adcode is not None:
        check_adcode(adcode, field="adcode", error=InvalidRequest)
    found = room.heat.by_day(outlet_id=outlet_id, area=adcode, days=days, caller=known)
    return HeatOut(
        area=found.area,
        clicks_of=found.clicks_of,
        days=[day.date for day in found.days],
        topics=[
            TopicDaysOut(
                topic=line.topic,
                name=name_of_topic(line.topic, room.names),
                stories=list(line.stories),
                outlets=list(line.outlets),
                clicks=[day.get(line.topic) for day in found.clicks],
            )
            for line in found.topics
        ],
    )


@router.get("/map")
def get_map(
    room: NewsroomDep,
    known: NewsCaller,
    outlet_id: _OutletId = None,
    days: _Days = 7,
    topic: Annotated[str | None, Query(max_length=10, description="Code of a class, such as `14`.")] = None,
) -> MapOut:
    """Count the last days' stories in every city and county, laid out as a map of tiles."""
    check_outlet(outlet_id)
    check_topic(topic)
    found = room.heat.by_area(outlet_id=outlet_id, days=days, topic=topic, caller=known)
    tiles = load_tiles()
    return MapOut(
        days=days,
        topic=topic,
        clicks_of=found.clicks_of,
        columns=tiles.columns,
        rows=tiles.rows,
        topics=[
            CountOut(code=code, name=name_of_topic(code, room.names), stories=stories)
            for code, stories in found.topics.items()
        ],
        cities=[_city_out(block, found, room) for block in tiles.blocks],
    )


def _city_out(block: Block, found: HeatByArea, room: Newsroom) -> CityOut:
    places = load_divisions().by_adcode
    city = _area_out(places[block.city], (block.column, block.row), found, room)
    return CityOut(
        **city.model_dump(),
        width=block.width,
        height=block.height,
        counties=[
            CountyOut(
                **_area_out(places[county], block.cell(county), found, room).model_dump(),
                clicks=found.clicks.get(county),
            )
            for county in block.counties
        ],
    )


def _area_out(place: Place, cell: tuple[int, int], found: HeatByArea, room: Newsroom) -> AreaOut:
    heat = found.areas[place.adcode]
    leading = heat.leading
    return AreaOut(
        adcode=place.adcode,
        name=place.name,
        short_name=place.short_name,
        column=cell[0],
        row=cell[1],
        stories=heat.stories,
        outlets=heat.outlets,
        own_stories=heat.own_stories,
        leading_topic=leading,
        leading_name=None if leading is None else name_of_topic(leading, room.names),
    )
