"""What endpoints ask for: the running service, the caller, and the caller's right to act."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from tianfu.model.access import PLATFORM_ROLES, READ_ONLY, Role
from tianfu.model.errors import Forbidden, InvalidRequest, OutOfScope, Unauthenticated
from tianfu.model.rules import check_text
from tianfu.serving.api.answer_headers import ALLOWANCE
from tianfu.serving.api.areas import area_of, is_free, template_of
from tianfu.serving.services.access import Caller
from tianfu.serving.services.newsroom import Newsroom

SESSION_COOKIE = "tianfu_session"
CSRF_HEADER = "X-Tianfu-CSRF"
bearer = HTTPBearer(auto_error=False, description="The API key of your outlet: `Authorization: Bearer tf_…`")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    description=f"The session of a person, from `POST /v1/session`, in place of a key. Calls that change "
    f"something need the header `{CSRF_HEADER}` with the session's `csrf`.",
)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


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
    """Admit the caller by key or else by session, within the key's rate limit and the areas it is for."""
    if credentials is not None:
        known = admit_secret(credentials.credentials, request, room)
    elif token is not None:
        known = room.sessions.admit(
            token, csrf=request.headers.get(CSRF_HEADER), changes=request.method not in _READS
        )
    else:
        raise Unauthenticated(
            "A key is needed.", advice="Send the header 'Authorization: Bearer' with your key."
        )
    setattr(request.state, ALLOWANCE, room.throttle.take(known.key.id))
    _check_scopes(known, request)
    return known


def admit_secret(secret: str, request: Request, room: Newsroom) -> Caller:
    """Admit whoever holds a key; counts a wrong one against the address it came from.

    Raises:
        Unauthenticated: Unknown, revoked or expired.
        RateLimited: Too many wrong keys came from this address.
    """
    try:
        return room.gatekeeper.admit(secret)
    except Unauthenticated as bad:
        room.meters.refused(bad.code)
        room.throttle.fail(request.client.host if request.client else "unknown")
        raise


def _check_scopes(known: Caller, request: Request) -> None:
    template = template_of(request.scope)
    if not known.key.scopes or is_free(template):
        return
    area = area_of(template)
    writes = request.method not in _READS
    if area is None or not known.key.opens(area, writes=writes):
        wanted = area.value if area is not None else "none"
        raise OutOfScope(wanted if writes else f"{wanted}{READ_ONLY}")


CallerDep = Annotated[Caller, Depends(caller)]


def needs(*roles: Role) -> Callable[[Caller], Caller]:
    """Make a dependency that admits only these roles; admins may do everything."""

    def check(known: CallerDep) -> Caller:
        if known.key.role not in (*roles, Role.ADMIN):
            wanted = ", ".join(role.value for role in roles or (Role.ADMIN,))
            raise Forbidden(f"This needs a key with one of the roles: {wanted}.")
        if known.key.role in PLATFORM_ROLES and known.key.outlet_id is not None:
            raise Forbidden(
                "A platform's role does not go with one outlet.", advice="Have this key made anew."
            )
        return known

    return check


def _of_the_platform(known: Annotated[Caller, Depends(needs(Role.SCIENTIST))]) -> Caller:
    """Admit scientists of the platform: models serve every outlet alike."""
    if known.key.outlet_id is not None:
        raise Forbidden("Models are the platform's.", advice="Ask the platform's data scientist.")
    return known


app_caller = needs(Role.APP, Role.EDITOR, Role.OPERATOR)
AppCaller = Annotated[Caller, Depends(app_caller)]
EditorCaller = Annotated[Caller, Depends(needs(Role.EDITOR, Role.OPERATOR))]
OperatorCaller = Annotated[Caller, Depends(needs(Role.OPERATOR))]
RunningCaller = Annotated[Caller, Depends(needs(Role.OPERATOR, Role.SCIENTIST))]
ReadingCaller = Annotated[Caller, Depends(needs(Role.APP, Role.EDITOR, Role.OPERATOR, Role.SCIENTIST))]

ScientistCaller = Annotated[Caller, Depends(_of_the_platform)]
NewsCaller = Annotated[Caller, Depends(needs(Role.EDITOR, Role.OPERATOR, Role.SCIENTIST))]
AdminCaller = Annotated[Caller, Depends(needs())]


def outlet_spoken_for(outlet_id: str | None, known: Caller) -> str:
    """The outlet that a call is about: the one it names, else the key's own.

    Raises:
        InvalidRequest: A platform key named none.
        Forbidden: The key may not act for it.
    """
    found = outlet_id or known.key.outlet_id
    if found is None:
        raise InvalidRequest(field="outlet_id", why="is needed with a platform key")
    check_text(found, field="outlet_id", error=InvalidRequest, low=1, high=40)
    known.must_act_for(found)
    return found
