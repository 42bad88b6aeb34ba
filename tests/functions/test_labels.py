"""Labels that are not among the classes."""

import numpy as np
import pytest

from dwbridge import functions as F


@pytest.mark.parametrize("label", [-2, 3])
def test_a_label_outside_the_classes_is_refused(label: int) -> None:
    with pytest.raises(IndexError, match=r"labels must be in 0 \.\. 2, got"):
        F.softmax_cross_entropy(np.zeros((2, 3), np.float32), np.array([0, label]))


def test_ignored_labels_need_not_be_among_the_classes() -> None:
    x, t = np.zeros((2, 3), np.float32), np.array([0, 255])
    loss = F.softmax_cross_entropy(x, t, ignore_label=255)
    np.testing.assert_allclose(loss.array, np.log(3), rtol=1e-6)
