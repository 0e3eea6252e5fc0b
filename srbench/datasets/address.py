"""Which addresses may be asked for a file: https anywhere, plain http on this machine only."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_trusted(url: str) -> bool:
    """Return whether `url` may be used in a manifest.

    What two parsers may read differently is not: with a backslash or a user's name, one sees another host.
    """
    if not re.fullmatch(r"[!-\[\]-~]+", url):
        return False
    scheme, host = _scheme_and_host(url)
    return bool(host) and (scheme == "https" or (scheme == "http" and host in _LOOPBACK))


def may_redirect(origin: str, target: str) -> bool:
    """Tell whether a server at `origin` may send us on to `target`: to plain http only from this machine."""
    return is_trusted(target) and (_scheme_and_host(target)[0] == "https" or _scheme_and_host(origin)[1] in _LOOPBACK)


def _scheme_and_host(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return "", ""
    return ("", "") if "@" in parts.netloc else (parts.scheme, parts.hostname or "")
