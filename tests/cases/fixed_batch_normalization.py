"""Inference mode: x is normalized by the mean and variance that are given."""

from cases import Input, array, case, parameter, persistent

AXES = "ONNX normalizes every axis but 1"


def _channels(*shape: int) -> tuple[Input, ...]:
    return (
        parameter("gamma", *shape),
        parameter("beta", *shape),
        persistent("avg_mean", *shape),
        persistent("avg_var", *shape, draw="positive"),
    )


CASES = (
    case("2d", array(4, 3), *_channels(3)),
    case("4d", array(2, 3, 4, 3), *_channels(3)),
    case("3d", array(2, 3, 5), *_channels(3)),
    case("one-pixel", array(1, 3, 1, 1), *_channels(3)),
    case("batch-0", array(0, 3, 4, 3), *_channels(3)),
    case("large-eps", array(2, 3, 2, 2), *_channels(3), eps=0.5),
    case("decay-kept-for-export", array(2, 3, 2, 2), *_channels(3), decay=0.7),
    case("axis-channels-last", array(2, 3, 4, 2), *_channels(2), axis=(0, 1, 2), no_export=AXES),
    case("gamma-2d", array(4, 2, 3), *_channels(2, 3), no_export=AXES),
    case("x-strided", array(2, 3, 4, 3, layout="strided"), *_channels(3)),
    case("x-transposed", array(2, 3, 4, 3, layout="transposed"), *_channels(3)),
)
