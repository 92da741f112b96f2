#pragma once

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

// Random numbers from given distributions, from the calling thread's generator or one's own. Equal seeds give equal
// numbers on every machine and for any number of threads. No gradient flows through a draw: for one that depends on a
// parameter, compute it from draws that do not, as mean + std * randn_like(std). rand, randn and randint are in
// creation.hpp.

/// 1 with the probability p of each element, else 0, in the dtype of p, which is floating-point. A p outside [0, 1], or
/// NaN, is an error.
[[nodiscard]] Tensor bernoulli(Tensor p, Source at = Source::here());
[[nodiscard]] Tensor bernoulli(Tensor p, Generator& generator, Source at = Source::here());

/// Whether multinomial() may draw an index again.
enum class Replacement : bool { no, yes };
inline constexpr Replacement with_replacement = Replacement::yes;

/// `count` indices (int64) for each row of weights, of rank 1 or 2, each drawn with a probability in proportion to its
/// weight. Weights are floating-point, finite and not negative, and a row of them does not add up to 0. Without
/// replacement, indices of a row are different, and at most as many as the row has; once all positive weights have been
/// drawn, those of weight 0 follow.
[[nodiscard]] Tensor multinomial(Tensor weights, Dim count, Replacement replacement = Replacement::no,
                                 Source at = Source::here());
[[nodiscard]] Tensor multinomial(Tensor weights, Dim count, Replacement replacement, Generator& generator,
                                 Source at = Source::here());

/// Normal with the given means and standard deviations, which broadcast; a negative deviation, or NaN, is an error.
[[nodiscard]] Tensor normal(Tensor mean, Tensor std, Source at = Source::here());
[[nodiscard]] Tensor normal(Tensor mean, Tensor std, Generator& generator, Source at = Source::here());
/// The same with one mean and one deviation for a new tensor.
[[nodiscard]] Tensor normal(double mean, double std, Shape shape, DType dtype = float32, Source at = Source::here());
[[nodiscard]] Tensor normal(double mean, double std, Shape shape, Generator& generator, DType dtype = float32,
                            Source at = Source::here());

/// Uniform in [low, high); low above high, or ends that are not finite in the dtype, are an error.
[[nodiscard]] Tensor uniform(double low, double high, Shape shape, DType dtype = float32, Source at = Source::here());
[[nodiscard]] Tensor uniform(double low, double high, Shape shape, Generator& generator, DType dtype = float32,
                             Source at = Source::here());
/// Exponential with density rate e^(-rate x); a rate that is not positive and finite is an error.
[[nodiscard]] Tensor exponential(double rate, Shape shape, DType dtype = float32, Source at = Source::here());
[[nodiscard]] Tensor exponential(double rate, Shape shape, Generator& generator, DType dtype = float32,
                                 Source at = Source::here());
/// Standard Gumbel, -ln(-ln u) for u uniform in (0, 1).
[[nodiscard]] Tensor gumbel(Shape shape, DType dtype = float32, Source at = Source::here());
[[nodiscard]] Tensor gumbel(Shape shape, Generator& generator, DType dtype = float32, Source at = Source::here());

/// Uniform, standard normal and whole numbers of the shape and dtype of x.
[[nodiscard]] Tensor rand_like(const Tensor& x, Source at = Source::here());
[[nodiscard]] Tensor rand_like(const Tensor& x, Generator& generator, Source at = Source::here());
[[nodiscard]] Tensor randn_like(const Tensor& x, Source at = Source::here());
[[nodiscard]] Tensor randn_like(const Tensor& x, Generator& generator, Source at = Source::here());
/// Whole numbers in low .. high-1 of the shape and dtype of x, each of which it must hold: bounds beyond 2^24 in
/// float32 and 2^53 in float64 are an error.
[[nodiscard]] Tensor randint_like(const Tensor& x, Dim low, Dim high, Source at = Source::here());
[[nodiscard]] Tensor randint_like(const Tensor& x, Dim low, Dim high, Generator& generator, Source at = Source::here());

/// How gumbel_softmax() samples.
enum class Sampling : bool { soft, hard };

/// y = softmax((x + gumbel) / tau) along an axis: a sample of the categories with logits x that has a gradient (Jang et
/// al., 2017). With Sampling::hard y is one-hot, and its gradient that of the soft sample. A tau that is not positive
/// and finite is an error.
[[nodiscard]] Tensor gumbel_softmax(Tensor x, double tau = 1, Sampling how = Sampling::soft, Dim axis = -1,
                                    Source at = Source::here());
[[nodiscard]] Tensor gumbel_softmax(Tensor x, Generator& generator, double tau = 1, Sampling how = Sampling::soft,
                                    Dim axis = -1, Source at = Source::here());

}  // namespace xgrad
