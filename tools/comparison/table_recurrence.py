"""Recurrent layers and cells, whose weights are arguments, and packed sequences."""

import torch
from torch import nn
from torch.nn.utils import rnn as sequences

from comparison.samples import F32, F64, number, random
from comparison.table import SUMS, Op

FILE = "recurrence"
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def weights(kind, size, hidden, dtype, num_layers=1, bias=True, bidirectional=False, proj_size=0):
    """In the order of PyTorch's parameters."""
    rows, out, ways = GATES[kind] * hidden, proj_size or hidden, 2 if bidirectional else 1
    result = []
    for layer in range(num_layers):
        for _ in range(ways):
            shapes = [(rows, out * ways if layer else size), (rows, out)] + [(rows,), (rows,)] * bias
            shapes += [(proj_size, hidden)] * (proj_size > 0)
            result += [number(shape, dtype, -1.0, 1.0) for shape in shapes]
    return result


def layers(kind):
    """Random options: sizes, layers, directions, states, lengths, one sequence."""
    for i in range(26):
        dtype = F32 if i % 6 == 5 else F64
        size, hidden = int(random.integers(1, 6)), int(random.integers(1, 6))
        steps, batch = int(random.integers(1, 5)), int(random.integers(1, 4))
        options = {"num_layers": 1 + i % 2, "bias": bool(random.integers(0, 3)), "bidirectional": bool(random.integers(0, 2))}
        if kind == "lstm" and i % 4 == 3 and hidden > 1:
            options["proj_size"] = int(random.integers(1, hidden))
        given = {"weights": weights(kind, size, hidden, dtype, **options), "hidden": hidden, **options}
        one = i % 9 == 8
        if bool(random.integers(0, 2)) and not one:
            given["batch_first"] = True
        if i % 3 == 2 and not one:
            given["lengths"] = torch.tensor(random.integers(1, steps + 1, batch))
            given["lengths"][int(random.integers(0, batch))] = steps
        shape = (steps, size) if one else (batch, steps, size) if "batch_first" in given else (steps, batch, size)
        given["input"] = number(shape, dtype, -2.0, 2.0)
        if i % 2:
            states = options["num_layers"] * (2 if options["bidirectional"] else 1)
            for name, width in [("h0", options.get("proj_size") or hidden)] + [("c0", hidden)] * (kind == "lstm"):
                given[name] = number((states, width) if one else (states, batch, width), dtype, -1.0, 1.0)
        if kind == "rnn" and i % 5 == 2:
            given["nonlinearity"] = "relu"
        yield given
    options = {"num_layers": 1, "bias": True, "bidirectional": False}  # an empty batch
    yield {"weights": weights(kind, 3, 2, F64), "hidden": 2, "input": number((3, 0, 3)), **options}


def run(module, names, input, state, weights, lengths, batch_first):
    values = dict(zip(names, weights))
    if lengths is None:
        y, last = torch.func.functional_call(module, values, (input, state))
    else:
        packed = sequences.pack_padded_sequence(input, lengths, batch_first, enforce_sorted=False)
        y, last = torch.func.functional_call(module, values, (packed, state))
        y = sequences.pad_packed_sequence(y, batch_first)[0]
    return [y, *(last if isinstance(last, tuple) else [last])]


def layer(Module, input, state, weights, hidden, lengths, batch_first, **options):
    module = Module(input.shape[-1], hidden, batch_first=batch_first, **options).to(input.dtype)
    return run(module, [n for n, _ in module.named_parameters()], input, state, weights, lengths, batch_first)


def rnn(input, weights, hidden, h0=None, lengths=None, num_layers=1, bias=True, batch_first=False, bidirectional=False,
        nonlinearity="tanh"):
    return layer(nn.RNN, input, h0, weights, hidden, lengths, batch_first, num_layers=num_layers, bias=bias,
                 bidirectional=bidirectional, nonlinearity=nonlinearity)


def gru(input, weights, hidden, h0=None, lengths=None, num_layers=1, bias=True, batch_first=False, bidirectional=False):
    return layer(nn.GRU, input, h0, weights, hidden, lengths, batch_first, num_layers=num_layers, bias=bias,
                 bidirectional=bidirectional)


def lstm(input, weights, hidden, h0=None, c0=None, lengths=None, num_layers=1, bias=True, batch_first=False,
         bidirectional=False, proj_size=0):
    return layer(nn.LSTM, input, None if h0 is None else (h0, c0), weights, hidden, lengths, batch_first,
                 num_layers=num_layers, bias=bias, bidirectional=bidirectional, proj_size=proj_size)


def cells(kind):
    for i in range(8):
        dtype, bias = F32 if i == 5 else F64, i % 3 != 2
        size, hidden, batch = int(random.integers(1, 6)), int(random.integers(1, 6)), [3, 1, 0, None][i % 4]
        rows = () if batch is None else (batch,)
        given = {"input": number((*rows, size), dtype), "weights": weights(kind, size, hidden, dtype, bias=bias),
                 "hidden": hidden, "bias": bias}
        if i % 2:
            for name in ["h0"] + ["c0"] * (kind == "lstm"):
                given[name] = number((*rows, hidden), dtype)
        if kind == "rnn" and i % 4 == 1:
            given["nonlinearity"] = "relu"
        yield given


def cell(Module, input, state, weights, hidden, bias, **options):
    module = Module(input.shape[-1], hidden, bias, **options).to(input.dtype)
    values = dict(zip([n for n, _ in module.named_parameters()], weights))
    return torch.func.functional_call(module, values, (input, state))


def rnn_cell(input, weights, hidden, h0=None, bias=True, nonlinearity="tanh"):
    return cell(nn.RNNCell, input, h0, weights, hidden, bias, nonlinearity=nonlinearity)


def gru_cell(input, weights, hidden, h0=None, bias=True):
    return cell(nn.GRUCell, input, h0, weights, hidden, bias)


def lstm_cell(input, weights, hidden, h0=None, c0=None, bias=True):
    return cell(nn.LSTMCell, input, None if h0 is None else (h0, c0), weights, hidden, bias)


def padded():
    for dtype in [F64, F32]:
        for lengths in [[4, 2, 2], [3, 3], [1]]:
            batch = len(lengths)
            yield {"input": number((4, batch, 2), dtype), "lengths": torch.tensor(lengths)}
            yield {"input": number((batch, 4), dtype), "lengths": torch.tensor(lengths[::-1]), "batch_first": True,
                   "enforce_sorted": False}


def lists(low=1, **settings):
    for shapes in [[(3, 2), (2, 2), (1, 2)], [(2,), (4,)], [(low, 1, 3), (2, 1, 3), (5, 1, 3)]]:
        yield {"sequences": [number(shape) for shape in shapes], **settings}


def pads():
    yield from lists(0)
    yield from lists(0, batch_first=True, padding_value=-1.5)
    yield from lists(0, padding_side="left", padding_value=2.0)


def unpads():
    for first in [False, True]:
        yield {"padded_sequences": number((4, 4, 2)), "lengths": torch.tensor([4, 1, 3, 2]), "batch_first": first}


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    packed = sequences.pack_padded_sequence(input, lengths, batch_first, enforce_sorted)
    return [packed.data, packed.batch_sizes]


def pack_sequence(sequences, enforce_sorted=True):
    packed = nn.utils.rnn.pack_sequence(sequences, enforce_sorted)
    return [packed.data, packed.batch_sizes]


def unpack_sequence(sequences):
    return nn.utils.rnn.unpack_sequence(nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False))


ROWS = [
    Op("nn_rnn", rnn, lambda: layers("rnn"), SUMS),
    Op("nn_gru", gru, lambda: layers("gru"), SUMS),
    Op("nn_lstm", lstm, lambda: layers("lstm"), SUMS),
    Op("nn_rnn_cell", rnn_cell, lambda: cells("rnn"), SUMS),
    Op("nn_gru_cell", gru_cell, lambda: cells("gru"), SUMS),
    Op("nn_lstm_cell", lstm_cell, lambda: cells("lstm"), SUMS),
    Op("pack_padded_sequence", pack_padded_sequence, padded),
    Op("pack_sequence", pack_sequence, lambda: lists(enforce_sorted=False)),
    Op("pad_sequence", sequences.pad_sequence, pads),
    Op("unpad_sequence", sequences.unpad_sequence, unpads),
    Op("unpack_sequence", unpack_sequence, lists),
]
for row in ROWS:
    row.file = FILE
