"""pad_value 0: padding counts as zeros, the divisor is always kH * kW;  None: only pixels of the image are counted."""

from cases import array, case

BEYOND = "onnxruntime refuses pooling whose padding is not smaller than the kernel"

CASES = (
    case("kernel-2", array(2, 3, 4, 6), ksize=2),
    case("kernel-3x2", array(2, 3, 6, 4), ksize=(3, 2)),
    case("global", array(2, 3, 4, 5), ksize=(4, 5)),
    case("overlap", array(2, 2, 6, 5), ksize=3, stride=2),
    case("overlap-stride-1", array(2, 2, 5, 4), ksize=3, stride=1, pad=1),
    case("stride-2-1", array(2, 2, 6, 5), ksize=(3, 2), stride=(2, 1)),
    case("stride-beyond-kernel", array(2, 2, 8, 9), ksize=2, stride=3),
    case("skips-last-rows", array(2, 2, 5, 7), ksize=2),
    case("pad-counted", array(2, 2, 5, 6), ksize=3, stride=2, pad=1),
    case("pad-counted-asymmetric", array(2, 2, 5, 6), ksize=3, stride=2, pad=((1, 2), (0, 1))),
    case("pad-left-out", array(2, 2, 5, 6), ksize=3, stride=2, pad=1, pad_value=None),
    case("pad-left-out-kernel-3x2", array(2, 2, 5, 6), ksize=(3, 2), stride=1, pad=(2, 1), pad_value=None),
    case("pad-left-out-asymmetric", array(2, 2, 5, 6), ksize=3, stride=2, pad=((1, 2), (0, 1)), pad_value=None),
    case("pad-beyond-kernel", array(2, 2, 3, 2), ksize=2, stride=2, pad=3, no_export=BEYOND),
    case("batch-0", array(0, 3, 4, 6), ksize=2),
    case("batch-0-pad-left-out", array(0, 3, 4, 6), ksize=3, pad=1, pad_value=None),
    case("strided", array(2, 3, 4, 6, layout="strided"), ksize=2),
    case("reversed", array(2, 3, 5, 6, layout="reversed"), ksize=3, stride=2, pad=1),
    case("transposed", array(2, 3, 5, 6, layout="transposed"), ksize=3, stride=2, pad=1, pad_value=None),
)
