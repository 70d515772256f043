"""A running service as commands reach it."""

import httpx
import typer

MOST_PORT = 65_535


def client_of(url: str, key: str) -> httpx.Client:
    """A client of a running service; nothing is sent yet.

    Raises:
        BadParameter: The address can be none of a service, or there is no key that can be sent.
    """
    if not _is_address(url):
        raise typer.BadParameter(f"--url takes an address such as http://127.0.0.1:8000, not '{url}'.")
    secret = key.strip()
    if not secret:
        raise typer.BadParameter("Put an API key into TIANFU_KEY; `tianfu keys create` makes one.")
    if not (secret.isascii() and secret.isprintable()):
        raise typer.BadParameter("What stands in TIANFU_KEY or --key is no API key.")
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {secret}"}, timeout=120.0)


def _is_address(url: str) -> bool:
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    port = found.port or 80
    return found.scheme in ("http", "https") and bool(found.host) and 0 < port <= MOST_PORT
