"""docs/LINK.md: every row of the class page is in the table, and every test that it names exists."""

import ast
import re
from pathlib import Path

import pytest

from dwbridge.links import DepthwiseConvolution2D

HERE = Path(__file__).resolve().parent
TABLE = (HERE.parents[1] / "docs" / "LINK.md").read_text()
ROWS = [re.split(r"(?<!\\)\|", line)[1:-1] for line in TABLE.splitlines() if line.startswith("| `")]
NAMES = [name for row in ROWS for name in re.findall(r"`(\w+)`", row[0])]
TESTS = sorted({test for row in ROWS for test in re.findall(r"`(test_\w+::\w+)`", row[2])})
BEYOND = {"device_resident_accept", "to_intel64"}
OF_CLASSES = {
    "DepthwiseConvolution2D": "depthwise_convolution_2d",
    "Chain": "chain",
    "ChainList": "chain_list",
    "Sequential": "sequential",
}


def test_every_public_name_of_the_class_is_a_row():
    public = {name for name in dir(DepthwiseConvolution2D) if not name.startswith("_")}
    assert set(NAMES) == public - BEYOND | set(OF_CLASSES)
    assert len(NAMES) == len(set(NAMES))
    for name in BEYOND:
        assert f"`{name}`" in TABLE


def test_every_row_says_what_is_tested_by_what():
    for names, what, tests, quirk in ROWS:
        assert what.strip(), names
        assert quirk.strip(), names
        first = re.findall(r"`(\w+)`", names)[0]
        assert f"`test_page_rows::test_{OF_CLASSES.get(first, first)}`" in tests, names


@pytest.mark.parametrize("test", TESTS)
def test_every_test_of_the_table_exists(test):
    module, _, name = test.partition("::")
    defined = ast.parse((HERE / f"{module}.py").read_text()).body
    assert name in {node.name for node in defined if isinstance(node, ast.FunctionDef | ast.ClassDef)}
