#pragma once

#include <string>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// How many zeros a convolution puts around its input: a number for all axes, or one for each; "valid", which is 0; or
/// "same", with which an output of stride 1 has the size of the input: of an odd number of zeros the greater half comes
/// behind.
class ConvPadding {
 public:
  template <class I, std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int> = 0>
  ConvPadding(I one) : amounts_(one) {}
  template <class N, detail::IfNoSize<N> = 0>
  ConvPadding(N) = delete;
  ConvPadding(std::initializer_list<Dim> list) : amounts_(list) {}
  ConvPadding(const std::vector<std::int64_t>& list) : amounts_(list) {}
  ConvPadding(const Dims& list) : amounts_(list) {}
  ConvPadding(const char* word) : amounts_(0), word_(word == nullptr ? "" : word), named_(true) {}
  ConvPadding(const std::string& word) : ConvPadding(word.c_str()) {}

  bool named() const { return named_; }
  const std::string& word() const { return word_; }
  const Dims& amounts() const { return amounts_; }

 private:
  Dims amounts_;
  std::string word_;
  bool named_ = false;
};

/// y[n, o, i] = Σ_{c, k} w[o, c, k] x[n, c, i stride + k dilation - padding] + b[o], for x (N, C, L), w (O, C / groups,
/// K) and b (O) or undefined; x is 0 outside. y is (N, O, ⌊(L + 2 padding - dilation (K - 1) - 1) / stride⌋ + 1).
///
/// With groups, output channel o sees the C / groups channels of its group: with as many groups as channels each is
/// filtered alone. An x (C, L) is an image alone, and so is its y. Without input channels y is b, without a batch
/// empty; a kernel that exceeds the padded input is an error. Backward keeps x and w. A sum is rounded in the dtype of
/// x, in an order that depends on the sizes alone.
[[nodiscard]] Tensor conv1d(Tensor input, Tensor weight, Tensor bias = {}, Dims stride = 1, ConvPadding padding = 0,
                            Dims dilation = 1, Dim groups = 1, Source at = Source::here());
/// The same for images: x (N, C, H, W) or (C, H, W), w (O, C / groups, Kh, Kw). Settings are one number for both axes,
/// or {vertical, horizontal}.
[[nodiscard]] Tensor conv2d(Tensor input, Tensor weight, Tensor bias = {}, Dims stride = 1, ConvPadding padding = 0,
                            Dims dilation = 1, Dim groups = 1, Source at = Source::here());
/// The same for volumes: x (N, C, D, H, W) or (C, D, H, W), w (O, C / groups, Kd, Kh, Kw).
[[nodiscard]] Tensor conv3d(Tensor input, Tensor weight, Tensor bias = {}, Dims stride = 1, ConvPadding padding = 0,
                            Dims dilation = 1, Dim groups = 1, Source at = Source::here());

/// The transposed convolution, which is the gradient of conv1d with respect to its input: y[n, o, j] = Σ w[c, o, k]
/// x[n, c, i] + b[o] over all c, k, i with i stride + k dilation - padding = j, for x (N, C, L), w (C, O / groups, K)
/// and b (O) or undefined. y is (N, O, (L - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1): of the
/// sizes from which conv1d makes L, output_padding, less than stride or dilation, chooses one.
///
/// An x (C, L) is an image alone, and so is its y.
[[nodiscard]] Tensor conv_transpose1d(Tensor input, Tensor weight, Tensor bias = {}, Dims stride = 1, Dims padding = 0,
                                      Dims output_padding = 0, Dim groups = 1, Dims dilation = 1,
                                      Source at = Source::here());
/// The same for images: x (N, C, H, W) or (C, H, W), w (C, O / groups, Kh, Kw).
[[nodiscard]] Tensor conv_transpose2d(Tensor input, Tensor weight, Tensor bias = {}, Dims stride = 1, Dims padding = 0,
                                      Dims output_padding = 0, Dim groups = 1, Dims dilation = 1,
                                      Source at = Source::here());
/// The same for volumes: x (N, C, D, H, W) or (C, D, H, W), w (C, O / groups, Kd, Kh, Kw).
[[nodiscard]] Tensor conv_transpose3d(Tensor input, Tensor weight, Tensor bias = {}, Dims stride = 1, Dims padding = 0,
                                      Dims output_padding = 0, Dim groups = 1, Dims dilation = 1,
                                      Source at = Source::here());

namespace detail {

/// The settings of a convolution over `axes` axes, of an input with a batch.
struct ConvSettings {
  Dims stride = 1;
  ConvPadding padding = 0;
  Dims dilation = 1;
  std::int64_t groups = 1;
  Dims output_padding = 0;  // of a transposed one
};
Tensor convolution(std::size_t axes, Tensor input, Tensor weight, Tensor bias, const ConvSettings& settings, Source at);
Tensor transposed_convolution(std::size_t axes, Tensor input, Tensor weight, Tensor bias, const ConvSettings& settings,
                              Source at);
/// One number for each axis, from a list of one or as many; `what` names the setting in an error, and each number is at
/// least `least`.
Shape conv_numbers(const char* op, const char* what, const Dims& given, std::size_t axes, std::int64_t least);

}  // namespace detail
}  // namespace xgrad
