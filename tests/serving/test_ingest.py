"""Taking stories in."""

from datetime import timedelta

import pytest
from support.builders import FakeClock, a_body, a_draft
from support.fakes import POISON

from tianfu.model.errors import Conflict
from tianfu.model.story import Story, StoryState
from tianfu.serving.services.ingest import IngestOutcome, ingest, queue_all, revise
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store.stories import Stories


def take_in(room: Newsroom, *drafts: object) -> list[IngestOutcome]:
    return [r.outcome for r in ingest(list(drafts), database=room.database, clock=room.clock)]  # type: ignore[arg-type]


def queue_depth(room: Newsroom) -> int:
    with room.database.read() as uow:
        return uow.queue.depth().waiting


def test_the_same_story_sent_twice_is_stored_and_queued_once(room: Newsroom) -> None:
    assert take_in(room, a_draft()) == [IngestOutcome.CREATED]
    assert take_in(room, a_draft()) == [IngestOutcome.UNCHANGED]
    with room.database.read() as uow:
        assert uow.stories.count() == 1
    assert queue_depth(room) == 1


def test_another_text_under_the_same_id_is_a_revision_and_the_old_one_is_kept(room: Newsroom) -> None:
    take_in(room, a_draft(title="旧标题"))
    assert take_in(room, a_draft(title="新标题")) == [IngestOutcome.REVISED]
    with room.database.read() as uow:
        story = uow.stories.by_external_ids("lizhou", ["a-1"])["a-1"]
        earlier = uow.stories.revisions_of(story.number)
    assert (story.revision, story.text.title) == (2, "新标题")
    assert [(revision, text["title"]) for revision, _, text in earlier] == [(1, "旧标题")]


def test_an_edit_that_meets_a_takedown_on_its_way_does_not_undo_it(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The story is read, then a takedown of another transaction commits, then the edit is written."""
    take_in(room, a_draft(title="旧标题"))
    read = Stories.by_external_ids

    def overtaken(stories: Stories, outlet_id: str, external_ids: list[str]) -> dict[str, Story]:
        found = dict(read(stories, outlet_id, external_ids))
        stories.set_state([story.number for story in found.values()], StoryState.TAKEN_DOWN)
        stories.set_clusters({story.number: "c-other" for story in found.values()})
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Stories, "by_external_ids", overtaken)
        take_in(room, a_draft(title="新标题"))
    with room.database.read() as uow:
        story = uow.stories.by_external_ids("lizhou", ["a-1"])["a-1"]
    assert (story.state, story.cluster_id, story.revision) == (StoryState.TAKEN_DOWN, "c-other", 2)


def test_a_row_of_an_older_revision_replaces_no_newer_one_and_leads_to_it(room: Newsroom) -> None:
    take_in(room, a_draft(title="旧标题"), a_draft(title="新标题"))
    with room.database.write() as uow:
        story = uow.stories.by_external_ids("lizhou", ["a-1"])["a-1"]
        uow.queue.add({story.number: 1}, room.clock.now())
        (waiting,) = uow.queue.take(5, worker="w", now=room.clock.now())
        assert waiting.revision == 2
        uow.queue.finish([waiting])
        uow.queue.add({story.number: 1}, room.clock.now())
        uow.commit()
    room.work_off()
    with room.database.read() as uow:
        assert uow.stories.by_numbers([story.number])[story.number].indexed_revision == 2
        assert uow.queue.depth().waiting == 0


def test_one_batch_may_hold_a_story_and_its_correction(room: Newsroom) -> None:
    outcomes = take_in(room, a_draft(title="错"), a_draft(title="对"), a_draft(title="对"))
    assert outcomes == [IngestOutcome.CREATED, IngestOutcome.REVISED, IngestOutcome.UNCHANGED]
    with room.database.read() as uow:
        assert uow.stories.by_external_ids("lizhou", ["a-1"])["a-1"].text.title == "对"


def test_the_same_external_id_at_two_outlets_is_two_stories(room: Newsroom) -> None:
    assert take_in(room, a_draft(), a_draft(outlet_id="cangxi")) == [IngestOutcome.CREATED] * 2


def test_without_an_external_id_the_same_text_is_the_same_story(room: Newsroom) -> None:
    draft = a_draft(external_id=None)  # type: ignore[arg-type]
    assert take_in(room, draft, draft) == [IngestOutcome.CREATED, IngestOutcome.UNCHANGED]


def test_a_failing_commit_leaves_no_story_and_no_queue_row(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("tianfu.serving.store.queue.WorkQueue.add", full)
    with pytest.raises(OSError, match="disk full"):
        take_in(room, a_draft())
    with room.database.read() as uow:
        assert uow.stories.count() == 0


def test_an_edit_against_an_older_revision_is_refused(room: Newsroom, clock: FakeClock) -> None:
    (receipt,) = ingest([a_draft()], database=room.database, clock=clock)
    text = a_draft(title="第二稿").text
    revise(receipt.story_id, text, expected_revision=1, actor="t", database=room.database, clock=clock)
    with pytest.raises(Conflict, match="revision 2"):
        revise(receipt.story_id, text, expected_revision=1, actor="t", database=room.database, clock=clock)


def test_a_story_no_model_can_read_is_set_aside_and_spoils_no_other(room: Newsroom) -> None:
    take_in(room, a_draft("a-1"), a_draft("a-2", title=POISON), a_draft("a-3", body="完全不同的一篇稿子。"))
    for _ in range(6):
        room.indexer.step()
    with room.database.read() as uow:
        indexed = {s.external_id: s.is_indexed for s in uow.stories.by_numbers([1, 2, 3]).values()}
        depth = uow.queue.depth()
    assert indexed == {"a-1": True, "a-2": False, "a-3": True}
    assert (depth.waiting, depth.stuck) == (0, 1)


def test_new_stories_and_edits_come_before_what_is_only_read_again(room: Newsroom, clock: FakeClock) -> None:
    ingest([a_draft(f"s{n}", body=a_body(n)) for n in range(6)], database=room.database, clock=room.clock)
    while room.indexer.step():
        pass
    clock.pass_by(minutes=1)
    queue_all(room.database, room.clock.now())
    clock.pass_by(minutes=1)
    ingest(
        [a_draft("late", body=a_body(9)), a_draft("s3", title="改", body=a_body(3))],
        database=room.database,
        clock=room.clock,
    )
    queue_all(room.database, room.clock.now())
    clock.pass_by(minutes=1)
    with room.database.write(()) as uow:
        taken = [
            [item.number for item in uow.queue.take(3, worker=name, now=room.clock.now())]
            for name in ("one", "other")
        ]
        oldest_at = uow.queue.depth().oldest_at
    assert taken == [[4, 7, 1], [2, 3, 5]]
    assert oldest_at == room.clock.now() - timedelta(minutes=1), "what is read again makes no queue late"
