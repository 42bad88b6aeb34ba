"""Training, every operator and the verifier's CUDA runtimes on a device.

The device computes with `config.kernels` = 'compiled': by default the reference would stand in for a kernel that does
not compile, and agree.
"""

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from cases import Case, cases_of, operators
from demands import must_run
from seed import SEED
from small_models import SmallNet, trained_statistics
from small_network import losses

from dwbridge import exporters, optimizers
from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.backend import CpuDevice, GpuDevice, is_floating
from dwbridge.configuration import using_config
from dwbridge.exporters.runtimes import RUNTIMES

pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("cupy")]

OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "Adam": lambda: optimizers.Adam(1e-2),
    "MomentumSGD": lambda: optimizers.MomentumSGD(0.05),
}
CASES = [pytest.param(n, case, id=f"{n}-{case.name}") for n in operators() if n != "dropout" for case in cases_of(n)]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_loss_curve_is_the_cpus(name: str) -> None:
    with using_config("kernels", "compiled"):
        found = losses("@cupy:0", OPTIMIZERS[name](), 10)
    np.testing.assert_allclose(found, losses("@numpy", OPTIMIZERS[name](), 10), rtol=1e-3)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_16_bits_train_as_on_the_cpu(dtype: Any) -> None:
    with using_config("dtype", np.dtype(dtype)):
        with using_config("kernels", "compiled"):
            found = losses("@cupy:0", optimizers.MomentumSGD(0.05), 8)
        expected = losses("@numpy", optimizers.MomentumSGD(0.05), 8)
    np.testing.assert_allclose(found, expected, rtol=16 * float(ml_dtypes.finfo(dtype).eps))


@pytest.mark.parametrize(("name", "case"), CASES)
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")
def test_every_operator_is_the_cpus(name: str, case: Case) -> None:
    with using_config("kernels", "compiled"):
        found = results(name, case, GpuDevice(0))
    for there, here in zip(found, results(name, case, CpuDevice()), strict=True):
        assert (there.dtype, there.shape) == (here.dtype, here.shape)
        np.testing.assert_allclose(there.get(), here, rtol=1e-4, atol=1e-4)


def results(name: str, case: Case, device: Any) -> list[Any]:
    """The output and the gradients."""
    arrays = device.send(case.draw_arrays("float32", np.random.default_rng(SEED)))
    keywords = {k: device.send(v) if isinstance(v, np.ndarray) else v for k, v in case.keywords_as("float32").items()}
    xs = [Variable(array, requires_grad=is_floating(array.dtype)) for array in arrays]
    with np.errstate(over="ignore"):
        y = getattr(F, name)(*xs, **keywords)
        if case.no_gradient is None:
            y.grad = y.xp.full_like(y.array, 0.5)
            y.backward()
    return [y.array, *(x.grad for x in xs if x.grad is not None)]


@pytest.mark.parametrize("runtime", ["native-cuda", "onnxruntime-cuda", "onnxruntime-cuda-tf32"])
def test_verification_passes(runtime: str) -> None:
    missing = RUNTIMES[runtime].missing()
    if missing is not None:
        assert not must_run(runtime), missing
        pytest.skip(missing)
    model = exporters.export(trained_statistics(SmallNet()), np.zeros((1, 3, 9, 8), "f"))
    verification = exporters.verify(model, runtimes=[runtime, "native-numpy"])
    assert verification.passed, str(verification)
    print(verification)
