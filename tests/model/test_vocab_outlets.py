from collections import Counter

from tianfu.model.outlet import OutletLevel
from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.outlets import load_outlets


def test_there_are_4_provincial_21_city_and_185_county_outlets() -> None:
    levels = Counter(outlet.level for outlet in load_outlets())

    assert levels == {OutletLevel.PROVINCE: 4, OutletLevel.CITY: 21, OutletLevel.COUNTY: 185}


def test_ids_and_names_are_unique_and_ids_are_no_codes() -> None:
    outlets = load_outlets()

    assert len({outlet.id for outlet in outlets}) == len({outlet.name for outlet in outlets}) == 210
    assert not {outlet.id for outlet in outlets} & set(load_divisions().by_adcode)


def test_every_county_is_served_and_two_functional_zones_besides() -> None:
    served = Counter(o.adcode for o in load_outlets() if o.level is OutletLevel.COUNTY)

    assert set(served) == {place.adcode for place in load_divisions().counties}
    assert sum(served.values()) - len(served) == 2


def test_parents_stand_one_level_up_and_come_first() -> None:
    seen: dict[str, OutletLevel] = {}
    for outlet in load_outlets():
        if outlet.parent_id is not None:
            up = OutletLevel.CITY if outlet.level is OutletLevel.COUNTY else OutletLevel.PROVINCE
            assert seen[outlet.parent_id] is up
        seen[outlet.id] = outlet.level


def test_a_county_outlet_belongs_to_the_outlet_of_its_prefecture() -> None:
    by_id = {outlet.id: outlet for outlet in load_outlets()}

    for outlet in by_id.values():
        if outlet.level is OutletLevel.COUNTY and outlet.parent_id is not None:
            assert by_id[outlet.parent_id].adcode == outlet.city_adcode
