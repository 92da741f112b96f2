// The examples of docs/reference/pooling.md.

#include "example.hpp"

namespace {

void maxima() {
  example("max_pool1d");
  std::cout << max_pool1d(Tensor({{1., 5., 2., 3., 9.}}), 2) << '\n';
  example("max_pool2d", "MaxPoolOptions");
  {
    const Tensor x = Tensor({{{1., 2., 0., 4.}, {3., 0., 1., 1.}, {5., 5., 2., 7.}}}).requires_grad_();
    const Tensor y = max_pool2d(x, 2, MaxPoolOptions().stride(1));
    sum(y).backward();
    std::cout << y << '\n' << x.grad() << '\n';
  }
  example("max_pool3d");
  std::cout << max_pool3d(arange(8).to(float32).reshape({1, 2, 2, 2}), 2) << '\n';
  example("max_pool1d_with_indices");
  {
    const auto [values, indices] = max_pool1d_with_indices(Tensor({{1., 5., 2., 3., 9.}}), 2);
    std::cout << values << '\n' << indices << '\n';
  }
  example("max_pool2d_with_indices");
  {
    const auto [values, indices] = max_pool2d_with_indices(Tensor({{{1., 2., 0., 4.}, {3., 0., 1., 1.}}}), 2);
    std::cout << values << '\n' << indices << '\n';
  }
  example("max_pool3d_with_indices");
  std::cout << max_pool3d_with_indices(arange(8).to(float32).reshape({1, 2, 2, 2}), 2).indices << '\n';
  example("max_unpool1d");
  {
    const auto [values, indices] = max_pool1d_with_indices(Tensor({{1., 5., 2., 3.}}), 2);
    std::cout << max_unpool1d(values, indices, 2) << '\n';
  }
  example("max_unpool2d", "MaxUnpoolOptions");
  {
    const auto [values, indices] = max_pool2d_with_indices(Tensor({{{1., 2., 0.}, {3., 0., 1.}}}), 2);
    std::cout << max_unpool2d(values, indices, 2, MaxUnpoolOptions().output_size({2, 3})) << '\n';
  }
  example("max_unpool3d");
  std::cout << max_unpool3d(ones({1, 1, 1, 1}), full({1, 1, 1, 1}, 5), 2) << '\n';
  example("adaptive_max_pool1d");
  std::cout << adaptive_max_pool1d(Tensor({{1., 5., 2., 3., 9.}}), 3) << '\n';
  example("adaptive_max_pool2d");
  std::cout << adaptive_max_pool2d(arange(12).to(float32).reshape({1, 3, 4}), {1, -1}) << '\n';
  example("adaptive_max_pool3d");
  std::cout << adaptive_max_pool3d(arange(8).to(float32).reshape({1, 2, 2, 2}), {2, 1, 1}) << '\n';
  example("adaptive_max_pool1d_with_indices");
  std::cout << adaptive_max_pool1d_with_indices(Tensor({{1., 5., 2., 3., 9.}}), 3).indices << '\n';
  example("adaptive_max_pool2d_with_indices");
  std::cout << adaptive_max_pool2d_with_indices(arange(12).to(float32).reshape({1, 3, 4}), 2).indices << '\n';
  example("adaptive_max_pool3d_with_indices");
  std::cout << adaptive_max_pool3d_with_indices(arange(8).to(float32).reshape({1, 2, 2, 2}), 1).indices << '\n';
}

void averages() {
  example("avg_pool1d");
  std::cout << avg_pool1d(Tensor({{1., 5., 2., 4.}}), 2) << '\n';
  example("avg_pool2d", "AvgPoolOptions");
  {
    const Tensor x = ones({1, 3, 3}), edges = avg_pool2d(x, 3, AvgPoolOptions().stride(1).padding(1));
    std::cout << edges << '\n' << avg_pool2d(x, 3, AvgPoolOptions().padding(1).count_include_pad(false)) << '\n';
  }
  example("avg_pool3d");
  std::cout << avg_pool3d(arange(8).to(float32).reshape({1, 2, 2, 2}), 2) << '\n';
  example("adaptive_avg_pool1d");
  std::cout << adaptive_avg_pool1d(Tensor({{1., 5., 2., 3., 9.}}), 3) << '\n';
  example("adaptive_avg_pool2d");
  std::cout << adaptive_avg_pool2d(arange(12).to(float32).reshape({1, 3, 4}), 1) << '\n';
  example("adaptive_avg_pool3d");
  std::cout << adaptive_avg_pool3d(arange(8).to(float32).reshape({1, 2, 2, 2}), {2, 1, 1}) << '\n';
  example("lp_pool1d");
  std::cout << lp_pool1d(Tensor({{3., 4., 6., 8.}}), 2, 2) << '\n';
  example("lp_pool2d", "LPPoolOptions");
  std::cout << lp_pool2d(ones({1, 3, 3}), 2, 2, LPPoolOptions().stride(1).ceil_mode(true)) << '\n';
  example("lp_pool3d");
  std::cout << lp_pool3d(ones({1, 2, 2, 2}), 1, 2) << '\n';
}

void sizes() {
  example("interpolate", "InterpolateOptions", "InterpolateMode", "ScaleFactors");
  {
    const Tensor x = Tensor({{{1., 2., 4.}}});
    std::cout << interpolate(x, InterpolateOptions().scale_factor(2)) << '\n';
    std::cout << interpolate(x, InterpolateOptions().size(5).mode(InterpolateMode::linear).align_corners(true)) << '\n';
  }
  example("pixel_shuffle");
  std::cout << pixel_shuffle(arange(8).reshape({4, 1, 2}), 2) << '\n';
  example("pixel_unshuffle");
  std::cout << pixel_unshuffle(arange(8).reshape({1, 2, 4}), 2) << '\n';
  example("channel_shuffle");
  std::cout << channel_shuffle(arange(4).reshape({1, 4, 1}), 2) << '\n';
  example("unfold", "FoldOptions");
  {
    const Tensor x = arange(9).to(float32).reshape({1, 3, 3});
    std::cout << nn::unfold(x, 2) << '\n' << nn::unfold(x, 2, nn::FoldOptions().stride(3).padding(1)) << '\n';
  }
  example("fold");
  std::cout << nn::fold(ones({4, 4}), 3, 2) << '\n';
}

void layers() {
  const Tensor images = zeros({1, 4, 6, 6});
  example("MaxPool1d");
  std::cout << nn::MaxPool1d(2)(Tensor({{1., 5., 2., 3., 9.}})) << '\n';
  example("MaxPool2d");
  {
    const nn::MaxPool2d layer(3, 2);
    std::cout << layer << '\n' << layer(zeros({1, 4, 7, 7})).shape() << '\n';
  }
  example("MaxPool3d");
  std::cout << nn::MaxPool3d({1, 2, 2})(zeros({1, 4, 3, 6, 6})).shape() << '\n';
  example("AvgPool1d");
  std::cout << nn::AvgPool1d(2)(Tensor({{1., 5., 2., 4.}})) << '\n';
  example("AvgPool2d");
  std::cout << nn::AvgPool2d(2)(zeros({1, 4, 6, 6})).shape() << '\n';
  example("AvgPool3d");
  std::cout << nn::AvgPool3d(3, nn::AvgPool3d::Options().padding(1))(zeros({1, 4, 3, 6, 6})).shape() << '\n';
  example("AdaptiveAvgPool1d");
  std::cout << nn::AdaptiveAvgPool1d(3)(Tensor({{1., 5., 2., 3., 9.}})) << '\n';
  example("AdaptiveAvgPool2d");
  std::cout << nn::AdaptiveAvgPool2d({-1, 2}) << '\n' << nn::AdaptiveAvgPool2d({-1, 2})(images).shape() << '\n';
  example("AdaptiveAvgPool3d");
  std::cout << nn::AdaptiveAvgPool3d(1)(zeros({1, 4, 3, 6, 6})).shape() << '\n';
  example("AdaptiveMaxPool1d");
  std::cout << nn::AdaptiveMaxPool1d(3)(Tensor({{1., 5., 2., 3., 9.}})) << '\n';
  example("AdaptiveMaxPool2d");
  std::cout << nn::AdaptiveMaxPool2d({-1, 2})(zeros({1, 4, 6, 6})).shape() << '\n';
  example("AdaptiveMaxPool3d");
  std::cout << nn::AdaptiveMaxPool3d({1, 2, 2})(zeros({1, 4, 3, 6, 6})).shape() << '\n';
  example("LPPool1d");
  std::cout << nn::LPPool1d(2, 2)(Tensor({{3., 4., 6., 8.}})) << '\n';
  example("LPPool2d");
  std::cout << nn::LPPool2d(2, 3, nn::LPPool2d::Options().stride(1))(zeros({1, 4, 6, 6})).shape() << '\n';
  example("LPPool3d");
  std::cout << nn::LPPool3d(1, 3)(zeros({1, 4, 3, 6, 6})).shape() << '\n';
}

void inverses() {
  const Tensor images = zeros({1, 4, 6, 6});
  example("MaxUnpool1d");
  {
    const auto [values, indices] = nn::MaxPool1d(2).forward_with_indices(Tensor({{1., 5., 3., 2.}}));
    std::cout << nn::MaxUnpool1d(2)(values, indices) << '\n';
  }
  example("MaxUnpool2d");
  {
    const auto [values, indices] = nn::MaxPool2d(2).forward_with_indices(zeros({1, 4, 7, 6}));
    std::cout << nn::MaxUnpool2d(2)(values, indices, Dims{7, 6}).shape() << '\n';
  }
  example("MaxUnpool3d");
  {
    const auto [values, indices] = nn::MaxPool3d(3).forward_with_indices(zeros({1, 4, 3, 6, 6}));
    std::cout << values.shape() << ' ' << nn::MaxUnpool3d(3)(values, indices).shape() << '\n';
  }
  example("Upsample");
  {
    const nn::Upsample layer(nn::Upsample::Options().scale_factor(2).mode(InterpolateMode::bilinear));
    std::cout << layer << '\n' << layer(images).shape() << '\n';
  }
  example("UpsamplingNearest2d");
  {
    const nn::UpsamplingNearest2d layer(nn::Upsample::Options().scale_factor(2));
    std::cout << layer(Tensor({{{{1., 2.}}}})) << '\n';
  }
  example("UpsamplingBilinear2d");
  {
    const nn::UpsamplingBilinear2d layer(nn::Upsample::Options().size({1, 3}));
    std::cout << layer(Tensor({{{{1., 2.}}}})) << '\n';
  }
  example("PixelShuffle");
  std::cout << nn::PixelShuffle(2)(images).shape() << '\n';
  example("PixelUnshuffle");
  std::cout << nn::PixelUnshuffle(2)(images).shape() << '\n';
  example("ChannelShuffle");
  std::cout << nn::ChannelShuffle(2)(images).shape() << '\n';
  example("Unfold");
  std::cout << nn::Unfold(3)(images).shape() << '\n';
  example("Fold");
  std::cout << nn::Fold(6, 3)(zeros({1, 36, 16})).shape() << '\n';
}

void paddings() {
  example("ZeroPad1d");
  std::cout << nn::ZeroPad1d({1, 2})(Tensor({{1., 2., 3.}})) << '\n';
  example("ZeroPad2d");
  {
    const nn::ZeroPad2d layer({1, 2, 0, 0});
    std::cout << layer << '\n' << layer(zeros({1, 4, 6, 6})).shape() << '\n';
  }
  example("ZeroPad3d");
  std::cout << nn::ZeroPad3d({0, 0, 0, 0, 1, 2})(zeros({1, 4, 3, 6, 6})).shape() << '\n';
  example("ConstantPad1d");
  std::cout << nn::ConstantPad1d({1, 2}, 9)(Tensor({{1., 2., 3.}})) << '\n';
  example("ConstantPad2d");
  std::cout << nn::ConstantPad2d(1, 9)(Tensor({{{1., 2.}}})) << '\n';
  example("ConstantPad3d");
  std::cout << nn::ConstantPad3d(1, 0.5)(zeros({1, 4, 3, 6, 6})).shape() << '\n';
  example("ReflectionPad1d");
  std::cout << nn::ReflectionPad1d(2)(Tensor({{1., 2., 3.}})) << '\n';
  example("ReflectionPad2d");
  std::cout << nn::ReflectionPad2d({1, 1, 0, 1})(Tensor({{{1., 2.}, {3., 4.}}})) << '\n';
  example("ReflectionPad3d");
  std::cout << nn::ReflectionPad3d(1)(zeros({1, 4, 3, 6, 6})).shape() << '\n';
  example("ReplicationPad1d");
  std::cout << nn::ReplicationPad1d(2)(Tensor({{1., 2., 3.}})) << '\n';
  example("ReplicationPad2d");
  std::cout << nn::ReplicationPad2d({1, 1, 0, 1})(Tensor({{{1., 2.}, {3., 4.}}})) << '\n';
  example("ReplicationPad3d");
  std::cout << nn::ReplicationPad3d(1)(zeros({1, 4, 3, 6, 6})).shape() << '\n';
  example("CircularPad1d");
  std::cout << nn::CircularPad1d(2)(Tensor({{1., 2., 3.}})) << '\n';
  example("CircularPad2d");
  std::cout << nn::CircularPad2d({1, 1, 0, 1})(Tensor({{{1., 2.}, {3., 4.}}})) << '\n';
  example("CircularPad3d");
  std::cout << nn::CircularPad3d(1)(zeros({1, 4, 3, 6, 6})).shape() << '\n';
}

}  // namespace

int main() {
  maxima();
  averages();
  sizes();
  layers();
  inverses();
  paddings();
  return 0;
}
