"""How an answer differs from PyTorch's."""

import numpy as np
import torch

SINGLE, SINGLE_LINALG = 2e-5, 1e-3  # float32: roundings of either library, of which sums and solutions have many


def problems(call, answer, tolerance, differences):
    """Sentences on every tensor in which the two disagree, and the reasons of deliberate differences."""
    if isinstance(answer, str):
        reasons = [d.reason for d in differences if d.op == call.op and d.refusal and d.refusal in answer]
        return ([] if reasons else [f"refused here: {answer}"]), reasons
    found, reasons = [], []
    # A gradient of a float64 argument beside a float32 one may have been computed in float32.
    single = any(x.dtype == torch.float32 for x in [*call.tensors.values(), *call.expected.values()])
    for name, expected in call.expected.items():
        expected = expected.numpy()
        if name not in answer:
            found.append(f"{name} is missing")
            continue
        got = answer[name]
        if got.shape != expected.shape or got.dtype != expected.dtype:
            if meant := [d.reason for d in differences if d.op == call.op and d.form and d.form(call)]:
                return [], meant
            found.append(f"{name} is {got.shape} {got.dtype}, PyTorch's {expected.shape} {expected.dtype}")
            continue
        # A second derivative is a difference of larger terms, with ten times the rounding errors.
        wrong = disagreements(got, expected, tolerance, 20 if name.startswith("second") else 1, single)
        for difference in differences:
            if wrong.any() and difference.op == call.op and difference.where:
                there = wrong & difference.where(call, name, got, expected)
                if there.any():
                    reasons.append(difference.reason)
                    wrong = wrong & ~there
        if wrong.any():
            found.append(sentence(call, name, got, expected, wrong))
    if extra := [n for n in answer if n not in call.expected]:
        found.append(f"PyTorch does not return {', '.join(extra)}")
    return found, reasons


def disagreements(got, expected, tolerance, factor, single):
    pointwise = tolerance < 1e-11
    if got.dtype.kind != "f":
        return np.asarray(got != expected)
    if single or expected.dtype == np.float32:
        tolerance = max(SINGLE_LINALG if tolerance > 5e-11 else SINGLE, tolerance)
    finite = expected[np.isfinite(expected)]
    with np.errstate(all="ignore"):
        sizes = np.abs(expected)
        # Reductions and products, whose tolerance is wider, are measured by the largest element: sums cancel.
        scale = np.maximum(sizes, 1.0) if pointwise or finite.size == 0 else max(1.0, np.abs(finite).max())
        # Of an infinity only the same infinity is right, whatever its scale.
        close = np.isfinite(expected) & (np.abs(got - expected) <= factor * tolerance * scale)
    return np.asarray(~(close | (got == expected) | (np.isnan(got) & np.isnan(expected))))


def sentence(call, name, got, expected, wrong):
    where = tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.ndim else ()
    inputs = []
    for other, x in call.tensors.items():
        if x.numel() == 1:
            inputs.append(f"{other} = {x.item()!r}")
        elif tuple(x.shape) == got.shape:
            inputs.append(f"{other} = {x.numpy()[where].item()!r}")
    at = f" where {', '.join(inputs)}" if inputs else ""
    return (f"{name}{list(where)} is {got[where].item()!r}, PyTorch's {expected[where].item()!r}{at} "
            f"({int(wrong.sum())} of {got.size} elements)")
