"""The workloads in JAX. Each step is one jitted function with donated state; sizes are those of workloads.hpp. Nothing is
read back while the clock runs, but the last result is waited for."""

import numpy as np

import jax
import jax.numpy as jnp

import jax_gpt
from python_side import clock, numbers, serve

CHECKED_STEPS = 20
LARGE, SMALL = 1 << 20, 1024


def layer(index, n_in, n_out, bias):
    bound = np.float32(1) / np.sqrt(np.float32(n_in))
    weights = jnp.asarray(numbers(10 + 2 * index, n_in * n_out, -bound, bound).reshape(n_out, n_in))
    return (weights, jnp.asarray(numbers(11 + 2 * index, n_out, -bound, bound))) if bias else weights


def cross_entropy(logits, labels):
    rows = jnp.take_along_axis(logits, labels[:, None], 1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=1) - rows)


class Training:
    """step(state, i) -> state, loss."""

    def __init__(self, start, start_checked, step, step_checked=None):
        self.start_checked, self.step, self.step_checked = start_checked, step, step_checked or step
        self.state, self.i = start(), 0

    def check(self):
        state, losses = self.start_checked(), []
        for i in range(CHECKED_STEPS):
            state, loss = self.step_checked(state, i)
            losses.append(float(loss))
        return losses

    def time(self, n):
        step, state, i = self.step, self.state, self.i
        begin = clock()
        for i in range(i, i + n):
            state, loss = step(state, i)
        jax.block_until_ready((state, loss))
        seconds = clock() - begin
        self.state, self.i = state, i + 1
        return {"seconds": seconds}


class Scanned(Training):
    """The same steps, a hundred of them in one compiled loop."""

    length = 100

    def __init__(self, start, step):
        def many(state, i):
            return jax.lax.scan(lambda s, k: step(s, k), state, i + jnp.arange(self.length))

        super().__init__(start, start, jax.jit(many, donate_argnums=0))

    def check(self):
        return [float(x) for x in self.step(self.start_checked(), 0)[1][:CHECKED_STEPS]]

    def time(self, n):
        calls = -(-n // self.length)
        reply = super().time(calls)
        return {"seconds": reply["seconds"] * n / (calls * self.length)}


def mnist_network(folder, scanned):
    pixels = jnp.asarray(np.fromfile(folder + "/pixels", np.uint8).reshape(-1, 784))
    labels = jnp.asarray(np.fromfile(folder + "/labels", np.uint8).astype(np.int32))
    count = labels.shape[0]
    order = (numbers(3, count, 0, 1) * np.float32(count)).astype(np.int32)
    order = jnp.asarray(order[: count // 100 * 100].reshape(-1, 100))

    def start():
        return {
            "w1": layer(0, 784, 50, False), "w2": layer(1, 50, 10, False), "gamma": jnp.ones(50), "beta": jnp.zeros(50),
            "mean": jnp.zeros(50), "var": jnp.ones(50), "key": jax.random.key(0, impl="rbg"),
        }

    def loss(weights, x, t, mask):
        h = x @ weights["w1"].T
        mean, var = jnp.mean(h, 0), jnp.var(h, 0)
        z = (h - mean) * jax.lax.rsqrt(var + 1e-5) * weights["gamma"] + weights["beta"]
        z = jax.nn.relu(z)
        if mask is not None:
            z = jnp.where(mask, 2 * z, 0)
        return cross_entropy(z @ weights["w2"].T, t), (mean, var)

    def step(state, i, dropout):
        rows = order[i % order.shape[0]]
        x, t = pixels[rows].astype(jnp.float32) / 255, labels[rows]
        key, mask = state["key"], None
        if dropout:
            key, draw = jax.random.split(key)
            mask = jax.random.bits(draw, (100, 50), jnp.uint8) < 128
        weights = {k: state[k] for k in ("w1", "w2", "gamma", "beta")}
        (value, (mean, var)), slopes = jax.value_and_grad(loss, has_aux=True)(weights, x, t, mask)
        new = {k: w - 0.1 * slopes[k] for k, w in weights.items()}
        new.update(key=key, mean=0.9 * state["mean"] + 0.1 * mean, var=0.9 * state["var"] + 0.1 * var * 100 / 99)
        return new, value

    if scanned:  # agrees on the losses of the other, which are checked without dropout
        trained = Scanned(start, lambda s, i: step(s, i, True))
        trained.check = lambda: Scanned(start, lambda s, i: step(s, i, False)).check()
        return trained
    jitted = jax.jit(lambda s, i: step(s, i, True), donate_argnums=0)
    return Training(start, start, jitted, jax.jit(lambda s, i: step(s, i, False), donate_argnums=0))


def mlp(sizes, batch, adam, lr, scanned=False):
    x = jnp.asarray(numbers(1, batch * sizes[0], 0, 1).reshape(batch, sizes[0]))
    t = jnp.asarray(numbers(2, batch, 0, sizes[-1]).astype(np.int32))

    def start():
        weights = [layer(i, sizes[i], sizes[i + 1], True) for i in range(len(sizes) - 1)]
        if not adam:
            return weights
        zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
        return weights, zeros(), zeros(), jnp.zeros(())

    def loss(weights):
        h = x
        for i, (w, b) in enumerate(weights):
            h = (h if i == 0 else jax.nn.relu(h)) @ w.T + b
        return cross_entropy(h, t)

    def sgd_step(weights, i):
        value, slopes = jax.value_and_grad(loss)(weights)
        return jax.tree.map(lambda w, g: w - lr * g, weights, slopes), value

    def adam_step(state, i):
        weights, m, v, k = state
        value, g = jax.value_and_grad(loss)(weights)
        k = k + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate, root = lr / (1 - 0.9**k), jnp.sqrt(1 - 0.999**k)
        return (jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) / root + 1e-8), weights, m, v), m, v, k), value

    step = adam_step if adam else sgd_step
    return Scanned(start, step) if scanned else Training(start, start, jax.jit(step, donate_argnums=0))


def conv_net(layers, flat, hidden, drops, lr=3e-5, batch=100, classes=10):
    """The ConvNet of workloads.hpp: layers of (channels, kernel, padding, pooled)."""
    x = jnp.asarray(numbers(1, batch * 784, 0, 1).reshape(batch, 1, 28, 28))
    t = jnp.asarray(numbers(2, batch, 0, classes).astype(np.int32))

    def start():
        weights, channels = [], 1
        for i, (out, kernel, _, _) in enumerate(layers):
            w, b = layer(i, channels * kernel * kernel, out, True)
            weights.append((w.reshape(out, channels, kernel, kernel), b))
            channels = out
        weights.append(layer(len(layers), flat, hidden, True))
        weights.append(layer(len(layers) + 1, hidden, classes, True))
        zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
        return weights, zeros(), zeros(), jnp.zeros(()), jax.random.key(0, impl="rbg")

    def dropped(h, key):
        return h if key is None else jnp.where(jax.random.bits(key, h.shape, jnp.uint8) < 128, 2 * h, 0)

    def loss(weights, keys):
        h = x
        for (w, b), (_, _, padding, pooled) in zip(weights, layers):
            h = jax.lax.conv_general_dilated(h, w, (1, 1), [(padding, padding)] * 2) + b[:, None, None]
            h = jax.nn.relu(h)
            if pooled:
                h = jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        (w, b), (v, c) = weights[-2:]
        h = dropped(jax.nn.relu(h.reshape(batch, -1) @ w.T + b), keys[0])
        return cross_entropy(dropped(h @ v.T + c, keys[1]), t)

    def step(state, i, training):
        weights, m, v, k, key = state
        keys = (None, None)
        if training and drops:
            key, *keys = jax.random.split(key, 3)
        value, g = jax.value_and_grad(loss)(weights, keys)
        k = k + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate, root = lr / (1 - 0.9**k), jnp.sqrt(1 - 0.999**k)
        weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) / root + 1e-8), weights, m, v)
        return (weights, m, v, k, key), value

    jitted = [jax.jit(lambda s, i, on=on: step(s, i, on), donate_argnums=0) for on in (True, False)]
    return Training(start, start, *jitted)


class Pointwise:
    def __init__(self, n, f, gradient):
        self.x, self.seed = jnp.asarray(numbers(40, n, -3, 3)), jnp.ones(n)
        self.run = jax.jit(lambda x, g: jax.vjp(f, x)[1](g)[0]) if gradient else jax.jit(lambda x, g: f(x))

    def check(self):
        return [float(v) for v in self.run(self.x, self.seed)[:16]]

    def time(self, n):
        run, x, seed = self.run, self.x, self.seed
        begin = clock()
        for _ in range(n):
            y = run(x, seed)
        y.block_until_ready()
        return {"seconds": clock() - begin}


def composed_gelu(x):
    return 0.5 * x * (1.0 + jnp.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


class Differentiated:
    """Calls of a jitted function that returns some numbers to check, then arrays."""

    def __init__(self, run, arguments, wide=False):
        self.run, self.arguments, self.wide = jax.jit(run), arguments, wide

    def check(self):
        with jax.enable_x64(self.wide):
            return [float(v) for v in self.run(*self.arguments)[0]]

    def time(self, n):
        with jax.enable_x64(self.wide):
            begin = clock()
            for _ in range(n):
                y = self.run(*self.arguments)
            jax.block_until_ready(y)
            return {"seconds": clock() - begin}


def mixture():
    d, k, n, gamma, m = 64, 25, 1000, 1.0, 0.0
    lower = d * (d - 1) // 2
    places, at = np.full((d, d), d + lower), d
    for j in range(d):
        places[j, j] = j
        places[j + 1 :, j] = np.arange(at, at + d - 1 - j)
        at += d - 1 - j

    def doubles(seed, *shape):
        return numbers(seed, int(np.prod(shape)), -1.7, 1.7).astype(np.float64).reshape(shape)

    def posterior(alpha, mu, packed, points):
        logs, low = packed[:, :d], packed[:, d:]
        diagonal = jnp.exp(logs)
        q = jnp.concatenate([diagonal, low, jnp.zeros((k, 1))], 1)[:, places.ravel()]
        moved = (points @ q.reshape(k * d, d).T).reshape(n, k, d)
        centres = jnp.einsum("kij,kj->ki", q.reshape(k, d, d), mu)
        inside = alpha + logs.sum(1) - 0.5 * jnp.square(moved - centres).sum(2)
        return (jax.nn.logsumexp(inside, 1).sum() - n * jax.nn.logsumexp(alpha)
                + 0.5 * gamma**2 * (jnp.square(diagonal).sum() + jnp.square(low).sum()) - m * logs.sum())

    def run(*arguments):
        value, slopes = jax.value_and_grad(posterior, argnums=(0, 1, 2))(*arguments)
        return jnp.concatenate([value[None]] + [s.ravel()[:5] for s in slopes]), slopes

    with jax.enable_x64(True):
        arguments = [jnp.asarray(a) for a in (doubles(60, k), doubles(61, k, d), doubles(62, k, d + lower), doubles(63, n, d))]
    return Differentiated(run, arguments, wide=True)


def hessian_product():
    sizes, batch = [784, 50, 10], 100
    x = jnp.asarray(numbers(1, batch * sizes[0], 0, 1).reshape(batch, sizes[0]))
    t = jnp.asarray(numbers(2, batch, 0, sizes[-1]).astype(np.int32))
    weights = [layer(i, sizes[i], sizes[i + 1], True) for i in range(2)]
    vectors = [layer(i + 5, sizes[i], sizes[i + 1], True) for i in range(2)]

    def loss(weights):
        (w, b), (v, c) = weights
        return cross_entropy(jnp.tanh(x @ w.T + b) @ v.T + c, t)

    def run(weights, vectors):
        product = jax.jvp(jax.grad(loss), (weights,), (vectors,))[1]
        return jnp.concatenate([p.ravel()[:4] for p in jax.tree.leaves(product)]), product

    return Differentiated(run, (weights, vectors))


def rosenbrock():
    def f(x):
        return jnp.sum(100 * jnp.square(x[1:] - jnp.square(x[:-1])) + jnp.square(1 - x[:-1]))

    def run(x):
        h = jax.hessian(f)(x)
        return jnp.stack([h[0, 0], h[0, 1], h[50, 49], h[50, 50], h[50, 51], h[0, 2], h[99, 99]]), h

    with jax.enable_x64(True):
        arguments = [jnp.asarray(numbers(80, 100, -1, 1).astype(np.float64))]
    return Differentiated(run, arguments, wide=True)


def characters():
    vocabulary, width, hidden, steps, batch, clip, lr = 65, 64, 128, 50, 32, 1.0, 1e-4
    text = jnp.asarray(numbers(70, steps * batch, 0, vocabulary).astype(np.int32).reshape(steps, batch))
    following = jnp.asarray(numbers(71, steps * batch, 0, vocabulary).astype(np.int32))
    shapes = [(vocabulary, width)]
    for size in (width, hidden):
        shapes += [(4 * hidden, size), (4 * hidden, hidden), (4 * hidden,), (4 * hidden,)]
    shapes += [(vocabulary, hidden), (vocabulary,)]

    def start():
        weights = [jnp.asarray(numbers(72 + i, int(np.prod(s)), -0.08, 0.08).reshape(s)) for i, s in enumerate(shapes)]
        zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
        return weights, zeros(), zeros(), jnp.zeros(())

    def layer(x, w, u, b, c):
        inputs = x @ w.T + (b + c)

        def cell(state, a):
            h, memory = state
            i, f, g, o = jnp.split(a + h @ u.T, 4, 1)
            memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(memory)
            return (h, memory), h

        nothing = jnp.zeros((batch, hidden))
        return jax.lax.scan(cell, (nothing, nothing), inputs)[1]

    def loss(weights):
        h = layer(layer(weights[0][text], *weights[1:5]), *weights[5:9])
        return cross_entropy(h.reshape(-1, hidden) @ weights[9].T + weights[10], following)

    def step(state, i):
        weights, m, v, k = state
        value, g = jax.value_and_grad(loss)(weights)
        norm = jnp.sqrt(sum(jnp.sum(x * x) for x in g))
        g = jax.tree.map(lambda x: x * jnp.minimum(1.0, clip / (norm + 1e-6)), g)
        k = k + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate, root = lr / (1 - 0.9**k), jnp.sqrt(1 - 0.999**k)
        return (jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) / root + 1e-8), weights, m, v), m, v, k), value

    return Training(start, start, jax.jit(step, donate_argnums=0))


def offered(folder):
    w2, w3, w6 = ([784, 512, 512, 10], 128, True, 3e-5), ([2, 16, 16, 2], 32, False, 0.1), ([3072, 2048, 2048, 10], 256, True, 1e-5)
    tasks = {
        "W1": lambda: mnist_network(folder, False), "W1/scan": lambda: mnist_network(folder, True),
        "W2": lambda: mlp(*w2), "W3": lambda: mlp(*w3), "W3/scan": lambda: mlp(*w3, scanned=True), "W6": lambda: mlp(*w6),
    }
    simple = [(30, 5, 0, True)]
    deep = [(16, 3, 1, False), (16, 3, 1, True), (32, 3, 1, False), (32, 3, 2, True), (64, 3, 1, False), (64, 3, 1, True)]
    tasks.update(W9=lambda: conv_net(simple, 30 * 144, 100, False), W10=lambda: conv_net(deep, 1024, 50, True))
    tasks.update(W13=mixture, W14=hessian_product, W16=rosenbrock)
    tasks.update(W12=characters)
    tasks["W11"] = lambda: jax_gpt.build(numbers, cross_entropy, Training)
    functions = {f"gelu.{n}": (n, composed_gelu) for n in (SMALL, LARGE)}
    functions.update(relu=(LARGE, jax.nn.relu), sigmoid=(LARGE, jax.nn.sigmoid), tanh=(LARGE, jnp.tanh),
                     erf_gelu=(LARGE, lambda x: jax.nn.gelu(x, approximate=False)))
    for name, (n, f) in functions.items():
        tasks[f"W5.{name}.forward"] = lambda n=n, f=f: Pointwise(n, f, False)
        tasks[f"W5.{name}.gradient"] = lambda n=n, f=f: Pointwise(n, f, True)
    return tasks


serve(jax.__version__, offered)
