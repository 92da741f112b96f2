"""W11 in JAX: nanoGPT's configuration for a CPU. Sizes and numbers are those of gpt.hpp."""

import jax
import jax.numpy as jnp
import numpy as np

LAYERS, HEADS, WIDTH, CONTEXT, BATCH, VOCABULARY = 4, 4, 128, 64, 12, 65
LR, BETA1, BETA2, DECAY, CLIP = 1e-4, 0.9, 0.99, 0.1, 1.0


def build(numbers, cross_entropy, training):
    def matrix(i, rows, columns):
        bound = 0.012 if i >= 2 and i % 2 == 1 else 0.035
        return jnp.asarray(numbers(200 + i, rows * columns, -bound, bound).reshape(rows, columns))

    def start():
        blocks = []
        for l in range(LAYERS):
            at = 2 + 4 * l
            blocks.append({
                "norm1": jnp.ones(WIDTH), "in": matrix(at, 3 * WIDTH, WIDTH), "out": matrix(at + 1, WIDTH, WIDTH),
                "norm2": jnp.ones(WIDTH), "up": matrix(at + 2, 4 * WIDTH, WIDTH), "down": matrix(at + 3, WIDTH, 4 * WIDTH),
            })
        weights = {"tokens": matrix(0, VOCABULARY, WIDTH), "positions": matrix(1, CONTEXT, WIDTH), "blocks": blocks,
                   "norm": jnp.ones(WIDTH)}
        zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
        return weights, zeros(), zeros(), jnp.zeros(())

    def tokens(seed):
        all_steps = [numbers(seed + i, BATCH * CONTEXT, 0, VOCABULARY).astype(np.int32) for i in range(20)]
        return jnp.asarray(np.stack(all_steps).reshape(20, BATCH, CONTEXT))

    ids, targets = tokens(300), tokens(320)
    seen = jnp.tril(jnp.ones((CONTEXT, CONTEXT), bool))

    def norm(x, weight):
        mean = x.mean(-1, keepdims=True)
        var = jnp.square(x - mean).mean(-1, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(var + 1e-5) * weight

    def attention(x, block):
        q, k, v = jnp.split((x @ block["in"].T).reshape(BATCH, CONTEXT, 3, HEADS, WIDTH // HEADS), 3, axis=2)
        q, k, v = (part[:, :, 0].transpose(0, 2, 1, 3) for part in (q, k, v))
        s = (q @ k.transpose(0, 1, 3, 2)) * np.float32(1 / np.sqrt(WIDTH / HEADS))
        p = jax.nn.softmax(jnp.where(seen, s, -jnp.inf), axis=-1)
        return (p @ v).transpose(0, 2, 1, 3).reshape(BATCH, CONTEXT, WIDTH) @ block["out"].T

    def loss(weights, x, t):
        h = weights["tokens"][x] + weights["positions"]
        for block in weights["blocks"]:
            h = h + attention(norm(h, block["norm1"]), block)
            h = h + jax.nn.gelu(norm(h, block["norm2"]) @ block["up"].T, approximate=False) @ block["down"].T
        logits = norm(h, weights["norm"]) @ weights["tokens"].T
        return cross_entropy(logits.reshape(-1, VOCABULARY), t.reshape(-1))

    def step(state, i):
        weights, m, v, k = state
        value, g = jax.value_and_grad(loss)(weights, ids[i % 20], targets[i % 20])
        length = jnp.sqrt(sum(jnp.vdot(x, x) for x in jax.tree.leaves(g)))
        g = jax.tree.map(lambda x: x * jnp.minimum(1, CLIP / (length + 1e-6)), g)
        k = k + 1
        m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
        rate, root = LR / (1 - BETA1**k), jnp.sqrt(1 - BETA2**k)

        def moved(w, m, v):
            w = w * (1 - LR * DECAY) if w.ndim >= 2 else w
            return w - rate * m / (jnp.sqrt(v) / root + 1e-8)

        return (jax.tree.map(moved, weights, m, v), m, v, k), value

    return training(start, start, jax.jit(step, donate_argnums=0))
