#pragma once

#include <type_traits>

#include <xsimd/xsimd.hpp>

namespace xgrad {

/// The instruction set that xsimd takes by default. For AVX-512 it is the one without BW, which has nothing for numbers
/// of 32 and 64 bits, and which xsimd 8.1 implements with macros that g++ -O0 cannot compile.
using Arch =
    std::conditional_t<std::is_base_of_v<xsimd::avx512bw, xsimd::default_arch>, xsimd::avx512dq, xsimd::default_arch>;

/// The instruction set that this translation unit is compiled for: part of the type of a Vec, so that two translation
/// units with different flags never share a function.
inline constexpr int native_isa = static_cast<int>(Arch::version());

}  // namespace xgrad
