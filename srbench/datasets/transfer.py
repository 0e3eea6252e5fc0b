"""Downloads: over https only, at every redirect too, and never more bytes than expected."""

from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from srbench.datasets import address

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS = 3
REDIRECTS = 5
_PAUSE = 0.5  # seconds before the second attempt; twice that before the third
_TIMEOUT = 10, 60  # seconds to connect, and between two pieces of an answer
_TRANSIENT = {408, 429, 500, 502, 503, 504}
_PLAIN = {"Accept-Encoding": "identity"}  # a compressed answer can unfold into any size


class UnreachableError(Exception):
    """The server could not be reached, broke off on every attempt, or did what no trusted one does."""


class _MovedError(Exception):
    """The server redirects to this address, which has not been asked yet."""


class _EnoughError(Exception):
    """More arrived than was expected."""


class _Sink(io.BytesIO):
    """Holds what arrives, up to the first byte too many."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def write(self, data: Any) -> int:  # noqa: ANN401 - bytes, as the base class has them
        written = super().write(data[: self.most + 1 - self.tell()])
        if self.tell() > self.most:
            raise _EnoughError
        return written


def transfer(url: str, most: int) -> bytes:
    """Return what `url` answers, starting over when the connection fails; of more than `most` bytes, one more than it.

    Raises:
        UnreachableError: there is no answer, or one that is not trusted.

    """
    try:
        from pooch import HTTPDownloader  # noqa: PLC0415 - only downloads need them, and not every machine has them
        from requests import RequestException  # noqa: PLC0415
    except ImportError as error:
        raise UnreachableError(f"{error}; install pooch") from error
    download = HTTPDownloader(timeout=_TIMEOUT, chunk_size=2**16, headers=_PLAIN, hooks={"response": _inspect})
    reason = ""
    for attempt in range(ATTEMPTS):
        time.sleep(attempt * _PAUSE)
        try:
            return _followed(download, url, most)
        except RequestException as error:
            status = error.response.status_code if error.response is not None else None
            reason = f"the server answered {status}" if status else f"connection failed: {type(error).__name__}"
            if status and status not in _TRANSIENT:
                break
    raise UnreachableError(reason)


def _followed(download: Callable[[str, io.BytesIO, None], object], url: str, most: int) -> bytes:
    """Return what `url`, or what it redirects to, answers; an address that is not trusted is not asked."""
    if not address.is_trusted(url):
        raise UnreachableError(f"{url!r} is not an https address")
    for _ in range(REDIRECTS + 1):
        sink = _Sink(most)
        try:
            download(url, sink, None)
        except _EnoughError:
            pass
        except _MovedError as moved:
            target = str(moved)
            if not address.may_redirect(url, target):
                raise UnreachableError(f"it redirects to {target!r}, which is not an https address") from None
            url = target
            continue
        return sink.getvalue()
    raise UnreachableError(f"it redirects more than {REDIRECTS} times")


def _inspect(response: Any, **_: object) -> None:  # noqa: ANN401 - requests has no types here
    """Look at the head of an answer, before its body is read and before any redirect is followed.

    Raises:
        _MovedError: it is a redirect.
        UnreachableError: its length is none, or it is compressed, though that was declined.

    """
    refused = _refused(response)
    if refused:
        response.close()
        raise refused


def _refused(response: Any) -> Exception | None:  # noqa: ANN401 - requests has no types here
    if response.is_redirect:
        return _MovedError(_target(response.url, response.headers["Location"]))
    for header, expected in (("Content-Encoding", "identity"), ("Content-Length", r"\d{1,18}")):
        value = response.headers.get(header)
        if value and not re.fullmatch(expected, value, re.IGNORECASE | re.ASCII):
            return UnreachableError(f"the server answered with {header} {value!r}, expected plain bytes")
    return None


def _target(url: str, location: str) -> str:
    """Return what a redirect names, as requests would write it."""
    from requests.utils import requote_uri  # noqa: PLC0415 - as in `transfer`

    try:
        return urljoin(url, requote_uri(location))
    except ValueError:  # no address at all, and refused as such
        return location
