"""dwbridge's own kernels: an ONNX model is loaded into links, which compute in inference mode without recording."""

import importlib.util
from collections.abc import Mapping

import numpy as np
from onnx import ModelProto

from dwbridge.configuration import using_config
from dwbridge.exporters.errors import RuntimeMissingError, UnsupportedError
from dwbridge.exporters.load import load
from dwbridge.exporters.runtimes.runtime import NoKernelError, Run, RunError, first_line
from dwbridge.kernels import kernels_for
from dwbridge.kernels.errors import CannotCompileError


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
            with using_config("kernels", "compiled"):
                kernels_for("activations").relu(np.ones(1, np.float32))
        except (ImportError, CannotCompileError) as error:
            return f"no kernel can be compiled here: {first_line(error)}"
        return None

    def prepare(self, model: ModelProto) -> Run:
        """Loads the model into links (`exporters.load`); see `Runtime.prepare`."""
        return _prepared(model, "compiled")


def _prepared(model: ModelProto, kernels: str) -> Run:
    """A model as links that compute with the kernels that `config.kernels` calls so."""
    try:
        network = load(model)
    except UnsupportedError as error:
        raise NoKernelError(first_line(error)) from error
    outputs = [output.name for output in model.graph.output]

    def run(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        with using_config("kernels", kernels):
            try:
                values = network.compute(dict(feeds))
            # Type checks raise their own kinds; whichever it is, the comparison has to go on.
            except Exception as error:
                raise RunError(first_line(error)) from error
        return [values[name] for name in outputs]

    return run


class NativeCuda:
    """The CUDA kernels: they are not written yet, and `missing` says so.

    Example:
        >>> 'no CUDA kernels yet' in NativeCuda().missing()
        True
    """

    name = "native-cuda"

    def missing(self) -> str | None:
        """Why the kernels cannot run here."""
        if importlib.util.find_spec("cupy") is None:
            return "dwbridge has no CUDA kernels yet, and CuPy is not installed (extra cuda13)"
        return "dwbridge has no CUDA kernels yet"

    def prepare(self, model: ModelProto) -> Run:
        """Always raises: there is nothing to run.

        Raises:
            RuntimeMissingError: with the reason that `missing` gives.
        """
        raise RuntimeMissingError(f"runtime 'native-cuda' is not there: {self.missing()}")
