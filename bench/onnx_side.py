"""W15 in ONNX Runtime: one picture at a time, with its call from Python, as its users make it."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from python_side import clock, numbers, option, serve


class Graph:
    """A model that is a chain of nodes."""

    def __init__(self, shape):
        self.shape, self.nodes, self.constants, self.last = shape, [], [], "x"

    def constant(self, values):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def add(self, op, *constants, **attributes):
        out = f"y{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, [self.last, *map(self.constant, constants)], [out], **attributes))
        self.last = out

    def session(self):
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in (("x", self.shape), (self.last, [1, 10]))]
        graph = helper.make_graph(self.nodes, "net", ends[:1], ends[1:], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(option("--threads", "1"))
        options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


class Inference:
    def __init__(self, graph):
        self.run, self.x = graph.session().run, numbers(1, 784, 0, 1).reshape(graph.shape)

    def check(self):
        return [float(v) for v in self.run(None, {"x": self.x})[0].ravel()]

    def time(self, n):
        run, inputs = self.run, {"x": self.x}
        begin = clock()
        for _ in range(n):
            run(None, inputs)
        return {"seconds": clock() - begin}


def drawn(index, n_in, *shape):
    bound = np.float32(1) / np.sqrt(np.float32(n_in))
    return (numbers(10 + 2 * index, int(np.prod(shape)), -bound, bound).reshape(shape),
            numbers(11 + 2 * index, shape[0], -bound, bound))


def notes_net():
    g = Graph([1, 784])
    g.add("Gemm", drawn(0, 784, 50, 784)[0], transB=1)
    g.add("BatchNormalization", np.ones(50), np.zeros(50), np.zeros(50), np.ones(50), epsilon=1e-5)
    g.add("Relu")
    g.add("Gemm", drawn(1, 50, 10, 50)[0], transB=1)
    return Inference(g)


def lenet():
    g = Graph([1, 1, 28, 28])
    for i, (channels, out, padding) in enumerate([(1, 6, 2), (6, 16, 0)]):
        g.add("Conv", *drawn(i, channels * 25, out, channels, 5, 5), kernel_shape=[5, 5], pads=[padding] * 4)
        g.add("Relu")
        g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    g.add("Flatten")
    for i, (n_in, n_out) in enumerate([(400, 120), (120, 84), (84, 10)]):
        if i > 0:
            g.add("Relu")
        g.add("Gemm", *drawn(i + 2, n_in, n_out, n_in), transB=1)
    return Inference(g)


serve(onnxruntime.__version__, lambda folder: {"W15.net": notes_net, "W15.lenet": lenet})
