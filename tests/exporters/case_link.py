"""A case of an operator as a link: what the case calls parameters are parameters, the rest are arguments."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from cases import Case

from dwbridge import functions as F
from dwbridge import links as L
from dwbridge.autograd import Parameter


class CaseLink(L.Link):
    """Calls the operator with its own parameters and persistent arrays, and with the arguments that are left."""

    def __init__(self, operator: str, case: Case, arrays: Sequence[np.ndarray], dtype: str) -> None:
        super().__init__()
        self._call = getattr(F, operator)
        self._given = case.inputs
        self._keywords = case.keywords_as(dtype)
        for given, array in zip(case.inputs, arrays, strict=True):
            if given.parameter is not None:
                with self.init_scope():
                    setattr(self, given.parameter, Parameter(array))
            elif given.persistent is not None:
                self.add_persistent(given.persistent, array)

    def forward(self, *xs: Any) -> Any:
        rest = iter(xs)
        names = [given.parameter or given.persistent for given in self._given]
        return self._call(*(getattr(self, name) if name else next(rest) for name in names), **self._keywords)


def arguments(case: Case, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The arrays that are arguments of the link."""
    return [
        array
        for given, array in zip(case.inputs, arrays, strict=True)
        if given.parameter is None and given.persistent is None
    ]
