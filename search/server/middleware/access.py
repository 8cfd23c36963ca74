"""Access control: the API key, the allowed Host names, and pages of other sites."""

from __future__ import annotations

import hmac
import ipaddress
import os
import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from search.server.settings import Settings
from search.server.wire.http_errors import error_answer
from store import CrossgraphError

__all__ = ["KEY_VARIABLE", "Access", "AccessError", "is_loopback", "names_of", "read_key"]

KEY_VARIABLE = "CROSSGRAPH_API_KEY"
SHORTEST_KEY = 16
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.%]{2,64})\]|([a-z0-9._-]{1,255}))(?::[0-9]{0,5})?")
"""A name, or an address in brackets, and an optional port: what a Host header may contain."""


class AccessError(CrossgraphError):
    """The server would be open to anyone, or its key is unusable."""


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def names_of(host: str) -> frozenset[str]:
    """Return the names of a loopback address in a Host header."""
    return frozenset({"localhost", "127.0.0.1", "::1", host.lower()})


def read_key(file: Path | None) -> str | None:
    """Return the key from a file or from the environment; None if there is none.

    Raises:
        AccessError: the file cannot be read, or the key is too short or no plain text.
    """
    where, key = KEY_VARIABLE, os.environ.get(KEY_VARIABLE, "")
    if file is not None:
        where = str(file)
        try:
            key = file.read_text(encoding="utf-8-sig")  # with the mark that Windows editors write
        except (OSError, UnicodeDecodeError) as error:
            raise AccessError(f"{file} cannot be read as a key: {error}") from None
    elif not key:
        return None
    key = key.strip()
    if len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise AccessError(
            f"the key in {where} has {len(key)} characters, expected at least {SHORTEST_KEY} "
            "letters, digits and signs: create one with `openssl rand -hex 24`"
        )
    return key


class Access:
    """Rejects unauthorised requests before anything is read.

    Args:
        app: the application that answers the others.
        settings: the settings, with the key and the names.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, reason = self._judged(scope, Headers(scope=scope))
        if not status:
            await self._app(scope, receive, send)
            return
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
        await error_answer(status, reason, headers)(scope, receive, send)

    def _judged(self, scope: Scope, headers: Headers) -> tuple[int, str]:
        host = headers.get("host", "").lower()
        name = _name(host) if len(headers.getlist("host")) == 1 else None
        if self._settings.hosts is not None and name not in self._settings.hosts:
            names = ", ".join(sorted(self._settings.hosts))
            return 403, f"the name in the Host header is not one of this server's; expected {names}"
        if name is None:
            return 400, "expected one Host header, with a name and optionally a port"
        if scope["method"] not in SAFE_METHODS and _is_foreign(headers, host):
            return 403, "pages of other sites may neither read nor change anything here"
        guarded = scope["path"].startswith("/v1") or scope["path"].startswith("/metrics")
        if guarded and not self._has_key(headers):
            return 401, "send the key of this server as `Authorization: Bearer KEY`"
        return 0, ""

    def _has_key(self, headers: Headers) -> bool:
        if self._settings.key is None:
            return True
        kind, _, key = headers.get("authorization", "").partition(" ")
        given, wanted = key.strip().encode("latin-1", "replace"), self._settings.key.encode()
        return hmac.compare_digest(given, wanted) and kind.lower() == "bearer"


def _name(authority: str) -> str | None:
    """Return the name in a Host header without port and brackets; None if malformed.

    >>> _name("[::1]:8000"), _name("localhost"), _name("127.0.0.1:1@evil.example")
    ('::1', 'localhost', None)
    """
    match = _AUTHORITY.fullmatch(authority)
    return None if match is None else match[1] or match[2]


def _is_foreign(headers: Headers, host: str) -> bool:
    """Return whether a browser sends this for a page of another site; programs send no Origin."""
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return True
    origin = headers.get("origin")
    if origin is None:
        return False
    scheme, _, authority = origin.lower().partition("://")
    # A TLS proxy in front of this server may or may not leave out the scheme's default port.
    default = {"http": ":80", "https": ":443"}.get(scheme, "")
    return authority.removesuffix(default) != host.removesuffix(default) or not authority
