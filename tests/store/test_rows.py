"""Rows survive the disk: every value comes back, and what is no row is refused."""

from __future__ import annotations

import json
import math
import pickle
import zlib
from dataclasses import asdict, fields, replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.errors import RunFolderError
from srbench.store.rows import (
    BAD,
    GIVEN_LR,
    STATUSES,
    UNREADABLE,
    MetricRow,
    Row,
    ScoreRow,
    Status,
    TimingRow,
    from_json,
    is_whole,
    newest,
    share,
    to_json,
)

TEXT = st.text()
"""Half surrogate pairs included: they stand for what is no UTF-8 in a file's name."""

ROWS = st.one_of(
    st.builds(
        ScoreRow,
        output=TEXT,
        method=TEXT,
        dataset=TEXT,
        image=TEXT,
        factor=st.integers(),
        protocol=TEXT,
        device=TEXT,
        psnr=st.floats(),
        ssim=st.floats(),
        status=st.sampled_from(STATUSES),
        reason=TEXT,
        height=st.integers(),
        parameters=st.none() | st.integers(),
        trained_on=st.booleans(),
        key=TEXT,
    ),
    st.builds(
        MetricRow,
        output=TEXT,
        metric=TEXT,
        method=TEXT,
        dataset=TEXT,
        image=TEXT,
        factor=st.integers(),
        protocol=TEXT,
        device=TEXT,
        value=st.floats(),
        status=st.sampled_from(STATUSES),
        reason=TEXT,
        code=TEXT,
        score=TEXT,
        key=TEXT,
    ),
    st.builds(
        TimingRow,
        machine=TEXT,
        method=TEXT,
        factor=st.integers(),
        device=TEXT,
        phase=TEXT,
        height=st.integers(),
        width=st.integers(),
        channels=st.integers(),
        round=st.integers(),
        seconds=st.floats(),
        status=st.sampled_from(STATUSES),
        reason=TEXT,
    ),
)
SCORE = ScoreRow(method="m", dataset="d", image="i", factor=3, protocol="p", device="cpu")
TIMING = TimingRow(method="m", factor=3, device="cpu", phase="call", height=2, width=3, channels=1)


def unchecked(row: Row) -> str:
    """Return the line of a row without its checksum, for tests to edit."""
    return json.dumps({name: value for name, value in json.loads(to_json(row)).items() if name != "crc"})


def checked(line: str) -> str:
    """Return a line with the checksum that fits it."""
    return f'{line[:-1]}, "crc": "{zlib.crc32(line.encode()):08x}"}}'


def refuse_constant(name: str) -> None:
    """Refuse what Python reads and JSON does not know."""
    raise AssertionError(f"{name} is no JSON")


def plain(row: Row) -> list[str]:
    """Return the fields as text, in which NaN equals itself and 1 is not 1.0."""
    return [f"{name}={value!r}" for name, value in asdict(row).items()]


@pytest.mark.slow
@settings(deadline=None)
@given(ROWS)
def test_rows_come_back_bit_for_bit(row: Row) -> None:
    """Any text and any number, inf, NaN and -0.0 among them, is read as it was written."""
    back = from_json(to_json(row))
    assert type(back) is type(row)
    assert plain(back) == plain(row)


@pytest.mark.slow
@settings(deadline=None)
@given(ROWS)
def test_a_row_is_one_line_of_strict_json(row: Row) -> None:
    """Any other JSON reader can read it, line by line, as UTF-8."""
    line = to_json(row)
    values = json.loads(line.encode(), parse_constant=refuse_constant)
    assert line.encode().count(b"\n") == 0
    needed = {"method", "factor", "device", "phase", "height", "width", "channels"}
    names = set(asdict(row))
    needed = needed if isinstance(row, TimingRow) else names - {*GIVEN_LR}
    assert {"row", *needed, "crc"} <= set(values) <= {"row", *names, "crc"}


def test_a_timing_row_is_short() -> None:
    """There are thousands: what is as ever is left out, and read back."""
    row = TimingRow(method="a", factor=3, device="cpu", phase="call", height=8, width=8, channels=3, seconds=0.5)
    assert len(to_json(row)) < 160
    assert plain(from_json(to_json(row))) == plain(row)


def test_infinity_and_nan_are_told_apart() -> None:
    """An exact SR has psnr "inf", a skipped one null."""
    row = ScoreRow(**(asdict(SCORE) | {"psnr": math.inf, "ssim": math.nan}))
    values = json.loads(to_json(row))
    assert (values["psnr"], values["ssim"]) == ("inf", None)
    back = from_json(to_json(row))
    assert isinstance(back, ScoreRow)
    assert back.psnr == math.inf
    assert math.isnan(back.ssim)


def test_whole_numbers_read_as_floats_where_floats_belong() -> None:
    """A 30 that another writer left without decimals is 30.0; a factor stays an int."""
    values = json.loads(unchecked(SCORE)) | {"psnr": 30}
    row = from_json(checked(json.dumps(values)))
    assert isinstance(row, ScoreRow)
    assert repr(row.psnr) == "30.0"
    assert repr(row.factor) == "3"


def test_rows_read_from_bytes() -> None:
    """The journal holds UTF-8 bytes."""
    assert from_json(to_json(TIMING).encode()).method == "m"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "null",
        "3",
        "[]",
        '"row"',
        "{}",
        '{"row": "other"}',
        '{"row": []}',
        '{"row": "score"}',
        to_json(SCORE)[:-9],
        to_json(SCORE) + to_json(SCORE),
        unchecked(SCORE)[:-9],
        checked(unchecked(SCORE).replace('"factor"', '"unknown"')),
        checked(unchecked(SCORE).replace("{", '{"extra": 1, ', 1)),
        checked(unchecked(SCORE).replace('"psnr": null', '"psnr": "high"')),
        checked(unchecked(SCORE).replace('"psnr": null', '"psnr": "nan"')),
        checked(unchecked(SCORE).replace('"psnr": null', '"psnr": NaN')),
        checked(unchecked(SCORE).replace('"psnr": null', '"psnr": []')),
        checked(unchecked(SCORE).replace('"psnr": null', '"psnr": true')),
        checked(unchecked(SCORE).replace('"factor": 3', '"factor": 3.0')),
        checked(unchecked(SCORE).replace('"factor": 3', '"factor": "3"')),
        checked(unchecked(SCORE).replace('"factor": 3', '"factor": true')),
        checked(unchecked(SCORE).replace('"method": "m"', '"method": null')),
        checked(unchecked(SCORE).replace('"method": "m"', '"method": ["m"]')),
        checked(unchecked(SCORE).replace('"trained_on": false', '"trained_on": 0')),
        checked(unchecked(SCORE).replace('"parameters": null', '"parameters": 1.5')),
        checked(unchecked(SCORE).replace('"status": "ok"', '"status": "fine"')),
        checked(unchecked(SCORE).replace('"status": "ok"', '"status": []')),
        "[" * 100_000,
        b"\xff\xfe",
        b"\0" * 100,
        checked(unchecked(SCORE).replace("{", '{"new\\nline": 1, ', 1)),
        checked(unchecked(SCORE).replace('"psnr": null', f'"psnr": {"9" * 400}')),
        checked(unchecked(SCORE).replace('"psnr": null', f'"psnr": {"[" * 2000}')),
        checked(unchecked(SCORE).replace('"method": "m"', '"method": "\\ud800"')),
    ],
)
def test_what_is_no_row_is_refused(line: str | bytes) -> None:
    """A torn, foreign or misspelt line is an error that shows how it begins."""
    with pytest.raises(RunFolderError) as caught:
        from_json(line)
    assert str(caught.value).startswith(f"not a row of a run: {line[:80]!r} (")
    assert str(caught.value).isprintable()


@settings(deadline=None, max_examples=25)
@given(ROWS, st.data())
def test_no_flipped_bit_is_taken_for_a_row(row: Row, data: st.DataObject) -> None:
    """Whichever bit of a line the disk got wrong, the line is refused."""
    line = bytearray(to_json(row).encode())
    line[data.draw(st.integers(0, len(line) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(RunFolderError, match="not a row of a run"):
        from_json(bytes(line))


def test_an_edited_number_is_noticed() -> None:
    """A score that was made better by hand no longer fits the checksum; both are named."""
    line = to_json(replace(SCORE, psnr=29.5))
    edited = line.replace("29.5", "39.5")
    with pytest.raises(RunFolderError, match=r"its checksum is [0-9a-f]{8}, expected [0-9a-f]{8}: it was damaged"):
        from_json(edited)
    assert is_whole(line.encode())
    assert not is_whole(edited.encode())
    assert not is_whole(line[:50].encode())


def test_whole_and_torn_lines_are_told_apart() -> None:
    """What is whole JSON was not torn by a crash, even if it is no row of this version."""
    assert is_whole(b'{"row": "picture"}')
    assert not is_whole(b'{"row": "score", "meth')
    assert not is_whole(b"\0" * 8)
    assert not is_whole(b"\xff")


def test_a_row_without_checksum_is_refused() -> None:
    """It was edited: every row is written with one."""
    with pytest.raises(RunFolderError, match="it has no checksum"):
        from_json(unchecked(TIMING))


@pytest.mark.parametrize("row", [SCORE, TIMING])
def test_rows_hold_common_text_once(row: Row) -> None:
    """Rows that were read, and rows that came from another process, share method, code and the like."""
    row = replace(row, method="a method", code="0123" * 16)
    sent = pickle.loads(pickle.dumps(row))  # noqa: S301 - our own
    one, two, three = from_json(to_json(row)), from_json(to_json(row)), share(sent)
    assert plain(one) == plain(two) == plain(three) == plain(row)
    assert one.method is two.method is three.method
    assert one.code is two.code is three.code
    assert not hasattr(row, "__dict__")


def test_no_score_is_lost_to_an_image_out_of_reach() -> None:
    """A row that says that the image could not be opened leaves the score of the same code; any other is newer."""
    good = replace(SCORE, status="ok", psnr=30.0, hr_sha256="a", code="c")
    gone = replace(good, status="failed", psnr=math.nan, hr_sha256=UNREADABLE)
    broken = replace(gone, hr_sha256="b")
    assert list(newest([good, gone]).values()) == [good]
    assert newest([good, broken])[good.cell].status == "failed"
    assert newest([replace(good, code="old"), gone])[good.cell].status == "failed"
    assert newest([gone, good])[good.cell] == good


def test_cell_tells_byte_identical_images_apart() -> None:
    """Equal keys share a score, never a row: two images of one content are two rows."""
    twin = ScoreRow(**(asdict(SCORE) | {"image": "j"}))
    assert twin.key == SCORE.key
    assert twin.cell != SCORE.cell
    assert ScoreRow(**(asdict(SCORE) | {"key": "x", "code": "x"})).cell == SCORE.cell


def test_statuses_are_all_there_are() -> None:
    """The list from best to worst is the type's, and the bad ones are those that make a run exit with 1."""
    assert STATUSES == get_args(Status) == ("ok", "skipped", "failed", "timeout", "crashed")
    assert BAD == ("failed", "timeout", "crashed")


def test_rows_are_facts() -> None:
    """A row cannot be changed once it exists."""
    for row in (SCORE, TIMING):
        with pytest.raises(AttributeError):
            setattr(row, fields(row)[0].name, "other")
