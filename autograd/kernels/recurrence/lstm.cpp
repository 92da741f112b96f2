#include <xgrad/autograd/kernels/recurrence/lstm.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/matrix/packed_gemm.hpp>
#include <xgrad/autograd/kernels/recurrence/gates.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
[[gnu::flatten]] void forward_row(std::int64_t n, T* gates, const T* before, T* cell, T* state) {
  each_vector<T>(
      n, [&](std::int64_t j, auto part) __attribute__((always_inline)) {
        const Vec<T> i = sigmoid(load(gates + j, part, T(0))), f = sigmoid(load(gates + n + j, part, T(0)));
        const Vec<T> g = tanh(load(gates + 2 * n + j, part, T(0))), o = sigmoid(load(gates + 3 * n + j, part, T(0)));
        const Vec<T> c = f * load_or_zero(before, j, part) + i * g;
        store(i, gates + j, part);
        store(f, gates + n + j, part);
        store(g, gates + 2 * n + j, part);
        store(o, gates + 3 * n + j, part);
        store(c, cell + j, part);
        store(o * tanh(c), state + j, part);
      });
}

// On entry dh and dc hold the gradients of this step's state and cell that come from the next step; on return dc holds
// that of the cell before.
template <class T>
[[gnu::flatten]] void backward_row(std::int64_t n, const T* gates, const T* before, const T* cell, const T* upstream,
                                   const T* dh, T* dc, T* d_gates) {
  each_vector<T>(
      n, [&](std::int64_t j, auto part) __attribute__((always_inline)) {
        const Vec<T> i = load(gates + j, part, T(0)), f = load(gates + n + j, part, T(0));
        const Vec<T> g = load(gates + 2 * n + j, part, T(0)), o = load(gates + 3 * n + j, part, T(0));
        const Vec<T> t = tanh(load(cell + j, part, T(0)));
        const Vec<T> state = load(upstream + j, part, T(0)) + load(dh + j, part, T(0));
        const Vec<T> of_cell = load(dc + j, part, T(0)) + state * o * (1 - t * t);
        store(of_cell * g * (i * (1 - i)), d_gates + j, part);
        store(of_cell * load_or_zero(before, j, part) * (f * (1 - f)), d_gates + n + j, part);
        store(of_cell * i * (1 - g * g), d_gates + 2 * n + j, part);
        store(state * t * (o * (1 - o)), d_gates + 3 * n + j, part);
        store(of_cell * f, dc + j, part);
      });
}

}  // namespace

template <class T>
void lstm_forward(const Sequences& s, std::int64_t n, const T* u, const T* h0, const T* c0, T* gates, T* h, T* c) {
  const PackedMatrix<T> recurrent(true, 4 * n, n, u);
  T* last = h + s.rows() * n;
  s.in_groups(4 * n * n, [&](std::int64_t begin, std::int64_t end) {
    s.each(begin, end, false, [&](const Sequences::Segment& at) {
      const bool first = at.before < 0;
      const T* state = first ? moved(h0, at.sequence * n) : h + at.before * n;
      const T* cell = first ? moved(c0, at.sequence * n) : c + at.before * n;
      T* own = gates + at.row * 4 * n;
      if (state != nullptr) recurrent.product(at.count, state, own, {own, 4 * n});
      for (std::int64_t k = 0; k < at.count; ++k)
        forward_row(n, own + k * 4 * n, moved(cell, k * n), c + (at.row + k) * n, h + (at.row + k) * n);
      std::copy_n(c + at.row * n, at.count * n, last + at.sequence * n);
    });
  });
}

template <class T>
void lstm_backward(const Sequences& s, std::int64_t n, const T* u, const T* c0, const T* gates, const T* c, const T* g,
                   T* d_gates, T* dh0, T* dc0) {
  const PackedMatrix<T> recurrent(false, n, 4 * n, u);
  std::fill_n(dh0, s.batch() * n, T(0));
  std::copy_n(g + s.rows() * n, s.batch() * n, dc0);
  s.in_groups(4 * n * n, [&](std::int64_t begin, std::int64_t end) {
    s.each(begin, end, true, [&](const Sequences::Segment& at) {
      const T* cell = at.before < 0 ? moved(c0, at.sequence * n) : c + at.before * n;
      T *dh = dh0 + at.sequence * n, *dc = dc0 + at.sequence * n, *own = d_gates + at.row * 4 * n;
      for (std::int64_t k = 0; k < at.count; ++k)
        backward_row(n, gates + (at.row + k) * 4 * n, moved(cell, k * n), c + (at.row + k) * n, g + (at.row + k) * n,
                     dh + k * n, dc + k * n, own + k * 4 * n);
      recurrent.product(at.count, own, dh);
    });
  });
}

template void lstm_forward(const Sequences&, std::int64_t, const float*, const float*, const float*, float*, float*,
                           float*);
template void lstm_forward(const Sequences&, std::int64_t, const double*, const double*, const double*, double*,
                           double*, double*);
template void lstm_backward(const Sequences&, std::int64_t, const float*, const float*, const float*, const float*,
                            const float*, float*, float*, float*);
template void lstm_backward(const Sequences&, std::int64_t, const double*, const double*, const double*, const double*,
                            const double*, double*, double*, double*);

}  // namespace xgrad::kernels
