"""Losses with margins, distances and distributions."""

import torch
import torch.nn.functional as F
from torch import nn

from comparison.samples import F32, F64, index, number, random
from comparison.table import SUMS, Op
from comparison.table_losses import REDUCTIONS

SAME = [(), (1,), (0,), (5,), (2, 3), (0, 3), (19,)]


def signs(shape, dtype):
    return (index(shape, 2) * 2 - 1).to(dtype)


def each(settings, arguments, shapes=SAME, dtypes=(F64, F32)):
    """All reductions and settings, with arguments(shape, dtype)."""
    def samples():
        for setting in settings:
            for reduction in REDUCTIONS:
                for shape in shapes:
                    for dtype in dtypes if shape == shapes[-1] else dtypes[:1]:
                        yield {**arguments(shape, dtype), "reduction": reduction, **setting}
    return samples


def signed(shape, dtype):
    return {"input": number(shape, dtype), "target": signs(shape, dtype)}


def three(shape, dtype):
    return {"input1": number(shape, dtype), "input2": number(shape, dtype), "target": signs(shape, dtype)}


def vectors(shape, dtype):
    return {"input1": number(shape, dtype), "input2": number(shape, dtype), "target": signs(shape[:-1], dtype)}


def triple(shape, dtype):
    return {"anchor": number(shape, dtype), "positive": number(shape, dtype), "negative": number(shape, dtype)}


def labelled(shape, dtype):
    return {"input": number(shape, dtype), "target": index(shape[:-1], shape[-1])}


def weighted(shape, dtype):
    return {**labelled(shape, dtype), "weight": number(shape[-1:], dtype, 0.25, 2.0)}


def lists(shape, dtype):
    """Labels that end at a -1, or fill the row."""
    target = torch.stack([torch.randperm(shape[-1], generator=torch.Generator().manual_seed(i)) for i in range(max(1, shape[0] if len(shape) > 1 else 1))])
    ends = [i % (shape[-1] + 1) for i in range(len(target))]
    for row, end in zip(target, ends):
        row[end:end + 1] = -1
    return {"input": number(shape, dtype), "target": target.reshape(shape)}


def counts(shape, dtype):
    return {"input": number(shape, dtype), "target": index(shape, 6).to(dtype)}


def rates(shape, dtype):
    return {**counts(shape, dtype), "input": number(shape, dtype, 0.25, 3.0)}


def variances(kind):
    def arguments(shape, dtype):
        own = {"same": shape, "short": shape[:-1], "one": (*shape[:-1], 1)}[kind]
        return {"input": number(shape, dtype), "target": number(shape, dtype), "var": number(own, dtype, 0.25, 2.0)}
    return arguments


# Rows of log-probabilities that do not sum to 1 would show PyTorch's gradient with e^x in it; behind a log_softmax it is the same.
def ctc(logits, targets, input_lengths, target_lengths, blank=0, zero_infinity=False, reduction="mean"):
    return F.ctc_loss(torch.log_softmax(logits, -1), targets, input_lengths, target_lengths, blank, reduction, zero_infinity)


def paths():
    for reduction in REDUCTIONS:
        for dtype in [F64, F32]:
            x = number((6, 3, 4), dtype)
            lengths = {"input_lengths": torch.tensor([6, 4, 5]), "target_lengths": torch.tensor([3, 1, 2])}
            padded = torch.tensor([[1, 1, 2], [3, 1, 1], [2, 3, 3]])
            yield {"logits": x, "targets": padded, **lengths, "reduction": reduction}
            yield {"logits": x, "targets": torch.tensor([1, 1, 2, 3, 2, 3]), **lengths, "reduction": reduction}
            yield {"logits": x, "targets": torch.tensor([[0, 1, 2], [1, 1, 1], [2, 0, 0]]), **lengths, "blank": 3, "reduction": reduction}
            yield {"logits": number((5, 4), dtype), "targets": torch.tensor([2, 2, 1]), "input_lengths": torch.tensor(5),
                   "target_lengths": torch.tensor(3), "reduction": reduction}
            yield {"logits": x, "targets": padded, "input_lengths": torch.tensor([3, 4, 5]), "target_lengths": torch.tensor([3, 0, 2]),
                   "zero_infinity": True, "reduction": reduction}
    yield {"logits": number((50, 2, 20)), "targets": index((2, 10), 19) + 1, "input_lengths": torch.tensor([50, 40]),
           "target_lengths": torch.tensor([10, 7])}


def clusters():
    """Random sizes, cutoffs and options; targets of all clusters, or of some; one row, and none."""
    for i in range(32):
        dtype = F32 if i % 8 == 5 else F64
        size, n_classes = int(random.integers(1, 9)), int(random.integers(2, 12))
        cutoffs = sorted(random.permutation(n_classes - 1)[:int(random.integers(1, min(4, n_classes)))] + 1)
        cutoffs = [int(c) for c in cutoffs]
        options = {"div_value": [4.0, 2.0, 1.5, 1.0][i % 4], "head_bias": bool(random.integers(0, 2))}
        module = nn.AdaptiveLogSoftmaxWithLoss(size, n_classes, cutoffs, **options)
        rows = [int(random.integers(1, 7)), 1, None][i % 3] if i != 7 else 0
        shape = () if rows is None else (rows,)
        few = cutoffs[0] if i % 5 == 4 else n_classes  # in the head alone
        yield {"input": number((*shape, size), dtype), "target": index(shape, few), "n_classes": n_classes, "cutoffs": cutoffs, **options,
               "weights": [number(tuple(p.shape), dtype, -1.0, 1.0) for p in module.parameters()]}


def adaptive(input, target, weights, n_classes, cutoffs, div_value=4.0, head_bias=False):
    module = nn.AdaptiveLogSoftmaxWithLoss(input.shape[-1], n_classes, cutoffs, div_value, head_bias).to(input.dtype)
    values = dict(zip([n for n, _ in module.named_parameters()], weights))

    class All(nn.Module):
        """PyTorch's other two functions take batches alone."""

        def __init__(self):
            super().__init__()
            self.m = module

        def forward(self, x, t):
            rows = x if x.dim() == 2 else x.unsqueeze(0)
            both = [self.m.log_prob(rows), self.m.predict(rows)]
            return [*self.m(x, t), *(y if x.dim() == 2 else y.squeeze(0) for y in both)]

    return torch.func.functional_call(All(), {"m." + n: v for n, v in values.items()}, (input, target))


def reduced(name, parameters):
    """A function of torch.nn.functional with these parameters and `reduction`."""
    f = getattr(F, name)
    names = [p.split("=")[0] for p in parameters.split(", ")]
    call = ", ".join(f"{n}={n}" for n in names)
    return eval(f"lambda {parameters}, reduction='mean': f({call}, reduction=reduction)", {"f": f})


ROWS2D = [(5,), (1,), (2, 3), (4, 1), (6, 3)]
PAIRS2D = [(3,), (2, 3), (4, 1), (0, 3), (6, 3)]
ROWS = [
    Op("margin_ranking_loss", reduced("margin_ranking_loss", "input1, input2, target, margin=0.0"),
       each([{}, {"margin": 0.5}], three), SUMS, constants=("target",)),
    Op("hinge_embedding_loss", reduced("hinge_embedding_loss", "input, target, margin=1.0"),
       each([{}, {"margin": 0.25}], signed), SUMS, constants=("target",)),
    Op("soft_margin_loss", reduced("soft_margin_loss", "input, target"), each([{}], signed), SUMS, constants=("target",)),
    Op("cosine_embedding_loss", reduced("cosine_embedding_loss", "input1, input2, target, margin=0.0"),
       each([{}, {"margin": 0.25}], vectors, PAIRS2D), SUMS, constants=("target",)),
    Op("multi_margin_loss", reduced("multi_margin_loss", "input, target, p=1, margin=1.0, weight=None"),
       lambda: [*each([{}, {"p": 2, "margin": 0.5}], labelled, ROWS2D)(), *each([{}], weighted, ROWS2D)()], SUMS, second=False,
       constants=("weight",)),
    Op("multilabel_margin_loss", reduced("multilabel_margin_loss", "input, target"), each([{}], lists, ROWS2D), SUMS, second=False),
    Op("multilabel_soft_margin_loss", reduced("multilabel_soft_margin_loss", "input, target, weight=None"),
       lambda: [*each([{}], lambda s, d: {"input": number(s, d), "target": index(s, 2).to(d)}, ROWS2D)(),
                *each([{}], lambda s, d: {"input": number(s, d), "target": index(s, 2).to(d), "weight": number(s[-1:], d, 0.25, 2.0)}, ROWS2D)()],
       SUMS, constants=("target", "weight")),
    Op("triplet_margin_loss", reduced("triplet_margin_loss", "anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False"),
       each([{}, {"margin": 2.0, "p": 1.0}, {"swap": True, "margin": 3.0}], triple, PAIRS2D), SUMS),
    Op("triplet_margin_with_distance_loss", lambda anchor, positive, negative, margin=1.0, swap=False, reduction="mean":
       F.triplet_margin_with_distance_loss(anchor, positive, negative, margin=margin, swap=swap, reduction=reduction),
       each([{}, {"swap": True, "margin": 3.0}], triple, PAIRS2D), SUMS),
    Op("poisson_nll_loss", reduced("poisson_nll_loss", "input, target, log_input=True, full=False, eps=1e-8"),
       lambda: [*each([{}, {"full": True}], counts)(), *each([{"log_input": False}, {"log_input": False, "full": True}], rates)()], SUMS,
       constants=("target",)),
    Op("gaussian_nll_loss", reduced("gaussian_nll_loss", "input, target, var, full=False, eps=1e-6"),
       lambda: [*each([{}, {"full": True, "eps": 0.5}], variances("same"), SAME[1:])(), *each([{}], variances("short"), [(2, 3), (5, 2, 3)])(),
                *each([{}], variances("one"), [(2, 3), (5, 2, 3)])()], SUMS),
    Op("nn_adaptive_log_softmax", adaptive, clusters),
    Op("ctc_loss", ctc, paths, SUMS, second=False),
]
