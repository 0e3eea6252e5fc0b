"""The readers that are fuzzed: what each may answer to any bytes at all, and files that it reads, to mutate.

Shared by `test_readers.py`, which hypothesis drives in every test run, and `fuzz.py`, which atheris drives for longer.
A reader gets a file; it returns where the answer is allowed, and raises whatever is not.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image as Pillow

from srbench import plan
from srbench.analysis.columns import metrics_of
from srbench.datasets.manifest import load_manifest
from srbench.errors import DatasetError, ImageError, RunFolderError, SrbenchError, UsageError
from srbench.metrics.classical import CLASSICAL
from srbench.plan import Plan
from srbench.quality import conventions, protocol_file, protocols
from srbench.quality.differences import differences
from srbench.quality.files import MAX_PIXELS, read_image
from srbench.quality.protocol import Protocol
from srbench.quality.scoring import Scoring, measure
from srbench.specs import MethodSpec, canonical, comma_list, parse_method
from srbench.store import current, journal
from srbench.store.rows import MetricRow, ScoreRow, TimingRow, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_TRUSTED = r"https://[^@\\/?#]+([/?#][^\\]*)?$|http://(127\.0\.0\.1|localhost|\[::1\])(:\d*)?([/?#][^\\]*)?$"


class Reader(NamedTuple):
    """What is fuzzed: `check` gets a file with any content, and is to raise nothing.

    `seeds` are contents to mutate, most of them good ones; `words` are what such contents are made of.
    """

    check: Callable[[Path], None]
    seeds: Callable[[], list[bytes]]
    words: list[bytes]


def image(file: Path) -> None:
    """Read an image: an ImageError, or uint8 pixels of a shape that metrics know."""
    try:
        pixels = read_image(file)
    except ImageError as error:
        one_line(error)
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 2 or pixels.shape[2:] == (3,)
    assert 0 < pixels.shape[0] * pixels.shape[1] <= MAX_PIXELS


def manifest(file: Path) -> None:
    """Read a manifest: a DatasetError, or files below the data folder, with hashes, from addresses that are trusted."""
    load_manifest.cache_clear()
    try:
        dataset = load_manifest(file)
    except DatasetError as error:
        one_line(error)
        return
    root = file.parent
    for each in [*dataset.files, *(each for group in dataset.lr.values() for each in group)]:
        assert os.path.normpath(root / each.path).startswith(f"{root}{os.sep}")
        assert each.bytes > 0
        assert len(bytes.fromhex(each.sha256)) == 32
        assert not each.url or re.match(_TRUSTED, each.url, re.IGNORECASE), each.url
    assert len({each.name for each in dataset.files}) == len(dataset.files) > 0
    dataset.fingerprint.encode()


def row(file: Path) -> None:
    """Read a line of a journal: a RunFolderError, or a row that can be written again, and is then the same."""
    try:
        found = from_json(file.read_bytes())
    except RunFolderError as error:
        one_line(error)
        return
    written = to_json(found).encode()
    assert to_json(from_json(written)).encode() == written
    hash(found)


def protocol(file: Path) -> None:
    """Read a protocol: a UsageError, or one whose file and whose fields, written again, are the same protocol."""
    try:
        found = protocol_file.read(file)
    except UsageError as error:
        one_line(error)
        return
    file.write_text(protocol_file.text(found), encoding="utf-8")
    again = protocol_file.read(file)
    assert (again.fingerprint, again.summary) == (found.fingerprint, found.summary)
    assert Protocol.from_fields(found.name, json.loads(json.dumps(found.fields)), found.summary) == found


def protocol_spec(file: Path) -> None:
    """Read what is typed as protocols: a UsageError, or protocols that their names mean too."""
    try:
        for each in comma_list([os.fsdecode(file.read_bytes())]):
            found = protocols.get(each)
            assert protocols.get(found.name) == found
    except UsageError as error:
        one_line(error)


def convention(file: Path) -> None:
    """Read conventions: a UsageError, or such that can be said in a line, and that score an image or leave it out."""
    try:
        found = conventions.known([file])
    except UsageError as error:
        one_line(error)
        return
    own = found[_BUILT_IN:]
    for each in own:
        lines = differences(each.scoring, Scoring(), floats=True, grey=True)
        for text in (each.title, each.summary, each.repository, each.commit, each.where, each.group, *lines):
            assert text.isprintable(), text
            text.encode()
    measured = measure((each.scoring for each in own), [(_IMAGE, _IMAGE[::-1])], 2)
    assert not any(math.isnan(each.psnr) for each in measured.values())


def spec(file: Path) -> None:
    """Read what is typed as methods: a UsageError, or specs whose canonical spelling means the same, also in a list."""
    text = os.fsdecode(file.read_bytes())
    try:
        factors = plan.factors(text)
        assert min(factors, default=2) >= 2
    except UsageError as error:
        one_line(error)
    try:
        for each in comma_list([text]):
            found = parse_method(each)
            assert parse_method(str(found)) == MethodSpec(found.name, found.options)
            assert str(parse_method(str(found))) == str(found) == canonical(found.name, found.options)
            options = canonical("name", found.options)
            assert comma_list([f"first,{options},last"]) == ["first", options, "last"]
    except UsageError as error:
        one_line(error)


def info(file: Path) -> None:
    """Read run.json: a RunFolderError, or a plan that is the same when it is written and read again."""
    file = file.rename(file.with_name("run.json"))
    try:
        found = journal.read_info(file.parent)
        read = Plan.from_json(found["plan"])
    except RunFolderError as error:
        one_line(error)
        return
    current.current([], found)
    metrics_of(found)
    assert Plan.from_json(json.loads(json.dumps(read.to_json()))) == read
    assert not read.differences(read)
    for each in read.differences(Plan(("bicubic",))):
        each.encode()


def one_line(error: SrbenchError) -> None:
    """Hold an error to what the command line promises: one line, that a terminal can show."""
    text = str(error)
    assert text
    assert text.isprintable(), text


def _images() -> list[bytes]:
    """Return small images of all formats, modes and orders of bytes."""
    y, x = np.mgrid[0:9, 0:12]
    rgb = Pillow.fromarray(np.stack([x * 20, y * 25, (x + y) * 10], axis=-1).astype(np.uint8))
    exif = Pillow.Exif()
    exif[0x0112] = 6
    saved: list[tuple[Pillow.Image, str, dict[str, Any]]]
    saved = [(rgb.convert(mode), "PNG", {}) for mode in ("RGB", "L", "1", "LA", "RGBA", "P", "I;16")]
    saved += [(rgb, "PNG", {"exif": exif})]
    saved += [(rgb.convert(mode), "BMP", {}) for mode in ("RGB", "L", "1", "P")]
    saved += [(rgb.convert(mode), "JPEG", {}) for mode in ("RGB", "L", "CMYK")]
    saved += [(rgb, "JPEG", {"exif": exif, "progressive": True}), (rgb, "MPO", {"append_images": [rgb], "save_all": 1})]
    kinds = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
    saved += [(rgb, "TIFF", {"compression": kind}) for kind in kinds]
    saved += [(rgb.convert("1"), "TIFF", {"compression": "group4"}), (rgb.convert("P"), "TIFF", {})]
    saved += [(rgb, "TIFF", {"append_images": [rgb], "save_all": True})]
    saved += [(rgb, "WEBP", {"lossless": True}), (rgb, "WEBP", {}), (rgb.convert("RGBA"), "WEBP", {})]
    saved += [(rgb.convert(mode), "PPM", {}) for mode in ("RGB", "L", "1")]
    plain = b"P3\n2 1\n255\n1 2 3\n4 5 6\n"
    return [plain, *(_saved(picture, kind, options) for picture, kind, options in saved)]


def _saved(picture: Pillow.Image, kind: str, options: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def _manifests() -> list[bytes]:
    head = 'title = "T"\nsummary = "S"\nlicence = "L"\ncitation = """C\nD"""\n'
    file = f'{{ path = "a/b.png", bytes = 1, sha256 = "{"0" * 64}", url = "https://example.org/b.png" }}'
    more = 'homepage = "https://example.org"\naliases = ["o", \'p\']\npackage = "skimage"\n'
    table = f'[[files]]\npath = "c.png"\nname = "b"\nsplit = "train"\nbytes = 0x2\nsha256 = "{"ab" * 32}"\n'
    texts = [f"{head}files = [{file}]\n", f"{head}{more}{table}", f"{head}files = [{file}]\n[lr]\nx2 = [{file}]\n"]
    texts += [f"{head}files = {'[' * 2000}", texts[0].replace("://", "://[")]
    return [text.encode() for text in [*texts, head.replace("T", "\\u00e9\\n") + f"files=[{file},]#c\n"]]


def _rows() -> list[bytes]:
    score = ScoreRow(method="m:a=1", dataset="d", image="i.png", factor=3, protocol="p", device="cpu", psnr=30.5)
    bad = ScoreRow(method="m", dataset="d", image="é", factor=2, protocol="p", device="cpu", status="failed")
    exact = ScoreRow(method="m", dataset="d", image="i", factor=2, protocol="p", device="cuda", psnr=float("inf"))
    timing = TimingRow(method="m", factor=3, device="cpu", phase="call", height=2, width=3, channels=1, seconds=1e-3)
    value = MetricRow(
        metric="n:a=1", method="m", dataset="d", image="i", factor=2, protocol="p", device="cpu", value=0.5
    )
    lines = [to_json(each) for each in (score, bad, exact, value, timing)]
    fields = {
        "row",
        *asdict(score),
        *asdict(value),
        *asdict(timing),
    }  # without a checksum, so that not every mutation is refused by it
    rows = [json.dumps({k: v for k, v in json.loads(line).items() if k in fields}).encode() for line in lines]
    return [*rows, *map(str.encode, lines), rows[0].replace(b"30.5", b"[" * 2000), rows[0].replace(b"30.5", b"9" * 400)]


def _specs() -> list[bytes]:
    texts = ["bicubic, espcn", "2,3,4", "9" * 5000, "a:b=1:b=2", '"a,b"', '"a:b,c=1"', 'a:b=c"d,e"f']
    texts += ['espcn:weights="a,b:c":ensemble=8', 'a:b="":c=" x=y "']
    return [text.encode() for text in texts]


def _protocols() -> list[bytes]:
    specs = ("srcnn", "basicsr:lr=bd", "ntire2017:lr=jpeg:quality=40", "basicsr:lr=noise:crop=12", "article:lr=given")
    return [protocol_file.text(protocols.get(each)).encode() for each in specs]


def _protocol_specs() -> list[bytes]:
    texts = ["srcnn,ntire", "basicsr:lr=blur-bicubic:sigma=1.3:size=7", "selfexsr:scored=rgb:shave=2*factor+1:crop=12"]
    return [text.encode() for text in [*texts, "basicsr:lr=jpeg:quality=40", "basicsr:border=mirror", "./none.toml"]]


def _conventions() -> list[bytes]:
    luma = "[luma.mine]\nweights = [0.2126, 0.7152, 0.0722]\ndivisor = 1\noffset = 0\n"
    like = '[[convention]]\nname = "a"\nlike = "LapSRN"\nluma = "full"\nshave = "factor+1"\ncommit = "1"\n'
    ssim = (
        'ssim = { window = "box", size = 6, sigma = 1.5, boundary = "symmetric", negative = "cut", border = "after" }\n'
    )
    all_keys = (
        '[[group]]\nname = "b"\nvalue = "Y"\nchannels = "y"\nluma = "mine"\nluma_rounded = "half-up"\ncrop = 4\n'
        'ssim_luma_rounded = "half-even"\nsr_rounded = "truncated"\ngrey = "rgb"\nshave = 1\npooling = "mse"\n'
        'psnr_channels = "apart"\npsnr_epsilon = 1e-8\nsummary = "s"\nrepository = "r/r"\nwhere = "w"\n'
    )
    return [each.encode() for each in (luma + like, luma + all_keys + ssim, like + ssim, "[[group]]\n" * 3)]


def _infos() -> list[bytes]:
    plans = [Plan(("bicubic", "espcn"), (2, 3), device="cpu", plugins=("/p.py",)), Plan(("m",), timing=False)]
    status = ["running", "finished"]
    infos = [
        {"schema": journal.SCHEMA, "status": status[number], "plan": each.to_json(), "versions": {"numpy": "1"}}
        for number, each in enumerate(plans)
    ]
    infos[0]["metrics"] = {name: metric.facts | {"files": {}} for name, metric in CLASSICAL.items()}
    return [*(json.dumps(each, indent=2).encode() for each in infos), b'{"plan": ' + b"[" * 2000]


_CHUNKS = (
    b"IHDR PLTE tRNS iCCP zTXt iTXt acTL fcTL IDAT VP8X ANIM EXIF P6 65536 II*\0 MM\0* \0\1 \xff\xff\xff\xff".split()
)
_TEXTS = [*rb'" [ ] { } , : -1 1e999 true "\ud800"'.split(), b"\n", b"9" * 60, b"\xed\xa0\x80"]
_JSON = [*_TEXTS, *b'null NaN Infinity {} [] "" "x" [1] "failed" "score" "metric" "timing"'.split()]
_TOML = [*_TEXTS, *rb"""= ' nan [[ # http:// https:// @ .. / \ 1979-05-27 x3""".split(), b'"""']
_SPEC = [*rb'" : , = ="'.split(), b" ", b"\xff", "²".encode(), "\u2028".encode(), b"9" * 60]

_BUILT_IN = len(conventions.known())
_IMAGE = np.random.default_rng(0).integers(0, 256, (24, 30, 3), dtype=np.uint8)

READERS = {
    "image": Reader(image, _images, _CHUNKS),
    "manifest": Reader(manifest, _manifests, _TOML),
    "row": Reader(row, _rows, _JSON),
    "protocol": Reader(protocol, _protocols, _TOML),
    "convention": Reader(convention, _conventions, _TOML),
    "protocol_spec": Reader(protocol_spec, _protocol_specs, _SPEC),
    "spec": Reader(spec, _specs, _SPEC),
    "info": Reader(info, _infos, _JSON),
}
