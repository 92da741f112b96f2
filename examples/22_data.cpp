// Data sets made of others, samplers, augmentation and prefetching.

#include <cstdio>
#include <string>
#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

namespace {

/// Pictures of 8 x 8 pixels: a horizontal bar (class 0), a vertical one (class 1) or, rarely, both (class 2).
data::TensorDataset<2> bars(std::int64_t rows) {
  Tensor pictures = zeros({rows, 1, 8, 8}), classes = zeros({rows}, int64);
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t which = i % 20 == 0 ? 2 : i % 2;
    if (which != 1) pictures.put({i, 0, 2 + i % 4, xt::range(1, 7)}, 1);
    if (which != 0) pictures.put({i, 0, xt::range(1, 7), 2 + i / 2 % 4}, 1);
    classes.put({i}, which);
  }
  return data::TensorDataset(pictures, classes);
}

/// A class of one's own, read row by row: x and x².
class Squares : public data::RowDataset {
 public:
  std::int64_t size() const override { return 4; }
  data::Batch row(std::int64_t number) const override {
    const auto x = static_cast<double>(number);
    return {Tensor(x), Tensor(x * x)};
  }
};

std::string counts(const Tensor& classes) {
  std::string text;
  for (std::int64_t count : bincount(classes, {}, 3).to_xarray<std::int64_t>()) text += ' ' + std::to_string(count);
  return text;
}

void columns() {
  const Tensor x = arange(6).to(float32), y = x * x, weight = ones(6) / (x + 1);
  data::Loader loader(data::TensorDataset(x, y, weight), data::LoaderOptions().batch_size(4));
  for (auto [inputs, targets, weights] : loader)
    std::printf("%lld rows, sum of targets %g, of weights %.3f\n", static_cast<long long>(inputs.size()),
                sum(targets).item(), sum(weights).item());

  for (auto [number, square] : data::DataLoader(Squares(), data::DataLoader::Options().batch_size(4)))
    std::cout << square << '\n';
}

void samplers(const data::TensorDataset<2>& all) {
  const auto [train, test] = data::random_split(all, {0.8, 0.2}, 7);
  std::printf("%lld rows for training, %lld for testing\n", static_cast<long long>(train.size()),
              static_cast<long long>(test.size()));

  const Tensor& classes = all.targets();
  data::DataLoader plain(all, data::DataLoader::Options().batch_size(100).shuffle());
  data::DataLoader even(all, data::DataLoader::Options().batch_size(100).sampler(data::StratifiedSampler(classes)));
  data::DataLoader balanced(all, data::DataLoader::Options().batch_size(100).sampler(
                                     data::WeightedRandomSampler(data::balancing_weights(classes), classes.size())));
  std::printf("classes in a batch: shuffled%s, stratified%s, balanced%s\n", counts((*plain.begin()).targets).c_str(),
              counts((*even.begin()).targets).c_str(), counts((*balanced.begin()).targets).c_str());
}

double accuracy(nn::Sequential& model, const data::Dataset& set) {
  const NoGrad off;
  model.eval();
  std::vector<std::int64_t> rows(static_cast<std::size_t>(set.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  const auto [pictures, classes] = set.gather(rows.data(), set.size());
  const Tensor right = argmax(model(pictures.reshape({set.size(), 64})), 1) == classes;
  model.train();
  return sum(right).item() / static_cast<double>(set.size());
}

void training(const data::TensorDataset<2>& all) {
  const auto [train, test] = data::random_split(all, {0.8, 0.2}, 7);
  namespace transforms = data::transforms;
  const transforms::Compose augment{transforms::RandomShift(1, 1), transforms::RandomRotation(5),
                                    transforms::GaussianNoise(0, 0.1), transforms::Flatten()};
  std::cout << augment << '\n';

  data::DataLoader loader(data::TransformedDataset(train, augment),
                          data::DataLoader::Options().batch_size(32).shuffle().seed(1).workers(2));
  manual_seed(0);
  nn::Sequential model{nn::Linear(64, 16), nn::ReLU(), nn::Linear(16, 3)};
  optim::Adam optimizer(model.parameters(), 0.01);
  for (int epoch = 0; epoch < 15; ++epoch) {
    for (auto [pictures, classes] : loader) {
      const Tensor loss = nn::cross_entropy(model(pictures), classes);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
    }
  }
  std::printf("more than 95 %% of the pictures for testing are right: %s\n",
              accuracy(model, test) > 0.95 ? "yes" : "no");
}

void resuming() {
  const data::TensorDataset points = data::moons(10, 0.1);
  const auto options = data::DataLoader::Options().batch_size(2).shuffle().seed(3).workers(2);
  data::DataLoader loader(points, options);
  std::size_t taken = 0;
  for (auto [x, y] : loader)
    if (++taken == 3) break;
  const data::DataLoader::Position position = loader.position();
  std::printf("stopped in epoch %llu after %lld batches\n", static_cast<unsigned long long>(position.epoch),
              static_cast<long long>(position.batch));

  data::DataLoader resumed(points, options);
  resumed.set_position(position);
  std::int64_t left = 0;
  for (auto [x, y] : resumed) left += y.size();
  std::printf("%lld rows are left of it\n", static_cast<long long>(left));
}

}  // namespace

int main() {
  columns();
  const data::TensorDataset all = bars(1000);
  samplers(all);
  training(all);
  resuming();
}
