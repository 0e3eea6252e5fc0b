"""Embedding: what JSON in a page may not hold."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from srbench.reports.html.embedding import embedded

EVIL = ["</script><script>alert(1)</script>", "<!--", "]]>", "&lt;", "a\u2028b\u2029c", '"\\', "{{ 7*7 }}", "é猫"]


@pytest.mark.parametrize("text", EVIL)
def test_texts_come_back(text: str) -> None:
    """Any text is what it was, as value and as key, and nothing of it could be markup or a line break of JavaScript."""
    found = embedded({text: [text]})
    assert json.loads(found) == {text: [text]}
    assert not set(found) & set("<>&\u2028\u2029")


def test_numbers_are_strict() -> None:
    """NaN and NA are null, infinities text; numpy's numbers are numbers."""
    found = embedded([math.nan, pd.NA, math.inf, -math.inf, np.float64(1.5), np.int64(3), np.bool_(True), None, 0.1])
    assert found == '[null,null,"inf","-inf",1.5,3,true,null,0.1]'


def test_whole_tables() -> None:
    """Tuples are lists; keys that are numbers become text."""
    assert embedded({1: (1, (2.0, "x"))}) == '{"1":[1,[2.0,"x"]]}'
