"""Everything that follows from an operator's cases on the way through ONNX: written, run everywhere, read back."""

import ml_dtypes
import numpy as np
import onnx
import pytest
from case_link import CaseLink, arguments
from cases import Case, cases_of, operators
from needs import HAS_NUMBA
from oracles import oracle_of
from seed import SEED

from dwbridge import exporters
from dwbridge.configuration import using_config
from dwbridge.exporters.ops import TRANSLATIONS, WITHOUT_TRANSLATION

#: (runtime, operator of ONNX, type) -> what the runtime says. `test_every_gap_is_one` fails when one has been closed.
NO_KERNEL = {
    ("onnxruntime-cpu", "Conv", "float64"): "Could not find an implementation for Conv",
    ("onnxruntime-cpu", "AveragePool", "float64"): "Could not find an implementation for AveragePool",
    ("onnxruntime-cpu", "Erf", "float64"): "Could not find an implementation for Erf",
    ("onnxruntime-cpu", "HardSigmoid", "float64"): "Could not find an implementation for HardSigmoid",
    ("onnxruntime-cpu", "HardSwish", "float64"): "Could not find an implementation for HardSigmoid",
    ("onnxruntime-cpu", "Tan", "float64"): "Could not find an implementation for Tan",
}

_NO_LABELS = "the mean over no labels is 0 here, as in Chainer; ONNX divides 0 by 0"
_LOG_OF_ZERO = "takes the logarithm of a softmax that underflowed"

#: (runtime, operator, case) -> why its error exceeds the bound. `test_every_fault_is_one` fails when one is mended.
FAULTS = {
    ("onnxruntime-cpu", "softmax_cross_entropy", "all-ignored"): _NO_LABELS,
    ("onnxruntime-cpu", "softmax_cross_entropy", "batch-0"): _NO_LABELS,
    ("reference", "softmax_cross_entropy", "all-ignored"): _NO_LABELS,
    ("reference", "softmax_cross_entropy", "batch-0"): _NO_LABELS,
    ("reference", "softmax_cross_entropy", "exponentials-overflow"): _LOG_OF_ZERO,
    ("reference", "log_softmax", "exponentials-overflow"): _LOG_OF_ZERO,
    ("reference", "max_pooling_2d", "overlap-stride-1"): "adds the padding twice with ceil_mode",
}

#: (runtime, operator of ONNX, type) -> likewise, in one type only
TYPE_FAULTS = {
    ("reference", "Erf", "float64"): "rounds to float32",
    ("reference", "Gelu", "float64"): "computes with an Erf that rounds to float32",
}

#: (runtime, operator, opset) -> why the runtime is not asked
OPSET_FAULTS = {
    (
        "reference",
        "fixed_batch_normalization",
        13,
    ): "computes BatchNormalization-9 in training mode, whatever its outputs",
}

#: operators without a translation, which cannot be tested here, and why (see `WITHOUT_TRANSLATION`)
NOT_EXPORTED = {"accuracy": "Accuracy", "batch_normalization": "BatchNormalization", "sum_to": "SumTo"}

#: functions that are computed at once here, written as several nodes, and read as these, which round in between
IN_PARTS = ("gelu", "swish")

EXPORTED = [
    pytest.param(name, case, dtype, id=f"{name}-{case.name}-{dtype}")
    for name in operators()
    if name not in NOT_EXPORTED
    for case in cases_of(name)
    if case.no_export is None
    for dtype in case.dtypes
]
REFUSED = [
    pytest.param(name, case, id=f"{name}-{case.name}")
    for name in operators()
    for case in cases_of(name)
    if case.no_export is not None
]
RUNTIMES = ["native-numpy", *(["native-compiled"] if HAS_NUMBA else []), "onnxruntime-cpu", "reference"]


def prepared(name: str, case: Case, dtype: str) -> tuple[CaseLink, list[np.ndarray], list[np.ndarray]]:
    arrays = list(case.draw_arrays(dtype, np.random.default_rng([SEED, *map(ord, name + case.name)])))
    return CaseLink(name, case, arrays, dtype), arguments(case, arrays), arrays


def exported(link: CaseLink, args: list[np.ndarray], opset: int = 17) -> onnx.ModelProto:
    shapes = [array.shape for array in args]
    return exporters.export(link, args, opset_version=opset, input_shapes=shapes)


@pytest.mark.parametrize(("name", "case", "dtype"), EXPORTED)
def test_every_runtime_computes_it_within_the_rounding_bound(name: str, case: Case, dtype: str) -> None:
    link, args, arrays = prepared(name, case, dtype)
    model = exported(link, args)
    verification = exporters.verify(model, args, runtimes=RUNTIMES, batches=())
    for runtime in verification.runtimes:
        for outcome in (*runtime.whole, *runtime.nodes):
            types = {(runtime.name, op_type, dtype) for _, op_type in verification.nodes}
            if (runtime.name, name, case.name) in FAULTS or types & TYPE_FAULTS.keys():
                continue
            if outcome.units is None:
                gaps = [(runtime.name, op_type, dtype) for _, op_type in verification.nodes]
                assert any(NO_KERNEL.get(gap, "?") in str(outcome.reason) for gap in gaps), outcome.reason
            else:
                assert outcome.units <= 1, (runtime.name, outcome)


@pytest.mark.parametrize(("name", "case", "dtype"), EXPORTED)
def test_loaded_back_it_has_the_same_bits_and_exports_the_same_graph(name: str, case: Case, dtype: str) -> None:
    link, args, arrays = prepared(name, case, dtype)
    model = exported(link, args)
    network = exporters.load(model)
    again = exporters.export(network, args)
    assert again.SerializeToString(deterministic=True) == model.SerializeToString(deterministic=True)
    if form_of(name, case) != name:
        return
    ours = {given.parameter or given.persistent: a for given, a in zip(case.inputs, arrays, strict=True)}
    theirs = {path.rpartition("/")[2]: parameter.array for path, parameter in network.namedparams()}
    assert theirs.keys() <= ours.keys()
    for key, array in theirs.items():
        assert (array.dtype, array.shape) == (ours[key].dtype, ours[key].shape)
        assert array.tobytes() == np.ascontiguousarray(ours[key]).tobytes()
    # ONNX keeps these attributes, an epsilon or a slope, as float32.
    rtol = 1e-7 if name in ("fixed_batch_normalization", "hard_sigmoid", "layer_normalization", "leaky_relu") else 0
    if name in IN_PARTS:
        rtol = 8 * float(np.finfo(dtype).eps)
    # Loaded weights lie in row order; BLAS may round otherwise for others.
    link = CaseLink(name, case, [np.array(array, order="C") for array in arrays], dtype)
    with using_config("train", False):
        np.testing.assert_allclose(network(*args).array, link(*args).array, rtol=rtol, atol=rtol)


def form_of(name: str, case: Case) -> str:
    """What a Conv is read as: one group is a convolution, one input channel for each of several groups is depthwise."""
    if name not in ("convolution_2d", "depthwise_convolution_2d"):
        return name
    channels, W = case.inputs[0].shape[1], case.inputs[1].shape
    per_group = 1 if name == "depthwise_convolution_2d" else W[1]
    return "depthwise_convolution_2d" if per_group == 1 and channels > 1 else "convolution_2d"


@pytest.mark.parametrize("opset", range(13, 23))
@pytest.mark.parametrize("name", [name for name in operators() if name not in NOT_EXPORTED])
def test_every_opset_says_it(name: str, opset: int) -> None:
    case = next(case for case in cases_of(name) if case.no_export is None)
    link, args, arrays = prepared(name, case, "float32")
    model = exported(link, args, opset)
    assert model.opset_import[0].version == opset
    assert model.ir_version == {13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10}[opset]
    runtimes = [runtime for runtime in RUNTIMES if (runtime, name, opset) not in OPSET_FAULTS]
    verification = exporters.verify(model, args, runtimes=runtimes, batches=())
    assert verification.passed, str(verification)
    run = exporters.runtimes.RUNTIMES["onnxruntime-cpu"].prepare(model)
    (y,) = run({info.name: x for info, x in zip(model.graph.input, args, strict=True)})
    np.testing.assert_allclose(y, oracle_of(name)(*arrays, **case.keywords_as("float32")), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in operators() if name not in NOT_EXPORTED])
def test_bfloat16_is_said_by_the_last_opset(name: str) -> None:
    case = next(case for case in cases_of(name) if case.no_export is None)
    dtype = np.dtype(ml_dtypes.bfloat16).name
    link, args, arrays = prepared(name, case, dtype)
    model = exported(link, args, 22)
    runtimes = [runtime for runtime in RUNTIMES if runtime != "onnxruntime-cpu"]  # it takes no such arrays
    verification = exporters.verify(model, args, runtimes=runtimes, batches=())
    assert verification.passed, str(verification)
    network = exporters.load(model)
    theirs = {path.rpartition("/")[2]: parameter.array for path, parameter in network.namedparams()}
    ours = {given.parameter or given.persistent: a for given, a in zip(case.inputs, arrays, strict=True)}
    for key, array in theirs.items():
        np.testing.assert_array_equal(array, ours[key], strict=True)
    with using_config("train", False):
        assert network(*args).dtype == case.output_dtype(dtype)


@pytest.mark.parametrize(("name", "case"), REFUSED)
def test_what_onnx_cannot_say_is_refused(name: str, case: Case) -> None:
    link, args, _ = prepared(name, case, "float32")
    with pytest.raises(exporters.UnsupportedError, match=r"function 0 \("):
        exported(link, args)


@pytest.mark.parametrize("gap", NO_KERNEL, ids="-".join)
def test_every_gap_is_one(gap: tuple[str, str, str]) -> None:
    runtime, op_type, dtype = gap
    names = {"Conv": "convolution_2d", "AveragePool": "average_pooling_2d", "HardSigmoid": "hard_sigmoid"}
    name = {**names, "HardSwish": "hard_swish"}.get(op_type, op_type.lower())
    link, args, _ = prepared(name, cases_of(name)[0], dtype)
    (result,) = exporters.verify(exported(link, args), args, runtimes=[runtime], batches=()).runtimes
    assert result.verdict == "no kernel"
    assert NO_KERNEL[gap] in str(result.no_kernel.reason)


@pytest.mark.parametrize("fault", FAULTS, ids="-".join)
def test_every_fault_is_one(fault: tuple[str, str, str]) -> None:
    runtime, name, case_name = fault
    case = next(case for case in cases_of(name) if case.name == case_name)
    link, args, _ = prepared(name, case, "float32")
    (result,) = exporters.verify(exported(link, args), args, runtimes=[runtime], batches=()).runtimes
    assert result.verdict == "failed"


@pytest.mark.parametrize("fault", TYPE_FAULTS, ids="-".join)
def test_every_fault_of_a_type_is_one(fault: tuple[str, str, str]) -> None:
    runtime, op_type, dtype = fault
    link, args, _ = prepared(op_type.lower(), cases_of(op_type.lower())[0], dtype)
    (result,) = exporters.verify(exported(link, args, 20), args, runtimes=[runtime], batches=()).runtimes
    assert result.verdict == "failed"


def test_every_operator_has_a_translation_or_a_reason() -> None:
    translated = {translation.function.__name__ for translation in TRANSLATIONS if translation.function}
    assert not translated & WITHOUT_TRANSLATION.keys()
    for name in NOT_EXPORTED.values():
        assert name in WITHOUT_TRANSLATION
