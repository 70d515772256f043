"""Finding stories by words, without telling what stands in texts that the asker may not read."""

from dataclasses import replace

from tianfu.model.story import Story
from tianfu.serving.services.access import Caller
from tianfu.serving.services.rights import RightsDesk
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.stories import StoryQuery


def find_stories(query: StoryQuery, *, caller: Caller, rights: RightsDesk, database: Database) -> list[Story]:
    """Stories of a page, newest first.

    With words asked for, a story whose title lacks them counts only where the caller may read its text:
    whoever could ask which stories hold some words could read any of them, word by word.
    """
    words = query.words
    with database.read() as uow:
        if words is None:
            return uow.stories.page(query)
        found: list[Story] = []
        while True:
            page = uow.stories.page(query)
            found += _readable(page, words, caller, rights, uow)
            if len(page) < query.limit or len(found) >= query.limit:
                return found[: query.limit]
            query = replace(query, before=(page[-1].text.published_at, page[-1].number))


def _readable(
    page: list[Story], words: str, caller: Caller, rights: RightsDesk, uow: UnitOfWork
) -> list[Story]:
    by_body = [story.number for story in page if words.casefold() not in story.text.title.casefold()]
    republished = uow.cards.republished(by_body)
    hidden = {
        story.number
        for story in page
        if story.number in by_body
        and not rights.permission_to_read(
            story, republished=story.number in republished, caller=caller
        ).shows_whole
    }
    return [story for story in page if story.number not in hidden]
