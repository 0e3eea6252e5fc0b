"""How threads wait for each other: variables that processes of their own get, and this one while it loads torch."""

from __future__ import annotations

import os

import pytest

from srbench.execution.patience import PATIENT, loaded_patiently, patient


@pytest.mark.parametrize("own", [None, "ACTIVE"])
def test_variables(monkeypatch: pytest.MonkeyPatch, own: str | None) -> None:
    """They are set while a library is loaded, and as before after that; what the user has set stays."""
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if own:
        monkeypatch.setenv("OMP_WAIT_POLICY", own)
    with loaded_patiently():
        assert os.environ["OMP_WAIT_POLICY"] == (own or PATIENT["OMP_WAIT_POLICY"]) == patient()["OMP_WAIT_POLICY"]
    assert os.environ.get("OMP_WAIT_POLICY") == own
