#include <xgrad/autograd/kernels/recurrence/rnn.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/matrix/packed_gemm.hpp>
#include <xgrad/autograd/kernels/recurrence/gates.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
[[gnu::flatten]] void forward_row(std::int64_t n, bool relu, T* state) {
  each_vector<T>(
      n, [&](std::int64_t j, auto part) __attribute__((always_inline)) {
        const Vec<T> a = load(state + j, part, T(0));
        store(relu ? maximum(a, Vec<T>(T(0))) : tanh(a), state + j, part);
      });
}

template <class T>
[[gnu::flatten]] void backward_row(std::int64_t n, bool relu, const T* state, const T* upstream, const T* dh, T* da) {
  each_vector<T>(
      n, [&](std::int64_t j, auto part) __attribute__((always_inline)) {
        const Vec<T> h = load(state + j, part, T(0));
        const Vec<T> g = load(upstream + j, part, T(0)) + load(dh + j, part, T(0));
        store(relu ? where(h <= 0, Vec<T>(T(0)), g) : g * (1 - h * h), da + j, part);
      });
}

}  // namespace

template <class T>
void rnn_forward(const Sequences& s, std::int64_t n, bool relu, const T* u, const T* h0, T* h) {
  const PackedMatrix<T> recurrent(true, n, n, u);
  s.in_groups(n * n, [&](std::int64_t begin, std::int64_t end) {
    s.each(begin, end, false, [&](const Sequences::Segment& at) {
      const T* state = at.before < 0 ? moved(h0, at.sequence * n) : h + at.before * n;
      T* own = h + at.row * n;
      if (state != nullptr) recurrent.product(at.count, state, own, {own, n});
      forward_row(at.count * n, relu, own);
    });
  });
}

template <class T>
void rnn_backward(const Sequences& s, std::int64_t n, bool relu, const T* u, const T* h, const T* g, T* da, T* dh0) {
  const PackedMatrix<T> recurrent(false, n, n, u);
  std::fill_n(dh0, s.batch() * n, T(0));
  s.in_groups(n * n, [&](std::int64_t begin, std::int64_t end) {
    s.each(begin, end, true, [&](const Sequences::Segment& at) {
      T *dh = dh0 + at.sequence * n, *own = da + at.row * n;
      backward_row(at.count * n, relu, h + at.row * n, g + at.row * n, dh, own);
      recurrent.product(at.count, own, dh);
    });
  });
}

template <class T>
void states_before(const Sequences& s, std::int64_t n, const T* h, const T* h0, T* out) {
  s.each(0, s.batch(), false, [&](const Sequences::Segment& at) {
    const T* state = at.before < 0 ? moved(h0, at.sequence * n) : h + at.before * n;
    if (state != nullptr)
      std::copy_n(state, at.count * n, out + at.row * n);
    else
      std::fill_n(out + at.row * n, at.count * n, T(0));
  });
}

template void rnn_forward(const Sequences&, std::int64_t, bool, const float*, const float*, float*);
template void rnn_forward(const Sequences&, std::int64_t, bool, const double*, const double*, double*);
template void rnn_backward(const Sequences&, std::int64_t, bool, const float*, const float*, const float*, float*,
                           float*);
template void rnn_backward(const Sequences&, std::int64_t, bool, const double*, const double*, const double*, double*,
                           double*);
template void states_before(const Sequences&, std::int64_t, const float*, const float*, float*);
template void states_before(const Sequences&, std::int64_t, const double*, const double*, double*);

}  // namespace xgrad::kernels
