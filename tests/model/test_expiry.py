"""Dated stories end by themselves, reports never do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.expiry import LATEST, DatedKind, dated_until

PUBLISHED = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)  # 10:00 in Beijing


@pytest.mark.parametrize(
    ("title", "body", "kind", "ends"),
    [
        ("利州区气象台发布暴雨橙色预警", "", DatedKind.WARNING, "2026-12-31T02:00"),
        ("广元市天气预报", "今晚到明天白天多云。", DatedKind.FORECAST, "2026-12-31T16:00"),
        ("关于宝轮镇停电检修的通知", "12月31日8:00至18:00停电。", DatedKind.OUTAGE, "2026-12-31T16:00"),
        ("关于宝轮镇停电检修的通知", "12月31日至1月3日每晚停电。", DatedKind.OUTAGE, "2027-01-03T16:00"),
        ("宝轮镇停水通知", "12月30日至31日停水。", DatedKind.OUTAGE, "2026-12-31T16:00"),
        ("停水通知", "", DatedKind.OUTAGE, "2027-01-02T16:00"),
        ("教师招聘公告", "报名时间为1月4日至8日。", DatedKind.CALL, "2027-01-08T16:00"),
    ],
)
def test_a_dated_story_ends_with_its_last_day(title: str, body: str, kind: DatedKind, ends: str) -> None:
    found = dated_until(title, body, PUBLISHED)
    assert found is not None
    assert (found.kind, found.at) == (kind, datetime.fromisoformat(ends).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("暴雨过后，宝轮镇这样重建", "12月28日暴雨橙色预警发布后……"),
        ("停电三小时，抢修队彻夜未眠", "12月29日晚停电。"),
        ("教师招聘公告", "报名时间另行通知。"),
        ("征兵报名工作启动", "12月30日启动。"),
        ("极端天气在未来更频繁", ""),
    ],
)
def test_a_report_does_not_end(title: str, body: str) -> None:
    assert dated_until(title, body, PUBLISHED) is None


@given(st.text(max_size=200), st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))
def test_an_end_lies_close_to_the_time_of_publication(body: str, at: datetime) -> None:
    published = at.replace(tzinfo=UTC)
    found = dated_until("停水通知：2月30日、13月1日、2月29日", body, published)
    assert found is not None
    assert found.at - published <= LATEST * 2
