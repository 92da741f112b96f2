"""What PyTorch gives for a call: values, gradients with a random seed, and gradients of those."""

import numpy as np
import torch

random = np.random.default_rng(20)


def weights_like(y):
    """Multiples of 1/16 in -2 .. 2 and never 0, which compress well."""
    steps = random.integers(1, 33, tuple(y.shape)) * random.choice([-1, 1], tuple(y.shape))
    return torch.tensor(np.asarray(steps) / 16.0, dtype=y.dtype).reshape(y.shape)


def plain(y):
    """The elements alone, also of PyTorch's symbolic zeros."""
    return torch.from_numpy(np.array(y.detach().numpy(force=True), order="C"))


def flat(y):
    if isinstance(y, torch.Tensor):
        return [y]
    return [part for part in y if part is not None]


def evaluate(call, function, arguments, second):
    """Fills in call.expected, call.extra (seeds) and call.wants. PyTorch's errors are passed on."""
    leaves = {}

    def prepared(name, value):
        if isinstance(value, torch.Tensor):
            x = value.detach().clone()
            if x.is_floating_point() and name.split(".")[0] not in call.constants:
                leaves[name] = x.requires_grad_()
            return x
        if isinstance(value, (list, tuple)) and any(isinstance(v, torch.Tensor) for v in value):
            return [prepared(f"{name}.{i}", v) for i, v in enumerate(value)]
        return value

    given = {name: prepared(name, value) for name, value in arguments.items()}
    results = flat(function(**given))
    for i, y in enumerate(results):
        call.expected[f"y.{i}"] = plain(y)
    roots, seeds = [], []
    for i, y in enumerate(results):
        if y.requires_grad:
            seed = weights_like(y)
            call.extra[f"seed.{i}"] = seed
            roots.append(y)
            seeds.append(seed)
    if not roots or not leaves:
        return
    call.wants = list(leaves)
    try:
        first = torch.autograd.grad(roots, list(leaves.values()), seeds, create_graph=second, allow_unused=True,
                                    materialize_grads=True)
    except (RuntimeError, NotImplementedError):
        call.wants = []
        call.extra = {}
        return
    for name, g in zip(leaves, first):
        call.expected[f"grad.{name}"] = plain(g)
    if second:
        differentiate_again(call, leaves, first)


def differentiate_again(call, leaves, first):
    directions = {name: weights_like(x) for name, x in leaves.items()}
    roots = [(g, directions[name]) for name, g in zip(leaves, first) if g.requires_grad]
    try:
        if roots:
            result = torch.autograd.grad([g for g, _ in roots], list(leaves.values()), [v for _, v in roots],
                                         allow_unused=True, materialize_grads=True)
        else:
            result = [torch.zeros_like(x) for x in leaves.values()]
    except (RuntimeError, NotImplementedError):
        return
    for (name, _), h in zip(leaves.items(), result):
        call.extra[f"direction.{name}"] = directions[name]
        call.expected[f"second.{name}"] = plain(h)
