"""Editors offer stories to upper outlets, which take them or say why not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tianfu.model.errors import Conflict, InvalidSubmission, NotFound
from tianfu.model.flow.desk import Desk, uppers_of
from tianfu.model.flow.submission import Submission, SubmissionState
from tianfu.model.ports import Clock
from tianfu.model.story import Story, StoryState
from tianfu.serving.services.access import Caller
from tianfu.serving.services.clock import new_short_id
from tianfu.serving.services.library import Library
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.submissions import SubmissionQuery

SentStory = tuple[Submission, Story]
"""A submission with its story as it is now."""


class SubmissionDesk:
    """Takes in, lists and ends submissions.  Two outlets know of each: the sender and the receiver."""

    def __init__(self, *, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    def submit(self, story_id: str, desk: Desk, note: str, *, caller: Caller) -> tuple[SentStory, bool]:
        """Offer a story to a desk above; what stands there already stays as it is.

        Returns:
            The submission, and whether it is new.

        Raises:
            NotFound: There is no such story or outlet.
            Forbidden: The story is another outlet's.
            InvalidSubmission: The outlet does not stand above the story's.
            Conflict: The desk has accepted it already.
        """
        with self._database.write() as uow:
            story = self._own_story(story_id, caller, uow)
            self._check_above(story, desk)
            earlier = [one for one in uow.submissions.of_story(story.number) if one.desk == desk]
            standing = next((one for one in earlier if one.state is SubmissionState.SUBMITTED), None)
            if standing is not None:
                return (standing, story), False
            if any(one.state is SubmissionState.ACCEPTED for one in earlier):
                raise Conflict("The desk has taken this story already.", advice="Nothing needs to be done.")
            made = Submission(
                id=new_short_id("u"),
                story_number=story.number,
                outlet_id=story.outlet_id,
                desk=desk,
                note=note,
                submitted_by=caller.key.id,
                submitted_at=self._clock.now(),
            )
            uow.submissions.add(made)
            self._note("submission.made", made, caller, uow)
            uow.commit()
        return (made, story), True

    def end(self, submission_id: str, state: SubmissionState, reason: str, *, caller: Caller) -> SentStory:
        """Accept or decline as the receiver, or withdraw as the sender.

        Raises:
            NotFound: There is none, or it is between other outlets.
            Forbidden: The other side has to do this.
            Conflict: It was ended already, or its story was taken down.
            InvalidSubmission: A refusal without a reason, or a state that ends nothing.
        """
        if state is SubmissionState.SUBMITTED:
            raise InvalidSubmission(field="state", why="must be accepted, declined or withdrawn")
        with self._database.write() as uow:
            standing = self._known(submission_id, caller, uow)
            withdrawn = state is SubmissionState.WITHDRAWN
            caller.must_act_for(standing.outlet_id if withdrawn else standing.desk.outlet_id)
            if standing.state is not SubmissionState.SUBMITTED:
                raise Conflict("This submission has ended already.", advice="Ask for a new one if need be.")
            story = uow.stories.by_numbers([standing.story_number])[standing.story_number]
            if state is SubmissionState.ACCEPTED and story.state is StoryState.TAKEN_DOWN:
                raise Conflict("The story has been taken down.", advice="Decline the submission and say why.")
            ended = replace(
                standing,
                state=state,
                reason=reason,
                decided_by=caller.key.id,
                decided_at=self._clock.now(),
            )
            uow.submissions.replace(ended)
            self._note(f"submission.{state.value}", ended, caller, uow)
            uow.commit()
        return ended, story

    def page(self, query: SubmissionQuery, *, caller: Caller) -> Sequence[SentStory]:
        """Submissions of one box, newest first.

        Raises:
            Forbidden: It is another outlet's box; only the platform may leave both sides open.
            NotFound: There is no such outlet.
        """
        sides = [side for side in (query.sender, query.receiver) if side is not None]
        for side in sides:
            if side not in self._library.outlets:
                raise NotFound("outlet", side)
        if not any(caller.may_act_for(side) for side in sides):
            caller.must_act_for(sides[0] if sides else "")
        with self._database.read() as uow:
            found = uow.submissions.page(query)
            stories = uow.stories.by_numbers([one.story_number for one in found])
        return [(one, stories[one.story_number]) for one in found]

    def _own_story(self, story_id: str, caller: Caller, uow: UnitOfWork) -> Story:
        story: Story | None = uow.stories.by_id(story_id)
        if story is None or story.state is StoryState.TAKEN_DOWN:
            raise NotFound("story", story_id)
        caller.must_act_for(story.outlet_id)
        return story

    def _check_above(self, story: Story, desk: Desk) -> None:
        outlets = self._library.outlets
        if desk.outlet_id not in outlets:
            raise NotFound("outlet", desk.outlet_id)
        above = [one.id for one in uppers_of(outlets[story.outlet_id], outlets)]
        if desk.outlet_id not in above:
            names = ", ".join(above) or "none"
            raise InvalidSubmission(
                field="outlet_id", why="does not stand above the story's outlet", advice=f"These do: {names}."
            )

    def _known(self, submission_id: str, caller: Caller, uow: UnitOfWork) -> Submission:
        found = uow.submissions.by_id(submission_id)
        if found is None or not any(
            caller.may_act_for(side) for side in (found.outlet_id, found.desk.outlet_id)
        ):
            raise NotFound("submission", submission_id)
        return found

    def _note(self, action: str, submission: Submission, caller: Caller, uow: UnitOfWork) -> None:
        details: dict[str, Any] = {
            "story_number": submission.story_number,
            "outlet_id": submission.outlet_id,
            "desk": submission.desk.id,
        }
        uow.audit.add(
            actor=caller.key.id,
            action=action,
            target=submission.id,
            now=self._clock.now(),
            details=details,
        )
