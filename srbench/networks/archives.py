"""Archives that torch writes, zip files, seen as torch itself sees them.

Another reader may find other entries in the same bytes: torch's takes `CODE/` for `code/`, and believes the directory
where a zip file says that it is.
"""

from __future__ import annotations

from functools import partial
from typing import IO, TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


class Archive(NamedTuple):
    """What is in an archive. Names are in small letters, without the folder that all of them are in."""

    sizes: dict[str, int]
    """Bytes of each record, unfolded."""
    read: Callable[[str], bytes]
    """Return the bytes of a record; raises a ValueError where it is damaged."""


def archive(file: IO[bytes]) -> Archive:
    """Return what is in an open file.

    Raises:
        ValueError: it is no archive of torch, is damaged, or has two records of one name.

    """
    try:
        reader = torch._C.PyTorchFileReader(file)  # noqa: SLF001 - the one by which torch.load reads
        names = [name.lower() for name in reader.get_all_records()]
        sizes = {name: int(reader.get_record_size(name)) for name in names}
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    if len(sizes) < len(names):
        raise ValueError("it has two records of one name")
    return Archive(sizes, partial(_read, reader))


def _read(reader: torch._C.PyTorchFileReader, name: str) -> bytes:
    try:
        content: bytes = reader.get_record(name)
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    return content
