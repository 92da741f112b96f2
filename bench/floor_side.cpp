// The limits of the machine: the hand-written network, the matrix products of each step alone, and its memory traffic
// alone.

#include <cstring>

#include <cblas.h>

#include "floor_gpt.hpp"
#include "hand_mnist.hpp"
#include "side.hpp"

namespace bench {
namespace {

Task hand_task(const std::string& folder) {
  const auto pictures = std::make_shared<const Pictures>(Pictures::read(folder));
  const auto check = [=] {
    HandMnist net(pictures, false);
    Checked checked;
    for (std::int64_t i = 0; i < checked_steps; ++i) checked.values.push_back(static_cast<double>(net.step(i)));
    return checked;
  };
  const auto net = std::make_shared<HandMnist>(pictures, true);
  return {check, repeat([=, i = std::int64_t{0}]() mutable { net->step(i++); })};
}

struct Layer {
  int in, out;
  std::vector<float> x, w, y;  // each also receives its own gradient: the numbers do not matter here
};

/// The products of a step: forward, the gradients of the weights and, except in the first layer, of the inputs.
Task gemm_task(const std::vector<std::int64_t>& sizes, int batch) {
  auto layers = std::make_shared<std::vector<Layer>>();
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    const auto in = static_cast<int>(sizes[i]), out = static_cast<int>(sizes[i + 1]);
    layers->push_back({in, out, numbers(1, std::int64_t{batch} * in, 0, 1), numbers(2, std::int64_t{in} * out, -1, 1),
                       numbers(3, std::int64_t{batch} * out, 0, 1)});
  }
  auto slopes = std::make_shared<std::vector<Layer>>(*layers);
  return {{}, repeat([=] {
            constexpr auto N = CblasNoTrans, T = CblasTrans;
            for (Layer& l : *layers)
              cblas_sgemm(CblasRowMajor, N, T, batch, l.out, l.in, 1, l.x.data(), l.in, l.w.data(), l.in, 0, l.y.data(),
                          l.out);
            for (std::size_t i = layers->size(); i-- > 0;) {
              Layer &l = (*layers)[i], &d = (*slopes)[i];
              cblas_sgemm(CblasRowMajor, T, N, l.out, l.in, batch, 1, d.y.data(), l.out, l.x.data(), l.in, 0,
                          d.w.data(), l.in);
              if (i > 0)
                cblas_sgemm(CblasRowMajor, N, N, batch, l.in, l.out, 1, d.y.data(), l.out, l.w.data(), l.in, 0,
                            d.x.data(), l.in);
            }
          })};
}

/// The products of a step of W12: of each layer one for all inputs and one a step, forward and backward.
Task recurrent_gemm_task() {
  using C = Characters;
  constexpr auto N = CblasNoTrans, T = CblasTrans;
  constexpr int rows = C::steps * C::batch, hidden = C::hidden, gates = 4 * hidden, batch = C::batch, steps = C::steps;
  const auto room = [](std::int64_t n) { return std::make_shared<std::vector<float>>(numbers(1, n, -1, 1)); };
  const auto x = room(rows * hidden), y = room(rows * gates), w = room(gates * hidden), h = room(rows * hidden),
             d = room(gates * hidden);
  const auto gemm = [](CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, const float* a, const float* b,
                       float* c) {
    cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, ta == T ? m : k, b, tb == T ? k : n, 0, c, n);
  };
  return {{}, repeat([=] {
            for (const int in : {static_cast<int>(C::embedding), hidden}) {
              gemm(N, T, rows, gates, in, x->data(), w->data(), y->data());
              for (int t = 0; t < steps; ++t) gemm(N, T, batch, gates, hidden, h->data(), w->data(), y->data());
              for (int t = 0; t < steps; ++t) gemm(N, N, batch, hidden, gates, y->data(), w->data(), h->data());
              gemm(T, N, gates, in, rows, y->data(), x->data(), d->data());
              gemm(T, N, gates, hidden, rows - batch, y->data(), h->data(), d->data());
              gemm(N, N, rows, in, gates, y->data(), w->data(), x->data());
            }
            constexpr auto words = static_cast<int>(C::vocabulary);
            gemm(N, T, rows, words, hidden, h->data(), w->data(), y->data());
            gemm(T, N, words, hidden, rows, y->data(), h->data(), d->data());
            gemm(N, N, rows, hidden, words, y->data(), w->data(), h->data());
          })};
}

std::int64_t parameters(const Mlp& mlp) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i + 1 < mlp.sizes.size(); ++i) total += (mlp.sizes[i] + 1) * mlp.sizes[i + 1];
  return total;
}

/// Adam over n parameters in one loop.
Task adam_stream(std::int64_t n) {
  struct State {
    std::vector<float> p, g, m, v;
  };
  auto state = std::make_shared<State>();
  state->p = state->g = numbers(1, n, -1, 1);
  state->m = state->v = std::vector<float>(static_cast<std::size_t>(n));
  return {{}, repeat([=] {
            float *p = state->p.data(), *g = state->g.data(), *m = state->m.data(), *v = state->v.data();
#pragma GCC ivdep
            for (std::int64_t i = 0; i < n; ++i) {
              m[i] += 0.1f * (g[i] - m[i]);
              v[i] += 0.001f * (g[i] * g[i] - v[i]);
              p[i] -= 1e-6f * m[i] / (std::sqrt(v[i]) + 1e-8f);
            }
          })};
}

/// Gathers a batch of W1 and updates its parameters.
Task mnist_stream(const std::string& folder) {
  auto pictures = std::make_shared<const Pictures>(Pictures::read(folder));
  auto p = std::make_shared<std::vector<float>>(39800), g = std::make_shared<std::vector<float>>(39800);
  auto x = std::make_shared<std::vector<float>>(Pictures::batch * Pictures::features);
  return {{}, repeat([=, i = std::int64_t{0}]() mutable {
            const std::int64_t* rows = pictures->rows(i++);
            for (std::int64_t r = 0; r < Pictures::batch; ++r) {
              const std::uint8_t* from = pictures->pixels.data() + rows[r] * Pictures::features;
              float* to = x->data() + r * Pictures::features;
              for (std::int64_t j = 0; j < Pictures::features; ++j) to[j] = static_cast<float>(from[j]) * (1 / 255.0f);
            }
            for (std::size_t k = 0; k < p->size(); ++k) (*p)[k] -= 0.1f * (*g)[k];
          })};
}

/// y = c x; for a task with a gradient also dx = g x.
Task pointwise_stream(std::int64_t n, bool gradient) {
  auto x = std::make_shared<std::vector<float>>(numbers(1, n, 0, 1)), y = std::make_shared<std::vector<float>>(*x);
  auto g = std::make_shared<std::vector<float>>(*x), dx = std::make_shared<std::vector<float>>(*x);
  return {{}, repeat([=] {
            const float *from = x->data(), *seed = g->data();
            float *to = y->data(), *slope = dx->data();
#pragma GCC ivdep
            for (std::int64_t i = 0; i < n; ++i) to[i] = 0.5f * from[i];
            if (!gradient) return;
#pragma GCC ivdep
            for (std::int64_t i = 0; i < n; ++i) slope[i] = seed[i] * from[i];
          })};
}

Task copy_task(std::int64_t n) {
  auto from = std::make_shared<std::vector<float>>(static_cast<std::size_t>(n), 1.0f);
  auto to = std::make_shared<std::vector<float>>(static_cast<std::size_t>(n));
  return {{}, [=](std::int64_t count) {
            const auto bytes = static_cast<std::size_t>(n) * sizeof(float);
            const double start = now();
            for (std::int64_t i = 0; i < count; ++i) {
              std::memcpy(to->data(), from->data(), bytes);
              asm volatile("" ::: "memory");
            }
            return Timed{now() - start, {{"bytes", 2 * static_cast<double>(bytes)}}};
          }};
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  openblas_set_num_threads(1);
  const std::string folder = argument(argc, argv, "--data", ".");
  Tasks tasks;
  tasks["W1/hand"] = [=] { return hand_task(folder); };
  tasks["W1/gemm"] = [] { return gemm_task({784, 50, 10}, 100); };
  tasks["W1/stream"] = [=] { return mnist_stream(folder); };
  const std::pair<const char*, Mlp> with_adam[] = {{"W2", w2()}, {"W6", w6()}};
  for (const auto& [name, mlp] : with_adam) {
    tasks[std::string(name) + "/gemm"] = [mlp = mlp] { return gemm_task(mlp.sizes, static_cast<int>(mlp.batch)); };
    tasks[std::string(name) + "/stream"] = [mlp = mlp] { return adam_stream(parameters(mlp)); };
  }
  tasks["W12/gemm"] = recurrent_gemm_task;
  tasks["W11/gemm"] = gpt_gemm_task;
  tasks["W11/stream"] = [] { return adam_stream(gpt_parameters()); };
  for (const char* f : {"gelu.1048576", "relu", "sigmoid", "tanh", "erf_gelu"}) {
    tasks[std::string("W5.") + f + ".forward/stream"] = [] { return pointwise_stream(large, false); };
    tasks[std::string("W5.") + f + ".gradient/stream"] = [] { return pointwise_stream(large, true); };
  }
  tasks["G12.memcpy.4MB"] = [] { return copy_task(1024 * 1024); };
  tasks["G12.memcpy.64MB"] = [] { return copy_task(16384 * 1024); };
  return Server(std::move(tasks), argc, argv).run("");
}
