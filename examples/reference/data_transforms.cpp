// More examples of docs/reference/data.md.

#include "example.hpp"

namespace {

void own() {
  example("TransformedDataset", "Compose");
  {
    namespace transforms = data::transforms;
    const data::TensorDataset pictures(ones({4, 1, 28, 28}), arange(4));
    const transforms::Compose augment{transforms::RandomShift(2, 2), transforms::Normalize(0.5, 0.5),
                                      transforms::Flatten()};
    const data::TransformedDataset augmented(pictures, augment);
    for (auto [x, labels] : data::DataLoader(augmented, data::DataLoader::Options().batch_size(4)))
      std::cout << augment << '\n' << x.shape() << '\n';
  }
  example("Transform", "Draws");
  {
    const data::Transform louder("Louder()", [](const Tensor& x, const data::Draws& draws) {
      Tensor y = x.clone();
      for (std::int64_t i = 0; i < draws.count(); ++i) y.put({i}, x[i] * (1 + draws.row(i).uniform()));
      return y;
    });
    std::cout << louder << ' ' << louder(ones({3}), data::Pass{0, 7}) << '\n';
  }
  example("Lambda");
  {
    const data::transforms::Lambda halved([](const Tensor& x) { return x / 2; });
    std::cout << halved(Tensor{1.f, 3.f}) << '\n';
  }
}

void of_rows() {
  example("Normalize");
  {
    const Tensor x = {{1.0, 10.0}, {3.0, 30.0}};
    const auto standard = data::transforms::Normalize::fit(x);
    std::cout << standard << '\n' << standard(x) << '\n';
  }
  example("OneHot");
  std::cout << data::transforms::OneHot(3)(Tensor{2, 0}) << '\n';
  example("Reshape");
  std::cout << data::transforms::Reshape({1, 28, -1})(zeros({100, 784})).shape() << '\n';
  example("Flatten");
  std::cout << data::transforms::Flatten()(zeros({100, 1, 28, 28})).shape() << '\n';
  example("GaussianNoise");
  std::cout << data::transforms::GaussianNoise(0, 0.1)(zeros({2, 2}), data::Pass{0, 7}) << '\n';
}

void of_pictures() {
  example("RandomHorizontalFlip");
  {
    const Tensor picture = {{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}}};  // one of 2 x 3
    std::cout << data::transforms::RandomHorizontalFlip(1)(picture) << '\n';
  }
  example("RandomVerticalFlip");
  {
    const Tensor picture = {{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}}};  // one of 2 x 3
    std::cout << data::transforms::RandomVerticalFlip(1)(picture) << '\n';
  }
  example("Pad");
  {
    const Tensor picture = {{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}}};  // one of 2 x 3
    std::cout << data::transforms::Pad(1, 9)(picture) << '\n';
  }
  example("CenterCrop");
  {
    const Tensor picture = {{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}}};  // one of 2 x 3
    std::cout << data::transforms::CenterCrop(2, 1)(picture) << '\n';
  }
  example("RandomCrop");
  {
    const Tensor picture = {{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}}};  // one of 2 x 3
    std::cout << data::transforms::RandomCrop(2, 2)(picture, data::Pass{0, 7}) << '\n';
  }
  example("RandomShift");
  {
    const Tensor picture = {{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}}};  // one of 2 x 3
    std::cout << data::transforms::RandomShift(1, 1)(picture, data::Pass{0, 8}) << '\n';
  }
  example("RandomRotation");
  {
    const data::transforms::RandomRotation turn(15);
    std::cout << turn << ' ' << turn(ones({4, 1, 28, 28}), data::Pass{0, 7}).shape() << '\n';
  }
  example("RandomAffine");
  {
    const data::transforms::RandomAffine move(10, 0.1, 0.9, 1.1);
    std::cout << move << ' ' << move(ones({4, 1, 28, 28}), data::Pass{0, 7}).shape() << '\n';
  }
}

}  // namespace

int main() {
  own();
  of_rows();
  of_pictures();
  return 0;
}
