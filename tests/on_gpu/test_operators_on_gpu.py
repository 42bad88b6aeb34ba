"""Every operator on a simulated GPU: what CuPy has suffices, results are the CPU's, and nothing moves."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from cases import Case, cases_of, operators
from seed import SEED
from simulated_gpu import SimulatedGpu
from simulated_gpu.transfers import transfers

from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.backend import CpuDevice, Device, GpuDevice, is_floating, using_device
from dwbridge.configuration import using_config

ALL = [
    pytest.param(name, case, id=f"{name}-{case.name}")
    for name in operators()
    for case in cases_of(name)
    if name != "dropout"  # every library draws its own
]
#: An index that the user gives goes to the device; how much a mask takes is waited for.
MOVES = {"get_item"}

pytestmark = pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")


def results(name: str, case: Case, device: Device, dtype: str) -> list[Any]:
    """The output and the gradients."""
    arrays = device.send(case.draw_arrays(dtype, np.random.default_rng(SEED)))
    keywords = {k: device.send(v) if isinstance(v, np.ndarray) else v for k, v in case.keywords_as(dtype).items()}
    xs = [Variable(array, requires_grad=is_floating(array.dtype)) for array in arrays]
    transfers.clear()
    y = getattr(F, name)(*xs, **keywords)
    if case.no_gradient is None:
        with using_device(device):
            y.grad = y.xp.full_like(y.array, 0.5)
        y.backward()
    assert not transfers or name in MOVES
    return [y.array, *(x.grad for x in xs if x.grad is not None)]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), (np.dtype(ml_dtypes.bfloat16).name, 2e-2)])
@pytest.mark.parametrize(("name", "case"), ALL)
@pytest.mark.usefixtures("gpu")
def test_values_and_gradients_are_the_cpus(name: str, case: Case, dtype: str, tolerance: float) -> None:
    with using_config("kernels", "numpy"), np.errstate(over="ignore"):  # the kernels' own tests are beside them
        expected = results(name, case, CpuDevice(), dtype)
        found = results(name, case, GpuDevice(1), dtype)
    assert len(found) == len(expected)
    for there, here in zip(found, expected, strict=True):
        assert there.device.id == 1
        assert (there.dtype, there.shape) == (here.dtype, here.shape)
        np.testing.assert_allclose(there.get(), here, rtol=tolerance, atol=tolerance)


def test_dropout_draws_on_the_device(gpu: SimulatedGpu) -> None:
    x = GpuDevice(1).send(np.ones((20, 20), "f"))
    gpu.transfers.clear()
    y = F.dropout(x, 0.5).array
    assert not gpu.transfers
    assert set(np.unique(y.get())) == {0.0, 2.0}
