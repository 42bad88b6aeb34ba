"""Padding never wins: it counts as -inf. cover_all (the default) adds a window where last rows are under none."""

from cases import case, distinct

EMPTY = "a window without a pixel has the maximum -inf, whose differences are not numbers"
DROPPED = "ONNX drops a window that starts beyond the image, and onnxruntime wants padding smaller than the kernel"

CASES = (
    case("kernel-2", distinct(2, 3, 4, 6), ksize=2),
    case("kernel-3x2", distinct(2, 3, 6, 4), ksize=(3, 2)),
    case("global", distinct(2, 3, 4, 5), ksize=(4, 5)),
    case("overlap-cover", distinct(2, 2, 6, 8), ksize=3, stride=2),
    case("overlap-no-cover", distinct(2, 2, 6, 8), ksize=3, stride=2, cover_all=False),
    case("overlap-stride-1", distinct(2, 2, 5, 4), ksize=3, stride=1, pad=1),
    case("stride-2-1", distinct(2, 2, 6, 5), ksize=(3, 2), stride=(2, 1)),
    case("stride-beyond-kernel-cover", distinct(1, 2, 7, 10), ksize=2, stride=3),
    case("stride-beyond-kernel-no-cover", distinct(1, 2, 7, 10), ksize=2, stride=3, cover_all=False),
    case("stride-beyond-kernel-empty", distinct(2, 2, 6, 5), ksize=2, stride=3, no_gradient=EMPTY, no_export=DROPPED),
    case("skips-last-rows", distinct(2, 2, 5, 7), ksize=2, cover_all=False),
    case("covers-last-rows", distinct(2, 2, 5, 7), ksize=2),
    case("kernel-beyond-map", distinct(2, 2, 2, 2), ksize=3, stride=2),
    case("pad-cover", distinct(2, 2, 6, 4), ksize=3, stride=2, pad=1),
    case("pad-no-cover", distinct(2, 2, 6, 4), ksize=3, stride=2, pad=1, cover_all=False),
    case("pad-asymmetric", distinct(2, 2, 5, 6), ksize=3, stride=2, pad=((1, 2), (0, 1)), cover_all=False),
    case("pad-cover-empty", distinct(2, 2, 5, 4), ksize=2, pad=1, no_gradient=EMPTY, no_export=DROPPED),
    case("pad-beyond-kernel", distinct(2, 2, 3, 3), ksize=2, pad=2, no_gradient=EMPTY, no_export=DROPPED),
    case("batch-0", distinct(0, 3, 5, 6), ksize=2),
    case("strided", distinct(2, 3, 5, 6, layout="strided"), ksize=3, stride=2),
    case("reversed", distinct(2, 3, 5, 6, layout="reversed"), ksize=3, stride=2, pad=1),
    case("transposed", distinct(2, 3, 5, 6, layout="transposed"), ksize=2, cover_all=False),
)
