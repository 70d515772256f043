"""Who may call what about whom: every route of the contract, every kind of key, the own outlet and another.

:data:`POLICY` is the rule.  A route that it does not name fails the test.
"""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.fakes import fake_parts
from support.policy import ANY_KEY, POLICY
from support.tenants import OTHER, OWN, World

from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

SESSION = "/v1/session"
"""Signing in asks for no key but the one it is given; its rules have tests of their own."""

OPERATIONS = sorted(
    (method.upper(), path)
    for path, methods in create_app(ServiceSettings()).openapi()["paths"].items()
    for method in methods
    if path != SESSION
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock = FakeClock()
    app = create_app(
        ServiceSettings(
            data_dir=tmp_path_factory.mktemp("tenants"), requests_per_minute=0, failed_logins_per_minute=0
        ),
        build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock),
    )
    with TestClient(app) as client:
        yield World(client, clock)


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    assert set(OPERATIONS) == set(POLICY)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: str(part))
def test_a_route_answers_whom_the_policy_names_and_nobody_else(world: World, method: str, path: str) -> None:
    rule = POLICY[method, path]
    for outlet_id in (OWN, OTHER):
        for name in sorted(ANY_KEY):
            answer = world.ask(method, path, rule.make(world, outlet_id), world.keys[name])
            told = f"{name} about {outlet_id}: {answer.status_code} {answer.text[:300]}"
            if rule.allows(name, outlet_id):
                assert answer.status_code in (200, 201, 204), told
            elif name in rule.who:
                assert answer.status_code in (403, 404), told
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), told
    for headers in (None, {"Authorization": "Bearer tf_guess"}, {"Authorization": "Basic dGY6dGY="}):
        answer = world.ask(method, path, rule.make(world, OWN), headers)
        expected = 200 if "nobody" in rule.who else 401
        assert answer.status_code == expected, f"{headers}: {answer.text[:300]}"
