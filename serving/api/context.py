"""What endpoints ask for: the running service, the caller, and the caller's right to act."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tianfu.model.access import Role
from tianfu.model.errors import Forbidden, Unauthenticated
from tianfu.serving.services.access import Caller
from tianfu.serving.services.newsroom import Newsroom

_bearer = HTTPBearer(auto_error=False, description="The API key of your outlet: `Authorization: Bearer tf_…`")


def newsroom(request: Request) -> Newsroom:
    """Return the running service of this app."""
    room: Newsroom = request.app.state.newsroom
    return room


NewsroomDep = Annotated[Newsroom, Depends(newsroom)]


def caller(
    room: NewsroomDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Admit the caller, within the rate limit of the key."""
    if credentials is None:
        raise Unauthenticated(
            "A key is needed.", advice="Send the header 'Authorization: Bearer' with your key."
        )
    known = room.gatekeeper.admit(credentials.credentials)
    room.throttle.take(known.key.id)
    return known


CallerDep = Annotated[Caller, Depends(caller)]


def needs(*roles: Role) -> Callable[[Caller], Caller]:
    """Make a dependency that admits only these roles; admins may do everything."""

    def check(known: CallerDep) -> Caller:
        if known.key.role not in (*roles, Role.ADMIN):
            wanted = ", ".join(role.value for role in roles)
            raise Forbidden(f"This needs a key with one of the roles: {wanted}.")
        return known

    return check


AppCaller = Annotated[Caller, Depends(needs(Role.APP, Role.EDITOR, Role.OPERATOR))]
EditorCaller = Annotated[Caller, Depends(needs(Role.EDITOR, Role.OPERATOR))]
OperatorCaller = Annotated[Caller, Depends(needs(Role.OPERATOR))]
ReadingCaller = Annotated[Caller, Depends(needs(Role.APP, Role.EDITOR, Role.OPERATOR, Role.SCIENTIST))]
ScientistCaller = Annotated[Caller, Depends(needs(Role.SCIENTIST))]
NewsCaller = Annotated[Caller, Depends(needs(Role.EDITOR, Role.OPERATOR, Role.SCIENTIST))]
