// Bad calls of pooling, resizing, rearranging, blocks of images, and the modules of these and of padding.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

Tensor line() { return ones({2, 3, 6}); }
Tensor image() { return ones({2, 3, 6, 6}); }
Tensor block() { return ones({2, 3, 4, 4, 4}); }

void maxima(Catalogue& all) {
#define XGRAD_BAD(name, x)                                                                            \
  probe(                                                                                              \
      all, #name,                                                                                     \
      [](auto t, auto k, auto s, auto p, auto d) {                                                    \
        return name(t, k.value, MaxPoolOptions().stride(s.value).padding(p.value).dilation(d.value)); \
      },                                                                                              \
      x, Extent{2}, Extent{2}, Extent{0}, Extent{1})
  XGRAD_BAD(max_pool1d, line());
  XGRAD_BAD(max_pool2d, image());
  XGRAD_BAD(max_pool3d, block());
  XGRAD_BAD(max_pool1d_with_indices, line());
  XGRAD_BAD(max_pool2d_with_indices, image());
  XGRAD_BAD(max_pool3d_with_indices, block());
#undef XGRAD_BAD
#define XGRAD_BAD(name, x)                                                                                        \
  probe(                                                                                                          \
      all, #name,                                                                                                 \
      [](auto t, auto i, auto k, auto s, auto p) {                                                                \
        return name(t, i, k.value, MaxUnpoolOptions().stride(s.value).padding(p.value));                          \
      },                                                                                                          \
      x, zeros(x.shape(), int64), Extent{2}, Extent{2}, Extent{0});                                               \
  probe(                                                                                                          \
      all, #name,                                                                                                 \
      [](auto t, auto size) {                                                                                     \
        return name(t, t.defined() ? zeros(t.shape(), int64) : t, 2, MaxUnpoolOptions().output_size(size.value)); \
      },                                                                                                          \
      x, Extent{12})
  const Tensor small = ones({1, 1, 6, 6, 6});
  XGRAD_BAD(max_unpool1d, line());
  XGRAD_BAD(max_unpool2d, image());
  XGRAD_BAD(max_unpool3d, small);
#undef XGRAD_BAD
}

void averages(Catalogue& all) {
#define XGRAD_BAD(name, x)                                                          \
  probe(                                                                            \
      all, #name,                                                                   \
      [](auto t, auto k, auto s, auto p) {                                          \
        return name(t, k.value, AvgPoolOptions().stride(s.value).padding(p.value)); \
      },                                                                            \
      x, Extent{2}, Extent{2}, Extent{0})
  XGRAD_BAD(avg_pool1d, line());
  XGRAD_BAD(avg_pool2d, image());
  XGRAD_BAD(avg_pool3d, block());
#undef XGRAD_BAD
#define XGRAD_BAD(name, x)                                                                                             \
  probe(                                                                                                               \
      all, #name, [](auto t, auto n, auto k, auto s) { return name(t, n, k.value, LPPoolOptions().stride(s.value)); }, \
      x, Setting{2}, Extent{2}, Extent{2})
  XGRAD_BAD(lp_pool1d, line());
  XGRAD_BAD(lp_pool2d, image());
  XGRAD_BAD(lp_pool3d, block());
#undef XGRAD_BAD
}

// An output_size of -1 is legal.
void of_given_size(Catalogue& all) {
#define XGRAD_BAD(name, x)                                                        \
  probe(                                                                          \
      all, #name, [](auto t, auto k) { return name(t, k.value); }, x, Extent{2}); \
  refused(all, #name, "an output_size of -2", [] { name(x, -2); });               \
  refused(all, #name, "an output_size of (1, 2, 3, 4)", [] { name(x, {1, 2, 3, 4}); })
  XGRAD_BAD(adaptive_avg_pool1d, line());
  XGRAD_BAD(adaptive_avg_pool2d, image());
  XGRAD_BAD(adaptive_avg_pool3d, block());
  XGRAD_BAD(adaptive_max_pool1d, line());
  XGRAD_BAD(adaptive_max_pool2d, image());
  XGRAD_BAD(adaptive_max_pool3d, block());
  XGRAD_BAD(adaptive_max_pool1d_with_indices, line());
  XGRAD_BAD(adaptive_max_pool2d_with_indices, image());
  XGRAD_BAD(adaptive_max_pool3d_with_indices, block());
#undef XGRAD_BAD
}

void resizing(Catalogue& all) {
  probe(
      all, "interpolate", [](auto x, auto n) { return interpolate(x, InterpolateOptions().size(n.value)); }, image(),
      Size{5});
  probe(
      all, "interpolate",
      [](auto x, auto n) {
        return interpolate(x,
                           InterpolateOptions().scale_factor(static_cast<double>(n)).mode(InterpolateMode::bilinear));
      },
      image(), Setting{2});
  probe(
      all, "pixel_shuffle", [](auto x, auto r) { return pixel_shuffle(x, r.value); }, ones({2, 4, 2, 2}), Extent{2});
  probe(
      all, "pixel_unshuffle", [](auto x, auto r) { return pixel_unshuffle(x, r.value); }, image(), Extent{2});
  probe(
      all, "channel_shuffle", [](auto x, auto n) { return channel_shuffle(x, n.value); }, ones({2, 4, 2, 2}),
      Extent{2});
  probe(
      all, "unfold",
      [](auto x, auto k, auto s, auto p, auto d) {
        return nn::unfold(x, k.value, nn::FoldOptions().stride(s.value).padding(p.value).dilation(d.value));
      },
      image(), Extent{2}, Extent{1}, Extent{0}, Extent{1});
  probe(
      all, "fold",
      [](auto x, auto n, auto k, auto s, auto p, auto d) {
        return nn::fold(x, n.value, k.value, nn::FoldOptions().stride(s.value).padding(p.value).dilation(d.value));
      },
      ones({2, 12, 25}), Extent{6}, Extent{2}, Extent{1}, Extent{0}, Extent{1});
}

void modules(Catalogue& all) {
#define XGRAD_BAD(Name, x)                                                                                             \
  probe(                                                                                                               \
      all, #Name, [](auto k, auto s) { return nn::Name(k.value, nn::Name::Options().stride(s.value))(x); }, Extent{2}, \
      Extent{2})
  XGRAD_BAD(MaxPool1d, line());
  XGRAD_BAD(MaxPool2d, image());
  XGRAD_BAD(MaxPool3d, block());
  XGRAD_BAD(AvgPool1d, line());
  XGRAD_BAD(AvgPool2d, image());
  XGRAD_BAD(AvgPool3d, block());
#undef XGRAD_BAD
#define XGRAD_BAD(Name, x) \
  probe(                   \
      all, #Name, [](auto k) { return nn::Name(k.value)(x); }, Extent{2})
  XGRAD_BAD(AdaptiveAvgPool1d, line());
  XGRAD_BAD(AdaptiveAvgPool2d, image());
  XGRAD_BAD(AdaptiveAvgPool3d, block());
  XGRAD_BAD(AdaptiveMaxPool1d, line());
  XGRAD_BAD(AdaptiveMaxPool2d, image());
  XGRAD_BAD(AdaptiveMaxPool3d, block());
#undef XGRAD_BAD
#define XGRAD_BAD(Name, x) \
  probe(                   \
      all, #Name, [](auto p, auto k) { return nn::Name(static_cast<double>(p), k.value)(x); }, Setting{2}, Extent{2})
  XGRAD_BAD(LPPool1d, line());
  XGRAD_BAD(LPPool2d, image());
  XGRAD_BAD(LPPool3d, block());
#undef XGRAD_BAD
#define XGRAD_BAD(Name, x) \
  probe(                   \
      all, #Name, [](auto k) { return nn::Name(k.value)(x, zeros(x.shape(), int64)); }, Extent{2})
  XGRAD_BAD(MaxUnpool1d, line());
  XGRAD_BAD(MaxUnpool2d, image());
  XGRAD_BAD(MaxUnpool3d, block());
#undef XGRAD_BAD
  probe_as(
      all, "forward_with_indices", "MaxPool2d", [](auto x) { return nn::MaxPool2d(2).forward_with_indices(x); },
      image());
#define XGRAD_BAD(Name)              \
  all.functions.emplace_back(#Name); \
  refused(all, #Name, "a padding of (1, 2, 3)", [] { nn::Name({1, 2, 3}); })
  XGRAD_BAD(ZeroPad1d);
  XGRAD_BAD(ZeroPad2d);
  XGRAD_BAD(ZeroPad3d);
  XGRAD_BAD(ReflectionPad1d);
  XGRAD_BAD(ReflectionPad2d);
  XGRAD_BAD(ReflectionPad3d);
  XGRAD_BAD(ReplicationPad1d);
  XGRAD_BAD(ReplicationPad2d);
  XGRAD_BAD(ReplicationPad3d);
  XGRAD_BAD(CircularPad1d);
  XGRAD_BAD(CircularPad2d);
  XGRAD_BAD(CircularPad3d);
#undef XGRAD_BAD
#define XGRAD_BAD(Name)              \
  all.functions.emplace_back(#Name); \
  refused(all, #Name, "a padding of (1, 2, 3)", [] { nn::Name({1, 2, 3}, 0); })
  XGRAD_BAD(ConstantPad1d);
  XGRAD_BAD(ConstantPad2d);
  XGRAD_BAD(ConstantPad3d);
#undef XGRAD_BAD
  probe(
      all, "ZeroPad2d", [](auto x) { return nn::ZeroPad2d(1)(x); }, image());
#define XGRAD_BAD(Name)                                                                                               \
  probe(                                                                                                              \
      all, #Name, [](auto n) { return nn::Name(nn::Name::Options().scale_factor(static_cast<double>(n)))(image()); }, \
      Setting{2});                                                                                                    \
  refused(all, #Name, "neither size nor factor", [] { nn::Name{nn::Name::Options()}; })
  XGRAD_BAD(Upsample);
  XGRAD_BAD(UpsamplingNearest2d);
  XGRAD_BAD(UpsamplingBilinear2d);
#undef XGRAD_BAD
  probe(
      all, "PixelShuffle",
      [](auto r) {
        return nn::PixelShuffle(r.value)(ones({2, 4, 2, 2}));
      },
      Extent{2});
  probe(
      all, "PixelUnshuffle", [](auto r) { return nn::PixelUnshuffle(r.value)(image()); }, Extent{2});
  probe(
      all, "ChannelShuffle",
      [](auto n) {
        return nn::ChannelShuffle(n.value)(ones({2, 4, 2, 2}));
      },
      Extent{2});
  probe(
      all, "Unfold", [](auto k) { return nn::Unfold(k.value)(image()); }, Extent{2});
  probe(
      all, "Fold",
      [](auto n, auto k) {
        return nn::Fold(n.value, k.value)(ones({2, 12, 25}));
      },
      Extent{6}, Extent{2});
}

}  // namespace

void pooling_calls(Catalogue& all) {
  maxima(all);
  averages(all);
  of_given_size(all);
  resizing(all);
  modules(all);
}

}  // namespace bad_calls
