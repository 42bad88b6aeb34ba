"""Links under spectral normalization and weight standardization, compared with Chainer 7.8.1."""

import numpy as np
import pytest
from golden import link_hook_scenarios as scenarios
from golden.dwbridge_framework import DWBRIDGE, golden_arrays

CHAINER = golden_arrays("chainer_link_hooks.npz")

#: Of the largest element of an array: products are summed in another order, roots and powers round differently.
ULPS = 16


def test_every_link_is_compared():
    assert set(CHAINER) == set(scenarios.LINKS)


@pytest.mark.parametrize("link_name", scenarios.LINKS)
def test_training_under_hooks_is_chainers(link_name):
    theirs = CHAINER[link_name]
    for hook_name in scenarios.HOOKS:
        ours = scenarios.run(DWBRIDGE, link_name, hook_name)
        for key in sorted(ours):
            expected, theirs = np.split(theirs, [ours[key].size])
            assert ours[key].dtype == expected.dtype
            bound = ULPS * np.spacing(np.abs(expected).max())
            np.testing.assert_allclose(ours[key].ravel(), expected, rtol=0, atol=bound, err_msg=f"{hook_name}/{key}")
    assert len(theirs) == 0
