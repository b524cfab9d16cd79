"""A fault file is read as its author meant it, or refused in a sentence: healing must not break on it."""

from __future__ import annotations

import pytest

from rehearsal import faults
from rehearsal.errors import PlatformError

GOOD = """PLAYBOOK = "p.yml"
def inject(stand): ...
def symptom(stand): ...
def heal(stand): ...
"""


def test_what_need_not_be_said_has_defaults(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(GOOD)
    fault = faults.read(path)
    assert (fault.name, fault.playbook, fault.variables, fault.seconds) == ("mine", "p.yml", {}, 60)
    assert fault.culprits(None) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def", id="no Python"),
        pytest.param("import nothing_of_this_name", id="an import that fails"),
        pytest.param(GOOD.replace("PLAYBOOK", "BOOK"), id="no playbook"),
        pytest.param(GOOD.replace("def heal", "def cure"), id="no heal"),
    ],
)
def test_a_file_that_is_no_fault_is_named(tmp_path, text):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(PlatformError, match=r"The fault mine cannot be read"):
        faults.read(path)


def test_a_name_that_is_no_file_of_the_folder():
    with pytest.raises(PlatformError, match="There is no fault"):
        faults.named("../rehearsal/site")
