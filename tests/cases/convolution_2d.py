"""x (N, C, H, W);  W (O, C / groups, kH, kW);  b (O,)."""

from cases import array, case, parameter

CASES = (
    case("kernel-3x3", array(2, 3, 5, 6), parameter("W", 4, 3, 3, 3), parameter("b", 4)),
    case("no-bias", array(2, 3, 5, 6), parameter("W", 4, 3, 3, 3), pad=1),
    case("kernel-1x1", array(2, 3, 4, 5), parameter("W", 4, 3, 1, 1), parameter("b", 4)),
    case("kernel-1x1-stride-2", array(2, 3, 5, 4), parameter("W", 4, 3, 1, 1), parameter("b", 4), stride=2),
    case("kernel-2x3", array(2, 2, 5, 6), parameter("W", 3, 2, 2, 3), parameter("b", 3)),
    case("kernel-1x5", array(2, 2, 3, 7), parameter("W", 3, 2, 1, 5), parameter("b", 3), pad=(0, 2)),
    case("stride-2", array(2, 3, 7, 5), parameter("W", 4, 3, 3, 3), parameter("b", 4), stride=2, pad=1),
    case("stride-2-1", array(2, 2, 6, 5), parameter("W", 3, 2, 3, 3), stride=(2, 1)),
    case("stride-skips-last-rows", array(2, 2, 8, 7), parameter("W", 2, 2, 3, 3), parameter("b", 2), stride=(3, 2)),
    case("stride-beyond-kernel", array(2, 2, 8, 9), parameter("W", 3, 2, 2, 2), parameter("b", 3), stride=3),
    case("dilate-2", array(2, 2, 7, 6), parameter("W", 3, 2, 3, 3), parameter("b", 3), dilate=2),
    case("dilate-1-2-stride-2", array(2, 2, 6, 8), parameter("W", 3, 2, 2, 3), stride=2, pad=1, dilate=(1, 2)),
    case("pad-asymmetric", array(2, 2, 5, 6), parameter("W", 3, 2, 3, 3), parameter("b", 3), pad=((1, 2), (0, 1))),
    case("pad-beyond-kernel", array(2, 2, 3, 2), parameter("W", 2, 2, 2, 2), parameter("b", 2), pad=3),
    # cover_all adds a window where the last rows are under none; the second case has none to add.
    case("cover-all", array(2, 2, 6, 8), parameter("W", 3, 2, 3, 3), parameter("b", 3), stride=2, cover_all=True),
    case("cover-all-exact", array(2, 2, 5, 7), parameter("W", 3, 2, 3, 3), stride=2, cover_all=True),
    case("cover-all-pad", array(2, 2, 6, 5), parameter("W", 3, 2, 3, 3), stride=(3, 2), pad=1, cover_all=True),
    case("cover-all-kernel-beyond-map", array(2, 2, 2, 3), parameter("W", 2, 2, 3, 3), stride=2, cover_all=True),
    # groups: 1 < groups < C, and groups == C with one and with two outputs each (depthwise in ONNX's layout).
    case("groups-2", array(2, 4, 5, 4), parameter("W", 6, 2, 3, 3), parameter("b", 6), pad=1, groups=2),
    case("groups-2-stride-2-dilate-2", array(2, 4, 7, 6), parameter("W", 2, 2, 2, 2), stride=2, dilate=2, groups=2),
    case("groups-channels", array(2, 3, 5, 4), parameter("W", 3, 1, 3, 3), parameter("b", 3), pad=1, groups=3),
    case("groups-channels-twice", array(2, 3, 5, 4), parameter("W", 6, 1, 3, 3), parameter("b", 6), groups=3),
    case("groups-cover-all", array(2, 4, 6, 6), parameter("W", 4, 2, 3, 3), stride=2, cover_all=True, groups=2),
    case("channels-1", array(2, 1, 5, 6), parameter("W", 3, 1, 3, 3), parameter("b", 3)),
    case("batch-0", array(0, 3, 5, 6), parameter("W", 4, 3, 3, 3), parameter("b", 4), pad=1),
    case("single-output-pixel", array(2, 3, 4, 4), parameter("W", 4, 3, 3, 3), parameter("b", 4), stride=2),
    case("single-input-pixel", array(3, 2, 1, 1), parameter("W", 3, 2, 3, 3), parameter("b", 3), pad=1),
    case("x-strided", array(2, 3, 5, 6, layout="strided"), parameter("W", 4, 3, 3, 3), parameter("b", 4), pad=1),
    case("x-transposed", array(2, 3, 5, 6, layout="transposed"), parameter("W", 4, 3, 3, 3), parameter("b", 4)),
    case("x-transposed-1x1", array(2, 3, 4, 5, layout="transposed"), parameter("W", 4, 3, 1, 1), parameter("b", 4)),
    case("W-reversed", array(2, 3, 5, 6), parameter("W", 4, 3, 3, 3, layout="reversed"), parameter("b", 4)),
    case("W-transposed", array(2, 4, 5, 6), parameter("W", 4, 2, 3, 3, layout="transposed"), groups=2),
)
