"""onnxruntime's CUDA provider without a GPU: what is asked of it, and what a stand-in's answers prove."""

import sys
import types
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from dwbridge.exporters.runtimes import RUNTIMES, NoKernelError, RunError, tf32
from dwbridge.exporters.runtimes.onnxruntime_session import CPU, CUDA, FALLEN_BACK

X = np.ones((2, 3), "f")
TAKEN = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC", "device_id": "0"}


def with_arithmetic_on_shapes() -> onnx.ModelProto:
    """relu(x), reshaped to its own shape: (2, 3) by a Shape node."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in "xy")
    nodes = [
        helper.make_node("Relu", ["x"], ["r"], "relu"),
        helper.make_node("Shape", ["x"], ["s"], "shape"),
        helper.make_node("Reshape", ["r", "s"], ["y"], "reshape"),
    ]
    graph = helper.make_graph(nodes, "g", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class StandIn(types.ModuleType):
    """onnxruntime with a CUDA provider that leaves some nodes to the CPU.

    Attributes:
        on_cpu: (name, operator) of those nodes.
        taken: the provider's options, as a session tells them.
        asked: (provider options, session entries) of every session.
    """

    __version__ = "9.9"

    def __init__(self, on_cpu: tuple[tuple[str, str], ...] = (), taken: dict[str, str] = TAKEN) -> None:
        super().__init__("onnxruntime")
        self.on_cpu, self.taken = on_cpu, taken
        self.asked: list[tuple[dict[str, str], dict[str, str]]] = []
        module = self

        class SessionOptions:
            def __init__(self) -> None:
                self.entries: dict[str, str] = {}

            def add_session_config_entry(self, key: str, value: str) -> None:
                self.entries[key] = value

        class InferenceSession:
            def __init__(self, model: bytes, options: Any, providers: Any, enable_fallback: int) -> None:
                assert enable_fallback == 0
                ((name, given),) = providers
                assert name == CUDA
                module.asked.append((given, options.entries))
                if module.on_cpu and "session.disable_cpu_ep_fallback" in options.entries:
                    raise RuntimeError(f"[ONNXRuntimeError] : 1 : FAIL : nodes that are {FALLEN_BACK}, but ...")

            def get_providers(self) -> list[str]:
                return [CUDA, CPU] if module.on_cpu else [CUDA]

            def get_provider_options(self) -> dict[str, dict[str, str]]:
                return {CUDA: module.taken, CPU: {}}

            def get_provider_graph_assignment_info(self) -> list[Any]:
                nodes = [types.SimpleNamespace(name=name, op_type=op_type) for name, op_type in module.on_cpu]
                return [types.SimpleNamespace(ep_name=CPU, get_nodes=lambda: nodes)] if nodes else []

            def run(self, names: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
                return [feeds["x"]]

        self.SessionOptions, self.InferenceSession = SessionOptions, InferenceSession

    def set_default_logger_severity(self, level: int) -> None:
        pass


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(tf32, "_settled", None)
    monkeypatch.setattr(tf32, "_driver_is_loaded", lambda: False)
    monkeypatch.setenv(tf32.VARIABLE, "1")

    def installed(module: StandIn) -> StandIn:
        monkeypatch.setitem(sys.modules, "onnxruntime", module)
        return module

    return installed


@pytest.mark.parametrize(("name", "option", "variable"), [("", "0", "0"), ("-tf32", "1", None)])
def test_tf32_is_off_or_on_everywhere(install: Any, name: str, option: str, variable: str | None) -> None:
    module = install(StandIn(taken=TAKEN | {"use_tf32": option}))
    (y,) = RUNTIMES[f"onnxruntime-cuda{name}"].prepare(with_arithmetic_on_shapes())({"x": X})
    assert (y == X).all()
    ((options, entries),) = module.asked
    assert options == {"use_tf32": option, "cudnn_conv_algo_search": "HEURISTIC"}
    assert entries["session.disable_cpu_ep_fallback"] == "1"
    assert tf32.environment(name == "-tf32").get(tf32.VARIABLE) == variable


@pytest.mark.parametrize("taken", [TAKEN | {"cudnn_conv_algo_search": "DEFAULT"}, {"device_id": "0"}])
def test_an_option_that_was_not_taken_is_an_error(install: Any, taken: dict[str, str]) -> None:
    install(StandIn(taken=taken))
    with pytest.raises(RunError, match="did not take an option: expected .*, came (DEFAULT|None)"):
        RUNTIMES["onnxruntime-cuda"].prepare(with_arithmetic_on_shapes())


def test_arithmetic_on_shapes_may_be_on_the_cpu(install: Any) -> None:
    module = install(StandIn(on_cpu=(("shape", "Shape"),)))
    RUNTIMES["onnxruntime-cuda"].prepare(with_arithmetic_on_shapes())({"x": X})
    strict, lenient = module.asked
    assert "session.disable_cpu_ep_fallback" in strict[1]
    assert lenient[1] == {"session.record_ep_graph_assignment_info": "1"}


def test_arithmetic_on_numbers_may_not(install: Any) -> None:
    install(StandIn(on_cpu=(("shape", "Shape"), ("relu", "Relu"))))
    with pytest.raises(RunError, match=r"expected every node on CUDA.*, came 'relu' \(Relu\) on CPUExecutionProvider"):
        RUNTIMES["onnxruntime-cuda"].prepare(with_arithmetic_on_shapes())


def test_without_arithmetic_on_shapes_there_is_no_kernel(install: Any) -> None:
    module = install(StandIn(on_cpu=(("relu", "Relu"),)))
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"], "relu")], "g", [x], [y])
    with pytest.raises(NoKernelError, match=FALLEN_BACK):
        RUNTIMES["onnxruntime-cuda"].prepare(helper.make_model(graph))
    assert len(module.asked) == 1


class TestSettling:
    """In which process TF32 is as it should be."""

    @pytest.fixture(autouse=True)
    def _unsettled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tf32, "_settled", None)
        monkeypatch.setenv(tf32.VARIABLE, "1")

    def test_the_first_one_settles_it_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tf32, "_driver_is_loaded", lambda: False)
        assert tf32.settle(False)
        assert tf32.os.environ[tf32.VARIABLE] == "0"
        monkeypatch.setattr(tf32, "_driver_is_loaded", lambda: True)
        assert tf32.settle(False)
        assert not tf32.settle(True)

    def test_after_a_call_of_cuda_it_is_too_late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tf32, "_driver_is_loaded", lambda: True)
        assert not tf32.settle(False)
        assert not tf32.settle(True)
        assert tf32.os.environ[tf32.VARIABLE] == "1"

    def test_then_it_runs_in_a_process_with_the_right_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tf32, "_driver_is_loaded", lambda: True)
        asked = []
        monkeypatch.setattr(
            "dwbridge.exporters.runtimes.own_process.prepare", lambda *args: asked.append((args[0], args[2]))
        )
        for name in ("onnxruntime-cuda", "onnxruntime-cuda-tf32"):
            RUNTIMES[name].prepare(with_arithmetic_on_shapes())
        assert [(name, variables.get(tf32.VARIABLE)) for name, variables in asked] == [
            ("onnxruntime-cuda", "0"),
            ("onnxruntime-cuda-tf32", None),
        ]
