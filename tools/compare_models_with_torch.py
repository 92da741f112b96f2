#!/usr/bin/env python3
"""Exchanges the weights of models with PyTorch 2.13, both ways, and the states of their optimisers.

    cmake --build build/release --target run_models
    tools/compare_models_with_torch.py build/release/tests/run_models              # compares, some seconds
    tools/compare_models_with_torch.py build/release/tests/run_models --record     # writes what the test replays

A convolution net with normalisation and pooling, a tagger with an LSTM of two layers and directions, and a transformer's
encoder of two layers, in float64. PyTorch's are random, trained with AdamW, and saved: the library loads them strictly, gives
the same outputs, and goes on training with the optimiser's state as PyTorch does. Then the other way round: the library's are
random and trained, and PyTorch loads them with strict=True. Keys, shapes, dtypes and their order must be the same. It needs
PyTorch and safetensors.
"""

import argparse
import gzip
import pathlib
import subprocess
import sys
import tempfile

import safetensors.torch
import torch
from safetensors import safe_open
from torch import nn

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import torch_optimizer  # noqa: E402

RECORDED = pathlib.Path(__file__).resolve().parent.parent / "tests/golden/exchange/models.safetensors.gz"
FIRST, MORE, LIMIT = 5, 4, 1e-11
torch.set_default_dtype(torch.float64)


class Convolutions(nn.Module):
    """Without biases before the norms: their gradient is 0 but for rounding, of which AdamW makes steps of 1e-11."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.AvgPool2d(2))
        self.classifier = nn.Linear(6, 3)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        return self.out(self.lstm(x)[0])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=12, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8), enable_nested_tensor=False)
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        return self.out(self.encoder(x))


# The class, and the shapes of an input and a target.
MODELS = {"convolutions": (Convolutions, (5, 2, 8, 8), (5, 3)), "lstm": (Tagger, (3, 4, 3), (3, 4, 3)),
          "encoder": (Encoder, (3, 4, 8), (3, 4, 3))}


def adamw(model):
    return torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1)


def train(model, optimizer, x, target, steps):
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), target).backward()
        optimizer.step()


def output(model, x):
    model.eval()
    with torch.no_grad():
        return model(x)


def listing(state):
    """As the library lists a state."""
    shape = lambda x: f"({', '.join(map(str, x.shape))})"  # noqa: E731
    return "".join(f"{key} {shape(x)} {str(x.dtype).replace('torch.', '')}\n" for key, x in state.items())


def prefixed(prefix, tensors):
    return {prefix + key: x.detach().clone().contiguous() for key, x in tensors.items()}


def of_torch(name):
    """A model of PyTorch after some steps with what came of it: all that the library's run reads, and what it must give."""
    kind, shape, wanted = MODELS[name]
    torch.manual_seed(7)
    model, x, target = kind(), torch.randn(shape), torch.randn(wanted)
    optimizer = adamw(model)
    train(model, optimizer, x, target, FIRST)
    tensors = {"x": x, "target": target, **prefixed("model.", model.state_dict()),
               **prefixed("optimizer.", torch_optimizer.flat(optimizer.state_dict()))}
    names = listing(model.state_dict())
    expected = {"before": output(model, x)}
    train(model, optimizer, x, target, MORE)
    expected["after"] = output(model, x)
    expected.update(prefixed("model.", model.state_dict()))
    return tensors, expected, names


def run(program, name, steps, tensors):
    with tempfile.TemporaryDirectory() as folder:
        source, result = f"{folder}/source.safetensors", f"{folder}/result.safetensors"
        safetensors.torch.save_file({key: x.contiguous() for key, x in tensors.items()}, source)
        subprocess.run([program, name, str(steps), source, result], check=True)
        with safe_open(result, "pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata()["listing"]


def largest(got, expected):
    """The largest difference over all tensors that are expected, relative to numbers above 1."""
    if got.shape != expected.shape or got.dtype != expected.dtype:
        return float("inf")
    return float(((got - expected).abs() / expected.abs().clamp(min=1)).max()) if expected.is_floating_point() else \
        float((got != expected).sum())


def largest_of(errors):
    """NaN if one of them is, which max() may leave out."""
    return float(torch.tensor(list(errors), dtype=torch.float64).max())


class Comparison:
    def __init__(self, program):
        self.program, self.failures = program, 0

    def holds(self, what, error, limit=LIMIT):
        self.failures += not error <= limit
        print(f"  {what}: {error:.2g}" + ("" if error <= limit else " WRONG"))

    def from_torch(self, name):
        tensors, expected, names = of_torch(name)
        got, ours = run(self.program, name, MORE, tensors)
        self.holds("from PyTorch, outputs", largest(got["before"], expected["before"]))
        self.holds(f"outputs after {MORE} more steps of AdamW", largest(got["after"], expected["after"]))
        self.holds("weights and statistics after them",
                   largest_of(largest(got[k], v) for k, v in expected.items() if k.startswith("model.")))
        self.holds("entries of the state with another key, shape, dtype or place",
                   sum(a != b for a, b in zip(ours.split("\n"), names.split("\n"))) + abs(ours.count("\n") - names.count("\n")), 0)

    def to_torch(self, name):
        kind, shape, wanted = MODELS[name]
        torch.manual_seed(8)
        x, target = torch.randn(shape), torch.randn(wanted)
        half, _ = run(self.program, name, FIRST, {"x": x, "target": target})
        whole, _ = run(self.program, name, FIRST + MORE, {"x": x, "target": target})
        part = lambda prefix: {k[len(prefix):]: v for k, v in half.items() if k.startswith(prefix)}  # noqa: E731
        model = kind()
        model.load_state_dict(part("model."), strict=True)
        self.holds("to PyTorch, outputs", largest(output(model, x), half["after"]))
        optimizer = adamw(model)
        # PyTorch has no entries before the first step, so that they come from one of another model.
        other = kind()
        like = adamw(other)
        train(other, like, x, target, 1)
        optimizer.load_state_dict(torch_optimizer.nested(part("optimizer."), like.state_dict()))
        train(model, optimizer, x, target, MORE)
        self.holds(f"outputs after {MORE} more steps of AdamW", largest(output(model, x), whole["after"]))
        self.holds("weights and statistics after them",
                   largest_of(largest(v, whole["model." + k]) for k, v in model.state_dict().items()))

    def all(self):
        for name, (kind, _, _) in MODELS.items():
            print(f"{name}: {len(kind().state_dict())} entries")
            self.from_torch(name)
            self.to_torch(name)
        print("all agree" if self.failures == 0 else f"{self.failures} differ")


def record():
    tensors, metadata = {}, {}
    for name in MODELS:
        given, expected, names = of_torch(name)
        tensors |= {f"{name}.{key}": x.contiguous() for key, x in given.items()}
        tensors |= {f"{name}.{key}": expected[key] for key in ("before", "after")}
        metadata |= {f"{name}.listing": names, f"{name}.steps": str(MORE)}
    RECORDED.parent.mkdir(exist_ok=True)
    RECORDED.write_bytes(gzip.compress(safetensors.torch.save(tensors, metadata=metadata), 9, mtime=0))
    print(f"{len(MODELS)} models, {RECORDED.stat().st_size / 1000:.0f} kB in {RECORDED}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    if arguments.record:
        return record()
    comparison = Comparison(arguments.program)
    comparison.all()
    return comparison.failures != 0


if __name__ == "__main__":
    sys.exit(main())
