"""Chainer's names: each is found, or listed as absent with a reason; and the import statements that reach them."""

import importlib
import pickle
import re
import sys
from collections.abc import Iterator

import numpy as np
import pytest

import dwbridge
from dwbridge import compat, functions, links, optimizers
from dwbridge.compat.resolve import is_module, resolve
from dwbridge.compat.table import ABSENT, FOLDERS, MODULES, NAMES

#: What code written for Chainer touches, found by reading such code.
TOUCHED = {
    "chainer": "Link Chain ChainList Sequential Parameter Variable Function FunctionNode LinkHook UpdateRule "
    "GradientMethod Initializer as_variable as_array backward grad config using_config get_dtype mixed16 "
    "get_array_types is_arrays_compatible get_device using_device set_debug should_use_cudnn report Reporter "
    "no_backprop_mode global_config FunctionHook Optimizer Serializer Deserializer DictSummary force_backprop_mode "
    "AbstractSerializer is_debug DebugMode Summary report_scope get_current_reporter DeviceResident __version__",
    "chainer.backend": "CpuDevice GpuDevice Intel64Device ChainerxDevice copyto get_array_module get_device "
    "get_device_from_array using_device",
    "chainer.backends.cuda": "available cupy ndarray Device DummyDevice to_cpu to_gpu get_array_module "
    "get_device_from_id cudnn_enabled reduce cuda",
    "chainer.cuda": "available cupy ndarray Device DummyDevice to_cpu to_gpu get_array_module get_device_from_id "
    "cudnn_enabled reduce cuda",
    "chainer.backends._cpu": "_to_cpu",
    "chainer.backends.intel64": "mdarray is_ideep_available",
    "chainer.configuration": "GlobalConfig LocalConfig using_config",
    "chainer.initializer": "get_fans Initializer",
    "chainer.initializers": "Constant Zero One NaN Identity Normal LeCunNormal GlorotNormal HeNormal LeCunUniform "
    "GlorotUniform HeUniform Uniform Orthogonal UpsamplingDeconvFilter DownsamplingConvFilter generate_array "
    "_get_initializer _check_is_initializer_like",
    "chainer.functions": "depthwise_convolution_2d convolution_2d sum cast identity relu leaky_relu sin cos tan sqrt "
    "square split_axis softmax_cross_entropy accuracy dropout concat max_pooling_2d average_pooling_2d",
    "chainer.links": "DepthwiseConvolution2D Linear Convolution2D BatchNormalization Classifier",
    "chainer.optimizer": "Optimizer GradientMethod UpdateRule Hyperparameter WeightDecay Lasso GradientClipping "
    "GradientHardClipping GradientNoise",
    "chainer.optimizer_hooks": "WeightDecay GradientClipping",
    "chainer.optimizers": "SGD AdaDelta Adam MomentumSGD",
    "chainer.serializer": "Deserializer Serializer",
    "chainer.serializers": "npz hdf5 save_npz load_npz save_hdf5 load_hdf5 DictionarySerializer NpzDeserializer "
    "HDF5Serializer HDF5Deserializer",
    "chainer.serializers.npz": "serialize NpzDeserializer save_npz load_npz DictionarySerializer",
    "chainer.serializers.hdf5": "_available HDF5Serializer",
    "chainer.utils": "_format_array_props _raise_from force_array size_of_shape tempdir argument type_check conv",
    "chainer.utils.argument": "parse_kwargs check_unexpected_kwargs assert_kwargs_empty",
    "chainer.utils.type_check": "InvalidType expect",
    "chainer.utils.conv": "get_conv_outsize get_deconv_outsize",
    "chainer.variable": "VariableNode Variable Parameter",
    "chainer.function_node": "FunctionNode grad",
    "chainer.training": "Trainer Updater StandardUpdater Extension make_extension extensions triggers updaters "
    "PRIORITY_WRITER get_trigger IntervalTrigger ParallelUpdater",
    "chainer.training.extensions": "Evaluator LogReport PrintReport ProgressBar snapshot snapshot_object PlotReport "
    "DumpGraph dump_graph ExponentialShift observe_lr",
    "chainer.training.updaters": "StandardUpdater",
    "chainer.training.triggers": "IntervalTrigger ManualScheduleTrigger",
    "chainer.dataset": "DatasetMixin concat_examples Iterator",
    "chainer.datasets": "TupleDataset SubDataset split_dataset split_dataset_random get_mnist TransformDataset",
    "chainer.iterators": "SerialIterator MultiprocessIterator",
    "chainer.reporter": "Reporter report DictSummary",
    "chainer.gradient_check": "check_backward check_double_backward",
    "chainerx": "is_available",
}
NAMES_TOUCHED = [f"{module}.{name}" for module, names in TOUCHED.items() for name in names.split()]


@pytest.fixture
def installed() -> Iterator[None]:
    compat.install()
    yield
    compat.uninstall()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("full", NAMES_TOUCHED)
def test_name_is_here_or_absent_with_a_reason(full: str) -> None:
    module, _, name = full.rpartition(".")
    if full in ABSENT and not hasattr(importlib.import_module(module), name):
        with pytest.raises(AttributeError, match=re.escape(f"{full}: not in dwbridge: {ABSENT[full]}")):
            resolve(module, name)
    else:
        assert resolve(module, name) is not None


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("module", [*MODULES, *FOLDERS])
def test_every_module_of_the_table_can_be_imported(module: str) -> None:
    made = importlib.import_module(module)
    for name in dir(made):
        assert getattr(made, name) is not None


@pytest.mark.parametrize("room", sorted({room for rooms in MODULES.values() for room in rooms} | set(FOLDERS.values())))
def test_every_room_of_the_table_is_there(room: str) -> None:
    importlib.import_module(room)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("full", NAMES)
def test_every_place_of_the_table_is_there(full: str) -> None:
    module, _, name = full.rpartition(".")
    assert is_module(module)
    assert resolve(module, name) is not None


@pytest.mark.usefixtures("installed")
def test_ways_to_import() -> None:
    space: dict = {}
    exec(
        "import chainer, chainer.cuda\n"
        "import chainer.functions as F\n"
        "from chainer import Variable, links as L, optimizers\n"
        "from chainer.backends import cuda\n"
        "from chainer.functions.connection import depthwise_convolution_2d as file\n"
        "from chainer.links.connection.linear import Linear\n"
        "from chainer.training import extensions\n"
        "from chainer.initializers import *\n",
        space,
    )
    assert space["F"].relu is functions.relu
    assert space["chainer"].functions is space["F"]
    assert space["Variable"] is dwbridge.Variable
    assert space["Linear"] is links.Linear is space["L"].Linear
    assert space["optimizers"].Adam is optimizers.Adam
    assert space["cuda"] is sys.modules["chainer.backends.cuda"]
    assert space["file"].depthwise_convolution_2d is functions.depthwise_convolution_2d
    assert space["HeNormal"] is dwbridge.initializers.HeNormal
    assert callable(space["extensions"].snapshot)
    assert space["chainer"].config is dwbridge.config


@pytest.mark.usefixtures("installed")
def test_names_that_are_no_part_of_chainer_stay_out() -> None:
    import chainer
    import chainer.functions

    assert not hasattr(chainer, "exporters")
    assert not hasattr(chainer.functions, "Operators")
    assert not hasattr(chainer.functions, "axes")  # a file of the room
    assert not hasattr(chainer, "_nothing")


@pytest.mark.usefixtures("installed")
def test_missing_names_raise_attribute_errors() -> None:
    import chainer.functions as F

    with pytest.raises(AttributeError, match=r"chainer\.functions\.foo: not in dwbridge \(looked in dwbridge\.funct"):
        F.foo  # noqa: B018
    assert not hasattr(F, "foo")
    assert getattr(F, "foo", None) is None
    with pytest.raises(ImportError, match=r"chainer\.links\.caffe: not in dwbridge: Caffe models are not read"):
        importlib.import_module("chainer.links.caffe.caffe_function")


@pytest.mark.usefixtures("installed")
def test_objects_pickle_under_their_names_here() -> None:
    import chainer.links as L

    again = pickle.loads(pickle.dumps(L.Linear(2, 1)))
    assert type(again) is links.Linear


def test_install_and_uninstall() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("chainer")
    compat.install()
    compat.install()
    assert importlib.import_module("chainer").Link is links.Link
    compat.uninstall()
    assert not any(name.startswith("chainer") for name in sys.modules)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("chainer")


def test_install_beside_an_imported_chainer(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = type(sys)("chainer")
    stranger.__file__ = "/somewhere/chainer/__init__.py"
    monkeypatch.setitem(sys.modules, "chainer", stranger)
    with pytest.raises(RuntimeError, match="chainer has been imported already, from /somewhere/chainer"):
        compat.install()


class TestCuda:
    """`chainer.backends.cuda` where there is no CuPy."""

    from dwbridge.compat import cuda

    @pytest.fixture(autouse=True)
    def _without_cupy(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setitem(sys.modules, "cupy", None)
        self.cuda._cupy.cache_clear()
        yield
        self.cuda._cupy.cache_clear()

    def test_nothing_is_available(self) -> None:
        assert self.cuda.available is False
        assert self.cuda.cudnn_enabled is False
        assert self.cuda.cupy is not np
        assert not isinstance(np.zeros(1), self.cuda.ndarray)
        assert self.cuda.should_use_cudnn("==always") is False
        with pytest.raises(ValueError, match="invalid cuDNN use level: 'always'"):
            self.cuda.should_use_cudnn("always")

    @pytest.mark.parametrize("number", [None, -1])
    def test_dummy_device(self, number: int | None) -> None:
        with self.cuda.get_device_from_id(number) as device:
            device.use()
            device.synchronize()
        assert device == self.cuda.DummyDevice == self.cuda.get_device_from_array(np.zeros(1))
        assert int(device) == device.id == -1
        assert self.cuda.get_device(np.zeros(1)) is device

    def test_to_cpu_takes_lists(self) -> None:
        array = np.zeros(2)
        assert self.cuda.to_cpu(array) is array
        assert self.cuda.to_cpu(None) is None
        first, none = self.cuda.to_cpu((array, None))
        assert first is array and none is None
        with pytest.raises(TypeError, match="Array cannot be converted into an numpy.ndarray"):
            self.cuda.to_cpu(object())

    def test_what_needs_a_gpu_says_what_is_missing(self) -> None:
        calls = [
            self.cuda.check_cuda_available,
            lambda: self.cuda.get_device_from_id(0),
            lambda: self.cuda.to_gpu(np.zeros(1)),
            lambda: self.cuda.reduce("T x", "T y", "x", "a + b", "y = a", 0, "sum"),
            lambda: self.cuda.elementwise("T x", "T y", "y = x", "copy"),
            lambda: self.cuda.Device(0),
        ]
        for call in calls:
            with pytest.raises(RuntimeError, match="a GPU device needs CuPy, which cannot be imported"):
                call()

    def test_get_array_module(self) -> None:
        assert self.cuda.get_array_module(np.zeros(1)) is np

    def test_memoize(self) -> None:
        calls: list[int] = []

        @self.cuda.memoize()
        def double(x: int) -> int:
            calls.append(x)
            return 2 * x

        assert double(2) == double(2) == 4
        assert calls == [2]


def test_nothing_is_called_absent_that_is_here() -> None:
    for full in ABSENT:
        module, _, name = full.rpartition(".")
        for room in MODULES.get(module, ()):
            assert not hasattr(importlib.import_module(room), name), f"{full} stands in {room}"
