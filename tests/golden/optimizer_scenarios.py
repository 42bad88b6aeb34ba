"""Ten steps of every optimizer with every hook, written once for Chainer and dwbridge; see `chainer_scenarios`.

A run's arrays: `params`, the elements of W and b in a row, after the steps of `KEPT`; `state`, a row for each entry of
the state, in the order of their names, after the last one.
"""

from typing import Any

import numpy as np

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "AMSBound": ("AMSBound", {"alpha": 0.02, "final_lr": 0.05, "gamma": 0.3}),
    "AMSGrad": ("AMSGrad", {"beta2": 0.5, "eps": 1e-6}),
    "AdaBound": ("AdaBound", {"alpha": 0.02, "final_lr": 0.05, "gamma": 0.3}),
    "AdaDelta": ("AdaDelta", {"rho": 0.8, "eps": 1e-3}),
    "AdaGrad": ("AdaGrad", {"lr": 0.1}),
    "Adam": ("Adam", {"alpha": 0.01}),
    "Adam defaults": ("Adam", {}),
    "AdamW": ("AdamW", {"alpha": 0.01, "eta": 0.9, "weight_decay_rate": 0.02}),
    "CorrectedMomentumSGD": ("CorrectedMomentumSGD", {"momentum": 0.8}),
    "MSVAG": ("MSVAG", {"eta": 0.9, "weight_decay_rate": 0.01}),
    "MomentumSGD": ("MomentumSGD", {"lr": 0.05, "momentum": 0.8}),
    "NesterovAG": ("NesterovAG", {"lr": 0.05}),
    "RMSprop": ("RMSprop", {"eps": 1e-6}),
    "RMSprop eps_inside_sqrt": ("RMSprop", {"eps": 1e-3, "eps_inside_sqrt": True}),
    "RMSpropGraves": ("RMSpropGraves", {"lr": 0.02}),
    "SGD": ("SGD", {"lr": 0.1}),
    "SMORMS3": ("SMORMS3", {"lr": 0.05}),
}

HOOKS: dict[str, tuple[Any, ...]] = {
    "": (),
    "GradientClipping": (1.5,),
    "GradientHardClipping": (-0.5, 0.75),
    "GradientLARS": (0.5, 0.02),
    "GradientNoise": (0.3,),
    "Lasso": (0.02,),
    "WeightDecay": (0.01,),
}

#: type of the parameters, whether they are updated in float32, with which hooks
MODES: dict[str, tuple[Any, bool, list[str]]] = {
    "float32": (np.float32, False, list(HOOKS)),
    "float16 by float32": (np.float16, True, list(HOOKS)),
    "float64": (np.float64, False, ["", "WeightDecay"]),
    "float16": (np.float16, False, ["", "WeightDecay"]),
}

#: whose small constants vanish in float16, or whose sums do
NOT_IN_FLOAT16 = {"AdaDelta", "AdaGrad", "MSVAG", "RMSprop", "RMSprop eps_inside_sqrt", "RMSpropGraves", "SMORMS3"}

STEPS = 10
KEPT = (0, 2, 9)


def steps(fw: Any, optimizer_name: str, hook: str, dtype: Any, fp32: bool) -> dict[str, np.ndarray]:
    """Ten steps along gradients that are given; b's is None in every third step."""
    class_name, arguments = OPTIMIZERS[optimizer_name]
    rng = np.random.RandomState(2)
    np.random.seed(3)  # the noise draws from the global state
    link = fw.Link(W=((2, 2), dtype), b=((2,), dtype))
    for _, param in sorted(link.namedparams()):
        param.array[...] = rng.standard_normal(param.shape)
    optimizer = getattr(fw.optimizers, class_name)(**arguments)
    if fp32:
        optimizer.use_fp32_update()
    optimizer.setup(link)
    if hook:
        optimizer.add_hook(getattr(fw.optimizer_hooks, hook)(*HOOKS[hook]))
    trace = []
    for step in range(STEPS):
        link.W.grad = rng.standard_normal(link.W.shape).astype(dtype)
        link.b.grad = None if step % 3 == 2 else rng.standard_normal(link.b.shape).astype(dtype)
        optimizer.update()
        trace.append(in_a_row(link.W.array, link.b.array))
    states = [link.W.update_rule.state or {}, link.b.update_rule.state or {}]
    rows = [in_a_row(*(state[name] for state in states)) for name in sorted(states[0])]
    state_dtype = np.float32 if fp32 else dtype
    return {"params": np.stack([trace[k] for k in KEPT]), "state": np.array(rows, state_dtype).reshape(-1, 6)}


def in_a_row(*arrays: np.ndarray) -> np.ndarray:
    return np.concatenate([array.ravel() for array in arrays])


def runs(mode: str) -> list[tuple[str, str]]:
    """(optimizer, hook) of every run of a mode, in the order in which they lie in the file."""
    names = [name for name in OPTIMIZERS if mode != "float16" or name not in NOT_IN_FLOAT16]
    return [(name, hook) for name in names for hook in MODES[mode][2]]


def every_run(fw: Any) -> dict[str, np.ndarray]:
    """'<mode>/params' (runs, steps kept, elements) and '<mode>/state' (entries of run after run, elements)."""
    arrays = {}
    for mode, (dtype, fp32, _) in MODES.items():
        results = [steps(fw, name, hook, dtype, fp32) for name, hook in runs(mode)]
        arrays[f"{mode}/params"] = np.stack([result["params"] for result in results])
        arrays[f"{mode}/state"] = np.concatenate([result["state"] for result in results])
    return arrays


def loss_scaling(fw: Any) -> dict[str, np.ndarray]:
    """Training of a linear layer under a static scale and under a dynamic one, whose fifth batch is infinite."""
    arrays = {}
    for name, arguments in {"static": {"scale": 16.0}, "dynamic": {"interval": 2}}.items():
        result = scaled_training(fw, arguments, infinite_step=4 if name == "dynamic" else None)
        arrays |= {f"{name}/{key}": array for key, array in result.items()}
    return arrays


def scaled_training(fw: Any, arguments: dict[str, Any], infinite_step: int | None) -> dict[str, np.ndarray]:
    np.random.seed(5)
    model = fw.links.Linear(3, 2)
    optimizer = fw.optimizers.MomentumSGD(lr=0.05).setup(model)
    optimizer.add_hook(fw.optimizer_hooks.WeightDecay(0.1))
    optimizer.loss_scaling(**arguments)
    scales, trace = [], []
    for step in range(STEPS):
        x = np.random.standard_normal((4, 3)).astype(np.float32)
        if step == infinite_step:
            x[0, 0] = np.inf
        optimizer.update(lambda x: fw.functions.sum(model(x)), x)
        scales.append(optimizer._loss_scale)
        trace.append(in_a_row(model.W.array, model.b.array))
    updates = np.array([optimizer.t, model.W.update_rule.t])
    return {"scales": np.array(scales, np.float64), "params": np.stack(trace), "updates": updates}
