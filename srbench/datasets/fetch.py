"""Files of a dataset: verified where they are, downloaded where they are missing, never silently replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from srbench.atomic import replacing
from srbench.datasets.transfer import UnreachableError, transfer
from srbench.errors import DatasetError
from srbench.opening import opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from srbench.datasets.dataset import Dataset, ImageFile

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called after each download with the path just placed, how many are done, and how many there are to do."""

_hashes: dict[tuple[Path, int, int], str] = {}  # by path, size and time of change: no file is hashed twice in a run


def ensure(dataset: Dataset, progress: Progress | None = None, *, factors: Sequence[int] = ()) -> None:
    """Make sure that every file of `dataset` is on this disk and is the right one.

    Files on the disk are verified by their sha256 and never touched; the others are downloaded, and appear under their
    names only when whole and verified. Published LR files are looked at for `factors` only.

    Raises:
        DatasetError: a file is not what the manifest says, or is missing and cannot be downloaded or written.

    """
    files = [*dataset.files, *(file for factor in factors for file in dataset.lr.get(factor, ()))]
    absent = [file for file in files if not _is_verified(dataset, file)]
    for done, file in enumerate(absent):
        try:
            _download(file, dataset)
        except UnreachableError as error:
            raise DatasetError(_by_hand(dataset, absent[done:], len(files), str(error))) from error
        if progress:
            progress(file.path, done + 1, len(absent))


def _is_verified(dataset: Dataset, file: ImageFile) -> bool:
    """Tell whether `file` is there, after checking that it is the right one."""
    path = dataset.root / file.path
    if not file.sha256:
        return True  # a folder of the user: whatever is there is right, and reading it tells the rest
    try:
        if not path.exists() and not path.is_symlink():  # a link that leads nowhere is somebody's, too
            return False
        size = path.stat().st_size
        got = f"{size} bytes" if size != file.bytes else f"sha256 {_sha256(path)}"
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from error
    if got == f"sha256 {file.sha256}":
        return True
    wanted = f"{file.bytes} bytes" if size != file.bytes else f"sha256 {file.sha256}"
    remedy = f"reinstall {dataset.package}" if dataset.package else "put the right file there, or write a new manifest"
    remedy = f"move it away to have it downloaded from {file.url}" if file.url else remedy
    raise DatasetError(
        f"{path}: got {got}, expected {wanted} for {file.name} of {dataset.spec}; it was edited, re-encoded, cut short "
        f"or comes from another edition; {remedy}"
    )


def _key(path: Path) -> tuple[Path, int, int]:
    status = path.stat()
    return path, status.st_size, status.st_mtime_ns


def _sha256(path: Path) -> str:
    key = _key(path)
    if key not in _hashes:
        with opened(path) as file:
            _hashes[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _hashes[key]


def _download(file: ImageFile, dataset: Dataset) -> None:
    """Download and verify `file` in memory, then put it in place in one step: a failure leaves nothing behind."""
    if not file.url:
        raise UnreachableError("it has no download address")
    content = transfer(file.url, file.bytes)
    got = hashlib.sha256(content).hexdigest()
    target = dataset.root / file.path
    if got != file.sha256:
        amount = "more" if len(content) > file.bytes else f"{len(content)} bytes with sha256 {got}"
        raise DatasetError(
            f"{file.url}: got {amount}, expected {file.bytes} bytes with {file.sha256} "
            f"for {file.name} of {dataset.spec}; discarded; the file changed there, or a proxy answered instead; get "
            f"it elsewhere and put it at {target}"
        )
    _write(content, target)
    _hashes[_key(target)] = got


def _write(content: bytes, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as partial:
            partial.write_bytes(content)
    except OSError as error:
        raise DatasetError(
            f"{target}: cannot be written ({error.strerror}); make the folder writable or choose another with --data "
            "or SRBENCH_DATA"
        ) from error


def _by_hand(dataset: Dataset, absent: Sequence[ImageFile], total: int, reason: str) -> str:
    """Return one line that says what is missing, from where, and how to continue without a network."""
    first = dataset.root / absent[0].path
    if dataset.package:
        return f"{dataset.spec}: {first} is missing from the installed package {dataset.package}; reinstall it"
    source = absent[0].url.rpartition("/")[0]
    failed = f" and cannot be downloaded from {source} ({reason})" if source else ""
    return (
        f"{dataset.spec}: {len(absent)} of {total} files are missing{failed}; put them below {dataset.root} by hand, "
        f"the first as {absent[0].path}, or name the folder that holds them with --data or SRBENCH_DATA"
    )
