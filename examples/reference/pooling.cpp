// The examples of docs/reference/pooling.md.

#include "example.hpp"

namespace {

void maxima() {
  example("max_pool1d");
  std::cout << max_pool1d(Tensor({{1., 5., 2., 3., 9.}}), 2) << '\n';
  example("max_pool2d");
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
  example("max_unpool2d");
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
  example("avg_pool2d");
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
  example("lp_pool2d");
  std::cout << lp_pool2d(ones({1, 4, 4}), 2, 2) << '\n';
  example("lp_pool3d");
  std::cout << lp_pool3d(ones({1, 2, 2, 2}), 1, 2) << '\n';
}

void sizes() {
  example("interpolate");
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
  example("unfold");
  std::cout << nn::unfold(arange(9).to(float32).reshape({1, 3, 3}), 2) << '\n';
  example("fold");
  std::cout << nn::fold(ones({4, 4}), 3, 2) << '\n';
}

void layers() {
  const Tensor images = zeros({1, 4, 6, 6});
  example("MaxPool2d");
  {
    const nn::MaxPool2d layer(3, 2);
    std::cout << layer << '\n' << layer(zeros({1, 4, 7, 7})).shape() << '\n';
  }
  example("AvgPool2d");
  std::cout << nn::AvgPool2d(2)(images).shape() << '\n';
  example("AdaptiveAvgPool2d");
  std::cout << nn::AdaptiveAvgPool2d({-1, 2}) << '\n' << nn::AdaptiveAvgPool2d({-1, 2})(images).shape() << '\n';
  example("MaxUnpool2d");
  {
    const auto [values, indices] = nn::MaxPool2d(2).forward_with_indices(images);
    std::cout << nn::MaxUnpool2d(2)(values, indices).shape() << '\n';
  }
  example("Upsample");
  {
    const nn::Upsample layer(nn::Upsample::Options().scale_factor(2).mode(InterpolateMode::bilinear));
    std::cout << layer << '\n' << layer(images).shape() << '\n';
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
  example("ZeroPad2d");
  std::cout << nn::ZeroPad2d({1, 2, 0, 0}) << '\n' << nn::ZeroPad2d({1, 2, 0, 0})(images).shape() << '\n';
}

}  // namespace

int main() {
  maxima();
  averages();
  sizes();
  layers();
  return 0;
}
