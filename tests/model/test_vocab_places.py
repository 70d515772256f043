import pytest

from tianfu.model.errors import InvalidInput
from tianfu.model.place import Place, PlaceLevel
from tianfu.model.vocab.aliases import Trust, load_aliases, load_elsewhere, load_lookalikes
from tianfu.model.vocab.divisions import load_divisions


def test_sichuan_has_21_prefectures_183_counties_and_3111_townships() -> None:
    divisions = load_divisions()

    assert (len(divisions.cities), len(divisions.counties), len(divisions.townships)) == (21, 183, 3111)
    assert len(divisions.by_adcode) == 1 + 21 + 183 + 3111


def test_every_place_below_the_province_has_a_parent_one_level_up() -> None:
    divisions = load_divisions()
    above = {
        PlaceLevel.CITY: PlaceLevel.PROVINCE,
        PlaceLevel.COUNTY: PlaceLevel.CITY,
        PlaceLevel.TOWNSHIP: PlaceLevel.COUNTY,
    }

    for place in divisions.by_adcode.values():
        if place.parent is not None:
            assert divisions.by_adcode[place.parent].level is above[place.level]


def test_neighbours_are_the_other_counties_of_the_prefecture() -> None:
    names = {place.name for place in load_divisions().neighbours("510802")}

    assert names == {"昭化区", "朝天区", "旺苍县", "青川县", "剑阁县", "苍溪县"}


def test_full_names_tell_the_two_city_centre_districts_apart() -> None:
    divisions = load_divisions()

    assert divisions.full_name("511102") == "乐山市市中区"
    assert divisions.full_name("511002") == "内江市市中区"


def test_short_names_drop_the_suffix_only_where_the_rest_still_names_the_place() -> None:
    short = {place.adcode: place.short_name for place in load_divisions().counties}

    assert short["510802"] == "利州"
    assert short["510726"] == "北川"
    assert short["511525"] == "高县"
    assert short["510402"] == "东区"
    assert short["511321"] == "南部县"


def test_a_county_joined_to_its_prefecture_is_a_sure_name() -> None:
    names = {(alias.text, alias.adcode): alias.trust for alias in load_aliases()}

    assert names["广元利州", "510802"] is Trust.SURE
    assert names["乐山市中区", "511102"] is Trust.SURE
    assert names["市中区", "511102"] is Trust.CONTEXT
    assert names["东区", "510402"] is Trust.CONTEXT


def test_common_words_are_no_names_alone() -> None:
    alone = {alias.text for alias in load_aliases() if alias.trust is not Trust.JOINED}

    assert not alone & {"南部", "石棉", "白玉", "名山", "前锋", "安居", "市中", "东", "西"}


def test_every_alias_belongs_to_a_division() -> None:
    known = load_divisions().by_adcode

    assert all(alias.adcode in known for alias in load_aliases())


def test_no_place_elsewhere_is_also_a_name_of_ours() -> None:
    ours = {alias.text for alias in load_aliases()}

    assert not ours & load_elsewhere()
    assert {"重庆", "江北区", "资阳区", "长宁区"} <= load_elsewhere()


def test_a_code_must_fit_its_level() -> None:
    with pytest.raises(InvalidInput, match="nine digits"):
        Place(adcode="510802", name="某镇", short_name="某镇", level=PlaceLevel.TOWNSHIP, parent="510802")
    with pytest.raises(InvalidInput, match="parent"):
        Place(adcode="510802", name="某区", short_name="某区", level=PlaceLevel.COUNTY, parent=None)


def test_a_township_knows_its_county_and_city() -> None:
    town = next(place for place in load_divisions().townships if place.parent == "510802")

    assert town.county_adcode == "510802"
    assert town.city_adcode == "510800"


def test_a_phrase_that_only_looks_like_a_place_is_no_name_of_one() -> None:
    assert not {alias.text for alias in load_aliases()} & load_lookalikes()
