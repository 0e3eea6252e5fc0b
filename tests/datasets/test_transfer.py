"""What a hostile server does: it redirects to plain http, sends without end, or compresses. Real servers play it.

127.0.0.2 is this machine as well, but no address for which plain http is allowed: it stands for one elsewhere.
"""

from __future__ import annotations

import gzip
import re
import shutil
import ssl
import subprocess
import threading
import tracemalloc
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from srbench.datasets import transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
CONTENT = b"content" * 1000
ENDLESS = 2**26
"""Bytes that an endless answer has: more than a test may take, little enough for a guard that fails to show."""


class Server:
    """A server on one host: what it was asked for, and where each of its paths redirects to."""

    def __init__(self, address: str) -> None:
        """Serve at `address`."""
        self.address = address
        self.asked: list[str] = []
        self.sent = 0
        self.headers: dict[str, str] = {}
        self.moved: dict[str, str] = {}


class Handler(BaseHTTPRequestHandler):
    """Answers for a `Server`."""

    site: Server

    def do_GET(self) -> None:
        """Redirect, or send the content plain, compressed or without end."""
        site = self.site
        site.asked.append(self.path)
        site.headers = dict(self.headers)
        target = site.moved.get(self.path)
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        if self.path == "/gzip":
            self.send_header("Content-Encoding", "gzip")
        if self.path == "/nonsense":
            self.send_header("Content-Length", "many")
        self.end_headers()
        try:
            if self.path.startswith("/endless"):
                for _ in range(ENDLESS // 2**16):
                    site.sent += self.wfile.write(bytes(2**16))
            else:
                self.wfile.write(gzip.compress(CONTENT) if self.path == "/gzip" else CONTENT)
        except OSError:  # the client has enough
            pass

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden argument
        """Stay silent."""


@contextmanager
def serving(host: str, certificate: Path | None = None) -> Iterator[Server]:
    """Serve on a free port of `host`, over TLS where there is a certificate."""
    handler = type("Own", (Handler,), {})
    server = ThreadingHTTPServer((host, 0), handler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    handler.site = site = Server(f"{scheme}://{host}:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask no proxy, and retry at once."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
    monkeypatch.setattr(transfer, "_PAUSE", 0)


@pytest.fixture
def here() -> Iterator[Server]:
    """Serve plain http on this machine."""
    with serving(HERE) as site:
        yield site


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    """Serve plain http where it is not allowed."""
    with serving(ELSEWHERE) as site:
        yield site


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve https elsewhere, with a certificate that this process believes."""
    if not shutil.which("openssl"):
        pytest.skip("openssl, which makes the certificate, is not installed")
    file = tmp_path / "both.pem"
    options = [
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=test",
        "-addext",
        f"subjectAltName=IP:{ELSEWHERE}",
    ]
    command = ["openssl", "req", "-x509", *options, "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run(command, check=True, capture_output=True)
    file.write_bytes((tmp_path / "key").read_bytes() + (tmp_path / "cert").read_bytes())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert"))
    with serving(ELSEWHERE, file) as site:
        yield site


def refusal(url: str, most: int = len(CONTENT)) -> str:
    """Return why `url` is refused."""
    with pytest.raises(transfer.UnreachableError) as caught:
        transfer.transfer(url, most)
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_plain_http_elsewhere_is_not_asked(elsewhere: Server) -> None:
    """An address that no manifest may hold is refused before anything is sent."""
    assert refusal(f"{elsewhere.address}/a") == f"'{elsewhere.address}/a' is not an https address"
    assert elsewhere.asked == []


def test_redirect_from_here_to_plain_http_elsewhere(here: Server, elsewhere: Server) -> None:
    """The insecure request is not sent."""
    here.moved["/a"] = f"{elsewhere.address}/b"
    assert f"redirects to '{elsewhere.address}/b', which is not an https address" in refusal(f"{here.address}/a")
    assert (here.asked, elsewhere.asked) == (["/a"], [])


@pytest.mark.slow
def test_redirect_from_https_to_plain_http(secure: Server, here: Server, elsewhere: Server) -> None:
    """It is refused wherever it leads, to this machine too, at the first redirect or a later one."""
    secure.moved = {"/a": f"{elsewhere.address}/x", "/b": f"{here.address}/x", "/c": "/b", "/e": "/f"}
    assert f"redirects to '{elsewhere.address}/x'" in refusal(f"{secure.address}/a")
    for path in "bc":
        assert f"redirects to '{here.address}/x'" in refusal(f"{secure.address}/{path}")
    assert (here.asked, elsewhere.asked) == ([], [])
    assert transfer.transfer(f"{secure.address}/e", len(CONTENT)) == CONTENT


@pytest.mark.parametrize(
    "target", ["//[", "http://[", "https:///a", "http://a\\@127.0.0.1/", "file:///etc/passwd", "ftp://x/", "//@/"]
)
def test_redirects_to_no_address(here: Server, target: str) -> None:
    """Whatever a redirect names, the answer is one line."""
    here.moved["/a"] = target
    assert re.fullmatch("it redirects to '.*', which is not an https address", refusal(f"{here.address}/a"))
    assert here.asked == ["/a"]


def test_redirects_without_end(here: Server) -> None:
    """After five redirects it is enough."""
    here.moved["/a"] = "/a"
    assert refusal(f"{here.address}/a") == f"it redirects more than {transfer.REDIRECTS} times"
    assert len(here.asked) == transfer.REDIRECTS + 1


@pytest.mark.parametrize("moved", [False, True])
def test_endless_answers(here: Server, *, moved: bool) -> None:
    """No more is kept than one byte too many, nor waited for; the body of a redirect is not read at all."""
    path = "/endless"
    if moved:
        here.moved[path], path = "/a", "/endless"
    tracemalloc.start()
    content = transfer.transfer(f"{here.address}{path}", len(CONTENT))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert content == CONTENT if moved else len(content) == len(CONTENT) + 1
    assert peak < 2**23
    assert here.sent < ENDLESS


def test_compressed_answers(here: Server) -> None:
    """Compression is declined, and a server that compresses nonetheless is not believed."""
    assert refusal(f"{here.address}/gzip") == "the server answered with Content-Encoding 'gzip', expected plain bytes"
    assert here.headers["Accept-Encoding"] == "identity"


def test_nonsense_in_a_header(here: Server) -> None:
    """A length that is no number is one line."""
    assert "answered with Content-Length 'many'" in refusal(f"{here.address}/nonsense")


def test_exactly_what_was_expected(here: Server) -> None:
    """The largest size that is expected arrives whole."""
    assert transfer.transfer(f"{here.address}/a", len(CONTENT)) == CONTENT
