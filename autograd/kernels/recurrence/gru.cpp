#include <xgrad/autograd/kernels/recurrence/gru.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/matrix/packed_gemm.hpp>
#include <xgrad/autograd/kernels/recurrence/gates.hpp>

namespace xgrad::kernels {
namespace {

// `recurrent` holds r', z', n'.
template <class T>
[[gnu::flatten]] void forward_row(std::int64_t n, T* gates, const T* recurrent, const T* before, T* inner, T* state) {
  each_vector<T>(
      n, [&](std::int64_t j, auto part) __attribute__((always_inline)) {
        const Vec<T> of_inner = load(recurrent + 2 * n + j, part, T(0));
        const Vec<T> r = sigmoid(load(gates + j, part, T(0)) + load(recurrent + j, part, T(0)));
        const Vec<T> z = sigmoid(load(gates + n + j, part, T(0)) + load(recurrent + n + j, part, T(0)));
        const Vec<T> candidate = tanh(load(gates + 2 * n + j, part, T(0)) + r * of_inner);
        store(r, gates + j, part);
        store(z, gates + n + j, part);
        store(candidate, gates + 2 * n + j, part);
        store(of_inner, inner + j, part);
        store((load_or_zero(before, j, part) - candidate) * z + candidate, state + j, part);
      });
}

// On entry dh holds the gradient of this step's state that comes from the next step; on return the part of the gradient
// of the state before that does not pass through the recurrent weights.
template <class T>
[[gnu::flatten]] void backward_row(std::int64_t n, const T* gates, const T* inner, const T* before, const T* upstream,
                                   T* dh, T* d_input, T* d_recurrent) {
  each_vector<T>(
      n, [&](std::int64_t j, auto part) __attribute__((always_inline)) {
        const Vec<T> r = load(gates + j, part, T(0)), z = load(gates + n + j, part, T(0));
        const Vec<T> candidate = load(gates + 2 * n + j, part, T(0));
        const Vec<T> state = load(upstream + j, part, T(0)) + load(dh + j, part, T(0));
        const Vec<T> of_candidate = state * (1 - z) * (1 - candidate * candidate);
        const Vec<T> of_z = state * (load_or_zero(before, j, part) - candidate) * (z * (1 - z));
        const Vec<T> of_r = of_candidate * load(inner + j, part, T(0)) * (r * (1 - r));
        store(of_r, d_input + j, part);
        store(of_z, d_input + n + j, part);
        store(of_candidate, d_input + 2 * n + j, part);
        store(of_r, d_recurrent + j, part);
        store(of_z, d_recurrent + n + j, part);
        store(of_candidate * r, d_recurrent + 2 * n + j, part);
        store(state * z, dh + j, part);
      });
}

}  // namespace

template <class T>
void gru_forward(const Sequences& s, std::int64_t n, const T* u, const T* b, const T* h0, T* gates, T* inner, T* h) {
  const PackedMatrix<T> product(true, 3 * n, n, u);
  const detail::Scratch<T> nothing(3 * n);
  std::fill_n(nothing.data(), 3 * n, T(0));
  const T* bias = b != nullptr ? b : nothing.data();
  s.in_groups(3 * n * n, [&](std::int64_t begin, std::int64_t end) {
    const detail::Scratch<T> recurrent((end - begin) * 3 * n);
    s.each(begin, end, false, [&](const Sequences::Segment& at) {
      const T* state = at.before < 0 ? moved(h0, at.sequence * n) : h + at.before * n;
      if (state != nullptr) product.product(at.count, state, recurrent.data(), {bias, 0});
      for (std::int64_t k = 0; k < at.count; ++k)
        forward_row(n, gates + (at.row + k) * 3 * n, state != nullptr ? recurrent.data() + k * 3 * n : bias,
                    moved(state, k * n), inner + (at.row + k) * n, h + (at.row + k) * n);
    });
  });
}

template <class T>
void gru_backward(const Sequences& s, std::int64_t n, const T* u, const T* h0, const T* gates, const T* inner,
                  const T* h, const T* g, T* d_input, T* d_recurrent, T* dh0) {
  const PackedMatrix<T> product(false, n, 3 * n, u);
  std::fill_n(dh0, s.batch() * n, T(0));
  s.in_groups(3 * n * n, [&](std::int64_t begin, std::int64_t end) {
    s.each(begin, end, true, [&](const Sequences::Segment& at) {
      const T* state = at.before < 0 ? moved(h0, at.sequence * n) : h + at.before * n;
      T* dh = dh0 + at.sequence * n;
      for (std::int64_t k = 0; k < at.count; ++k) {
        const std::int64_t row = at.row + k;
        backward_row(n, gates + row * 3 * n, inner + row * n, moved(state, k * n), g + row * n, dh + k * n,
                     d_input + row * 3 * n, d_recurrent + row * 3 * n);
      }
      product.product(at.count, d_recurrent + at.row * 3 * n, dh, {dh, n});
    });
  });
}

template void gru_forward(const Sequences&, std::int64_t, const float*, const float*, const float*, float*, float*,
                          float*);
template void gru_forward(const Sequences&, std::int64_t, const double*, const double*, const double*, double*, double*,
                          double*);
template void gru_backward(const Sequences&, std::int64_t, const float*, const float*, const float*, const float*,
                           const float*, const float*, float*, float*, float*);
template void gru_backward(const Sequences&, std::int64_t, const double*, const double*, const double*, const double*,
                           const double*, const double*, double*, double*, double*);

}  // namespace xgrad::kernels
