"""Rate limits: of keys and of addresses, alone and shared by replicas."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.fakes import fake_parts
from support.live import free_port

from tianfu.model.access import Role
from tianfu.model.errors import InvalidSetting, RateLimited, TooManyFailedLogins
from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.serving.app import create_app
from tianfu.serving.services import counters as counting
from tianfu.serving.services.access import create_key
from tianfu.serving.services.counters import Counters
from tianfu.serving.services.throttle import Throttle, network_of
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom


class RedisServer:
    """A Redis of the test's own, that can be stopped and started again."""

    def __init__(self, folder: str) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["redis-server", "--port", str(self.port), "--save", "", "--dir", self._folder]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        redis = pytest.importorskip("redis")
        client = redis.Redis(port=self.port)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.exceptions.ConnectionError:
                time.sleep(0.05)
        client.close()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    pytest.importorskip("redis")
    if shutil.which("redis-server") is None:
        pytest.skip("no Redis to test with")
    server = RedisServer(str(tmp_path_factory.mktemp("redis")))
    server.start()
    yield server
    server.stop()


def take(throttle: Throttle, times: int, key_id: str = "k1") -> int:
    taken = 0
    for _ in range(times):
        try:
            throttle.take(key_id)
            taken += 1
        except RateLimited:
            pass
    return taken


def test_one_key_uses_up_its_own_minute_and_nobody_elses() -> None:
    throttle = Throttle(3)
    assert take(throttle, 5) == 3
    assert take(throttle, 5, "k2") == 3
    assert take(Throttle(0), 50) == 50


def test_what_is_left_is_told() -> None:
    throttle = Throttle(3)
    left = [throttle.take("k1") for _ in range(3)]
    assert [(one.limit, one.remaining) for one in left if one is not None] == [(3, 2), (3, 1), (3, 0)]
    with pytest.raises(RateLimited) as full:
        throttle.take("k1")
    assert (full.value.limit, 1 <= full.value.retry_after_s <= 60) == (3, True)


def test_replicas_share_one_limit(redis_server: RedisServer) -> None:
    replicas = [Throttle(5, failed_per_minute=2, counters=Counters(redis_server.url)) for _ in range(3)]
    assert sum(take(replica, 4) for replica in replicas) == 5
    replicas[0].fail("203.0.113.7")
    replicas[1].fail("203.0.113.7")
    with pytest.raises(TooManyFailedLogins):
        replicas[2].fail("203.0.113.7")
    assert Counters(redis_server.url).once("x", 60) is True
    assert Counters(redis_server.url).once("x", 60) is False


def test_while_the_shared_store_is_away_each_replica_counts_alone_and_then_together_again(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(counting, "_REST_S", 0.2)
    first, second = (Throttle(4, counters=Counters(redis_server.url)) for _ in range(2))
    assert take(first, 3) == 3
    redis_server.stop()
    began = time.monotonic()
    assert (take(first, 6), take(second, 6)) == (4, 4)
    assert time.monotonic() - began < 5
    redis_server.start()
    time.sleep(0.3)
    assert take(first, 3, "k2") + take(second, 3, "k2") == 4
    told = capsys.readouterr().out
    assert told.count("counters.counting_alone") == 2
    assert told.count("counters.shared_again") == 2


@pytest.mark.parametrize(
    "url", ["redis", "memcached://x", "http://127.0.0.1:1", "redis://127.0.0.1:nonsense"]
)
def test_a_store_that_is_none_is_refused_by_name(url: str) -> None:
    with pytest.raises(InvalidSetting, match="TIANFU_RATE_LIMIT_URL"):
        Counters(url)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("testclient", "testclient"),
    ],
)
def test_one_line_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.fixture
def limited(settings: ServiceSettings, clock: FakeClock) -> Iterator[Callable[..., TestClient]]:
    app = create_app(
        settings.model_copy(update={"requests_per_minute": 5, "failed_logins_per_minute": 3}),
        build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock),
    )
    with TestClient(app):
        yield lambda address="203.0.113.7": TestClient(app, client=(address, 4_000))


def test_answers_tell_the_limit_and_wrong_keys_are_held_up_by_address(
    limited: Callable[..., TestClient], clock: FakeClock
) -> None:
    client = limited()
    room = client.app.state.newsroom  # type: ignore[attr-defined]
    _, secret = create_key(
        role=Role.APP, outlet_id="lizhou", label="x", actor="t", database=room.database, clock=clock
    )
    right, wrong = ({"Authorization": f"Bearer {one}"} for one in (secret, "tf_wrong"))
    assert [client.get("/v1/whoami", headers=wrong).status_code for _ in range(4)] == [401, 401, 401, 429]
    held = client.get("/v1/whoami", headers=wrong)
    assert held.json()["code"] == "too_many_failed_logins"
    assert 1 <= int(held.headers["Retry-After"]) <= 60
    # The right key is taken from the same address, and a wrong one from another is told that it is wrong.
    answer = client.get("/v1/whoami", headers=right)
    assert answer.status_code == 200
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("5", "4")
    assert limited("203.0.113.8").get("/v1/whoami", headers=wrong).status_code == 401
    # An answer that is written by hand, and an error, tell it too.
    feed = client.post("/v1/recommend", headers=right, json={})
    assert feed.headers["RateLimit-Remaining"] == "3"
    assert client.get("/v1/stories", headers=right).headers["RateLimit-Remaining"] == "2"
    assert feed.headers["Cache-Control"] == "no-store"
    last = [client.get("/v1/whoami", headers=right) for _ in range(3)][-1]
    assert (last.status_code, last.json()["code"]) == (429, "rate_limited")
    assert (last.headers["RateLimit-Remaining"], "Retry-After" in last.headers) == ("0", True)


def test_an_address_cannot_be_made_up_by_a_header(limited: Callable[..., TestClient]) -> None:
    client = limited("203.0.113.9")
    codes = []
    for n in range(5):
        headers = {"Authorization": "Bearer tf_wrong", "X-Forwarded-For": f"198.51.100.{n}"}
        codes.append(client.get("/v1/whoami", headers=headers).status_code)
    assert codes == [401, 401, 401, 429, 429]


def test_a_reader_takes_everything_along_twice_a_minute_and_an_outlets_readers_one_at_a_time(
    limited: Callable[..., TestClient], clock: FakeClock
) -> None:
    client = limited()
    room = client.app.state.newsroom  # type: ignore[attr-defined]
    _, secret = create_key(
        role=Role.APP, outlet_id="lizhou", label="x", actor="t", database=room.database, clock=clock
    )
    app = {"Authorization": f"Bearer {secret}"}
    ref = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r-1")
    own = {"Authorization": f"Bearer {room.links.make(ref, 10).path.partition('#')[2]}"}
    assert client.get("/v1/readers/me/export", headers=own).status_code == 200
    assert client.get("/v1/readers/r-1/export", headers=app).status_code == 200
    for path, who in (("me", own), ("r-1", app)):
        full = client.get(f"/v1/readers/{path}/export", headers=who)
        assert (full.status_code, full.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(full.headers["Retry-After"]) <= 60
    assert client.get("/v1/readers/me", headers=own).status_code == 200
    _, secret = create_key(
        role=Role.APP, outlet_id="lizhou", label="y", actor="t", database=room.database, clock=clock
    )
    other = {"Authorization": f"Bearer {secret}"}
    with room.exporting.of("lizhou"):
        for _ in range(2):
            busy = client.get("/v1/readers/r-2/export", headers=other)
            assert (busy.status_code, busy.headers["Retry-After"]) == (429, "1")
    for _ in range(2):  # what was sent away is not counted
        assert client.get("/v1/readers/r-2/export", headers=other).status_code == 200
