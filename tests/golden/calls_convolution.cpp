#include <xgrad/autograd/ops/convolution.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {
namespace {

Dims numbers(const Call& c, const std::string& name, std::int64_t fallback) {
  return c.has(name) ? Dims(c.integers(name)) : Dims(fallback);
}

using Plain = Tensor (*)(Tensor, Tensor, Tensor, Dims, ConvPadding, Dims, Dim, Source);
Function call(Plain f) {
  return [f](const Call& c) {
    const ConvPadding padding =
        c.has("padding_word") ? ConvPadding(c.word("padding_word")) : ConvPadding(numbers(c, "padding", 0));
    return f(c["input"], c["weight"], c["bias"], numbers(c, "stride", 1), padding, numbers(c, "dilation", 1),
             c.integer("groups", 1), Source::here());
  };
}

using Transposed = Tensor (*)(Tensor, Tensor, Tensor, Dims, Dims, Dims, Dim, Dims, Source);
Function call(Transposed f) {
  return [f](const Call& c) {
    return f(c["input"], c["weight"], c["bias"], numbers(c, "stride", 1), numbers(c, "padding", 0),
             numbers(c, "output_padding", 0), c.integer("groups", 1), numbers(c, "dilation", 1), Source::here());
  };
}

}  // namespace

Registry convolution_calls() {
  return {{"conv1d", call(static_cast<Plain>(conv1d))},
          {"conv2d", call(static_cast<Plain>(conv2d))},
          {"conv3d", call(static_cast<Plain>(conv3d))},
          {"conv_transpose1d", call(static_cast<Transposed>(conv_transpose1d))},
          {"conv_transpose2d", call(static_cast<Transposed>(conv_transpose2d))},
          {"conv_transpose3d", call(static_cast<Transposed>(conv_transpose3d))}};
}

}  // namespace golden
