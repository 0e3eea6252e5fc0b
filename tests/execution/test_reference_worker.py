"""The judge: the numbers of the protocol, on the image as it is now, read once for all that is asked about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.errors import ImageError, SrbenchError, Unsupported
from srbench.execution import reference_worker
from srbench.plan import Keep
from srbench.quality import protocols
from srbench.quality.files import pixel_hash, read_image, write_image
from srbench.quality.protocol import Protocol, Truth

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.quality.image import Image


def test_numbers_are_the_protocols(pictures: Path) -> None:
    """LR and score are what the protocol makes of the same file."""
    path = pictures / "a.png"
    hr, protocol = read_image(path), protocols.get("ntire2017")
    lr = reference_worker.degrade(path, protocols.get("ntire2017"), 2)
    assert np.array_equal(lr, protocol.degrade(hr, 2))
    sr = lr.repeat(2, 0).repeat(2, 1)
    assert reference_worker.compare(path, protocols.get("ntire2017"), 2, sr).score == protocol.compare(hr, sr, 2)


@pytest.mark.parametrize("size", [(9, 60), (41, 7), (20, 24)])
def test_lr_of_any_size(pictures: Path, size: tuple[int, int]) -> None:
    """LR is repeated to a size beyond its own and cut to one within, contiguous in memory; the shape is told alone."""
    lr = reference_worker.degrade(pictures / "a.png", protocols.get("basicsr"), 2)
    made = reference_worker.degrade(pictures / "a.png", protocols.get("basicsr"), 2, size)
    assert made.shape == (*size, 3)
    assert np.array_equal(made, np.tile(lr, (3, 3, 1))[: size[0], : size[1]])
    assert made.flags.c_contiguous
    assert reference_worker.shape(pictures / "a.png", protocols.get("basicsr"), 2) == ((20, 24, 3), "uint8")


def test_identity_is_that_of_now(pictures: Path) -> None:
    """An image that was edited since it was last read is another; so is its LR then."""
    path = pictures / "a.png"
    before = reference_worker.identify(path), reference_worker.degrade(path, protocols.get("basicsr"), 2)
    write_image(path, 255 - read_image(path))
    assert reference_worker.identify(path).pixels == pixel_hash(read_image(path)) != before[0].pixels
    assert not np.array_equal(reference_worker.degrade(path, protocols.get("basicsr"), 2), before[1])


def test_image_is_read_once(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is asked about one image takes one reading; a fresh judge takes another."""
    read: list[str] = []

    def counted(path: Path) -> Image:
        read.append(path.name)
        return read_image(path)

    monkeypatch.setattr(reference_worker, "read_image", counted)
    for name in ("a.png", "b.png"):
        path = pictures / name
        reference_worker.identify(path)
        for factor in (2, 3):
            lr = reference_worker.degrade(path, protocols.get("basicsr"), factor)
            reference_worker.compare(path, protocols.get("basicsr"), factor, lr.repeat(factor, 0).repeat(factor, 1))
    assert read == ["a.png", "b.png"]
    reference_worker._hr.cache_clear()
    reference_worker.degrade(pictures / "b.png", protocols.get("basicsr"), 2)
    assert read == ["a.png", "b.png", "b.png"]


def test_truth_is_made_once(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SR of all methods is compared with is made once for each protocol and factor; numbers stay the same."""
    made: list[tuple[str, int]] = []
    make = Protocol.truth

    def counted(protocol: Protocol, hr: Image, factor: int) -> Truth:
        made.append((protocol.name, factor))
        return make(protocol, hr, factor)

    monkeypatch.setattr(Protocol, "truth", counted)
    path = pictures / "a.png"
    reference_worker.identify(path)
    for name, factor in (("basicsr", 2), ("ntire2017", 2), ("ntire2017", 3)):
        protocol = protocols.get(name)
        sr = reference_worker.degrade(path, protocol, factor).repeat(factor, 0).repeat(factor, 1)
        assert reference_worker.compare(path, protocol, factor, sr) == reference_worker.compare(
            path, protocol, factor, sr
        )
    assert made == [("basicsr", 2), ("ntire2017", 2), ("ntire2017", 3)]
    write_image(path, 255 - read_image(path))
    reference_worker.identify(path)
    assert reference_worker.compare(path, protocol, 3, sr).score.psnr < 10


def test_previews_are_those_of_now(pictures: Path) -> None:
    """HR that was edited since it was last drawn is drawn anew."""
    path, protocol = pictures / "a.png", protocols.get("basicsr")
    drawn = []
    for image in (read_image(path), 255 - read_image(path)):
        write_image(path, image)
        reference_worker.identify(path)
        lr = reference_worker.degrade(path, protocol, 2)
        drawn.append(reference_worker.render_previews(path, protocol, 2, lr, Keep(crops=True, images=True)))
    assert all(one != other for one, other in zip(*drawn, strict=True))


def test_what_cannot_be_judged(pictures: Path, tmp_path: Path) -> None:
    """Each step says by one of srbench's errors what is wrong."""
    (tmp_path / "bad.png").write_bytes(b"nonsense")
    with pytest.raises(ImageError, match=r"bad\.png"):
        reference_worker.identify(tmp_path / "bad.png")
    write_image(tmp_path / "tiny.png", np.zeros((12, 12, 3), np.uint8))
    with pytest.raises(Unsupported, match="too small"):
        reference_worker.compare(tmp_path / "tiny.png", protocols.get("basicsr"), 3, np.zeros((12, 12, 3), np.uint8))
    with pytest.raises(SrbenchError):
        reference_worker.compare(pictures / "a.png", protocols.get("basicsr"), 2, np.zeros((3, 3, 3), np.uint8))
