"""Manifests are checked as strictly as they are trusted, and agree with the registry they were made from."""

from __future__ import annotations

import csv
import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from srbench import datasets
from srbench.datasets.manifest import load_manifest
from srbench.errors import DatasetError, UsageError
from srbench.folders import folder
from srbench.quality.files import pixel_hash, read_image

if TYPE_CHECKING:
    from pathlib import Path

SHA = "0" * 64
HEAD = 'title = "T"\nsummary = "S"\nlicence = "L"\ncitation = "C"\n'
ROW = f'{{ path = "a/b.png", bytes = 1, sha256 = "{SHA}", url = "https://example.org/b.png" }}'

OWN = f'{{ path = "a/b.png", bytes = 1, sha256 = "{SHA}" }}'
BELL = OWN.replace("a/b", "a/\\u0007b")
BAD_PIXELS = 'pixels = "ab", url'


def write(tmp_path: Path, text: str) -> Path:
    """Write a manifest called `odd`."""
    (tmp_path / "odd.toml").write_text(text, encoding="utf-8")
    return tmp_path / "odd.toml"


def test_minimal_manifest(tmp_path: Path) -> None:
    """The name of a dataset is the stem of its file, the name of an image the stem of its path."""
    dataset = load_manifest(write(tmp_path, f"{HEAD}files = [{ROW}]"))
    assert (dataset.name, dataset.spec, dataset.files[0].name) == ("odd", "odd", "b")
    assert (dataset.aliases, dataset.splits, dataset.lr) == ((), (), {})


def test_share_alike(tmp_path: Path) -> None:
    """A licence is share-alike where the manifest says so, and the attribution names who, licence and place."""
    head = f'{HEAD}homepage = "https://example.org"\n'
    images = load_manifest(write(tmp_path, f"{head}share_alike = true\nfiles = [{ROW}]"))
    assert (images.share_alike, images.attribution) == (True, "C; L; https://example.org")
    assert [name for name in datasets.names() if datasets.get(name).share_alike] == ["cid22"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title = ", "cannot be read as a manifest in TOML"),
        (f"files = [{ROW}]", "key 'title' is missing"),
        (HEAD, "key 'files' is missing"),
        (f"{HEAD}files = []", "key 'files' is empty"),
        (f"{HEAD}files = 3", "key 'files' is 3, expected list"),
        (f"{HEAD}files = [3]", r"files\[0\]: got 3, expected a table"),
        (f"{HEAD}colour = 1\nfiles = [{ROW}]", "unknown key 'colour'"),
        (f"{HEAD}files = [{ROW}, {ROW}]", "key 'name': 'b' occurs twice"),
        (f"{HEAD}files = [{ROW.replace('bytes = 1', 'bytes = 0')}]", r"files\[0\]: key 'bytes' is 0"),
        (f"{HEAD}files = [{ROW.replace('bytes = 1', 'bytes = true')}]", "key 'bytes' is True, expected int"),
        (f"{HEAD}files = [{ROW.replace(SHA, 'abc')}]", "key 'sha256' is 'abc', expected 64"),
        (f"{HEAD}files = [{ROW.replace('url', BAD_PIXELS)}]", "key 'pixels' is 'ab', expected 64"),
        (f"{HEAD}files = [{ROW.replace('a/b', '../b')}]", "key 'path' is '../b.png'"),
        (f"{HEAD}files = [{ROW.replace('a/b', '/b')}]", "key 'path' is '/b.png'"),
        (f"{HEAD}files = [{ROW.replace('a/b', 'C:/b')}]", "key 'path' is 'C:/b.png'"),
        (f"{HEAD}files = [{ROW.replace('https', 'http')}]", "key 'url' is 'http://example.org/b.png'"),
        (f"{HEAD}files = [{ROW.replace('https', 'file')}]", "key 'url'"),
        (f"{HEAD}files = [{ROW.replace('https://', 'https://[')}]", "key 'url'"),
        (f"{HEAD}files = [{BELL}]", "key 'path' is"),
        (f'{HEAD}folder = "photos"\nfiles = [{ROW}]', "key 'folder' is 'photos', but files have a 'url'"),
        (f'{HEAD}share_alike = "yes"\nfiles = [{ROW}]', "key 'share_alike' is 'yes', expected bool"),
        (f"{HEAD}folder = 3\nfiles = [{ROW}]", "key 'folder' is 3, expected str"),
        (f'{HEAD}folder = "a\\\\b"\nfiles = [{OWN}]', "expected a path with forward slashes"),
        (f"{HEAD}files = {'[' * 2000}", "cannot be read as a manifest in TOML \\(nested too deeply\\)"),
        (f"{HEAD}files = [{ROW}]\n[lr]\ntwo = []", "unknown key 'lr.two', expected x2"),
        (f"{HEAD}files = [{ROW}]\n[lr]\nx2 = 2", "lr.x2: got 2, expected a list"),
        (f"{HEAD}files = [{ROW}]\n[lr]\nx2 = [{ROW.replace('a/b', 'a/c')}]", "'c' is the name of no image"),
    ],
)
def test_malformed_manifests_name_file_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    """Whatever is wrong, the line says in which file and under which key."""
    path = write(tmp_path, text)
    with pytest.raises(DatasetError, match=complaint) as caught:
        load_manifest(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_huge_manifest_is_not_read(tmp_path: Path) -> None:
    """A gigabyte in place of a manifest is one line, at once."""
    path = write(tmp_path, HEAD)
    os.truncate(path, 2**30)
    with pytest.raises(DatasetError, match=r"odd\.toml: cannot be read as a manifest in TOML \(got more than"):
        load_manifest(path)


def test_plain_http_is_for_this_machine_only(tmp_path: Path) -> None:
    """A test server on the loopback may speak http."""
    row = ROW.replace("https://example.org", "http://127.0.0.1:8000")
    assert load_manifest(write(tmp_path, f"{HEAD}files = [{row}]")).files[0].url.startswith("http://127")


@pytest.mark.parametrize("name", datasets.names())
def test_shipped_manifests_are_complete(name: str, tmp_path: Path) -> None:
    """Every manifest loads, gives a licence, and every file has a split and a source."""
    dataset = datasets.get(name, tmp_path)
    assert dataset.licence
    assert dataset.citation
    assert all(file.split and (file.url or dataset.package) for file in dataset.files)
    assert all(entry.path.is_absolute() for entry in dataset.images)


@pytest.mark.parametrize(
    ("spec", "canonical", "count"),
    [
        ("set5", "set5", 5),
        ("Set14", "set14", 14),
        ("b100", "bsd100", 100),
        ("bsds", "bsd100", 100),
        ("bsds500", "bsds500", 500),
        ("bsds500:train", "bsds500:train", 198),
        ("bsds500:test", "bsds500:test", 199),
        ("bsds500:val", "bsds500:val", 100),
        ("t91:train", "t91", 91),
        ("urban100", "urban100", 100),
        ("kodak", "kodak24", 24),
        ("McMaster", "mcmaster18", 18),
        ("sun-hays80", "sunhays80", 80),
        ("gb82", "gb82", 25),
        ("cid22:train", "cid22", 202),
        ("general100", "general100", 100),
        ("sample", "sample", 5),
    ],
)
def test_specs_are_made_canonical(spec: str, canonical: str, count: int, tmp_path: Path) -> None:
    """Aliases are resolved, a split stays unless it is the only one, no split means all."""
    dataset = datasets.get(spec, tmp_path)
    assert (dataset.spec, len(dataset.images)) == (canonical, count)
    assert datasets.get(dataset.spec, tmp_path) == dataset


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("st5", r"unknown dataset 'st5'; did you mean set5\? \(available: bsd100, bsds500, cid22"),
        ("", "unknown dataset ''"),
        ("bsds500:tets", r"no split 'tets' \(available: train, excluded, val, test\)"),
        ("set5:", r"no split '' \(available: test\)"),
    ],
)
def test_unknown_names_list_what_there_is(spec: str, complaint: str) -> None:
    """The nearest name comes first, then all."""
    with pytest.raises(UsageError, match=complaint):
        datasets.get(spec)


def test_folder_without_separator_is_pointed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who types `photos` and has such a folder is told to write `./photos`."""
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"write \./photos"):
        datasets.get("photos")


def test_default_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SRBENCH_DATA` wins over the cache; an argument wins over both."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SRBENCH_DATA", raising=False)
    assert datasets.get("set5").root == tmp_path / "cache" / "srbench" / "datasets"
    monkeypatch.setenv("SRBENCH_DATA", str(tmp_path / "data"))
    assert datasets.get("set5").root == tmp_path / "data"
    assert datasets.get("set5", tmp_path).root == tmp_path


def test_bsd100_is_the_val_split_of_bsds500() -> None:
    """The same hundred files, so training on val means training on the test set."""
    assert datasets.get("b100").fingerprint == datasets.get("bsds500:val").fingerprint
    assert datasets.get("b100").fingerprint != datasets.get("bsds500:train").fingerprint


@pytest.mark.slow
def test_pixel_hashes_are_those_of_the_images(data_folder: Path) -> None:
    """Every image of these test sets is declared with the hash of its pixels, whatever file holds them."""
    for name in ("set5", "set14", "bsd100", "kodak24"):
        dataset = datasets.get(name, data_folder)
        for file in dataset.files:
            assert file.pixels == pixel_hash(read_image(dataset.root / file.path)), file.path


def test_published_lr_carries_the_names_of_its_images(tmp_path: Path) -> None:
    """LR files are paired by name, never by sort order."""
    dataset = datasets.get("set5", tmp_path)
    assert [entry.name for entry in dataset.published_lr(3)] == [entry.name for entry in dataset.images]
    assert dataset.published_lr(3)[0].path == tmp_path / "Set5/LR_bicubic/X3/babyx3.png"
    assert dataset.published_lr(7) == []


def test_missing_lists_what_is_not_there(tmp_path: Path) -> None:
    """A file counts as soon as it exists; whether it is right is for `ensure` to say."""
    (tmp_path / "Set5/HR").mkdir(parents=True)
    (tmp_path / "Set5/HR/baby.bmp").touch()
    names = [file.name for file in datasets.get("set5", tmp_path).missing()]
    assert names == ["bird", "butterfly", "head", "woman"]


def test_sample_needs_no_download() -> None:
    """The files of `sample` are those that the installed scikit-image brings, bit for bit."""
    sample = datasets.get("sample")
    datasets.ensure(sample)
    assert [read_image(entry.path).ndim for entry in sample.images] == [3, 2, 3, 3, 3]


def test_manifests_agree_with_the_registry(data_folder: Path) -> None:
    """Every file that is declared has the path, size, hash and address of the registry, which knows more datasets."""
    with (data_folder / "registry.tsv").open(encoding="utf-8", newline="") as file:
        rows = {(r["path"], int(r["bytes"]), r["sha256"], r["url"]) for r in csv.DictReader(file, delimiter="\t")}
    declared = {
        (file.path, file.bytes, file.sha256, file.url)
        for manifest in folder("datasets").glob("*.toml")
        for dataset in [load_manifest(manifest)]
        for file in [*dataset.files, *(file for files in dataset.lr.values() for file in files)]
        if not dataset.package
    }
    assert declared <= rows


def test_files_on_this_disk_are_verified(data_folder: Path) -> None:
    """The data folder holds the declared files, LR included."""
    for name in ("set5", "set14", "b100", "t91"):
        datasets.ensure(datasets.get(name, data_folder), factors=(2, 3, 4))


def test_fingerprint_is_made_from_the_sorted_hashes(tmp_path: Path) -> None:
    """Its definition is short enough to be checked with a shell."""
    dataset = datasets.get("set5", tmp_path)
    hashes = sorted(file.sha256 for file in dataset.files)
    assert dataset.fingerprint == hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def test_manifest_of_a_user(tmp_path: Path) -> None:
    """A path that ends in .toml is a dataset; its files are in `folder`, from the manifest's own, or below the root."""
    path = write(tmp_path, f'{HEAD}folder = "photos"\nfiles = [{OWN}]')
    for spec in (str(path), f"{tmp_path}/./odd.toml"):
        dataset = datasets.get(spec, tmp_path / "data")
        assert (dataset.name, dataset.spec, dataset.root) == ("odd", str(path), tmp_path / "photos")
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "data" / "a" / "b.png").touch()
    assert datasets.get(str(path), tmp_path / "data").root == tmp_path / "data"
    (tmp_path / "photos" / "a").mkdir(parents=True)
    (tmp_path / "photos" / "a" / "b.png").touch()
    assert datasets.get(str(path), tmp_path / "data").root == tmp_path / "photos"


def test_manifest_without_a_folder(tmp_path: Path) -> None:
    """Its files are beside it if they have no address; what is downloaded goes to the data folder."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.png").touch()
    assert datasets.get(str(write(tmp_path, f"{HEAD}files = [{OWN}]")), tmp_path / "data").root == tmp_path
    assert datasets.get(str(write(tmp_path, f"{HEAD}files = [{ROW}]")), tmp_path / "data").root == tmp_path / "data"


def test_split_of_a_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A split is named as that of any dataset, and a manifest in the current folder needs no `./`."""
    first = OWN.replace("bytes", 'split = "test", bytes')
    second = OWN.replace("b.png", "c.png").replace("bytes", 'split = "val", bytes')
    path = write(tmp_path, f"{HEAD}files = [{first}, {second}]")
    monkeypatch.chdir(tmp_path)
    dataset = datasets.get("odd.toml:val")
    assert (dataset.spec, [file.name for file in dataset.files]) == (f"{path}:val", ["c"])
    assert datasets.get(dataset.spec) == dataset


def test_edited_manifest_is_read_anew(tmp_path: Path) -> None:
    """A notebook sees what a manifest says now."""
    path = write(tmp_path, f"{HEAD}files = [{OWN}]")
    datasets.get(str(path))
    write(tmp_path, f"{HEAD}files = [{OWN}]".replace('"T"', '"Other"'))
    assert datasets.get(str(path)).title == "Other"


def test_missing_manifest(tmp_path: Path) -> None:
    """The line names the file."""
    with pytest.raises(DatasetError, match=r"no\.toml: cannot be read as a manifest in TOML \(.*No such file"):
        datasets.get(f"{tmp_path}/no.toml")
