"""The consortium's 210 outlets."""

from functools import cache

from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.vocab.facts import read_facts


@cache
def load_outlets() -> tuple[Outlet, ...]:
    """Load the outlets: 4 provincial, 21 of cities, 185 of counties; the same object every time.

    Parents come before their children.  There are 183 counties and 185 county centres: two functional
    zones (成都高新区, 四川天府新区) have one and carry the adcode of the district they mostly lie in, so
    an adcode may belong to two outlets.
    """
    return tuple(
        Outlet(
            id=slug,
            name=name,
            level=OutletLevel(level),
            adcode=adcode,
            parent_id=parent or None,
            kind=kind,
        )
        for slug, name, level, adcode, parent, kind in read_facts("outlets").content["rows"]
    )
