"""States of optimisers between xgrad and torch.optim.

xgrad's state_dict() is flat, for safetensors files; PyTorch's is nested:

    import safetensors.torch, torch_optimizer

    # from PyTorch to xgrad: optimizer.load_state_dict(io::load_safetensors("optimizer.safetensors"))
    safetensors.torch.save_file(torch_optimizer.flat(optimizer.state_dict()), "optimizer.safetensors")

    # from xgrad to PyTorch, into an optimiser of the same class over the same parameters:
    state = safetensors.torch.load_file("optimizer.safetensors")
    optimizer.load_state_dict(torch_optimizer.nested(state, optimizer.state_dict()))

"state.<i>.<name>" is what is kept for parameter i, "param_groups.<g>.<option>" an option of group g; a pair of numbers is
one tensor of both, None NaN, and a list of tensors, which LBFGS has, one tensor with a row for each. What a program has put
into groups for itself and is no number, such as a name, stays where it is.
"""

import math
import numbers

import torch

# How PyTorch computes, not what; and what schedules keep in groups for themselves.
NOT_OPTIONS = {"params", "param_names", "foreach", "capturable", "differentiable", "fused",
               "max_lr", "min_lr", "max_momentum", "base_momentum", "swa_lr"}
WORDS = {"adjust_lr_fn": ["original", "match_rms_adamw"], "line_search_fn": [None, "strong_wolfe"]}
LISTS = {"old_dirs", "old_stps", "ro"}
# Numbers that PyTorch keeps as tensors of its default dtype, whatever the parameter's.
SCALARS = {"step", "mu_product", "eta", "mu"}


def flat(state_dict):
    """PyTorch's state as tensors by name."""
    result = {}
    for i, kept in state_dict["state"].items():
        for name, value in kept.items():
            if value is None or name == "al":  # room that LBFGS computes in
                continue
            if name in LISTS:
                if not value:
                    continue
                value = torch.stack([torch.as_tensor(each) for each in value])
            result[f"state.{i}.{name}"] = torch.as_tensor(value).detach().clone().contiguous()
    for g, group in enumerate(state_dict["param_groups"]):
        for name, value in group.items():
            if name not in NOT_OPTIONS and is_option(name, value):
                result[f"param_groups.{g}.{name}"] = option(name, value)
        result[f"param_groups.{g}.params"] = torch.tensor(group["params"], dtype=torch.int64)
    return result


def is_option(name, value):
    if isinstance(value, (tuple, list)):
        return len(value) > 0 and all(each is None or is_number(each) for each in value)
    return name in WORDS or is_number(value)


def is_number(value):
    return isinstance(value, numbers.Real) or (isinstance(value, torch.Tensor) and value.numel() == 1)


def option(name, value):
    if name in WORDS:
        return torch.tensor(WORDS[name].index(value) if value in WORDS[name] else 0)
    if isinstance(value, (tuple, list)):
        return torch.tensor([math.nan if each is None else float(each) for each in value], dtype=torch.float64)
    return torch.tensor(value) if isinstance(value, (bool, int)) else torch.tensor(float(value), dtype=torch.float64)


def nested(state, like):
    """xgrad's tensors as the state of a PyTorch optimiser whose own state_dict() is `like`."""
    result = {"state": {i: dict(kept) for i, kept in like["state"].items()}, "param_groups": []}
    scalar = torch.float64 if torch.get_default_dtype() == torch.float64 else torch.float32
    for key, value in state.items():
        room, i, name = key.split(".", 2)
        if room != "state":
            continue
        if name in LISTS:
            value = list(value)
        elif name in ("func_evals", "n_iter"):
            value = int(value)
        elif name in ("t", "prev_loss", "H_diag"):
            value = float(value)
        elif name in SCALARS:
            value = value.to(scalar)
        result["state"].setdefault(int(i), {})[name] = value
    for g, group in enumerate(like["param_groups"]):
        group = dict(group)
        for name in [*group, "initial_lr"]:
            value = state.get(f"param_groups.{g}.{name}")
            if value is not None and name not in NOT_OPTIONS:
                group[name] = as_before(name, value, group.get(name))
        result["param_groups"].append(group)
    return result


def as_before(name, value, before):
    if name in WORDS:
        return WORDS[name][int(value)]
    if isinstance(before, (tuple, list)):
        return type(before)(None if math.isnan(each) else each for each in value.tolist())
    # Not for an int, which may be the default of any number: SGD's momentum is 0.
    if isinstance(before, (bool, float)):
        return type(before)(value.item())
    return value.item()
