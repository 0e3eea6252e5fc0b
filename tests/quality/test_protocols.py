"""Which protocols there are: by name, by spec, and by file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.errors import ImageError, Unsupported, UsageError
from srbench.quality import protocol_file
from srbench.quality.degradation import NAMED, bd, jpeg
from srbench.quality.image import stacked
from srbench.quality.protocol import Protocol, shave_of
from srbench.quality.protocols import PROTOCOLS, SHORT, degradation_of, get, name_of, resolve
from srbench.quality.steps import Crop
from srbench.specs import comma_list

if TYPE_CHECKING:
    from pathlib import Path

SPECS = [
    *(*PROTOCOLS, "srcnn:border=mirror", "basicsr:crop=12"),
    *(each.spec for each in SHORT.values()),
    *(f"selfexsr:lr={name}" for name in NAMED),
]

# Pinned, as those of names are in test_protocol.py: scores of another fingerprint are not comparable
FINGERPRINTS = {
    "selfexsr:lr=bd": "00eef6a88bdf",
    "selfexsr:lr=dn": "c5c48d9545d9",
    "basicsr:lr=bd": "8d285d35da4f",
    "basicsr:lr=dn": "b48ec35c3aca",
    "basicsr:lr=blur-bicubic:sigma=1.3": "a9cf7eadcf96",
    "basicsr:lr=jpeg": "85437d32492a",
    "basicsr:lr=noise": "58794a94b8db",
    "basicsr:lr=given": "fef7df6a5e1f",
    "basicsr:border=mirror": "7349dd3bb728",
    "basicsr:crop=12": "cc3cbd7c81ed",
    "basicsr:grey=rgb": "6e4ae2847629",
    "basicsr:border=mirror:grey=rgb": "fe77c2e91691",
    "basicsr:border=mirror:grey=rgb:rounding=once": "74ea8d7eceaf",
    "basicsr:crop=12:grey=rgb": "2fefb2b7d781",
}


@pytest.mark.parametrize(("typed", "canonical"), [
    ("basicsr:lr=bd", "basicsr:lr=bd"),
    ("selfexsr:lr=dn:sigma=30", "selfexsr:lr=dn"),
    ("selfexsr:lr=dn:sigma=50", "selfexsr:lr=dn:sigma=50.0"),
    ("basicsr:lr=blur-bicubic:sigma=1.30", "basicsr:lr=blur-bicubic:sigma=1.3"),
    ("basicsr:lr=jpeg:quality=90", "basicsr:lr=jpeg"),
    ("basicsr:quality=40:lr=jpeg", "basicsr:lr=jpeg:quality=40"),
    ("basicsr:lr=bicubic", "basicsr"),
    ("basicsr:lr=bicubic:border=clamp", "basicsr"),
    ("basicsr:lr=bicubic:border=mirror", "basicsr:border=mirror"),
    ("article:lr=area", "article"),
    ("article:lr=bicubic", "article:lr=bicubic"),
    ("article:lr=bicubic:border=mirror", "article:border=mirror:lr=bicubic"),
    ("basicsr:scored=y:shave=factor:crop=1", "basicsr"),
    ("basicsr:scored=rgb:shave=4", "basicsr:scored=rgb:shave=4"),
    ("ntire2017:shave=6+factor", ""),
    ("ntire2017:shave=factor+6", "ntire2017"),
    ("ntire", "ntire2017"),
    ("ntire:lr=bd", "ntire2017:lr=bd"),
    ('basicsr:lr="bd"', "basicsr:lr=bd"),
    ("basicsr:grey=keep", "basicsr"),
    ("basicsr:grey=rgb:border=mirror", "basicsr:border=mirror:grey=rgb"),
    ("basicsr-mirror:grey=keep:scored=rgb", "basicsr:border=mirror:scored=rgb"),
    ("basicsr-mirror:border=clamp", "basicsr:grey=rgb"),
    ("basicsr-mirror-once:rounding=each", "basicsr:border=mirror:grey=rgb"),
    ("basicsr-mirror:lr=bd", "basicsr:grey=rgb:lr=bd"),
    ("basicsr-mirror:lr=bicubic", "basicsr:border=mirror:grey=rgb"),
])  # fmt: skip
def test_specs_have_one_canonical_spelling(typed: str, canonical: str) -> None:
    """Rows carry it: sorted keys, and only what differs from the protocol of that name."""
    if canonical:
        assert get(typed).name == canonical
        assert get(canonical) == get(typed)
    else:
        with pytest.raises(UsageError, match=r"shave is '6\+factor', expected pixels such as 4, or factor"):
            get(typed)


def test_a_comma_list_of_specs() -> None:
    """Specs are listed as methods are, and each protocol counts once."""
    listed = comma_list(['basicsr,"basicsr:lr=bd", basicsr:lr=bicubic'])
    assert [each.name for each in resolve(listed)[0]] == ["basicsr", "basicsr:lr=bd"]


def test_options_are_choices_of_the_protocol() -> None:
    """`lr=` and its options make LR, the others compare; what is not given stays that of the base."""
    assert get("selfexsr:lr=bd") == replace(
        get("selfexsr"), name="selfexsr:lr=bd", degradation=bd(), summary=get("selfexsr:lr=bd").summary
    )
    assert get("basicsr:lr=jpeg:quality=40:kernel=area").degradation == jpeg(40, "area")
    varied = get("basicsr:scored=rgb:shave=2*factor+1:crop=12")
    assert (varied.scored, varied.shave(3), varied.degradation.steps[0]) == ("rgb", 7, Crop(12))
    assert get("srcnn:lr=blur-bicubic").lr_dtype == "float64"
    assert "BD of RDN" in get("selfexsr:lr=bd").summary
    assert get("basicsr:scored=rgb").fingerprint == get("ntire-esr").fingerprint


def test_fingerprints_of_specs_are_pinned() -> None:
    """They are the same on every machine and in every version; the old name `ntire` has the one it had."""
    assert {spec: get(spec).fingerprint for spec in FINGERPRINTS} == FINGERPRINTS
    assert get("ntire").fingerprint == "f83418b580e2"
    assert len({get(spec).fingerprint for spec in SPECS}) == len(SPECS) - 1  # selfexsr:lr=bicubic is selfexsr


@pytest.mark.parametrize("spec", SPECS)
def test_fields_tell_the_protocol(spec: str) -> None:
    """What run.json keeps is enough to have the protocol again, in words too."""
    protocol = get(spec)
    again = Protocol.from_fields(protocol.name, protocol.fields, protocol.summary)
    assert (again, again.fingerprint, again.words) == (protocol, protocol.fingerprint, protocol.words)


@pytest.mark.parametrize("fields", [
    {}, {"version": 0}, {"version": 1, "lr_kernel": "unheard-of"}, {"version": 1, "scored": "y"},
    {"version": 1, "lr_steps": 3, "scored": "y", "shave_factor": 1, "shave_extra": 0},
])  # fmt: skip
def test_fields_of_another_version(fields: dict[str, object]) -> None:
    """They make no protocol, and no crash."""
    with pytest.raises(UsageError):
        Protocol.from_fields("p", fields)


@pytest.mark.parametrize(("spec", "problem"), [
    ("basicsr:lr=bdd", r"unknown degradation 'bdd'; did you mean 'bd'\? \(available: bicubic, bd, dn, "),
    ("basicsr:lr=noise:sgma=1", r"unknown option 'sgma' of protocol basicsr with lr=noise; did you mean 'sigma'\? \("),
    ("basicsr:lr=blur-bicubic:radius=1", r"'radius' of protocol basicsr with lr=blur-bicubic \(available: lr, sigma, "),
    ("basicsr:sigma=1", r"unknown option 'sigma' of protocol basicsr with lr=bicubic.*\(available: lr, border, "),
    ("basicsr:lr=dn:sigma=loud", "protocol basicsr:sigma is 'loud', expected a number"),
    ("basicsr:lr=dn:sigma=-1", "protocol basicsr:lr=dn:sigma=-1: sigma is -1.0, expected a number above 0"),
    ("basicsr:scored=l", r"unknown value 'l' of protocol basicsr:scored \(available: y, y-rounded, rgb\)"),
    ("basicsr:crop=0", "protocol basicsr:crop=0: crop is 0, expected an integer of at least 1"),
    ("basicsr:shave=-1", "protocol basicsr:shave=-1: shave is '-1', expected pixels such as 4, or factor"),
    ("basicsr:grey=luma", r"unknown value 'luma' of protocol basicsr:grey \(available: keep, rgb\)"),
    ("basicsr:border=wrap", "border is 'wrap', expected one of clamp, mirror"),
    ("srcnn:lr=dn", "protocol srcnn:lr=dn: lr=dn makes 8-bit LR, and LR of srcnn is luma in floats; use a protocol"),
    ("srcnn:lr=given", "lr=given makes 8-bit LR"),
    ("basicsr:bd", "cannot read 'bd' in protocol 'basicsr:bd'; .*; did you mean lr=bd"),
    ("BasicSR", "unknown protocol 'BasicSR'; did you mean 'basicsr'"),
    ("basicsr:lr", "cannot read 'lr' in protocol 'basicsr:lr'; expected name:key=value"),
    ("", "empty protocol name in ''"),
    ("bd", r"unknown protocol 'bd'.*\(available: srcnn, selfexsr, basicsr, ntire2017, ntire-esr, article, basicsr-"),
])  # fmt: skip
def test_a_spec_that_cannot_be(spec: str, problem: str) -> None:
    """One line says what was got and what there is."""
    with pytest.raises(UsageError, match=problem) as caught:
        get(spec)
    assert "\n" not in str(caught.value)


def test_lr_that_is_given() -> None:
    """Nothing is made of HR: LR is what was given, of the right size."""
    protocol, hr = get("basicsr:lr=given"), np.zeros((50, 61, 3), np.uint8)
    lr = np.ones((16, 20, 3), np.uint8)
    assert protocol.given
    assert not get("basicsr").given
    assert protocol.degrade(hr, 3, lr) is lr
    with pytest.raises(ImageError, match="got LR of 20x17 pixels, expected 20x16: HR of 61x50"):
        protocol.degrade(hr, 3, np.ones((17, 20, 3), np.uint8))
    with pytest.raises(Unsupported, match="makes no LR: it is given"):
        protocol.degrade(hr, 3)


def test_short_names_stand_for_specs_that_papers_follow() -> None:
    """Rows carry the spec, which says what differs; whichever was typed, it is one protocol, with the same words."""
    for name, short in SHORT.items():
        assert get(name) == get(short.spec)
        assert (get(name).name, get(name).summary) == short


def test_given_lr_that_is_grey_is_read_as_hr_is() -> None:
    """With `grey=rgb` both have three equal channels."""
    hr, lr = np.zeros((30, 60), np.uint8), np.arange(200, dtype=np.uint8).reshape(10, 20)
    assert np.array_equal(get("basicsr:lr=given:grey=rgb").degrade(hr, 3, lr), stacked(lr))
    assert get("basicsr:lr=given").degrade(hr, 3, lr) is lr


def test_names_of_degradations() -> None:
    """A degradation is known by its steps, whatever the channels; steps of a user's own have no name."""
    assert {name: name_of(make()) for name, make in NAMED.items()} == {name: name for name in NAMED}
    assert name_of(get("srcnn").degradation) == "bicubic"
    assert name_of(jpeg(3)) == ""


@pytest.mark.parametrize("text", ["0", "4", "factor", "factor+6", "3*factor", "2*factor+1"])
def test_a_shave_is_spelled_as_it_is_typed(text: str) -> None:
    """What is cut from each side, as text and back."""
    factor, extra = shave_of(text)
    assert replace(get("basicsr"), shave_factor=factor, shave_extra=extra).shave_text == text


# Files


def own(path: Path, spec: str = "basicsr:lr=bd", name: str = "mine") -> Path:
    """Write a protocol as a file."""
    path.write_text(protocol_file.text(replace(get(spec), name=name)), encoding="utf-8")
    return path


def test_a_file_is_a_protocol_by_its_path_and_then_by_its_name(tmp_path: Path) -> None:
    """A path finds it; its name does where the file is known; options vary it as they do any other."""
    path = own(tmp_path / "a.toml")
    found, files = resolve([str(path), "basicsr", f"{path}:shave=0"])
    assert [each.name for each in found] == ["mine", "basicsr", "mine:shave=0"]
    assert files == [path]
    assert found[0].fingerprint == get("basicsr:lr=bd").fingerprint
    again, _ = resolve([each.name for each in found], files)
    assert again == found
    assert get(f"{path}:lr=area").fingerprint == get("basicsr:lr=area").fingerprint
    with pytest.raises(UsageError, match=r"unknown protocol 'mne'; did you mean 'mine'\?"):
        get("mne", files)


def test_two_files_of_one_name(tmp_path: Path) -> None:
    """They must be the same protocol; else nobody could tell which a row is of."""
    one, copy, other = own(tmp_path / "a.toml"), own(tmp_path / "b.toml"), own(tmp_path / "c.toml", "basicsr")
    assert len(resolve([str(one), str(copy)])[0]) == 1
    with pytest.raises(UsageError, match="two protocols are called mine, and they are not the same; rename that of "):
        resolve([str(one), str(other)])


@pytest.mark.parametrize("name", ["basicsr", "ntire"])
def test_a_file_cannot_pretend_to_be_built_in(tmp_path: Path, name: str) -> None:
    """A file may bear the name of a built-in protocol only where it is the same."""
    path = own(tmp_path / "a.toml", name=name)
    with pytest.raises(UsageError, match=rf"a.toml: name is '{name}', which is another protocol; give it a name"):
        get(str(path))
    assert get(str(own(tmp_path / "b.toml", name, name))).fingerprint == get(name).fingerprint


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("basicsr", "bicubic"),
        ("basicsr:scored=rgb:shave=0", "bicubic"),
        ("basicsr:border=mirror:grey=rgb", "bicubic:border=mirror"),
        ("selfexsr:lr=dn:sigma=50.0", "dn:sigma=50.0"),
        ("article", "area"),
        ("none", ""),
    ],
)
def test_degradation_of_a_spec(spec: str, found: str) -> None:
    """The part of a spec that makes LR, with its own options and no others; without HR there is none."""
    assert degradation_of(spec) == found
