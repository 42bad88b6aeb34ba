"""What operators on one floating array share: its name and the check of its type."""

from __future__ import annotations

from collections.abc import Sequence

from dwbridge.autograd import FunctionNode
from dwbridge.autograd.type_check import TypeInfo, expect_count, expect_floating


class Unary(FunctionNode):
    """x -> y, where x has a floating dtype."""

    input_names = ("x",)
    checked_attributes = ()

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        expect_floating(in_types[0])
