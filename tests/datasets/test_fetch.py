"""Files are verified where they lie and downloaded where they are missing, over a real HTTP server on the loopback."""

from __future__ import annotations

import hashlib
import sys
import threading
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from srbench import datasets
from srbench.datasets import transfer
from srbench.datasets.dataset import Dataset, ImageFile
from srbench.errors import DatasetError
from srbench.quality.files import read_image

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("a", "b", "c")


@dataclass
class Site:
    """What the server serves, how it misbehaves, and what it was asked for."""

    address: str
    content: dict[str, bytes]
    faults: dict[str, list[str]] = field(default_factory=dict)
    """For each path, what happens to its next requests: `404`, `503`, `drop` or `redirect`."""
    requests: Counter[str] = field(default_factory=Counter)


class Handler(BaseHTTPRequestHandler):
    """Serves a `Site`."""

    site: Site

    def do_GET(self) -> None:
        """Answer with the content, or with the next fault."""
        self.site.requests[self.path] += 1
        faults = self.site.faults.get(self.path, [])
        fault = faults.pop(0) if faults else ""
        body = self.site.content.get(self.path.removeprefix("/moved"), b"")
        status = int(fault) if fault.isdigit() else 302 if fault == "redirect" else 200
        self.send_response(status)
        if fault == "redirect":
            self.send_header("Location", f"/moved{self.path}")
        self.send_header("Content-Length", str(len(body) if status == 200 else 0))
        self.end_headers()
        if status == 200:
            self.wfile.write(body[: len(body) // 2] if fault == "drop" else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden argument
        """Stay silent."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Serve three small PNGs; retries do not pause, and no proxy is asked."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "_PAUSE", 0)
    content = {}
    for seed, name in enumerate(NAMES):
        pixels = np.random.default_rng(seed).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        content[f"/{name}.png"] = cv2.imencode(".png", pixels)[1].tobytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.site = Site(f"http://127.0.0.1:{server.server_port}", content)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Handler.site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def dataset(site: Site, tmp_path: Path) -> Dataset:
    """Declare the three PNGs, to be put below `tmp_path/data`."""
    files = [
        ImageFile(name, f"set/{name}.png", len(body), hashlib.sha256(body).hexdigest(), f"{site.address}/{name}.png")
        for name in NAMES
        for body in [site.content[f"/{name}.png"]]
    ]
    return Dataset("three", "three", "Three", "", "", "", tuple(files), root=tmp_path / "data")


def on_disk(dataset: Dataset) -> list[str]:
    """Return all that lies below the root of `dataset`, hidden files included."""
    return sorted(str(path.relative_to(dataset.root)) for path in dataset.root.rglob("*") if path.is_file())


def refusal(dataset: Dataset) -> str:
    """Return the one line that `ensure` fails with."""
    with pytest.raises(DatasetError) as caught:
        datasets.ensure(dataset)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_missing_files_are_downloaded_and_reported(dataset: Dataset, site: Site) -> None:
    """Each is asked for once, placed under its name, and reported when it is there."""
    seen: list[tuple[str, int, int]] = []
    datasets.ensure(dataset, lambda path, done, total: seen.append((path, done, total)))
    assert seen == [("set/a.png", 1, 3), ("set/b.png", 2, 3), ("set/c.png", 3, 3)]
    assert on_disk(dataset) == ["set/a.png", "set/b.png", "set/c.png"]
    assert set(site.requests.values()) == {1}
    assert dataset.missing() == ()
    assert all(read_image(entry.path).shape == (40, 40, 3) for entry in dataset.images)


def test_files_on_disk_are_never_downloaded(dataset: Dataset, site: Site) -> None:
    """A complete set needs no network."""
    datasets.ensure(dataset)
    site.requests.clear()
    datasets.ensure(dataset)
    assert not site.requests


def test_no_file_is_hashed_twice(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was downloaded or verified in this run is known, until it changes."""
    datasets.ensure(dataset)
    monkeypatch.setattr(hashlib, "file_digest", None)
    datasets.ensure(dataset)
    (dataset.root / "set/b.png").touch()
    with pytest.raises(TypeError):
        datasets.ensure(dataset)


def test_half_done_set_is_resumed(dataset: Dataset, site: Site) -> None:
    """Files that arrived before the failure are kept; only the others are asked for again."""
    site.faults["/b.png"] = ["404"]
    assert "2 of 3 files are missing" in refusal(dataset)
    assert on_disk(dataset) == ["set/a.png"]
    datasets.ensure(dataset)
    assert site.requests == {"/a.png": 1, "/b.png": 2, "/c.png": 1}


@pytest.mark.parametrize("fault", ["drop", "503"])
def test_second_attempt_succeeds(dataset: Dataset, site: Site, fault: str) -> None:
    """A connection that drops in the middle of a file, or a busy server, is tried again."""
    site.faults["/b.png"] = [fault]
    datasets.ensure(dataset)
    assert site.requests == {"/a.png": 1, "/b.png": 2, "/c.png": 1}
    assert on_disk(dataset) == ["set/a.png", "set/b.png", "set/c.png"]


def test_connection_that_always_drops(dataset: Dataset, site: Site) -> None:
    """After three attempts the line says so, and no half file is left."""
    site.faults["/a.png"] = ["drop"] * 9
    assert f"from {site.address} (connection failed: ChunkedEncodingError)" in refusal(dataset)
    assert site.requests["/a.png"] == transfer.ATTEMPTS
    assert not dataset.root.exists()


def test_404_is_not_tried_again(dataset: Dataset, site: Site) -> None:
    """A file that is not there will not be there in a second."""
    site.faults["/a.png"] = ["404"]
    assert "(the server answered 404)" in refusal(dataset)
    assert site.requests["/a.png"] == 1


def test_redirect_is_followed(dataset: Dataset, site: Site) -> None:
    """A file that moved is fetched from where it moved to."""
    site.faults["/a.png"] = ["redirect"]
    datasets.ensure(dataset)
    assert site.requests["/moved/a.png"] == 1


def test_download_with_a_wrong_hash_is_discarded(dataset: Dataset, site: Site) -> None:
    """The line says what was got, what was expected, where from, what may be wrong and what to do."""
    site.content["/a.png"] = b"<html>please log in</html>"
    line = refusal(dataset)
    got = hashlib.sha256(site.content["/a.png"]).hexdigest()
    assert line.startswith(f"{site.address}/a.png: got 26 bytes with sha256 {got}, expected {dataset.files[0].bytes}")
    assert dataset.files[0].sha256 in line
    assert "a proxy answered instead; get it elsewhere and put it at" in line
    assert not dataset.root.exists()


def test_download_that_is_too_long_is_discarded(dataset: Dataset, site: Site) -> None:
    """What goes beyond the size of the manifest is not even waited for."""
    site.content["/a.png"] += bytes(2**25)
    size = dataset.files[0].bytes
    tracemalloc.start()
    assert refusal(dataset).startswith(f"{site.address}/a.png: got more, expected {size} bytes with ")
    assert tracemalloc.get_traced_memory()[1] < 2**23
    tracemalloc.stop()
    assert not dataset.root.exists()


@pytest.mark.parametrize("resize", [True, False])
def test_wrong_file_on_disk_is_named_and_kept(dataset: Dataset, site: Site, *, resize: bool) -> None:
    """Somebody's own file is never overwritten, whether its size or only its hash is wrong."""
    path = dataset.root / "set/a.png"
    path.parent.mkdir(parents=True)
    content = b"mine" if resize else bytes(dataset.files[0].bytes)
    path.write_bytes(content)
    line = refusal(dataset)
    assert line.startswith(f"{path}: got {'4 bytes' if resize else 'sha256 '}")
    assert f"move it away to have it downloaded from {dataset.files[0].url}" in line
    assert path.read_bytes() == content
    assert not site.requests


def test_no_network_is_one_line_with_the_way_out(dataset: Dataset) -> None:
    """It counts the files, names the source, the place to put them by hand, and the two ways to name another."""
    dead = replace(dataset, files=tuple(replace(file, url=f"http://127.0.0.1:9/{file.name}") for file in dataset.files))
    line = refusal(dead)
    assert "three: 3 of 3 files are missing and cannot be downloaded from http://127.0.0.1:9 (connection failed" in line
    assert f"put them below {dataset.root} by hand, the first as set/a.png" in line
    assert "--data or SRBENCH_DATA" in line


def test_machine_without_pooch(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Local files work without it; a download says what to install."""
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert "install pooch" in refusal(dataset)


def test_data_folder_that_cannot_be_written(dataset: Dataset, tmp_path: Path) -> None:
    """The line names the file and the two ways to choose another folder."""
    (tmp_path / "file").touch()
    line = refusal(replace(dataset, root=tmp_path / "file" / "data"))
    assert "set/a.png: cannot be written (Not a directory); make the folder writable or choose another" in line


def test_failed_placement_leaves_nothing(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file is cleaned up when the last step fails."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    assert "set/a.png: cannot be written (No space left on device)" in refusal(dataset)
    assert on_disk(dataset) == []


def test_link_that_leads_nowhere_is_kept(dataset: Dataset, site: Site) -> None:
    """A link to a disk that is not mounted is not replaced by a download."""
    (dataset.root / "set").mkdir(parents=True)
    (dataset.root / "set/a.png").symlink_to("/nowhere/a.png")
    assert "set/a.png: cannot be read (No such file or directory)" in refusal(dataset)
    assert (dataset.root / "set/a.png").is_symlink()
    assert not site.requests


def test_files_of_a_package_are_not_downloaded(dataset: Dataset) -> None:
    """What an installed package should hold is a matter of reinstalling it."""
    files = tuple(replace(file, url="") for file in dataset.files)
    packaged = replace(dataset, package="skimage", files=files)
    assert "a.png is missing from the installed package skimage; reinstall it" in refusal(packaged)


def test_published_lr_is_fetched_on_request(dataset: Dataset, site: Site) -> None:
    """LR files are left alone unless their factor is asked for."""
    part = replace(dataset, files=dataset.files[:1], lr={2: dataset.files[1:2], 3: dataset.files[2:]})
    datasets.ensure(part)
    datasets.ensure(part, factors=(3,))
    assert site.requests == {"/a.png": 1, "/c.png": 1}
