"""The rule of who may call what about whom, as people should read it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from support.artefacts import a_ranker, an_encoder
from support.tenants import AIMS, ENDS, OWN, Ask, Make, World
from tianfu.model.release import ModelKind
from tianfu.model.trial import Rails, TrialKind, TrialState
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store.models import MoveState

EVERYBODY = frozenset({"nobody", "app", "editor", "desk_scientist", "operator", "scientist", "admin"})
ANY_KEY = EVERYBODY - {"nobody"}
APPS = frozenset({"app", "editor", "operator", "admin"})
EDITORS = frozenset({"editor", "operator", "admin"})
NEWS = EDITORS | {"scientist", "desk_scientist"}
READING = ANY_KEY
PLATFORM = frozenset({"operator", "admin"})
SCIENTISTS = frozenset({"scientist", "admin"})
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


def of_pair(*, decided: bool) -> Make:
    def make(world: World, outlet_id: str) -> Ask:
        path = {"story_id": world.story(outlet_id), "other_id": world.story(outlet_id)}
        if decided:
            address = "/v1/stories/{story_id}/duplicates/{other_id}".format(**path)
            world.as_admin("PUT", address, json={"relation": "unrelated"})
            return Ask(path)
        return Ask(path, body={"relation": "unrelated"})

    return make


def a_version(world: World) -> str:
    """The id of a ranker in the registry that does not serve."""
    folder = Path(tempfile.mkdtemp()) / f"ranker-{world.fresh()}"
    return str(room_of(world).model_desk.take_in(a_ranker(folder, fresh=1.0), actor="test").id)


def room_of(world: World) -> Newsroom:
    found: Newsroom = world.client.app.state.newsroom  # type: ignore[attr-defined]
    return found


def published(world: World, _outlet_id: str) -> Ask:
    room_of(world).model_desk.publish(ModelKind.RANKER, a_version(world), actor="test")
    return Ask({"kind": "ranker"})


def moving(world: World, _outlet_id: str) -> Ask:
    room = room_of(world)
    folder = Path(tempfile.mkdtemp()) / f"encoder-{world.fresh()}"
    version = room.model_desk.take_in(an_encoder(folder, seed=1_000 + world.fresh()), actor="test")
    with room.database.read() as uow:
        if uow.models.move() is None:
            room.model_desk.publish(ModelKind.ENCODER, version.id, actor="test", pace=0.01)
            room.model_desk.change_move(state=MoveState.PAUSED, actor="test")
    return Ask(body={"state": "paused"})


def a_trial(world: World, *, begun: bool) -> Ask:
    desk = room_of(world).trial_desk
    for one in desk.all():
        if one.state is TrialState.RUNNING:
            desk.end(one.id, actor="test")
    version = a_version(world)
    if not begun:
        return Ask(body={"kind": "split", "version": version, "share": 0.1})
    trial = desk.begin(TrialKind.SPLIT, version, share=0.1, days=1.0, rails=Rails(), actor="test")
    return Ask({"trial_id": trial.id})


def with_report(world: World, _outlet_id: str) -> Ask:
    room_of(world).labels.report()
    return Ask()


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
    ("GET", "/v1/stories/{story_id}/takedowns"): Rule(
        EDITORS, lambda w, o: Ask({"story_id": w.taken_down(o)})
    ),
    # Counts of the asker's own readers, whoever's story it is.
    ("GET", "/v1/stories/{story_id}/exposure"): Rule(NEWS, of_story, open=True),
    ("GET", "/v1/stories/{story_id}/duplicates"): Rule(NEWS, of_story, open=True),
    ("PUT", "/v1/stories/{story_id}/duplicates/{other_id}"): Rule(EDITORS, of_pair(decided=False)),
    ("DELETE", "/v1/stories/{story_id}/duplicates/{other_id}"): Rule(EDITORS, of_pair(decided=True)),
    ("GET", "/v1/labels/queue"): Rule(EDITORS, asked_for),
    ("GET", "/v1/labels/drift"): Rule(NEWS, with_report, open=True),
    # Models serve every outlet alike: everybody in a newsroom sees which, the platform's scientists decide.
    ("GET", "/v1/models"): Rule(NEWS, nothing, open=True),
    ("POST", "/v1/models/{kind}/publish"): Rule(
        SCIENTISTS, lambda w, o: Ask({"kind": "ranker"}, body={"version": a_version(w)}), open=True
    ),
    ("POST", "/v1/models/{kind}/rollback"): Rule(SCIENTISTS, published, open=True),
    ("PATCH", "/v1/models/encoder/move"): Rule(SCIENTISTS, moving, open=True),
    ("GET", "/v1/trials"): Rule(SCIENTISTS, nothing, open=True),
    ("POST", "/v1/trials"): Rule(SCIENTISTS, lambda w, o: a_trial(w, begun=False), open=True),
    ("GET", "/v1/trials/{trial_id}"): Rule(SCIENTISTS, lambda w, o: a_trial(w, begun=True), open=True),
    ("POST", "/v1/trials/{trial_id}/end"): Rule(SCIENTISTS, lambda w, o: a_trial(w, begun=True), open=True),
    ("GET", "/v1/clusters/{cluster_id}"): Rule(
        NEWS, lambda w, o: Ask({"cluster_id": "c" + w.story(o)[1:]}), open=True
    ),
    ("POST", "/v1/tags/suggest"): Rule(NEWS, lambda w, o: Ask(body=TEXT), open=True),
    ("POST", "/v1/desks/suggest"): Rule(NEWS, lambda w, o: Ask(body={**TEXT, "outlet_id": o}), open=True),
    ("GET", "/v1/vocabulary/{kind}"): Rule(NEWS, lambda w, o: Ask({"kind": "topic"}), open=True),
    ("POST", "/v1/duplicates/check"): Rule(NEWS, lambda w, o: Ask(body=TEXT), open=True),
    # Feeds, events and readers are an outlet's own.
    ("POST", "/v1/recommend"): Rule(APPS, lambda w, o: Ask(body={"outlet_id": o})),
    ("POST", "/v1/recommend/preview"): Rule(NEWS, lambda w, o: Ask(body={"outlet_id": o})),
    ("GET", "/v1/personas"): Rule(NEWS, nothing, open=True),
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
    ("POST", "/v1/readers/{reader_id}/link"): Rule(APPS, of_reader({})),
    ("GET", "/v1/readers/{reader_id}/choices"): Rule(APPS, of_reader()),
    ("POST", "/v1/readers/{reader_id}/devices"): Rule(APPS, of_reader({"device_id": "d-9"})),
    # Orders reach the own feeds; the platform's reach all.
    ("GET", "/v1/placements"): Rule(EDITORS, nothing, open=True),
    ("POST", "/v1/placements"): Rule(
        EDITORS,
        lambda w, o: Ask(
            body={"story_id": w.bystander, "action": "boost", "ends_at": ENDS, "outlet_ids": [o]}
        ),
    ),
    ("POST", "/v1/placements/check"): Rule(
        EDITORS,
        lambda w, o: Ask(
            body={"story_id": w.bystander, "action": "boost", "ends_at": ENDS, "outlet_ids": [o]}
        ),
    ),
    ("GET", "/v1/placements/{placement_id}"): Rule(
        EDITORS, lambda w, o: Ask({"placement_id": w.placement(o)})
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
    ("GET", "/v1/coverages/{coverage_id}/picks"): Rule(NEWS, of_coverage()),
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
    ("GET", "/v1/insights/heat"): Rule(NEWS, asked_for),
    ("GET", "/v1/insights/map"): Rule(NEWS, asked_for),
    ("GET", "/v1/insights/topics"): Rule(NEWS, asked_for),
    ("GET", "/v1/outlets/{outlet_id}/report"): Rule(NEWS, of_outlet),
    # The platform's own.
    ("GET", "/v1/vitals"): Rule(PLATFORM | SCIENTISTS | {"desk_scientist"}, nothing, open=True),
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
