"""The rule of who may call what about whom, as people should read it."""

from dataclasses import dataclass

from support.tenants import AIMS, ENDS, OWN, Ask, Make, World

EVERYBODY = frozenset({"nobody", "app", "editor", "desk_scientist", "operator", "scientist", "admin"})
ANY_KEY = EVERYBODY - {"nobody"}
APPS = frozenset({"app", "editor", "operator", "admin"})
EDITORS = frozenset({"editor", "operator", "admin"})
NEWS = EDITORS | {"scientist", "desk_scientist"}
READING = ANY_KEY
PLATFORM = frozenset({"operator", "admin"})
ADMINS = frozenset({"admin"})
OF_AN_OUTLET = frozenset({"app", "editor", "desk_scientist"})


@dataclass(frozen=True)
class Rule:
    """Who may call a route, and whether it reaches what is another outlet's.

    ``open``: what it tells belongs to the whole consortium, so that an outlet's key may ask about others.
    """

    who: frozenset[str]
    make: Make
    open: bool = False

    def allows(self, name: str, outlet_id: str) -> bool:
        return name in self.who and (self.open or outlet_id == OWN or name not in OF_AN_OUTLET)


def nothing(_world: World, _outlet_id: str) -> Ask:
    return Ask()


def asked_for(_world: World, outlet_id: str) -> Ask:
    return Ask(query={"outlet_id": outlet_id})


def of_outlet(_world: World, outlet_id: str) -> Ask:
    return Ask({"outlet_id": outlet_id})


def of_story(world: World, outlet_id: str) -> Ask:
    return Ask({"story_id": world.story(outlet_id)})


def of_reader(body: object = None, **path: str) -> Make:
    def make(world: World, outlet_id: str) -> Ask:
        return Ask({"reader_id": world.reader(outlet_id), **path}, {"outlet_id": outlet_id}, body)

    return make


def of_coverage(body: object = None) -> Make:
    return lambda world, outlet_id: Ask({"coverage_id": world.coverage(outlet_id)}, body=body)


TEXT = {"title": "利州区春耕", "body": "农户抢农时。"}

POLICY: dict[tuple[str, str], Rule] = {
    ("GET", "/healthz"): Rule(EVERYBODY, nothing, open=True),
    ("GET", "/readyz"): Rule(EVERYBODY, nothing, open=True),
    ("GET", "/about-algorithm"): Rule(EVERYBODY, nothing, open=True),
    ("GET", "/v1/whoami"): Rule(ANY_KEY, nothing, open=True),
    ("GET", "/v1/outlets"): Rule(ANY_KEY, nothing, open=True),
    # Stories: anybody's can be looked at (rights decide about texts), the own ones changed.
    ("GET", "/v1/stories"): Rule(NEWS, asked_for, open=True),
    ("POST", "/v1/stories"): Rule(EDITORS, lambda w, o: Ask(body=w.story_json(o))),
    ("GET", "/v1/stories/{story_id}"): Rule(NEWS, of_story, open=True),
    ("PATCH", "/v1/stories/{story_id}"): Rule(
        EDITORS, lambda w, o: Ask({"story_id": w.story(o)}, body={"title": "改过的标题"})
    ),
    ("POST", "/v1/stories/{story_id}/takedown"): Rule(
        EDITORS, lambda w, o: Ask({"story_id": w.story(o)}, body={"reason": "失实"})
    ),
    ("POST", "/v1/stories/{story_id}/restore"): Rule(
        EDITORS, lambda w, o: Ask({"story_id": w.taken_down(o)})
    ),
    ("PUT", "/v1/stories/{story_id}/tags"): Rule(
        EDITORS,
        lambda w, o: Ask(
            {"story_id": w.story(o)}, body={"decisions": [{"verb": "add", "kind": "topic", "code": "14"}]}
        ),
    ),
    ("GET", "/v1/stories/{story_id}/duplicates"): Rule(NEWS, of_story, open=True),
    ("GET", "/v1/clusters/{cluster_id}"): Rule(
        NEWS, lambda w, o: Ask({"cluster_id": "c" + w.story(o)[1:]}), open=True
    ),
    ("POST", "/v1/tags/suggest"): Rule(NEWS, lambda w, o: Ask(body=TEXT), open=True),
    ("POST", "/v1/duplicates/check"): Rule(NEWS, lambda w, o: Ask(body=TEXT), open=True),
    # Feeds, events and readers are an outlet's own.
    ("POST", "/v1/recommend"): Rule(APPS, lambda w, o: Ask(body={"outlet_id": o})),
    ("GET", "/v1/decisions/{trace_id}"): Rule(READING, lambda w, o: Ask({"trace_id": w.feed(o)["trace_id"]})),
    ("GET", "/v1/pipelines"): Rule(EDITORS, nothing, open=True),
    ("GET", "/v1/outlets/{outlet_id}/aims"): Rule(EDITORS, of_outlet),
    ("PUT", "/v1/outlets/{outlet_id}/aims/{scene}"): Rule(
        EDITORS, lambda w, o: Ask({"outlet_id": o, "scene": "push"}, body=AIMS)
    ),
    ("POST", "/v1/events"): Rule(
        APPS, lambda w, o: Ask(body={"outlet_id": o, "events": [w.event(w.bystander)]})
    ),
    ("GET", "/v1/readers/{reader_id}"): Rule(APPS, of_reader()),
    ("DELETE", "/v1/readers/{reader_id}"): Rule(APPS, of_reader()),
    ("GET", "/v1/readers/{reader_id}/export"): Rule(APPS, of_reader()),
    ("PUT", "/v1/readers/{reader_id}/personalisation"): Rule(APPS, of_reader({"on": False})),
    ("GET", "/v1/readers/{reader_id}/tags"): Rule(APPS, of_reader()),
    ("PUT", "/v1/readers/{reader_id}/tags/{tag_kind}/{code}"): Rule(
        APPS, of_reader({"weight": 3.0}, tag_kind="topic", code="14")
    ),
    ("DELETE", "/v1/readers/{reader_id}/tags/{tag_kind}/{code}"): Rule(
        APPS, of_reader(tag_kind="topic", code="14")
    ),
    ("PUT", "/v1/readers/{reader_id}/wishes/{wish_kind}/{code}"): Rule(
        APPS, of_reader({"amount": "none"}, wish_kind="topic", code="14")
    ),
    ("DELETE", "/v1/readers/{reader_id}/wishes/{wish_kind}/{code}"): Rule(
        APPS, of_reader(wish_kind="topic", code="31")
    ),
    ("PUT", "/v1/readers/{reader_id}/sliders"): Rule(APPS, of_reader(AIMS)),
    ("DELETE", "/v1/readers/{reader_id}/sliders"): Rule(APPS, of_reader()),
    ("POST", "/v1/readers/{reader_id}/devices"): Rule(APPS, of_reader({"device_id": "d-9"})),
    # Orders reach the own feeds; the platform's reach all.
    ("GET", "/v1/placements"): Rule(EDITORS, nothing, open=True),
    ("POST", "/v1/placements"): Rule(
        EDITORS,
        lambda w, o: Ask(
            body={"story_id": w.bystander, "action": "boost", "ends_at": ENDS, "outlet_ids": [o]}
        ),
    ),
    ("PATCH", "/v1/placements/{placement_id}"): Rule(
        EDITORS, lambda w, o: Ask({"placement_id": w.placement(o)}, body={"note": "改"})
    ),
    ("DELETE", "/v1/placements/{placement_id}"): Rule(
        EDITORS, lambda w, o: Ask({"placement_id": w.placement(o)})
    ),
    ("GET", "/v1/placements/{placement_id}/receipts"): Rule(
        EDITORS, lambda w, o: Ask({"placement_id": w.placement(o)})
    ),
    # Coverages are known to the outlets they name and to the platform.
    ("GET", "/v1/coverages"): Rule(NEWS, nothing, open=True),
    ("POST", "/v1/coverages"): Rule(EDITORS, lambda w, o: Ask(body=w.coverage_json(o))),
    ("GET", "/v1/coverages/{coverage_id}"): Rule(NEWS, of_coverage()),
    ("PATCH", "/v1/coverages/{coverage_id}"): Rule(EDITORS, of_coverage({"title": "改过的专题"})),
    ("GET", "/v1/coverages/{coverage_id}/stories"): Rule(NEWS, of_coverage()),
    ("POST", "/v1/coverages/{coverage_id}/picks"): Rule(
        EDITORS,
        lambda w, o: Ask({"coverage_id": w.coverage(o)}, body={"story_id": w.story(o), "verb": "add"}),
    ),
    ("DELETE", "/v1/coverages/{coverage_id}/picks/{story_id}"): Rule(EDITORS, lambda w, o: Ask(w.picked(o))),
    ("GET", "/v1/coverages/{coverage_id}/claims"): Rule(NEWS, of_coverage()),
    ("POST", "/v1/coverages/{coverage_id}/claims"): Rule(
        EDITORS,
        lambda w, o: Ask(
            {"coverage_id": w.coverage(o)}, body={"angle_id": "one", "until": ENDS, "outlet_id": o}
        ),
    ),
    ("PATCH", "/v1/coverages/{coverage_id}/claims/{claim_id}"): Rule(
        EDITORS, lambda w, o: Ask(w.claim(o), body={"state": "released"})
    ),
    # What flows between newsrooms.
    ("GET", "/v1/outlets/{outlet_id}/agreement"): Rule(NEWS, of_outlet, open=True),
    ("PUT", "/v1/outlets/{outlet_id}/agreement"): Rule(
        EDITORS, lambda w, o: Ask({"outlet_id": o}, body={"reuse": "open"})
    ),
    ("GET", "/v1/sources"): Rule(NEWS, nothing, open=True),
    ("POST", "/v1/sources"): Rule(PLATFORM, lambda w, o: Ask(body={"name": f"新通讯{w.fresh()}"}), open=True),
    ("DELETE", "/v1/sources/{name}"): Rule(PLATFORM, lambda w, o: Ask({"name": w.source()}), open=True),
    ("GET", "/v1/outlets/{outlet_id}/pickups"): Rule(NEWS, of_outlet),
    ("GET", "/v1/stories/{story_id}/desks"): Rule(NEWS, of_story, open=True),
    ("POST", "/v1/stories/{story_id}/submissions"): Rule(
        EDITORS, lambda w, o: Ask({"story_id": w.story(o)}, body={"outlet_id": "guangyuan"})
    ),
    ("GET", "/v1/submissions"): Rule(EDITORS, asked_for),
    ("PATCH", "/v1/submissions/{submission_id}"): Rule(
        EDITORS, lambda w, o: Ask({"submission_id": w.submission(o)}, body={"state": "withdrawn"})
    ),
    ("GET", "/v1/insights/hot"): Rule(NEWS, asked_for),
    ("GET", "/v1/insights/topics"): Rule(NEWS, asked_for),
    ("GET", "/v1/outlets/{outlet_id}/report"): Rule(NEWS, of_outlet),
    # The platform's own.
    ("GET", "/v1/audit"): Rule(PLATFORM, nothing, open=True),
    ("GET", "/v1/quarantine"): Rule(PLATFORM, nothing, open=True),
    ("POST", "/v1/quarantine/{story_id}/release"): Rule(
        PLATFORM, lambda w, o: Ask({"story_id": w.held_back(o)}), open=True
    ),
    ("GET", "/v1/keys"): Rule(ADMINS, nothing, open=True),
    ("POST", "/v1/keys"): Rule(
        ADMINS, lambda w, o: Ask(body={"role": "app", "outlet_id": o, "label": "x"}), open=True
    ),
    ("POST", "/v1/keys/{key_id}/rotate"): Rule(
        ADMINS, lambda w, o: Ask({"key_id": w.spare_key()}, body={}), open=True
    ),
    ("DELETE", "/v1/keys/{key_id}"): Rule(ADMINS, lambda w, o: Ask({"key_id": w.spare_key()}), open=True),
}
