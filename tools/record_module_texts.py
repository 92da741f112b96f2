#!/usr/bin/env python3
"""Prints what print(module) says in PyTorch, for tests/module_texts_test.cpp.

    python3 tools/record_module_texts.py > tests/golden/module_texts.txt     # with release 1.13
    python3 tools/record_module_texts.py --new OLD.txt >> OLD.txt            # with a newer one: what OLD.txt lacks
    python3 tools/record_module_texts.py --compare OLD.txt                   # with a newer one: what it prints otherwise

A record is a line "== " with the expression that makes the module, and the text.
"""

import sys
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")

EXPRESSIONS = """
Linear(20, 30)
Linear(20, 30, bias=False)
LazyLinear(30)
LazyLinear(30, bias=False)
RNN(3, 4)
RNN(3, 4, nonlinearity='relu')
LSTM(3, 4, num_layers=2, batch_first=True, dropout=0.1, bidirectional=True)
LSTM(3, 4, proj_size=2, bias=False)
GRU(3, 4, num_layers=2)
RNNCell(3, 4)
RNNCell(3, 4, bias=False, nonlinearity='relu')
LSTMCell(3, 4, bias=False)
GRUCell(3, 4)
Bilinear(2, 3, 4)
Bilinear(2, 3, 4, bias=False)
Identity()
Flatten()
Flatten(0, 2)
Unflatten(1, (2, 3))
ReLU()
ReLU6()
Sigmoid()
LogSigmoid()
Tanh()
SiLU()
Mish()
SELU()
Softsign()
Tanhshrink()
Hardsigmoid()
Hardswish()
Softplus()
Softplus(2, 10)
Softplus(0.5, 10)
LeakyReLU()
LeakyReLU(0.2)
ELU()
ELU(0.5)
CELU()
CELU(2)
GELU()
GELU(approximate='tanh')
Softmax(1)
LogSoftmax(-1)
Softmin(1)
Softmax2d()
GLU()
GLU(1)
Hardtanh()
Hardtanh(-2, 2.5)
Hardshrink()
Hardshrink(1)
Softshrink()
Softshrink(1)
Threshold(0.1, 20)
PReLU()
PReLU(3)
RReLU()
RReLU(0.1, 0.3)
Dropout()
Dropout(0.2)
Dropout1d()
Dropout2d()
Dropout3d()
AlphaDropout()
FeatureAlphaDropout()
BatchNorm1d(50)
BatchNorm1d(5, eps=0.001, momentum=None, affine=False, track_running_stats=False)
BatchNorm2d(50)
BatchNorm3d(50)
LayerNorm(10)
LayerNorm((3, 4), eps=1e-3)
LayerNorm(10, elementwise_affine=False)
RMSNorm(10)
RMSNorm((3, 4), eps=1e-3)
RMSNorm(10, elementwise_affine=False)
GroupNorm(3, 6)
GroupNorm(3, 6, eps=1e-3, affine=False)
InstanceNorm1d(5)
InstanceNorm1d(5, affine=True, track_running_stats=True)
InstanceNorm2d(5)
InstanceNorm3d(5)
LocalResponseNorm(2)
Embedding(10, 3)
Embedding(10, 3, padding_idx=0)
Embedding(10, 3, padding_idx=0, max_norm=1.0, norm_type=1.0, scale_grad_by_freq=True)
EmbeddingBag(10, 3)
EmbeddingBag(10, 3, mode='sum')
EmbeddingBag(10, 3, max_norm=1.0, mode='max', padding_idx=0)
CosineSimilarity()
PairwiseDistance()
MSELoss()
L1Loss()
SmoothL1Loss()
HuberLoss()
CrossEntropyLoss()
CrossEntropyLoss(label_smoothing=0.1)
NLLLoss()
KLDivLoss()
BCELoss()
BCEWithLogitsLoss()
PoissonNLLLoss()
GaussianNLLLoss()
MarginRankingLoss()
HingeEmbeddingLoss()
MultiLabelMarginLoss()
MultiLabelSoftMarginLoss()
MultiMarginLoss()
SoftMarginLoss()
CosineEmbeddingLoss()
TripletMarginLoss()
TripletMarginWithDistanceLoss()
CTCLoss()
AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10, 15], div_value=2.0, head_bias=True)
AdaptiveLogSoftmaxWithLoss(8, 20, [4])
MaxPool1d(2)
MaxPool1d(3, stride=2, padding=1, dilation=2, ceil_mode=True)
MaxPool2d(2)
MaxPool2d(2, 2)
MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0), dilation=1, ceil_mode=True)
MaxPool3d(2)
AvgPool1d(2)
AvgPool2d(2)
AvgPool2d((3, 2), stride=(2, 1), padding=(1, 0), ceil_mode=True)
AvgPool2d(3, 2, divisor_override=4, count_include_pad=False)
AvgPool3d(2)
LPPool1d(2, 3)
LPPool2d(2, 3, stride=2)
LPPool2d(1.5, (3, 2))
LPPool3d(2, 2)
AdaptiveAvgPool1d(5)
AdaptiveAvgPool2d(1)
AdaptiveAvgPool2d((5, 7))
AdaptiveAvgPool2d((None, 7))
AdaptiveAvgPool3d(2)
AdaptiveMaxPool1d(5)
AdaptiveMaxPool2d((5, 7))
AdaptiveMaxPool3d((5, 7, None))
MaxUnpool1d(2)
MaxUnpool2d(2)
MaxUnpool2d(3, stride=2, padding=1)
MaxUnpool3d(2)
ZeroPad1d(2)
ZeroPad2d(1)
ZeroPad2d((1, 2, 3, 4))
ZeroPad3d(1)
ConstantPad1d(2, 3.5)
ConstantPad2d((1, 2, 3, 4), 1)
ConstantPad3d(1, 0)
ReflectionPad1d(2)
ReflectionPad2d((1, 2, 3, 4))
ReflectionPad3d(1)
ReplicationPad1d(2)
ReplicationPad2d(1)
ReplicationPad3d(1)
CircularPad1d(2)
CircularPad2d(1)
CircularPad3d(1)
PixelShuffle(2)
PixelUnshuffle(3)
ChannelShuffle(2)
Upsample(scale_factor=2)
Upsample(scale_factor=(2, 1.5), mode='bilinear', align_corners=True)
Upsample(size=4)
Upsample(size=(4, 5), mode='bicubic')
UpsamplingNearest2d(scale_factor=2)
UpsamplingBilinear2d(size=(4, 5))
Unfold(3)
Unfold((3, 2), dilation=1, padding=1, stride=(2, 1))
Fold(4, 2)
Fold((4, 5), (2, 3), dilation=1, padding=1, stride=2)
Sequential()
Sequential(Linear(2, 3), ReLU())
Sequential(Sequential(Linear(2, 3), Tanh()), Sequential())
Sequential(OrderedDict(a=Linear(2, 3), b=ReLU()))
ModuleList()
ModuleList([Linear(2, 3), Linear(2, 3), Tanh()])
ModuleDict()
ModuleDict(dict(conv=Linear(2, 3), act=ReLU()))
ParameterList()
ParameterList([Parameter(torch.zeros(2, 3)), Parameter(torch.zeros(4).double())])
ParameterDict()
ParameterDict(dict(a=Parameter(torch.zeros(2, 3)), b=Parameter(torch.zeros(4).double())))
ParameterList([Parameter(torch.tensor(1.0))])
Holder(ParameterList([Parameter(torch.zeros(2, 3))]), ModuleList([Linear(2, 3)]))
called(LazyLinear(3))
Conv1d(3, 4, 3)
Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)
Conv2d(1, 30, 5)
Conv2d(4, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=2, groups=2, bias=False, padding_mode='reflect')
Conv2d(3, 4, 3, padding='same', padding_mode='circular')
Conv2d(3, 4, 3, padding='valid', padding_mode='replicate')
Conv3d(3, 4, (1, 2, 3), padding=1)
ConvTranspose1d(3, 4, 3, dilation=2, padding=1, bias=False)
ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2)
ConvTranspose3d(3, 4, 2, stride=(1, 2, 3), output_padding=(0, 1, 2))
LazyConv1d(4, 3)
LazyConv2d(4, 3, padding=1)
LazyConv3d(4, 3)
LazyConvTranspose1d(4, 3)
LazyConvTranspose2d(4, 3, stride=2)
LazyConvTranspose3d(4, 3)
"""


class Holder(nn.Module):
    def __init__(self, parameters, modules):
        super().__init__()
        self.scales = parameters
        self.blocks = modules


def called(layer):
    layer(torch.zeros(5, 4))
    return layer


def texts():
    from collections import OrderedDict

    names = {name: getattr(nn, name) for name in dir(nn) if not name.startswith("_")}
    names.update(torch=torch, OrderedDict=OrderedDict, Holder=Holder, called=called)
    for expression in EXPRESSIONS.split("\n"):
        if not expression:
            continue
        try:
            yield expression, str(eval(expression, dict(names)))
        except NameError:  # a module that this release does not have
            pass


def read(path):
    records, key = {}, None
    with open(path) as file:
        for line in file.read().split("\n"):
            if line.startswith("== "):
                key = line[3:]
                records[key] = []
            elif key is not None and line:
                records[key].append(line)
    return {key: "\n".join(lines) for key, lines in records.items()}


def main():
    mode, known = (sys.argv[1], read(sys.argv[2])) if len(sys.argv) > 2 else ("", {})
    if not mode:
        print("# print(module) in PyTorch " + torch.__version__.split("a")[0] + ", by tools/record_module_texts.py")
    for expression, text in texts():
        if mode == "--compare":
            if known.get(expression, text) != text:
                print("%s\n< %s\n> %s" % (expression, known[expression], text))
        elif expression not in known:
            print("== %s\n%s" % (expression, text))


main()
