#!/usr/bin/env python3
"""States of optimisers between xgrad and PyTorch by tools/torch_optimizer.py, with a stand-in for what it uses of torch.
tools/compare_optimizers_with_torch.py has the comparison with PyTorch itself."""

import pathlib
import struct
import sys
import types

FLOATS = {"float32", "float64"}


class Tensor:
    """A number or a list of numbers, with a dtype."""

    def __init__(self, value, dtype=None):
        first = value[0] if isinstance(value, list) and value else value
        if dtype is None:
            dtype = "bool" if isinstance(first, bool) else "int64" if isinstance(first, int) else "float32"
        cast = {"bool": bool, "int64": int, "float64": float, "float32": lambda x: struct.unpack("f", struct.pack("f", x))[0]}
        self.dtype = dtype
        self.value = [cast[dtype](x) for x in value] if isinstance(value, list) else cast[dtype](value)

    def dim(self):
        return 1 if isinstance(self.value, list) else 0

    def numel(self):
        return len(self.value) if self.dim() else 1

    def item(self):
        return self.value

    def tolist(self):
        return self.value

    def to(self, dtype):
        return Tensor(self.value, dtype)

    def detach(self):
        return self

    clone = contiguous = detach

    def __int__(self):
        return int(self.value)

    def __float__(self):
        return float(self.value)


def as_tensor(value):
    return value if isinstance(value, Tensor) else Tensor(value)


torch = types.ModuleType("torch")
for name in ("bool", "int64", "float32", "float64"):
    setattr(torch, name, name)
torch.Tensor, torch.tensor, torch.as_tensor, torch.get_default_dtype = Tensor, Tensor, as_tensor, lambda: "float32"
sys.modules["torch"] = torch
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
import torch_optimizer  # noqa: E402

failures = 0


def check(what, got, expected):
    global failures
    if got != expected or type(got) is not type(expected):
        failures += 1
        print(f"{what}: {got!r}, expected {expected!r}")


# The defaults of torch.optim.SGD are of these types, and a program has named its groups.
DEFAULTS = {"lr": 0.001, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False, "foreach": None,
            "differentiable": False, "fused": None, "params": [0]}
TRAINED = {**DEFAULTS, "lr": 0.1, "momentum": 0.9, "dampening": 0, "weight_decay": 0.01, "nesterov": True,
           "name": "decoder", "tags": ["a", "b"], "none": [], "comment": None}
flat = torch_optimizer.flat({"state": {}, "param_groups": [TRAINED]})
check("keys", sorted(flat), [f"param_groups.0.{name}" for name in
                             ("dampening", "lr", "maximize", "momentum", "nesterov", "params", "weight_decay")])

group = torch_optimizer.nested(flat, {"state": {}, "param_groups": [{**DEFAULTS, "name": "mine"}]})["param_groups"][0]
for name in ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"):
    check(name, group[name], TRAINED[name])
check("a name", group["name"], "mine")

# What xgrad writes: counts are int64, all other numbers float64.
like = {"lr": 1, "max_iter": 20, "history_size": 100, "t0": 1000000.0, "betas": [0.9, 0.999], "eps": (None, 0.001),
        "line_search_fn": None, "maximize": False, "params": [0]}
state = {"param_groups.0.lr": Tensor(0.5, "float64"), "param_groups.0.max_iter": Tensor(7),
         "param_groups.0.history_size": Tensor(3), "param_groups.0.t0": Tensor(10),
         "param_groups.0.betas": Tensor([0.8, 0.9], "float64"), "param_groups.0.eps": Tensor([float("nan"), 0.1], "float64"),
         "param_groups.0.line_search_fn": Tensor(1), "param_groups.0.maximize": Tensor(1.0, "float64"),
         "state.0.step": Tensor(3), "state.0.exp_avg": Tensor(0.1, "float64"), "state.0.mu_product": Tensor(0.1, "float64")}
back = torch_optimizer.nested(state, {"state": {}, "param_groups": [like]})
for name, expected in {"lr": 0.5, "max_iter": 7, "history_size": 3, "t0": 10.0, "betas": [0.8, 0.9], "eps": (None, 0.1),
                       "line_search_fn": "strong_wolfe", "maximize": True}.items():
    check(name, back["param_groups"][0][name], expected)
check("options of lists", torch_optimizer.flat({"state": {}, "param_groups": [like]})["param_groups.0.betas"].tolist(), [0.9, 0.999])

# A parameter of rank 0 in float64 keeps its digits; PyTorch's own scalars have the default dtype.
for name, dtype in {"step": "float32", "exp_avg": "float64", "mu_product": "float32"}.items():
    check(name, back["state"][0][name].dtype, dtype)
check("exp_avg", back["state"][0]["exp_avg"].item(), 0.1)

sys.exit(failures > 0)
