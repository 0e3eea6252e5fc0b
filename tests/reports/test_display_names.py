"""Names as papers print them: how `--names` is read."""

from __future__ import annotations

import pytest

from srbench.errors import UsageError
from srbench.reports.display_names import known, parse

NAMES = ["set5", "espcn", "espcn:activation=relu"]


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["set5=Set5,espcn=ESPCN"], {"set5": "Set5", "espcn": "ESPCN"}),
        (["set5=Set5", "espcn=ESPCN"], {"set5": "Set5", "espcn": "ESPCN"}),
        (["espcn:activation=relu=ESPCN-R, espcn=ESPCN"], {"espcn:activation=relu": "ESPCN-R", "espcn": "ESPCN"}),
        (["espcn=ESPCN (T91, tanh),set5=S"], {"espcn": "ESPCN (T91, tanh)", "set5": "S"}),
        (['set5="Set 5"'], {"set5": "Set 5"}),
        ([], {}),
    ],
)
def test_names_are_read(texts: list[str], found: dict[str, str]) -> None:
    """Lists may be several; specs keep their `=`, what is shown its commas; quotes that a shell left are taken away."""
    assert parse(texts, NAMES) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("set15=Set", "unknown dataset or method 'set15' of the report; did you mean 'set5'?"),
        ("set5", "--names is 'set5', expected NAME=SHOWN, such as set5=Set5"),
        ("set5=", "--names has nothing for set5; expected NAME=SHOWN"),
        ("set5=S,espn=E", "unknown dataset or method 'espn'"),
    ],
)
def test_what_names_nothing_is_refused(text: str, message: str) -> None:
    """A name that the report has not, or that is called nothing, is one clear line."""
    with pytest.raises(UsageError) as error:
        parse([text], NAMES)
    assert message in str(error.value)


def test_known_names_are_those_of_papers() -> None:
    """Datasets have their titles, and both bicubic kernels say whose they are."""
    found = known()
    assert (found["set5"], found["bsd100"], found["manga109"]) == ("Set5", "BSD100", "Manga109")
    assert (found["bicubic"], found["bicubic-matlab"]) == ("Bicubic (OpenCV)", "Bicubic (MATLAB)")
