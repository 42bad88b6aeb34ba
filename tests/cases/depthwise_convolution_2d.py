"""x (N, C, H, W);  W (M, C, kH, kW);  b (C*M,).  Most cases have M != C and oH != oW, so that no swap goes unseen."""

from cases import array, case, parameter

CASES = (
    case("multiplier-1", array(2, 3, 5, 6), parameter("W", 1, 3, 3, 3), parameter("b", 3)),
    case("multiplier-2", array(2, 3, 5, 6), parameter("W", 2, 3, 3, 3), parameter("b", 6), pad=1),
    case("multiplier-3", array(2, 2, 5, 4), parameter("W", 3, 2, 3, 3), parameter("b", 6), pad=1),
    case("multiplier-equals-channels", array(1, 2, 4, 5), parameter("W", 2, 2, 3, 3), parameter("b", 4)),
    case("no-bias", array(2, 3, 5, 6), parameter("W", 2, 3, 3, 3), pad=1),
    # Kernels.
    case("kernel-1x1", array(2, 3, 4, 3), parameter("W", 2, 3, 1, 1), parameter("b", 6)),
    case("kernel-2x2", array(2, 3, 5, 4), parameter("W", 1, 3, 2, 2), parameter("b", 3)),
    case("kernel-4x4", array(1, 2, 6, 5), parameter("W", 2, 2, 4, 4), parameter("b", 4), pad=1),
    case("kernel-5x5", array(1, 2, 7, 6), parameter("W", 1, 2, 5, 5), parameter("b", 2), pad=2),
    case("kernel-2x3", array(2, 2, 5, 6), parameter("W", 2, 2, 2, 3), parameter("b", 4)),
    case("kernel-1x3", array(2, 2, 4, 6), parameter("W", 2, 2, 1, 3), parameter("b", 4), pad=(0, 1)),
    case("kernel-3x1", array(2, 2, 6, 4), parameter("W", 2, 2, 3, 1), parameter("b", 4), pad=(1, 0)),
    case("kernel-equals-map", array(2, 3, 4, 5), parameter("W", 2, 3, 4, 5), parameter("b", 6)),
    case("kernel-beyond-map", array(2, 2, 2, 3), parameter("W", 2, 2, 5, 5), parameter("b", 4), pad=2),
    # Strides.
    case("stride-2", array(2, 3, 7, 5), parameter("W", 2, 3, 3, 3), parameter("b", 6), stride=2, pad=1),
    case("stride-2-1", array(2, 2, 7, 5), parameter("W", 1, 2, 3, 3), parameter("b", 2), stride=(2, 1), pad=1),
    case("stride-1-2", array(2, 2, 5, 7), parameter("W", 3, 2, 3, 3), parameter("b", 6), stride=(1, 2)),
    case("stride-2-even-map", array(2, 3, 6, 8), parameter("W", 1, 3, 3, 3), parameter("b", 3), stride=2, pad=1),
    case("stride-skips-last-rows", array(2, 2, 8, 7), parameter("W", 2, 2, 3, 3), parameter("b", 4), stride=(3, 2)),
    case("stride-beyond-kernel", array(2, 2, 8, 9), parameter("W", 2, 2, 2, 2), parameter("b", 4), stride=3),
    # Dilation.
    case("dilate-2", array(1, 3, 7, 6), parameter("W", 2, 3, 3, 3), parameter("b", 6), dilate=2),
    case("dilate-2-1", array(2, 2, 7, 5), parameter("W", 1, 2, 3, 2), parameter("b", 2), pad=1, dilate=(2, 1)),
    case("dilate-1-3-stride-2", array(2, 2, 6, 9), parameter("W", 2, 2, 2, 3), stride=2, pad=(1, 2), dilate=(1, 3)),
    # Padding.
    case("pad-pair", array(2, 3, 5, 4), parameter("W", 2, 3, 3, 3), parameter("b", 6), pad=(2, 1)),
    case("pad-asymmetric", array(2, 3, 5, 6), parameter("W", 2, 3, 3, 3), parameter("b", 6), pad=((1, 2), (0, 1))),
    case(
        "pad-asymmetric-stride-2",
        *(array(2, 2, 6, 5), parameter("W", 2, 2, 3, 3), parameter("b", 4)),
        stride=2,
        pad=((0, 1), (2, 0)),
    ),
    case(
        "pad-asymmetric-dilate-2",
        *(array(2, 2, 5, 6), parameter("W", 1, 2, 3, 2), parameter("b", 2)),
        pad=((2, 1), (0, 3)),
        dilate=2,
    ),
    case("pad-beyond-kernel", array(2, 2, 3, 4), parameter("W", 2, 2, 2, 2), parameter("b", 4), pad=3),
    case("pad-beyond-kernel-stride-2", array(1, 2, 3, 2), parameter("W", 1, 2, 3, 3), stride=2, pad=((4, 5), (0, 4))),
    # Channels, batches and maps at their limits.
    case("channels-1", array(2, 1, 5, 6), parameter("W", 1, 1, 3, 3), parameter("b", 1)),
    case("channels-1-multiplier-3", array(2, 1, 5, 4), parameter("W", 3, 1, 3, 3), parameter("b", 3), pad=1),
    case("channels-17", array(1, 17, 4, 5), parameter("W", 1, 17, 3, 3), parameter("b", 17), pad=1),
    case("batch-0", array(0, 3, 5, 6), parameter("W", 2, 3, 3, 3), parameter("b", 6), pad=1),
    case("single-output-pixel", array(2, 3, 4, 4), parameter("W", 2, 3, 3, 3), parameter("b", 6), stride=2),
    case("single-input-pixel", array(3, 2, 1, 1), parameter("W", 2, 2, 3, 3), parameter("b", 4), pad=1),
    case("single-row", array(2, 2, 1, 9), parameter("W", 2, 2, 1, 3), parameter("b", 4), stride=(1, 2)),
    # Memory.
    case("x-strided", array(2, 3, 5, 6, layout="strided"), parameter("W", 2, 3, 3, 3), parameter("b", 6), pad=1),
    case("x-reversed", array(2, 3, 5, 6, layout="reversed"), parameter("W", 2, 3, 3, 3), parameter("b", 6)),
    case("x-transposed", array(2, 3, 5, 6, layout="transposed"), parameter("W", 2, 3, 3, 3), parameter("b", 6), pad=1),
    case("x-strided-stride-2", array(2, 3, 5, 7, layout="strided"), parameter("W", 1, 3, 3, 3), stride=2, pad=1),
    case("W-strided", array(2, 3, 5, 6), parameter("W", 2, 3, 3, 3, layout="strided"), parameter("b", 6), pad=1),
    case("W-reversed", array(2, 3, 5, 6), parameter("W", 2, 3, 3, 3, layout="reversed"), parameter("b", 6), pad=1),
    case("W-transposed", array(2, 3, 5, 6), parameter("W", 2, 3, 3, 2, layout="transposed"), parameter("b", 6)),
    case(
        "all-strided",
        array(2, 2, 6, 5, layout="transposed"),
        parameter("W", 2, 2, 3, 3, layout="reversed"),
        parameter("b", 4, layout="strided"),
        stride=(2, 1),
        pad=((1, 0), (0, 1)),
    ),
)
