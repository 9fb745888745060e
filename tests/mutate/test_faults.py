"""The list does not rot: each fault still applies, compiles, and names tests that exist."""

import re

import pytest

from tests.mutate.fault import ROOT, Fault
from tests.mutate.faults import FAULTS

LEAST = 30


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names) >= LEAST


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_applies_and_its_tests_exist(fault: Fault) -> None:
    compile(fault.sown(), fault.file, "exec")
    assert fault.tests
    for test in fault.tests:
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text()
        function = name.partition("[")[0]
        assert not function or re.search(rf"def {function}\b", text), test
