// The examples of docs/reference/data.md.

#include "example.hpp"

namespace {

void datasets() {
  example("DatasetOf", "Dataset", "AnyDataset", "Batch", "BatchOf");
  {
    struct Squares : data::Dataset {
      std::int64_t size() const override { return 100; }
      data::Batch gather(const std::int64_t* rows, std::int64_t count) const override {
        const Tensor x = Tensor(std::vector<std::int64_t>(rows, rows + count)).to(float32);
        return {x, x * x};
      }
    };
    for (auto [x, y] : data::DataLoader(Squares(), data::DataLoader::Options().batch_size(50)))
      std::cout << x.shape() << ' ' << max(y) << '\n';
  }
  example("TensorDataset");
  {
    const Tensor x = arange(6).to(float32), y = x * x, weight = ones(6) / (x + 1);
    const data::TensorDataset set(x, y, weight);
    for (auto [inputs, targets, weights] : data::Loader(set, data::LoaderOptions().batch_size(4)))
      std::cout << inputs << ' ' << sum(targets * weights) << '\n';
  }
  example("RowDatasetOf");
  {
    struct Squares : data::RowDataset {
      std::int64_t size() const override { return 4; }
      data::Batch row(std::int64_t number) const override { return {Tensor(number), Tensor(number * number)}; }
    };
    for (auto [x, y] : data::DataLoader(Squares(), data::DataLoader::Options().batch_size(4))) std::cout << y << '\n';
  }
  example("Subset");
  {
    const data::TensorDataset all(arange(10));
    const data::Subset some(all, {7, 2, 2});
    for (auto [rows] : data::Loader(some, data::LoaderOptions().batch_size(3))) std::cout << rows << '\n';
  }
}

void made_of_others() {
  example("random_split", "Part");
  {
    const data::TensorDataset points(arange(10), arange(10));
    const auto [train, test] = data::random_split(points, {0.8, 0.2}, 7);
    std::cout << train.size() << " and " << test.size() << " rows\n";
  }
  example("ConcatDataset");
  {
    const data::TensorDataset a(arange(3)), b(arange(10, 12));
    const data::ConcatDataset both(a, b);
    for (auto [rows] : data::Loader(both, data::LoaderOptions().batch_size(5))) std::cout << rows << '\n';
  }
  example("map");
  {
    const data::TensorDataset numbers(arange(4));
    const auto pairs = data::map(numbers, [](const Tensor& x) { return data::Batch{x, x * x}; });
    for (auto [x, square] : data::DataLoader(pairs, data::DataLoader::Options().batch_size(4)))
      std::cout << square << '\n';
  }
  example("map_rows");
  {
    const data::TensorDataset numbers(arange(3));
    const auto powers = data::map_rows(numbers, [](const Tensor& x) { return stack({x, x * x}); });
    for (auto [both] : data::Loader(powers, data::LoaderOptions().batch_size(3))) std::cout << both << '\n';
  }
}

void loaders() {
  example("Loader", "DataLoader", "LoaderOptions");
  {
    const data::TensorDataset set(arange(20).to(float32).reshape({10, 2}), arange(10));
    data::DataLoader loader(set, data::DataLoader::Options().batch_size(4).shuffle().seed(1).workers(2));
    for (int epoch = 0; epoch < 2; ++epoch)
      for (auto [inputs, targets] : loader) std::cout << inputs.shape() << ' ' << targets << '\n';
  }
  example("LoaderPosition");
  {
    const data::TensorDataset set(arange(6));
    data::Loader loader(set, data::LoaderOptions().batch_size(2)), resumed = loader;
    for (auto [rows] : loader) break;  // stopped after one batch
    const data::LoaderPosition position = loader.position();
    resumed.set_position(position);
    std::cout << "epoch " << position.epoch << ", batch " << position.batch << '\n';
    for (auto [rows] : resumed) std::cout << rows << '\n';
  }
}

void samplers() {
  const data::TensorDataset set(arange(6));
  example("Sampler", "Pass");
  {
    struct Backwards : data::Sampler {
      std::int64_t size() const override { return 3; }
      std::vector<std::int64_t> order(const data::Pass&) const override { return {2, 1, 0}; }
    };
    const auto options = data::LoaderOptions().batch_size(3).sampler(Backwards());
    for (auto [rows] : data::Loader(set, options)) std::cout << rows << '\n';
  }
  example("BatchSampler");
  {
    struct Growing : data::BatchSampler {
      std::int64_t size() const override { return 3; }
      std::vector<std::vector<std::int64_t>> batches(const data::Pass&) const override {
        return {{0}, {1, 2}, {3, 4, 5}};
      }
    };
    const auto options = data::LoaderOptions().batch_sampler(Growing());
    for (auto [rows] : data::Loader(set, options)) std::cout << rows << '\n';
  }
  example("SequentialSampler");
  {
    const auto options = data::LoaderOptions().batch_size(6).sampler(data::SequentialSampler(6));
    for (auto [rows] : data::Loader(set, options)) std::cout << rows << '\n';
  }
  example("RandomSampler");
  {
    const data::RandomSampler shuffled(6), drawn(6, with_replacement, 8);
    for (const data::Sampler* sampler : {&shuffled, &drawn})
      std::cout << Tensor(sampler->order(data::Pass{0, 1})) << '\n';  // of epoch 0, from seed 1
  }
  example("SubsetRandomSampler");
  {
    const auto options = data::LoaderOptions().batch_size(3).sampler(data::SubsetRandomSampler({0, 2, 4}));
    for (auto [rows] : data::Loader(set, options)) std::cout << rows << '\n';
  }
  example("WeightedRandomSampler");
  {
    const data::WeightedRandomSampler sampler({0.1, 0.1, 0.8}, 10);
    std::cout << Tensor(sampler.order(data::Pass{0, 1})) << '\n';
  }
  example("balancing_weights");
  {
    for (double weight : data::balancing_weights(Tensor{0, 0, 1})) std::cout << weight << ' ';
    std::cout << '\n';
  }
  example("StratifiedSampler");
  {
    const Tensor labels = {0, 0, 0, 0, 1, 1};
    const data::StratifiedSampler sampler(labels);
    std::cout << labels[Tensor(sampler.order(data::Pass{0, 1}))] << '\n';
  }
}

}  // namespace

int main() {
  datasets();
  made_of_others();
  loaders();
  samplers();
  return 0;
}
