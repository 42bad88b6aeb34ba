"""dwbridge's own kernels: an ONNX model is loaded into links, which compute in inference mode without recording."""

import importlib.util
from collections.abc import Mapping

import numpy as np
from onnx import ModelProto

from dwbridge.backend import CpuDevice, Device, GpuDevice
from dwbridge.configuration import using_config
from dwbridge.exporters.errors import RuntimeMissingError, UnsupportedError, first_line
from dwbridge.exporters.load import load
from dwbridge.exporters.runtimes.runtime import NoKernelError, Run, RunError
from dwbridge.kernels import kernels_for
from dwbridge.kernels.cuda import trial
from dwbridge.kernels.errors import CannotCompileError

HERE = CpuDevice()


class NativeNumpy:
    """The NumPy reference kernels, which are always there.

    Example:
        >>> NativeNumpy().missing() is None
        True
    """

    name = "native-numpy"

    def missing(self) -> str | None:
        """None: NumPy is a dependency."""
        return None

    def prepare(self, model: ModelProto) -> Run:
        """Loads the model into links (`exporters.load`); see `Runtime.prepare`."""
        return _prepared(model, "numpy")


class NativeCompiled:
    """The compiled kernels, as networks train and run with them on the CPU.

    What is compiled is the table in `dwbridge.kernels`; the rest is NumPy's, and so are arrays that a compiled kernel
    is not made for. A kernel that cannot be compiled is an error here, not NumPy's.

    Example:
        >>> NativeCompiled().missing() in (None, 'Numba is not installed: pip install numba')
        True
    """

    name = "native-compiled"

    def missing(self) -> str | None:
        """Why kernels cannot be compiled here: a small one is tried."""
        if importlib.util.find_spec("numba") is None:
            return "Numba is not installed: pip install numba"
        try:
            x = np.ones(1, np.float32)
            with using_config("kernels", "compiled"):
                kernels_for("activations", x).relu(x)
        except (ImportError, CannotCompileError) as error:
            return f"no kernel can be compiled here: {first_line(error)}"
        return None

    def prepare(self, model: ModelProto) -> Run:
        """Loads the model into links (`exporters.load`); see `Runtime.prepare`."""
        return _prepared(model, "compiled")


class NativeCuda:
    """The CUDA kernels, as networks train and run with them on CuPy's current device.

    Operators without own CUDA kernels are CuPy's, and so are arrays that a kernel is not made for. A kernel that cannot
    be compiled is an error here, not CuPy's.

    Attributes:
        repeats: how often everything is run; the spread between the runs is reported.

    Example:
        >>> NativeCuda().name
        'native-cuda'
    """

    name = "native-cuda"
    repeats = 3

    def missing(self) -> str | None:
        """Why the kernels cannot run here: a small convolution is tried."""
        try:
            problem = trial.problem(GpuDevice.current())
        except RuntimeError as error:
            return first_line(error)
        return problem and f"the CUDA kernels do not run through CuPy here: {problem}"

    def prepare(self, model: ModelProto) -> Run:
        """Loads the model into links (`exporters.load`) and moves them to the GPU; see `Runtime.prepare`.

        Raises:
            RuntimeMissingError: with the reason that `missing` gives, where CuPy or a device is not there.
        """
        try:
            device = GpuDevice.current()
        except RuntimeError as error:
            raise RuntimeMissingError(f"runtime 'native-cuda' is not there: {first_line(error)}") from error
        return _prepared(model, "compiled", device)


def _prepared(model: ModelProto, kernels: str, device: Device = HERE) -> Run:
    """A model as links on a device that compute with the kernels that `config.kernels` calls so."""
    try:
        network = load(model)
    except UnsupportedError as error:
        raise NoKernelError(first_line(error)) from error
    network.to_device(device)
    outputs = [output.name for output in model.graph.output]

    def run(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        with using_config("kernels", kernels):
            try:
                values = network.compute({name: device.send(array) for name, array in feeds.items()})
                return [HERE.send(values[name]) for name in outputs]
            # Type checks raise their own kinds; whichever it is, the comparison has to go on.
            except Exception as error:
                raise RunError(first_line(error)) from error

    return run
