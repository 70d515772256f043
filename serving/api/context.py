"""What endpoints ask for: the running service, the caller, and the caller's right to act."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from tianfu.model.access import Role
from tianfu.model.errors import Forbidden, Unauthenticated
from tianfu.serving.services.access import Caller
from tianfu.serving.services.newsroom import Newsroom

SESSION_COOKIE = "tianfu_session"
CSRF_HEADER = "X-Tianfu-CSRF"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

bearer = HTTPBearer(auto_error=False, description="The API key of your outlet: `Authorization: Bearer tf_…`")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    description=f"The session of a person, from `POST /v1/session`, in place of a key. Calls that change "
    f"something need the header `{CSRF_HEADER}` with the session's `csrf`.",
)


def newsroom(request: Request) -> Newsroom:
    """Return the running service of this app."""
    room: Newsroom = request.app.state.newsroom
    return room


NewsroomDep = Annotated[Newsroom, Depends(newsroom)]


SessionToken = Annotated[str | None, Depends(_cookie)]


def caller(
    request: Request,
    room: NewsroomDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    token: SessionToken,
) -> Caller:
    """Admit the caller by key or else by session, within the rate limit of the key."""
    if credentials is not None:
        known = room.gatekeeper.admit(credentials.credentials)
    elif token is not None:
        known = room.sessions.admit(
            token, csrf=request.headers.get(CSRF_HEADER), changes=request.method not in _SAFE_METHODS
        )
    else:
        raise Unauthenticated(
            "A key is needed.", advice="Send the header 'Authorization: Bearer' with your key."
        )
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


app_caller = needs(Role.APP, Role.EDITOR, Role.OPERATOR)
AppCaller = Annotated[Caller, Depends(app_caller)]
EditorCaller = Annotated[Caller, Depends(needs(Role.EDITOR, Role.OPERATOR))]
OperatorCaller = Annotated[Caller, Depends(needs(Role.OPERATOR))]
RunningCaller = Annotated[Caller, Depends(needs(Role.OPERATOR, Role.SCIENTIST))]
ReadingCaller = Annotated[Caller, Depends(needs(Role.APP, Role.EDITOR, Role.OPERATOR, Role.SCIENTIST))]
NewsCaller = Annotated[Caller, Depends(needs(Role.EDITOR, Role.OPERATOR, Role.SCIENTIST))]
