"""x (N, K, ...), labels t (N, ...).  The mean is over the labels that are not ignored, or, normalize=False, over N."""

import numpy as np

from cases import array, case, labels

COUNT = "ONNX divides by the number of labels that count"
WEIGHTED = "ONNX divides by the sum of the weights"
WEIGHTS = np.array([0.5, 2.0, 1.0, 0.25])

CASES = (
    case("2d", array(5, 4), labels(5, classes=4)),
    case("2d-not-normalized", array(5, 4), labels(5, classes=4), normalize=False, no_export=COUNT),
    case("2d-ignore", array(6, 4), labels(6, classes=4, ignore=True)),
    case("2d-ignore-not-normalized", array(6, 4), labels(6, classes=4, ignore=True), normalize=False, no_export=COUNT),
    case("2d-each", array(5, 4), labels(5, classes=4), reduce="no"),
    case("2d-each-ignore", array(6, 4), labels(6, classes=4, ignore=True), reduce="no"),
    case("ignores-class-2", array(8, 4), labels(8, classes=4), ignore_label=2),
    case("all-ignored", array(3, 4), labels(3, classes=0, ignore=True)),
    case("4d", array(2, 4, 3, 2), labels(2, 3, 2, classes=4)),
    case("4d-ignore", array(2, 4, 3, 2), labels(2, 3, 2, classes=4, ignore=True)),
    case(
        "4d-ignore-not-normalized",
        array(2, 4, 3, 2),
        labels(2, 3, 2, classes=4, ignore=True),
        normalize=False,
        no_export=COUNT,
    ),
    case("4d-each", array(2, 4, 3, 2), labels(2, 3, 2, classes=4, ignore=True), reduce="no"),
    case("weights", array(5, 4), labels(5, classes=4), class_weight=WEIGHTS, no_export=WEIGHTED),
    case("weights-ignore", array(6, 4), labels(6, classes=4, ignore=True), class_weight=WEIGHTS, no_export=WEIGHTED),
    case(
        "weights-not-normalized",
        array(5, 4),
        labels(5, classes=4),
        normalize=False,
        class_weight=WEIGHTS,
        no_export=COUNT,
    ),
    case(
        "weights-4d",
        array(2, 4, 3, 2),
        labels(2, 3, 2, classes=4, ignore=True),
        class_weight=WEIGHTS,
        no_export=WEIGHTED,
    ),
    case("weights-each", array(5, 4), labels(5, classes=4), class_weight=WEIGHTS, reduce="no"),
    case("one-class", array(3, 1), labels(3, classes=1)),
    case("exponentials-overflow", array(5, 4, draw="wide"), labels(5, classes=4)),
    case("batch-0", array(0, 4), labels(0, classes=4)),
    case("transposed", array(2, 4, 3, 2, layout="transposed"), labels(2, 3, 2, classes=4)),
)
