// What functions return by reference of a temporary is a value of its own: loops over it and references to it live.

#include <type_traits>
#include <utility>

#include <xgrad/func.hpp>
#include <xgrad/inspect.hpp>
#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

template <class T>
constexpr bool is_value = !std::is_reference_v<T>;

}  // namespace

TEST_CASE("a shape, a graph and paths of a temporary outlive it") {
  std::int64_t product = 1;
  for (const std::int64_t n : matmul(ones({2, 3}), ones({3, 40})).shape()) product *= n;
  CHECK(product == 80);
  const Shape& shape = (ones({4}) + 1.0f).shape();
  CHECK(shape == Shape{4});

  const Tensor w = Tensor(3.0).requires_grad_();
  const Tensor y = w * w;
  std::size_t nodes = 0, edges = 0, found = 0;
  for (const Explanation::Node& node : explain(y).nodes()) nodes += node.op.empty() ? 0 : 1;
  for (const Explanation::Edge& edge : explain(y).edges()) edges += edge.to < nodes ? 1 : 0;
  for (const GradientPath& path : paths(y, w).paths()) found += path.text().empty() ? 0 : 1;
  CHECK(nodes == 2);
  CHECK(edges == 2);
  CHECK(found == 2);
}

TEST_CASE("columns of a temporary dataset, a history of a temporary trainer outlive them") {
  const Tensor& inputs = data::TensorDataset(ones({5, 2}), zeros({5, 1})).inputs();
  const Tensor& targets = data::TensorDataset(ones({5, 2}), zeros({5, 1})).targets();
  CHECK(inputs.shape() == Shape{5, 2});
  CHECK(targets.shape() == Shape{5, 1});
  nn::Linear model(2, 1);
  optim::SGD optimizer(model.parameters(), .1);
  data::DataLoader loader(data::TensorDataset(ones({5, 2}), zeros({5, 1})), data::DataLoader::Options().batch_size(5));
  const train::History& history =
      train::Trainer(model, optimizer, nn::mse_loss,
                     train::Trainer::Options().epochs(3).progress(train::ProgressStyle::silent))
          .fit(loader);
  CHECK(history.size() == 3);
  STATIC_REQUIRE(is_value<decltype(std::declval<train::Trainer>().history())>);
  STATIC_REQUIRE(is_value<decltype(std::declval<io::SafetensorsFile>().metadata())>);
  STATIC_REQUIRE(is_value<decltype(std::declval<func::CheckpointPlan>().segments())>);
}
