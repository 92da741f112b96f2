#include "floor_gpt.hpp"

#include <memory>

#include <cblas.h>

#include "gpt.hpp"

namespace bench {
namespace {

constexpr auto N = CblasNoTrans, T = CblasTrans;

void multiply(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, const float* a, int lda, const float* b,
              int ldb, float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}

// A Linear of so many features: what it reads and makes, and the gradients of both.
struct Product {
  int in, out;
  std::vector<float> x, w, y, gx, gw, gy;

  Product(std::int64_t from, std::int64_t to) : in(static_cast<int>(from)), out(static_cast<int>(to)) {
    x = gx = numbers(1, Gpt::rows * from, -1, 1);
    w = gw = numbers(2, from * to, -1, 1);
    y = gy = numbers(3, Gpt::rows * to, -1, 1);
  }
  void forward() { multiply(N, T, static_cast<int>(Gpt::rows), out, in, x.data(), in, w.data(), in, y.data(), out); }
  void backward() {
    multiply(T, N, out, in, static_cast<int>(Gpt::rows), gy.data(), out, x.data(), in, gw.data(), in);
    multiply(N, N, static_cast<int>(Gpt::rows), in, out, gy.data(), out, w.data(), in, gx.data(), in);
  }
};

struct Layer {
  Product in{Gpt::width, 3 * Gpt::width}, out{Gpt::width, Gpt::width}, up{Gpt::width, Gpt::hidden},
      down{Gpt::hidden, Gpt::width};
  std::vector<float> weights = numbers(4, Gpt::context*Gpt::context, -1, 1), slopes = weights;

  // The products of every head, read in place.
  template <class F>
  void each_head(const F& f) {
    constexpr std::int64_t size = Gpt::width / Gpt::heads;
    for (std::int64_t b = 0; b < Gpt::batch; ++b)
      for (std::int64_t h = 0; h < Gpt::heads; ++h)
        f(b * Gpt::context * 3 * Gpt::width + h * size, b * Gpt::context * Gpt::width + h * size);
  }
  static constexpr int t = Gpt::context, e = Gpt::width / Gpt::heads, row = 3 * Gpt::width, c = Gpt::width;

  void attend() {
    each_head([&](std::int64_t at, std::int64_t to) {
      const float* q = in.y.data() + at;
      multiply(N, T, t, t, e, q, row, q + c, row, weights.data(), t);
      multiply(N, N, t, e, t, weights.data(), t, q + 2 * c, row, out.x.data() + to, c);
    });
  }
  void attend_backward() {
    each_head([&](std::int64_t at, std::int64_t to) {
      const float *q = in.y.data() + at, *g = out.gx.data() + to;
      float* d = in.gy.data() + at;
      multiply(N, T, t, t, e, q, row, q + c, row, weights.data(), t);
      multiply(N, T, t, t, e, g, c, q + 2 * c, row, slopes.data(), t);
      multiply(T, N, t, e, t, weights.data(), t, g, c, d + 2 * c, row);
      multiply(T, N, t, e, t, slopes.data(), t, q, row, d + c, row);
      multiply(N, N, t, e, t, slopes.data(), t, q + c, row, d, row);
    });
  }
};

}  // namespace

Task gpt_gemm_task() {
  auto layers = std::make_shared<std::vector<Layer>>(static_cast<std::size_t>(Gpt::layers));
  auto head = std::make_shared<Product>(Gpt::width, Gpt::vocabulary);
  return {{}, repeat([=] {
            for (Layer& l : *layers) {
              l.in.forward();
              l.attend();
              l.out.forward();
              l.up.forward();
              l.down.forward();
            }
            head->forward();
            head->backward();
            for (std::size_t i = layers->size(); i-- > 0;) {
              Layer& l = (*layers)[i];
              l.down.backward();
              l.up.backward();
              l.out.backward();
              l.attend_backward();
              l.in.backward();
            }
          })};
}

std::int64_t gpt_parameters() {
  return (Gpt::vocabulary + Gpt::context + 1) * Gpt::width +
         Gpt::layers * (12 * Gpt::width * Gpt::width + 2 * Gpt::width);
}

}  // namespace bench
