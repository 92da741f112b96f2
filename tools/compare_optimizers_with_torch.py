#!/usr/bin/env python3
"""Compares optimisers and schedules with those of PyTorch 2.13.

    tools/compare_optimizers_with_torch.py build/release/tests/run_optimizers            # compare, and exchange states
    tools/compare_optimizers_with_torch.py build/release/tests/run_optimizers --record   # write what the test replays

From equal weights on equal gradients, every optimiser makes 50 steps in ten configurations in float64; every schedule makes
200 steps, and must agree to the last bit. Then a state goes from PyTorch to xgrad in the middle of the 50 steps, and back.
See tests/golden/optimizers.hpp for the form of the cases. It needs PyTorch, NumPy and safetensors.
"""

import argparse
import gzip
import math
import pathlib
import subprocess
import sys
import tempfile

import safetensors.torch
import torch
import torch.optim._muon
from safetensors import safe_open
from torch.optim import lr_scheduler as schedules
from torch.optim import swa_utils

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import torch_optimizer  # noqa: E402

RECORDED = pathlib.Path(__file__).resolve().parent.parent / "tests/golden/training/optimizers.safetensors.gz"
SHAPES = [(4, 3), (2, 5), (5,)]
STEPS, HALF = 50, 25
torch.set_default_dtype(torch.float64)  # otherwise PyTorch rounds ASGD's eta and NAdam's mu_product to float32

OPTIMIZERS = {
    "SGD": ["lr=0.1", "lr=0.1 momentum=0.9", "lr=0.1 momentum=0.9 nesterov=1", "lr=0.05 momentum=0.8 dampening=0.3",
            "lr=0.1 weight_decay=0.01", "lr=0.1 momentum=0.9 weight_decay=0.05 maximize=1", "lr=0",
            "lr=0.1 momentum=0.5 / lr=0.01 / momentum=0", "lr=0.2 maximize=1",
            "lr=0.1 momentum=0.9 nesterov=1 weight_decay=0.1 / weight_decay=0 / lr=0.3"],
    "Adam": ["", "lr=0.1", "lr=0.05 betas.0=0.5 betas.1=0.9", "lr=0.05 eps=0.01", "lr=0.05 weight_decay=0.1",
             "lr=0.05 amsgrad=1", "lr=0.05 maximize=1", "lr=0.05 weight_decay=0.1 decoupled_weight_decay=1",
             "lr=0.05 betas.0=0 betas.1=0", "lr=0.05 / lr=0.01 amsgrad=1 / weight_decay=0.2"],
    "AdamW": ["", "lr=0.1", "lr=0.05 betas.0=0.5 betas.1=0.9", "lr=0.05 eps=0.01", "lr=0.05 weight_decay=0.3",
              "lr=0.05 amsgrad=1", "lr=0.05 maximize=1", "lr=0.05 weight_decay=0", "lr=0.05 betas.0=0.95 betas.1=0.98",
              "lr=0.05 / lr=0.01 weight_decay=0 / betas.0=0.8"],
    "Adamax": ["", "lr=0.1", "lr=0.05 betas.0=0.5 betas.1=0.9", "lr=0.05 eps=0.1", "lr=0.05 weight_decay=0.1",
               "lr=0.05 maximize=1", "lr=0.05 weight_decay=0.2 maximize=1", "lr=0.01 betas.0=0 betas.1=0.5",
               "lr=0.05 eps=0.01 betas.0=0.95", "lr=0.05 / lr=0.01 / weight_decay=0.2"],
    "NAdam": ["", "lr=0.1", "lr=0.05 betas.0=0.5 betas.1=0.9", "lr=0.05 eps=0.01", "lr=0.05 weight_decay=0.1",
              "lr=0.05 weight_decay=0.1 decoupled_weight_decay=1", "lr=0.05 maximize=1", "lr=0.05 momentum_decay=0.1",
              "lr=0.05 momentum_decay=0", "lr=0.05 / lr=0.01 / weight_decay=0.2"],
    "RAdam": ["", "lr=0.1", "lr=0.05 betas.0=0.5 betas.1=0.9", "lr=0.05 eps=0.01", "lr=0.05 weight_decay=0.1",
              "lr=0.05 weight_decay=0.1 decoupled_weight_decay=1", "lr=0.05 maximize=1", "lr=0.05 betas.1=0.5",
              "lr=0.05 betas.0=0 betas.1=0.99", "lr=0.05 / lr=0.01 / weight_decay=0.2"],
    "Adagrad": ["", "lr=0.5", "lr=0.5 lr_decay=0.1", "lr=0.5 weight_decay=0.1", "lr=0.5 initial_accumulator_value=0.5",
                "lr=0.5 eps=0.1", "lr=0.5 maximize=1", "lr=0.5 weight_decay=0.1 maximize=1 lr_decay=0.01",
                "lr=1.5 initial_accumulator_value=0.1", "lr=0.5 / lr=0.1 / weight_decay=0.2"],
    "Adadelta": ["", "lr=0.1", "rho=0.5", "rho=0.99 eps=0.01", "weight_decay=0.1", "maximize=1", "rho=0", "eps=0.1",
                 "lr=2 rho=0.95 weight_decay=0.01 maximize=1", "lr=1 / lr=0.1 / weight_decay=0.2"],
    "RMSprop": ["", "lr=0.1", "lr=0.05 alpha=0.9", "lr=0.05 eps=0.1", "lr=0.05 weight_decay=0.1", "lr=0.05 momentum=0.9",
                "lr=0.05 centered=1", "lr=0.02 momentum=0.5 centered=1 alpha=0.8", "lr=0.05 maximize=1",
                "lr=0.05 / lr=0.01 momentum=0.3 / centered=1"],
    "Rprop": ["", "lr=0.1", "etas.0=0.3 etas.1=1.5", "step_sizes.0=0.005 step_sizes.1=0.02", "maximize=1",
              "lr=1 step_sizes.1=0.5", "lr=0.001 etas.1=2", "etas.0=0.9 etas.1=1.05",
              "lr=0.1 etas.0=0.7 maximize=1", "lr=0.05 / lr=0.01 / etas.0=0.2"],
    "ASGD": ["", "lr=0.1", "lr=0.1 lambd=0.01", "lr=0.1 alpha=0.5", "lr=0.1 t0=10", "lr=0.1 weight_decay=0.1",
             "lr=0.1 maximize=1", "lr=0.1 t0=0 lambd=0.1", "lr=0.1 t0=25 alpha=1 weight_decay=0.05 maximize=1",
             "lr=0.1 / lr=0.01 t0=5 / weight_decay=0.2"],
    "Lion": ["", "lr=0.01", "lr=0.01 betas.0=0.95 betas.1=0.98", "lr=0.01 weight_decay=0.5", "lr=0.01 maximize=1",
             "lr=0.01 betas.0=0 betas.1=0", "lr=0.1 betas.0=0.5", "lr=0.01 betas.1=0.5 weight_decay=1",
             "lr=0.02 weight_decay=0.1 maximize=1", "lr=0.01 / lr=0.1 / weight_decay=1"],
    "Muon": ["params=2", "params=2 lr=0.1", "params=2 lr=0.1 momentum=0.5", "params=2 lr=0.1 nesterov=0",
             "params=2 lr=0.1 weight_decay=0", "params=2 lr=0.1 adjust_lr_fn=1", "params=2 lr=0.1 ns_steps=3",
             "params=2 lr=0.1 ns_coefficients.0=2 ns_coefficients.1=-1.5 ns_coefficients.2=0.5",
             "params=2 lr=0.1 eps=10", "params=2 lr=0.1 / lr=0.02 momentum=0.8"],
    "Adafactor": ["", "lr=0.1", "lr=0.1 beta2_decay=-0.5", "lr=0.1 eps.0=0.001 eps.1=0.01", "lr=0.1 d=2",
                  "lr=0.1 weight_decay=0.1", "lr=0.1 maximize=1", "lr=1 d=1.5 weight_decay=0.01",
                  "lr=0.05 eps.0=0 eps.1=0.1", "lr=0.1 / lr=0.01 / weight_decay=0.2"],
    "LBFGS": ["max_iter=1", "line_search_fn=1 max_iter=1", "lr=0.02 max_iter=2", "line_search_fn=1 max_iter=3",
              "line_search_fn=1 max_iter=3 history_size=5", "lr=0.03 max_iter=1 history_size=3",
              "line_search_fn=1 max_iter=2 max_eval=3", "line_search_fn=1 max_iter=2 tolerance_grad=0.1",
              "lr=0.5 line_search_fn=1 max_iter=2 tolerance_change=0.001", "line_search_fn=1 max_iter=2 maximize=1"],
}

SCHEDULES = [
    "StepLR step_size=30", "StepLR step_size=7 gamma=0.8 lr=0.1,0.03", "MultiStepLR milestones=10,50,50,120",
    "MultiStepLR milestones=3,90 gamma=0.7", "ConstantLR", "ConstantLR factor=0.3 total_iters=40 lr=0.1,0.07", "LinearLR",
    "LinearLR start_factor=0.01 total_iters=60 lr=0.3", "LinearLR start_factor=1 end_factor=0 total_iters=150",
    "ExponentialLR gamma=0.97", "PolynomialLR total_iters=150", "PolynomialLR total_iters=120 power=2.5 lr=0.7",
    "CosineAnnealingLR T_max=200", "CosineAnnealingLR T_max=30 eta_min=0.001 lr=0.1,0.02",
    "CosineAnnealingWarmRestarts T_0=20", "CosineAnnealingWarmRestarts T_0=10 T_mult=2 eta_min=0.003 lr=0.1,0.5",
    "LambdaLR lr=0.1,0.2", "MultiplicativeLR", "OneCycleLR max_lr=0.5", "OneCycleLR max_lr=0.5,0.1 lr=1,2 linear=1 adam=1",
    "OneCycleLR max_lr=0.3 three_phase=1 pct_start=0.4 div_factor=10 final_div_factor=100",
    "OneCycleLR max_lr=0.3 three_phase=1 linear=1 base_momentum=0.7 max_momentum=0.9 total_steps=230",
    "OneCycleLR max_lr=0.3 cycle_momentum=0", "CyclicLR base_lr=0.001 max_lr=0.1 step_size_up=20",
    "CyclicLR base_lr=0.001 max_lr=0.1 step_size_up=20 step_size_down=35 mode=1 adam=1",
    "CyclicLR base_lr=0.01,0.02 max_lr=0.1,0.3 lr=1,1 step_size_up=15 mode=2 gamma=0.99",
    "CyclicLR base_lr=0.001 max_lr=0.1 step_size_up=10 scale_fn=1 cycle_momentum=0",
    "ReduceLROnPlateau", "ReduceLROnPlateau factor=0.5 patience=3 cooldown=4 threshold=0.01 min_lr=0.001",
    "ReduceLROnPlateau max=1 abs=1 factor=0.3 patience=5 lr=0.1,0.2", "SWALR", "SWALR swa_lr=0.3 anneal_epochs=50 linear=1",
    "SWALR swa_lr=0.2,0.01 anneal_epochs=20 lr=0.1,0.5", "SWALR anneal_epochs=0",
    "SequentialLR milestones=5 / LinearLR start_factor=0.1 / CosineAnnealingLR T_max=195",
    "SequentialLR milestones=20,90 lr=0.1,0.4 / ConstantLR factor=0.1 total_iters=20 / ExponentialLR gamma=0.98 / StepLR step_size=20",
    "SequentialLR milestones=30 / LinearLR total_iters=30 / CosineAnnealingWarmRestarts T_0=15 T_mult=2",
    "SequentialLR milestones=50,100 / PolynomialLR total_iters=50 / MultiStepLR milestones=10,20 / LinearLR total_iters=40",
    "ChainedScheduler / ConstantLR factor=0.1 total_iters=10 / ExponentialLR gamma=0.97",
    "ChainedScheduler lr=0.1,0.05 / LinearLR total_iters=50 / CosineAnnealingLR T_max=100 / MultiStepLR milestones=60,150",
]


def parsed(line):
    """The parts of a line: names with their words, as tests/golden/optimizers.cpp reads them."""
    parts = []
    for text in line.split("/"):
        words = [word.split("=") for word in text.split()]
        parts.append((next((w[0] for w in words if len(w) == 1), ""), {w[0]: w[1] for w in words if len(w) == 2}))
    return parts


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of Chen et al. (2023)."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0, maximize=False):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            first, second = group["betas"]
            for p in group["params"]:
                g = -p.grad if group["maximize"] else p.grad
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                c = first * m + (1 - first) * g
                p.copy_(p - group["lr"] * (c.sign() + group["weight_decay"] * p))
                m.copy_(second * m + (1 - second) * g)


def orthogonal(grad, coefficients, steps, eps):
    """PyTorch's iteration of Muon without the rounding to bfloat16."""
    a, b, c = coefficients
    x = grad.T if grad.size(0) > grad.size(1) else grad
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if grad.size(0) > grad.size(1) else x


def options(words, defaults):
    """Words as options of torch.optim."""
    result = {}
    for key, text in words.items():
        if key in ("begin", "end", "params") or key == "maximize" and "maximize" not in defaults:
            continue
        name, _, place = key.partition(".")
        before = defaults[name]
        if name in torch_optimizer.WORDS:
            result[name] = torch_optimizer.WORDS[name][int(text)]
        elif place:
            pair = list(result.get(name, before))
            pair[int(place)] = float(text)
            result[name] = tuple(pair)
        else:
            result[name] = type(before)(int(text)) if isinstance(before, (bool, int)) and "." not in text else float(text)
    return result


def make_optimizer(line, params):
    parts = parsed(line)
    name, words = parts[0]
    kind = Lion if name == "Lion" else getattr(torch.optim, name)
    kind_defaults = kind([torch.zeros(2, 2, requires_grad=True)], **({"lr": 1e-3} if name == "SGD" else {})).defaults
    groups = []
    for g, (_, own) in enumerate(parts):
        mine = params[g:g + 1] if g + 1 < len(parts) else params[g:]
        groups.append({"params": mine, **options({**words, **own}, kind_defaults)})
    if name == "LBFGS":
        settings = {k: v for k, v in groups[0].items() if k != "params"}
        return kind(params, **settings)
    # Adagrad reads these when it is made.
    if name == "Adagrad" and "initial_accumulator_value" in groups[0]:
        return kind(groups, initial_accumulator_value=groups[0]["initial_accumulator_value"])
    return kind(groups, **({"lr": 1e-3} if name == "SGD" else {}))


def valley(params):
    loss = torch.zeros(())
    for p in params:
        x = p.reshape(-1)
        loss = loss + (4 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
    return loss


def steps(optimizer, line, params, gradients, begin, end):
    def closure():
        optimizer.zero_grad()
        loss = valley(params)
        loss.backward()
        return loss

    for step in range(begin, end):
        if isinstance(optimizer, torch.optim.LBFGS):
            optimizer.step(closure)
            continue
        for p, g in zip(params, gradients):
            p.grad = g[step].clone()
        optimizer.step()


def leaves(tensors, count):
    return [t.clone().requires_grad_() for t in tensors[:count]]


def number_of_params(line):
    return int(parsed(line)[0][1].get("params", 3))


def schedule_values(line, metrics):
    """The learning rates and momenta of a schedule in PyTorch."""
    parts = parsed(line)
    name, words = parts[0]
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": float(lr)} for lr in words.get("lr", "0.1").split(",")]
    adam = "adam" in words
    optimizer = torch.optim.Adam(groups) if adam else torch.optim.SGD(groups, lr=0.1, momentum=0.5)
    schedule = make_schedule(parts, optimizer)
    rates, momenta = [], []
    for t in range(int(words.get("steps", 200))):
        for group in optimizer.param_groups:
            rates.append(group["lr"])
            momenta.append(group["betas"][0] if adam else group["momentum"])
        optimizer.step()
        schedule.step(metrics[t]) if name == "ReduceLROnPlateau" else schedule.step()
    result = {"lr": torch.tensor(rates)}
    if name in ("OneCycleLR", "CyclicLR"):
        result["momentum"] = torch.tensor(momenta)
    return result


def make_schedule(parts, optimizer):
    name, words = parts[0]
    if name == "SequentialLR":
        milestones = [int(each) for each in words["milestones"].split(",")]
        return schedules.SequentialLR(optimizer, [make_schedule([p], optimizer) for p in parts[1:]], milestones)
    if name == "ChainedScheduler":
        return schedules.ChainedScheduler([make_schedule([p], optimizer) for p in parts[1:]], optimizer)
    if name in ("LambdaLR", "MultiplicativeLR"):
        return getattr(schedules, name)(optimizer, lambda t: 1 / (1 + 0.05 * t))
    settings = {}
    for key, text in words.items():
        numbers = [int(x) if x.lstrip("-").isdigit() else float(x) for x in text.split(",")]
        value = numbers if len(numbers) > 1 or key == "milestones" else numbers[0]
        if key in ("lr", "adam", "steps"):
            continue
        if key == "linear":
            settings["anneal_strategy"] = "linear"
        elif key in ("cycle_momentum", "three_phase"):
            settings[key] = bool(value)
        elif key in ("max", "abs"):
            settings["mode" if key == "max" else "threshold_mode"] = key
        elif key == "mode":
            settings[key] = ["triangular", "triangular2", "exp_range"][value]
        elif key == "scale_fn":
            settings[key] = lambda x: 1 / (1 + 0.5 * x)
        else:
            settings[key] = value
    if name == "SWALR":
        settings.setdefault("swa_lr", 0.05)
        return swa_utils.SWALR(optimizer, **settings)
    if name == "OneCycleLR":
        settings.setdefault("total_steps", 200)
    return getattr(schedules, name)(optimizer, **settings)


def run(program, tensors, lines):
    """What xgrad computes for these cases: by number a dictionary of tensors, and by number an error."""
    with tempfile.TemporaryDirectory() as folder:
        cases, outcomes = f"{folder}/cases.safetensors", f"{folder}/outcomes.safetensors"
        safetensors.torch.save_file({k: v.contiguous() for k, v in tensors.items()}, cases, metadata=lines)
        subprocess.run([program, cases, outcomes], check=True)
        result = {}
        with safe_open(outcomes, "pt") as file:
            for key in file.keys():
                number, _, name = key.partition(".")
                result.setdefault(number, {})[name] = file.get_tensor(key)
            return result, file.metadata() or {}


def error_of(got, expected):
    """The largest difference of the parameters, relative to numbers above 1."""
    return largest([float(((got[name] - value).abs() / value.abs().clamp(min=1)).max()) if name in got else math.inf
                    for name, value in expected.items()])


def largest(errors):
    """NaN if one of them is, which max() may leave out."""
    return float(torch.tensor(errors, dtype=torch.float64).max())


class Comparison:
    def __init__(self, program):
        self.program, self.failures = program, 0
        generator = torch.Generator().manual_seed(12)
        self.initial = [torch.randn(shape, generator=generator) for shape in SHAPES]
        self.gradients = [torch.randn((STEPS, *shape), generator=generator) for shape in SHAPES]
        # Falls, rises and stays, with ties.
        self.metrics = torch.tensor([round(2 / (1 + t // 9) + 0.3 * ((t * 7) % 5), 3) for t in range(200)])
        self.shared = {"metrics": self.metrics}
        for k, (p, g) in enumerate(zip(self.initial, self.gradients)):
            self.shared[f"initial.{k}"], self.shared[f"gradients.{k}"] = p, g
        self.optimizers = [f"{name} {line}".strip() for name, all_lines in OPTIMIZERS.items() for line in all_lines]

    def torch_after(self, line, end):
        """Parameters and optimiser of PyTorch after some steps from the beginning."""
        params = leaves(self.initial, number_of_params(line))
        optimizer = make_optimizer(line, params)
        steps(optimizer, line, params, self.gradients, 0, end)
        return params, optimizer

    def expected(self, line):
        return {f"p.{k}": p.detach() for k, p in enumerate(self.torch_after(line, STEPS)[0])}

    def report(self, what, line, error, limit):
        if not error <= limit:
            self.failures += 1
            print(f"  {what}: {line}: differs by {error:.3g}, allowed is {limit:g}")

    def compare(self):
        lines = {str(i): "optimizer " + line for i, line in enumerate(self.optimizers)}
        first = len(lines)
        lines |= {str(first + i): "schedule " + line for i, line in enumerate(SCHEDULES)}
        got, errors = run(self.program, self.shared, lines)
        worst = {}
        for i, line in enumerate(self.optimizers):
            error = error_of(got.get(str(i), {}), self.expected(line))
            self.report("optimizer", line + errors.get(str(i), ""), error, 1e-12)
            name = line.split()[0]
            worst[name] = largest([worst.get(name, 0), error])
        for name, error in worst.items():
            print(f"{name}: {len(OPTIMIZERS[name])} configurations, largest difference {error:.2g}")
        same = 0
        for i, line in enumerate(SCHEDULES, first):
            expected = schedule_values(line, self.metrics)
            equal = all(torch.equal(got.get(str(i), {}).get(name, torch.zeros(0)), value) for name, value in expected.items())
            same += equal
            self.report("schedule", line + errors.get(str(i), ""),
                        0 if equal else error_of(got.get(str(i), {}), expected) or 1, 0)
        print(f"schedules: {same} of {len(SCHEDULES)} equal to the last bit over 200 steps")

    def exchange(self):
        """States in the middle, from PyTorch and to it."""
        lines, tensors = {}, dict(self.shared)
        for i, line in enumerate(self.optimizers):
            name, rest = line.split(" ", 1) if " " in line else (line, "")
            lines[f"{i}a"] = f"optimizer {name} begin={HALF} {rest}"
            lines[f"{i}b"] = f"optimizer {name} end={HALF} {rest}"
            params, optimizer = self.torch_after(line, HALF)
            tensors |= {f"{i}a.p.{k}": p.detach() for k, p in enumerate(params)}
            tensors |= {f"{i}a.state.{key}": value for key, value in torch_optimizer.flat(optimizer.state_dict()).items()}
        got, errors = run(self.program, tensors, lines)
        for i, line in enumerate(self.optimizers):
            expected = self.expected(line)
            self.report("from PyTorch", line + errors.get(f"{i}a", ""), error_of(got.get(f"{i}a", {}), expected), 1e-12)
            half = got.get(f"{i}b", {})
            if not half:
                self.report("to PyTorch", line + errors.get(f"{i}b", ""), math.inf, 1e-12)
                continue
            params = [half[f"p.{k}"].clone().requires_grad_() for k in range(number_of_params(line))]
            optimizer = make_optimizer(line, params)
            state = {key[6:]: value for key, value in half.items() if key.startswith("state.")}
            optimizer.load_state_dict(torch_optimizer.nested(state, optimizer.state_dict()))
            steps(optimizer, line, params, self.gradients, HALF, STEPS)
            self.report("to PyTorch", line, error_of({f"p.{k}": p.detach() for k, p in enumerate(params)}, expected), 1e-12)
        print(f"states of {len(self.optimizers)} optimisers went both ways in the middle of {STEPS} steps")

    def record(self):
        lines, tensors = {}, dict(self.shared)
        for i, line in enumerate(self.optimizers):
            lines[str(i)] = "optimizer " + line
            tensors |= {f"{i}.expected.{name}": value for name, value in self.expected(line).items()}
        for i, line in enumerate(SCHEDULES, len(lines)):
            lines[str(i)] = "schedule " + line
            tensors |= {f"{i}.expected.{name}": value for name, value in schedule_values(line, self.metrics).items()}
        RECORDED.parent.mkdir(exist_ok=True)
        content = safetensors.torch.save({k: v.contiguous() for k, v in tensors.items()}, metadata=lines)
        RECORDED.write_bytes(gzip.compress(content, 9, mtime=0))
        print(f"{len(lines)} cases, {RECORDED.stat().st_size / 1000:.0f} kB in {RECORDED}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    comparison = Comparison(arguments.program)
    params = leaves(comparison.initial, 2)
    steps(torch.optim.Muon(params, lr=0.1), "Muon", params, comparison.gradients, 0, STEPS)
    rounded = {f"p.{k}": p.detach() for k, p in enumerate(params)}
    torch.optim._muon._zeropower_via_newtonschulz = orthogonal
    if arguments.record:
        comparison.record()
        return
    print(f"Muon: bfloat16 leads PyTorch {error_of(rounded, comparison.expected('Muon params=2 lr=0.1')):.2g} away in {STEPS} steps")
    comparison.compare()
    comparison.exchange()
    print("all agree" if comparison.failures == 0 else f"{comparison.failures} differ")
    sys.exit(comparison.failures != 0)


if __name__ == "__main__":
    main()
