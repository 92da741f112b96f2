// The examples of docs/reference/convolution.md.

#include "example.hpp"

namespace {

void ops() {
  example("ConvPadding");
  {
    const Tensor x = ones({1, 1, 6}), weight = ones({1, 1, 4});
    for (const ConvPadding& padding : {ConvPadding(1), ConvPadding("same"), ConvPadding("valid")})
      std::cout << conv1d(x, weight, {}, 1, padding).shape() << '\n';
  }
  example("conv1d");
  {
    const Tensor x = {{1.0, 2.0, 4.0, 8.0}}, difference = {{{-1.0, 1.0}}};
    std::cout << conv1d(x, difference) << '\n' << conv1d(x, difference, {}, 2) << '\n';
  }
  example("conv2d");
  {
    const Tensor image = {{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}, {7.0, 8.0, 9.0}}};
    const Tensor weight = ones({1, 1, 2, 2}, float64).requires_grad_();
    const Tensor y = conv2d(image, weight, Tensor{0.5});
    std::cout << y << '\n' << grad(sum(y), weight) << '\n';
  }
  example("conv3d");
  std::cout << conv3d(ones({1, 2, 4, 4, 4}), ones({3, 2, 2, 2, 2}), {}, 2).shape() << '\n';
  example("conv_transpose1d");
  {
    const Tensor x = {{1.0, 2.0, 3.0}}, weight = {{{1.0, 10.0}}};
    std::cout << conv_transpose1d(x, weight) << '\n' << conv_transpose1d(x, weight, {}, 2, 0, 1) << '\n';
  }
  example("conv_transpose2d");
  std::cout << conv_transpose2d(Tensor{{{1.0, 2.0}}}, ones({1, 1, 2, 2}, float64), {}, 2) << '\n';
  example("conv_transpose3d");
  std::cout << conv_transpose3d(ones({1, 2, 2, 2, 2}), ones({2, 3, 2, 2, 2}), {}, 2).shape() << '\n';
}

void layers() {
  example("PaddingMode");
  {
    nn::Conv1d layer(1, 1, 3, nn::Conv1d::Options().padding(1).padding_mode(nn::PaddingMode::circular).bias(false));
    nn::init::ones_(layer.weight);
    std::cout << layer(Tensor{{1.f, 2.f, 4.f, 8.f}}) << '\n';
  }
  example("ConvOptions", "ConvolutionOptions");
  std::cout << nn::Conv2d(4, 8, {3, 5}, nn::Conv2d::Options().stride({2, 1}).padding({1, 2}).groups(2).bias(false))
            << '\n';
  example("ConvTransposeOptions");
  std::cout << nn::ConvTranspose2d(4, 8, 3, nn::ConvTranspose2d::Options().stride(2).padding(1).output_padding(1))
            << '\n';
  example("Convolution");
  {
    const nn::Conv2d layer(4, 6, {3, 2}, nn::Conv2d::Options().groups(2));
    std::cout << layer.in_channels() << ' ' << layer.out_channels() << ' ' << layer.groups() << '\n'
              << layer.weight.shape() << ' ' << layer.bias.shape() << '\n';
  }
  example("Conv1d");
  {
    const nn::Conv1d layer(4, 8, 3);
    std::cout << layer << '\n' << layer(zeros({2, 4, 10})).shape() << '\n';
  }
  example("Conv2d");
  {
    const nn::Conv2d layer(1, 30, 5);
    std::cout << layer << '\n' << layer.weight.shape() << '\n' << layer(zeros({100, 1, 28, 28})).shape() << '\n';
  }
  example("Conv3d");
  std::cout << nn::Conv3d(1, 8, 3, nn::Conv3d::Options().padding("same")) << '\n';
  example("ConvTranspose1d");
  std::cout << nn::ConvTranspose1d(8, 4, 3) << '\n';
  example("ConvTranspose2d");
  {
    const nn::ConvTranspose2d layer(8, 4, 2, nn::ConvTranspose2d::Options().stride(2));
    std::cout << layer << '\n' << layer(zeros({1, 8, 7, 7})).shape() << '\n';
  }
  example("ConvTranspose3d");
  std::cout << nn::ConvTranspose3d(8, 4, 3) << '\n';
}

void lazy_layers() {
  example("LazyConv1d");
  std::cout << nn::LazyConv1d(8, 3) << '\n';
  example("LazyConv2d");
  {
    const nn::LazyConv2d layer(8, 3);
    std::cout << layer << '\n' << layer(zeros({2, 3, 6, 6})).shape() << '\n' << layer << '\n';
  }
  example("LazyConv3d");
  std::cout << nn::LazyConv3d(8, 3) << '\n';
  example("LazyConvTranspose1d");
  std::cout << nn::LazyConvTranspose1d(8, 3) << '\n';
  example("LazyConvTranspose2d");
  std::cout << nn::LazyConvTranspose2d(8, 3) << '\n';
  example("LazyConvTranspose3d");
  std::cout << nn::LazyConvTranspose3d(8, 3) << '\n';
}

}  // namespace

int main() {
  ops();
  layers();
  lazy_layers();
  return 0;
}
