#include <xgrad/autograd/kernels/matrix/gemm.hpp>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <stdexcept>

#include <cblas.h>

#include <xgrad/autograd/kernels/matrix/blas_gate.hpp>
#include <xgrad/autograd/kernels/matrix/packed_gemm.hpp>
#include <xgrad/autograd/kernels/matrix/parts.hpp>
#include <xgrad/autograd/kernels/matrix/small_gemm.hpp>
#include <xgrad/autograd/kernels/matrix/subnormal.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

// Exported by OpenBLAS builds that choose their kernels at run time, absent from others.
extern "C" {
void gotoblas_dynamic_init(void) __attribute__((weak));
void gotoblas_dynamic_quit(void) __attribute__((weak));
}

namespace xgrad::kernels {
namespace {

// An OpenBLAS that does not know the processor, as it is older, takes its SSE3 kernels, which are four to five times
// slower than the right ones. Unless the user has set OPENBLAS_CORETYPE, this sets it to the closest type that OpenBLAS
// knows and makes it choose again.
void choose_kernels() {
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr || !gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
  const std::string core = openblas_get_corename();
  if (core != "Prescott" && core != "Core2" && core != "Generic" && core != "Nehalem") return;
  __builtin_cpu_init();
  const char* better = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") ? "SkylakeX"
                       : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")        ? "Haswell"
                                                                                                : nullptr;
  if (better == nullptr) return;
  setenv("OPENBLAS_CORETYPE", better, 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv("OPENBLAS_CORETYPE");
}

bool prepare() {
  choose_kernels();
  openblas_set_num_threads(1);
  return true;
}

const bool prepared = prepare();

void blas(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, float alpha, const float* a, int lda,
          const float* b, int ldb, float beta, float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
void blas(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, double alpha, const double* a, int lda,
          const double* b, int ldb, double beta, double* c, int ldc) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

// For the last moments of a process, after OpenBLAS has ended.
template <class T>
void without_blas(bool ta, bool tb, int m, int n, int k, T alpha, const T* a, int lda, const T* b, int ldb, T beta,
                  T* c, int ldc) {
  for (std::ptrdiff_t i = 0; i < m; ++i)
    for (std::ptrdiff_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::ptrdiff_t l = 0; l < k; ++l)
        sum += static_cast<double>(ta ? a[l * lda + i] : a[i * lda + l]) *
               static_cast<double>(tb ? b[j * ldb + l] : b[l * ldb + j]);
      c[i * ldc + j] = static_cast<T>(static_cast<double>(alpha) * sum) + (beta == 0 ? T(0) : c[i * ldc + j]);
    }
}

template <class T>
void call(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, T alpha, const T* a, int lda, const T* b,
          int ldb, T beta, T* c, int ldc) {
  const BlasCall here;
  if (here.allowed())
    blas(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  else
    without_blas(ta == CblasTrans, tb == CblasTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

int narrow(std::int64_t size) {
  if (size > INT_MAX)
    throw std::invalid_argument("matmul: an axis of " + std::to_string(size) +
                                " elements is beyond what the BLAS takes");
  return static_cast<int>(size);
}

}  // namespace

std::string blas_core() { return openblas_get_corename(); }

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
          T* c, Onto<T> onto) {
  if (m == 0 || n == 0) return;
  if (k == 0 || suits_small_gemm<T>(transpose_a, transpose_b, m, n, k))
    return small_gemm(transpose_a, transpose_b, m, n, k, a, b, c, onto);
  const WithoutSubnormals<T> x(a, m * k, b, k * n, k);
  if (suits_packed_gemm<T>(transpose_a, m, n, k))
    return packed_gemm(transpose_a, transpose_b, m, n, k, x.a(), x.b(), c, onto, x.factor());
  const bool accumulate = onto.from != nullptr;
  if (accumulate && onto.from != c)
    for (std::int64_t i = 0; i < m; ++i) std::copy_n(onto.from + i * onto.step, n, c + i * n);
  const CBLAS_TRANSPOSE ta = transpose_a ? CblasTrans : CblasNoTrans, tb = transpose_b ? CblasTrans : CblasNoTrans;
  const int lda = narrow(transpose_a ? m : k), ldb = narrow(transpose_b ? k : n), ldc = narrow(n);
  const T beta = accumulate ? T(1) : T(0);
  // The tiles, and so the bits of the result, depend on the sizes alone, never on the number of threads.
  constexpr std::int64_t enough = std::int64_t{1} << 23;
  const std::int64_t side = std::max(m, n), tile = part_size(side, parts_of(m * n / 64 * k, enough / 64), 16);
  parallel_ranges(side, tile, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t size = end - begin;
    if (m >= n)
      call(ta, tb, narrow(size), narrow(n), narrow(k), x.factor(), x.a() + (transpose_a ? begin : begin * k), lda,
           x.b(), ldb, beta, c + begin * n, ldc);
    else
      call(ta, tb, narrow(m), narrow(size), narrow(k), x.factor(), x.a(), lda,
           x.b() + (transpose_b ? begin * k : begin), ldb, beta, c + begin, ldc);
  });
}

template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const float*, const float*, float*,
                   Onto<float>);
template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const double*, const double*, double*,
                   Onto<double>);

}  // namespace xgrad::kernels
