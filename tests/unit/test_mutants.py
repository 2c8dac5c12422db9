"""`make mutants` takes long and is no part of `make test`: here its list is compared with the code."""

from __future__ import annotations

import pytest

from mutants.__main__ import Mutant, read
from support.pages import ROOT


@pytest.mark.parametrize("mutant", read(), ids=lambda mutant: mutant.name)
def test_a_mutant_changes_code_that_is_there_and_names_its_tests(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1
    assert mutant.old != mutant.new
    assert [test for test in mutant.tests if not (ROOT / test.partition("::")[0]).exists()] == []
