"""Signing in to the console with a key, and out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from tianfu.model.access import Role
from tianfu.model.errors import CsrfRefused, Unauthenticated
from tianfu.serving.api.context import SESSION_COOKIE, CallerDep, NewsroomDep, SessionToken
from tianfu.serving.api.forms import In, Out
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.sessions import SESSION_HOURS, Session

router = APIRouter(prefix="/session", tags=["session"])

_COOKIE_PATH = "/v1"


class SignInIn(In):
    """The key of somebody who signs in."""

    key: Annotated[str, Field(min_length=1, max_length=200, description="Your key, `tf_…`.")]


class SessionOut(Out):
    """Who is signed in; `csrf` goes into the header `X-Tianfu-CSRF` of calls that change something."""

    role: Role
    outlet_id: str | None
    outlet_name: str | None
    csrf: str
    ends_at: datetime


@router.post("")
def sign_in(given: SignInIn, request: Request, response: Response, room: NewsroomDep) -> SessionOut:
    """Sign in: the session comes as a cookie that no script reads, for twelve hours at most."""
    # Another site must not sign a visitor in under a key of its own.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise CsrfRefused
    session = room.sessions.open(given.key.strip())
    room.throttle.take(session.caller.key.id)
    response.set_cookie(
        SESSION_COOKIE,
        session.token,
        max_age=SESSION_HOURS * 3600,
        path=_COOKIE_PATH,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return _session_out(session, room)


@router.get("")
def get_session(token: SessionToken, room: NewsroomDep) -> SessionOut:
    """Tell who is signed in."""
    if token is None:
        raise Unauthenticated("Nobody is signed in.", advice="Sign in with your key.")
    return _session_out(room.sessions.recognise(token), room)


@router.delete("", status_code=204)
def sign_out(response: Response, _known: CallerDep) -> None:
    """Sign out: the browser forgets the session."""
    response.delete_cookie(SESSION_COOKIE, path=_COOKIE_PATH, httponly=True, samesite="strict")


def _session_out(session: Session, room: Newsroom) -> SessionOut:
    key = session.caller.key
    outlet = room.library.outlets.get(key.outlet_id or "")
    return SessionOut(
        role=key.role,
        outlet_id=key.outlet_id,
        outlet_name=outlet.name if outlet else None,
        csrf=session.csrf,
        ends_at=session.ends_at,
    )
