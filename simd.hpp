#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/register_pass.hpp>
#include <xgrad/autograd/ops/elementwise.hpp>

namespace xgrad {

namespace detail {

/// A user's function, compiled for the vector registers of one instruction set.
template <class F, int Isa, class Is>
struct CompiledForRegisters;

template <class F, int Isa, std::size_t... I>
struct CompiledForRegisters<F, Isa, std::index_sequence<I...>> {
  using ForTiles = Compiled<F, std::index_sequence<I...>>;
  static constexpr std::size_t count = sizeof...(I);
  static constexpr bool number = std::is_arithmetic_v<typename ForTiles::Result>;
  static constexpr std::uint32_t everything = (std::uint32_t{1} << count) - 1;

  template <class T, bool Guarded>
  using Number = kernels::RegisterLane<T, Isa, Guarded>;

  static void value_pass(const void* f, const kernels::WholePass& pass) {
    if (pass.type == kernels::Tile::Type::float32)
      values<float>(*static_cast<const F*>(f), pass);
    else
      values<double>(*static_cast<const F*>(f), pass);
  }
  static std::uint32_t slopes_pass(const void* f, const kernels::WholePass& pass) {
    if constexpr (ForTiles::mask || number)
      return 0;
    else if (pass.type == kernels::Tile::Type::float32)
      return slopes_of<float>(*static_cast<const F*>(f), pass);
    else
      return slopes_of<double>(*static_cast<const F*>(f), pass);
  }

  static constexpr CompiledForms forms{
      count,          ForTiles::mask, nullptr,    nullptr, ForTiles::template slopes<Tensor>,
      ForTiles::keep, value_pass,     slopes_pass};

 private:
  template <class T>
  static void values(const F& f, const kernels::WholePass& pass) {
    using B = Vec<T, Isa>;
    using Out = std::conditional_t<ForTiles::mask, bool, T>;
    const auto body = [&f](const auto& in, const auto& out, const auto& step, std::int64_t j) {
      const auto y = f(Lane<Number<T, false>>(Number<T, false>(B::load(in[I] + j * step[I])))...);
      if constexpr (number)
        kernels::store_numbers(B(static_cast<double>(y)), out[0] + j);
      else
        kernels::store_numbers(y.v.v, out[0] + j);
    };
    kernels::register_pass<Isa, T, Out, count, 1>(body, pass, {static_cast<Out*>(pass.out[0])});
  }

  template <class T>
  static std::uint32_t slopes_of(const F& f, const kernels::WholePass& pass) {
    if constexpr (count == 2) {  // often one of two needs no gradient
      if (pass.out[1] == nullptr) return slopes<T, 1>(f, pass);
      if (pass.out[0] == nullptr) return slopes<T, 2>(f, pass);
    }
    return slopes<T, everything>(f, pass);
  }

  template <class T, std::uint32_t Needs>
  static std::uint32_t slopes(const F& f, const kernels::WholePass& pass) {
    using B = Vec<T, Isa>;
    std::array<T*, count> outputs{static_cast<T*>(pass.out[I])...};
    alignas(64) const T zeros[B::width] = {};
    std::array<const T*, count + 1> from;
    from.fill(zeros);
    const std::uint32_t found =
        carefully<T, Needs>(f, from, std::array<T*, count>{}, std::array<std::int64_t, count + 1>{}, 0);
    for (std::size_t i = 0; i < count; ++i)
      if ((found >> i & 1u) == 0) outputs[i] = nullptr;
    const auto body = [&f](const auto& in, const auto& out, const auto& step, std::int64_t j) {
      const B g = B::load(in[count] + j * step[count]);
      const auto y = f(seed<T, false, Needs, I>(in[I] + j * step[I])...);
      const std::array<B, count> slope{(g * y.v.part[1 + I].v)...};
      // If no result is NaN, no zero slope was multiplied by an infinity, so the guarded products would be the same.
      if (!(kernels::without_nan(slope[I]) && ...)) {
        carefully<T, Needs>(f, in, out, step, j);
        return;
      }
      ((out[I] != nullptr ? slope[I].store(out[I] + j) : void()), ...);
    };
    kernels::register_pass<Isa, T, T, count + 1, count>(body, pass, outputs);
    return found;
  }

  /// One vector of g times the slopes, with every product of slopes guarded: 0 times infinity or NaN is 0. Returns the
  /// bits of the slopes that are not structurally zero.
  template <class T, std::uint32_t Needs>
  [[gnu::noinline, gnu::cold]] static std::uint32_t carefully(const F& f, const std::array<const T*, count + 1>& in,
                                                              const std::array<T*, count>& out,
                                                              const std::array<std::int64_t, count + 1>& step,
                                                              std::int64_t j) {
    const Vec<T, Isa> g = Vec<T, Isa>::load(in[count] + j * step[count]);
    const auto y = f(seed<T, true, Needs, I>(in[I] + j * step[I])...);
    ((out[I] != nullptr ? guarded_product(g, y.v.part[1 + I].v).store(out[I] + j) : void()), ...);
    std::uint32_t found = 0;
    ((found |= y.v.part[1 + I].defined() ? std::uint32_t{1} << I : 0), ...);
    return found;
  }

  template <class T, bool Guarded, std::uint32_t Needs, std::size_t Place>
  static Lane<kernels::Dual<Number<T, Guarded>, count>> seed(const T* from) {
    kernels::Dual<Number<T, Guarded>, count> dual(Number<T, Guarded>(Vec<T, Isa>::load(from)));
    if constexpr ((Needs >> Place & 1u) != 0) dual.part[1 + Place] = Number<T, Guarded>(1.0);
    return Lane<kernels::Dual<Number<T, Guarded>, count>>(std::move(dual));
  }
};

}  // namespace detail

namespace simd {

/// y = f(x...), element by element: the op of xgrad::elementwise, with its vocabulary, derivatives and errors. The
/// lambda is compiled in the user's file, with the flags of that file, into one fused pass over vector registers, and
/// its derivative into another. It is faster than elementwise in files that are compiled for the machine that runs
/// them, with -O2 -march=native. With other flags elementwise, whose passes run in the compiled library, is faster.
///
/// The header needs xsimd's headers, and a second or two of compile time.
template <class F, class... X>
Tensor elementwise(F f, Operand first, X&&... rest) {
  static_assert(1 + sizeof...(X) <= detail::most_elementwise_inputs, "elementwise: at most eight tensors");
  static_assert((std::is_convertible_v<X&&, Tensor> && ...),
                "elementwise: what follows the function are tensors, numbers or xtensor expressions");
  using Compiled = detail::CompiledForRegisters<F, native_isa, std::make_index_sequence<1 + sizeof...(X)>>;
  Tensor inputs[] = {first.take(), Tensor(std::forward<X>(rest))...};
  return detail::elementwise(&f, Compiled::forms, inputs, first.at);
}

}  // namespace simd
}  // namespace xgrad
