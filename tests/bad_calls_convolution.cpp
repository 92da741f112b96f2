// Bad calls of convolutions and of their layers.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

void ops(Catalogue& all) {
  const Tensor line = ones({2, 4, 7}), image = ones({2, 4, 6, 7}), volume = ones({1, 4, 3, 4, 5});
  const Optional bias{ones({4})};
  probe(
      all, "conv1d",
      [](auto x, auto w, auto b, auto s, auto p, auto d, auto g) {
        return conv1d(x, w, Tensor(b), s.value, p.value, d.value, g);
      },
      line, ones({4, 2, 3}), bias, Extent{2}, Extent{1}, Extent{2}, Extent{2});
  probe(
      all, "conv2d",
      [](auto x, auto w, auto b, auto s, auto p, auto d, auto g) {
        return conv2d(x, w, Tensor(b), s.value, p.value, d.value, g);
      },
      image, ones({4, 2, 3, 3}), bias, Extent{2}, Extent{1}, Extent{1}, Extent{2});
  probe(
      all, "conv3d",
      [](auto x, auto w, auto b, auto s, auto p, auto d, auto g) {
        return conv3d(x, w, Tensor(b), s.value, p.value, d.value, g);
      },
      volume, ones({4, 2, 2, 2, 2}), bias, Extent{2}, Extent{1}, Extent{1}, Extent{2});
  probe(
      all, "conv_transpose1d",
      [](auto x, auto w, auto b, auto s, auto p, auto m, auto g, auto d) {
        return conv_transpose1d(x, w, Tensor(b), s.value, p.value, m.value, g, d.value);
      },
      line, ones({4, 2, 3}), bias, Extent{2}, Extent{1}, Extent{1}, Extent{2}, Extent{1});
  probe(
      all, "conv_transpose2d",
      [](auto x, auto w, auto b, auto s, auto p, auto m, auto g, auto d) {
        return conv_transpose2d(x, w, Tensor(b), s.value, p.value, m.value, g, d.value);
      },
      image, ones({4, 2, 3, 3}), bias, Extent{2}, Extent{1}, Extent{1}, Extent{2}, Extent{1});
  probe(
      all, "conv_transpose3d",
      [](auto x, auto w, auto b, auto s, auto p, auto m, auto g, auto d) {
        return conv_transpose3d(x, w, Tensor(b), s.value, p.value, m.value, g, d.value);
      },
      volume, ones({4, 2, 2, 2, 2}), bias, Extent{2}, Extent{1}, Extent{1}, Extent{2}, Extent{1});
  refused(all, "conv2d", "a kernel that does not fit", [] {
    static_cast<void>(conv2d(ones({1, 1, 2, 2}), ones({1, 1, 3, 3})));
  });
  refused(all, "conv2d", "another word than same and valid", [] {
    static_cast<void>(conv2d(ones({1, 1, 4, 4}), ones({1, 1, 3, 3}), {}, 1, "full"));
  });
  refused(all, "conv2d", "padding same with a stride", [] {
    static_cast<void>(conv2d(ones({1, 1, 4, 4}), ones({1, 1, 3, 3}), {}, 2, "same"));
  });
  refused(all, "conv2d", "three strides", [] {
    static_cast<void>(conv2d(ones({1, 1, 4, 4}), ones({1, 1, 3, 3}), {}, {1, 1, 1}));
  });
  refused(all, "conv_transpose2d", "an output_padding of the stride", [] {
    static_cast<void>(conv_transpose2d(ones({1, 1, 4, 4}), ones({1, 1, 3, 3}), {}, 2, 0, 2));
  });
  refused(all, "conv_transpose2d", "a negative result", [] {
    static_cast<void>(conv_transpose2d(ones({1, 1, 1, 1}), ones({1, 1, 1, 1}), {}, 1, 1));
  });
}

template <class Layer>
void plain_layer(Catalogue& all, const char* name, const Shape& input) {
  probe(
      all, name,
      [input](auto in, auto out, auto k, auto s, auto p, auto d, auto g) {
        const auto options =
            typename Layer::Options().stride(s.value).padding(p.value).dilation(d.value).groups(g.value);
        return Layer(in, out, k.value, options)(ones(input));
      },
      Size{4}, Size{6}, Extent{2}, Extent{1}, Extent{1}, Extent{2}, Extent{2});
}

/// The first input makes it a layer of the class `plain`.
template <class Layer>
void lazy_layer(Catalogue& all, const std::string& plain, const Shape& input) {
  const std::string name = "Lazy" + plain;
  probe(
      all, name,
      [](auto out, auto k, auto s, auto p) {
        static_cast<void>(Layer(out, k.value, typename Layer::Options().stride(s.value).padding(p.value)));
      },
      Size{6}, Extent{2}, Extent{1}, Extent{1});
  probe_as(
      all, name, plain,
      [input](auto x) {
        const Layer layer(6, 2);
        static_cast<void>(layer(ones(input)));
        return layer(x);
      },
      ones(input));
  refused(all, name, "a first input of int64", [input] { static_cast<void>(Layer(6, 2)(ones(input, int64))); });
}

void layers(Catalogue& all) {
  plain_layer<nn::Conv1d>(all, "Conv1d", {2, 4, 7});
  plain_layer<nn::Conv2d>(all, "Conv2d", {2, 4, 6, 7});
  plain_layer<nn::Conv3d>(all, "Conv3d", {1, 4, 3, 4, 5});
  plain_layer<nn::ConvTranspose1d>(all, "ConvTranspose1d", {2, 4, 7});
  plain_layer<nn::ConvTranspose2d>(all, "ConvTranspose2d", {2, 4, 6, 7});
  plain_layer<nn::ConvTranspose3d>(all, "ConvTranspose3d", {1, 4, 3, 4, 5});
  lazy_layer<nn::LazyConv1d>(all, "Conv1d", {2, 4, 7});
  lazy_layer<nn::LazyConv2d>(all, "Conv2d", {2, 4, 6, 7});
  lazy_layer<nn::LazyConv3d>(all, "Conv3d", {1, 4, 3, 4, 5});
  lazy_layer<nn::LazyConvTranspose1d>(all, "ConvTranspose1d", {2, 4, 7});
  lazy_layer<nn::LazyConvTranspose2d>(all, "ConvTranspose2d", {2, 4, 6, 7});
  lazy_layer<nn::LazyConvTranspose3d>(all, "ConvTranspose3d", {1, 4, 3, 4, 5});
  refused(all, "Conv2d", "channels that the groups do not divide",
          [] { static_cast<void>(nn::Conv2d(3, 4, 3, nn::Conv2d::Options().groups(2))); });
  refused(all, "Conv2d", "padding same with a stride",
          [] { static_cast<void>(nn::Conv2d(3, 4, 3, nn::Conv2d::Options().stride(2).padding("same"))); });
  refused(all, "Conv2d", "input of other channels", [] { static_cast<void>(nn::Conv2d(3, 4, 3)(ones({1, 2, 5, 5}))); });
}

}  // namespace

void convolution_calls(Catalogue& all) {
  ops(all);
  layers(all);
}

}  // namespace bad_calls
