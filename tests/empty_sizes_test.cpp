// Tensors without elements whose other sizes are huge: nothing is computed, so nothing may take long, and memory is
// needed for results alone.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <xgrad/linalg.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::int64_t many = std::int64_t{1} << 36, rows = std::int64_t{1} << 33;

const char* running = "";

/// Ends the process if what runs takes longer than some seconds, and says what it was.
class Deadline {
 public:
  Deadline() {
    std::signal(SIGALRM, [](int) {
      static_cast<void>(write(2, running, std::strlen(running)));
      static_cast<void>(write(2, " does not end\n", 14));
      _exit(1);
    });
  }
  ~Deadline() { alarm(0); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// f and backward of its result, also recorded. Memory for a result that is not empty may be missing.
  void run(const char* name, const std::function<Tensor(const Tensor&)>& f, const Shape& shape) {
    running = name;
    alarm(sanitized ? 60 : 20);
    INFO(name << " of " << shape);
    try {
      for (const Graph graph : {Graph::release, create_graph}) {
        const Tensor x = zeros(shape).requires_grad_(), y = f(x);
        if (!y.requires_grad()) continue;
        const Tensor gx = grad({y}, {x}, {zeros(y.shape(), y.dtype())}, graph)[0];
        CHECK(gx.shape() == shape);
      }
    } catch (const OutOfMemory& error) {
      CHECK_THAT(error.what(), Contains("out of memory"));
    }
  }
};

using Op = std::pair<const char*, std::function<Tensor(const Tensor&)>>;

}  // namespace

TEST_CASE("ops on matrices with many rows of no elements end at once", "[empty]") {
  Deadline deadline;
  const std::vector<Op> ops = {
      {"add", [](const Tensor& x) { return x + x; }},
      {"mul of a row", [](const Tensor& x) { return x * zeros({0}); }},
      {"exp", [](const Tensor& x) { return exp(x); }},
      {"elementwise", [](const Tensor& x) { return elementwise([](auto u) { return u * u; }, x); }},
      {"where", [](const Tensor& x) { return where(x > 0, x, 0); }},
      {"sum", [](const Tensor& x) { return sum(x); }},
      {"sum of columns", [](const Tensor& x) { return sum(x, 0); }},
      {"mean", [](const Tensor& x) { return mean(x); }},
      {"mean of columns", [](const Tensor& x) { return mean(x, 0); }},
      {"amax of columns", [](const Tensor& x) { return amax(x, 0); }},
      {"max along columns", [](const Tensor& x) { return max(x, 0).values; }},
      {"var of columns", [](const Tensor& x) { return var(x, 0); }},
      {"std", [](const Tensor& x) { return xgrad::std(x); }},
      {"logsumexp of columns", [](const Tensor& x) { return logsumexp(x, 0); }},
      {"logsumexp", [](const Tensor& x) { return logsumexp(x); }},
      {"softmax 0", [](const Tensor& x) { return softmax(x, 0); }},
      {"softmax 1", [](const Tensor& x) { return softmax(x, 1); }},
      {"log_softmax 1", [](const Tensor& x) { return log_softmax(x, 1); }},
      {"transpose", [](const Tensor& x) { return transpose(x); }},
      {"clone", [](const Tensor& x) { return clone(x); }},
      {"to", [](const Tensor& x) { return x.to(float64); }},
      {"slice", [](const Tensor& x) { return x(xt::range(0, many, 2)); }},
      {"narrow", [](const Tensor& x) { return narrow(x, 0, 5, many - 5); }},
      {"put", [](const Tensor& x) { return put(x, {xt::range(0, many, 2)}, 1.0); }},
      {"select", [](const Tensor& x) { return x[7]; }},
      {"concat 0",
       [](const Tensor& x) {
         return concat({x, x}, 0);
       }},
      {"concat 1",
       [](const Tensor& x) {
         return concat({x, x}, 1);
       }},
      {"stack 0",
       [](const Tensor& x) {
         return stack({x, x}, 0);
       }},
      {"stack 2",
       [](const Tensor& x) {
         return stack({x, x, x}, 2);
       }},
      {"index_select 1", [](const Tensor& x) { return index_select(x, 1, zeros({0}, int64)); }},
      {"index_select 0",
       [](const Tensor& x) {
         return index_select(x, 0, Tensor{1, 2, 2});
       }},
      {"gather 1",
       [](const Tensor& x) {
         return gather(x, 1, zeros({many, 0}, int64));
       }},
      {"gather 0",
       [](const Tensor& x) {
         return gather(x, 0, zeros({many, 0}, int64));
       }},
      {"broadcast_to",
       [](const Tensor& x) {
         return broadcast_to(x, {3, many, 0});
       }},
      {"matmul",
       [](const Tensor& x) {
         return matmul(x, zeros({0, 0}));
       }},
      {"matmul from the left", [](const Tensor& x) { return matmul(transpose(x), x); }},
      {"linear",
       [](const Tensor& x) {
         return linear(x, zeros({0, 0}), zeros({0}));
       }},
      {"batch_norm", [](const Tensor& x) { return nn::batch_norm(x, {}, {}, {}, {}, true); }},
      {"BatchNorm1d", [](const Tensor& x) { return nn::BatchNorm1d(0)(x); }},
      {"dropout", [](const Tensor& x) { return dropout(x); }},
      {"mse_loss", [](const Tensor& x) { return nn::mse_loss(x, x); }},
      {"kl_div", [](const Tensor& x) { return nn::kl_div(x, x.detach(), nn::Reduction::sum); }},
      {"binary_cross_entropy", [](const Tensor& x) { return nn::binary_cross_entropy(x, x.detach()); }},
      {"flatten", [](const Tensor& x) { return flatten(x); }},
      {"cdist",
       [](const Tensor& x) {
         return cdist(x, zeros({0, 0}));
       }},
      {"einsum",
       [](const Tensor& x) {
         return einsum("ij,ik->ijk", {x, x});
       }},
  };
  for (const auto& [name, op] : ops) deadline.run(name, op, {many, 0});
}

TEST_CASE("ops on batches with many matrices of no elements end at once", "[empty]") {
  Deadline deadline;
  const std::vector<std::pair<Op, Shape>> ops = {
      {{"matmul by a matrix",
        [](const Tensor& x) {
          return matmul(x, zeros({0, 0}));
        }},
       {rows, 3, 0}},
      {{"matmul by itself",
        [](const Tensor& x) {
          return matmul(transpose(x, {0, 2, 1}), x);
        }},
       {rows, 3, 0}},
      {{"matmul of many",
        [](const Tensor& x) {
          return matmul(x, zeros({rows, 3, 0}));
        }},
       {rows, 0, 3}},
      {{"matmul that broadcasts",
        [](const Tensor& x) {
          return matmul(x, zeros({1, 3, 0}));
        }},
       {rows, 0, 3}},
      {{"sum 0 2",
        [](const Tensor& x) {
          return sum(x, {0, 2});
        }},
       {rows, 3, 0}},
      {{"mean 0 2",
        [](const Tensor& x) {
          return mean(x, {0, 2});
        }},
       {rows, 3, 0}},
      {{"var 0 2",
        [](const Tensor& x) {
          return var(x, {0, 2});
        }},
       {rows, 3, 0}},
      {{"logsumexp 0 2",
        [](const Tensor& x) {
          return logsumexp(x, {0, 2});
        }},
       {rows, 3, 0}},
      {{"amax 1", [](const Tensor& x) { return amax(x, 1); }}, {rows, 3, 0}},
      {{"max 1", [](const Tensor& x) { return max(x, 1).values; }}, {rows, 3, 0}},
      {{"softmax 1", [](const Tensor& x) { return softmax(x, 1); }}, {rows, 3, 0}},
      {{"softmax 2", [](const Tensor& x) { return softmax(x, 2); }}, {rows, 3, 0}},
      {{"transpose",
        [](const Tensor& x) {
          return transpose(x, {2, 0, 1});
        }},
       {rows, 3, 0}},
      {{"swapaxes", [](const Tensor& x) { return swapaxes(x, 0, 1); }}, {rows, 3, 0}},
      {{"batch_norm of channels", [](const Tensor& x) { return nn::batch_norm(x, {}, {}, {}, {}, true); }},
       {rows, 3, 0}},
      {{"batch_norm of none", [](const Tensor& x) { return nn::batch_norm(x, {}, {}, {}, {}, true); }}, {rows, 0, 3}},
      {{"cross_entropy",
        [](const Tensor& x) {
          return nn::cross_entropy(x, zeros({rows, 0}, int64));
        }},
       {rows, 3, 0}},
      {{"gather 1",
        [](const Tensor& x) {
          return gather(x, 1, zeros({rows, 2, 0}, int64));
        }},
       {rows, 3, 0}},
      {{"index_select 1",
        [](const Tensor& x) {
          return index_select(x, 1, Tensor{2, 0});
        }},
       {rows, 3, 0}},
      {{"index_select of none", [](const Tensor& x) { return index_select(x, 1, zeros({0}, int64)); }}, {rows, 3, 0}},
      {{"cdist", [](const Tensor& x) { return cdist(x, x); }}, {rows, 0, 3}},
      {{"inverse", [](const Tensor& x) { return linalg::inverse(x); }}, {rows, 0, 0}},
      {{"cholesky", [](const Tensor& x) { return linalg::cholesky(x); }}, {rows, 0, 0}},
      {{"solve",
        [](const Tensor& x) {
          return linalg::solve(x, zeros({rows, 0, 2}));
        }},
       {rows, 0, 0}},
      {{"qr", [](const Tensor& x) { return linalg::qr(x).q; }}, {rows, 0, 0}},
      {{"svdvals", [](const Tensor& x) { return linalg::svdvals(x); }}, {rows, 0, 2}},
      {{"eigvalsh", [](const Tensor& x) { return linalg::eigvalsh(x); }}, {rows, 0, 0}},
      {{"matrix_power", [](const Tensor& x) { return linalg::matrix_power(x, 3); }}, {rows, 0, 0}},
  };
  for (const auto& [op, shape] : ops) deadline.run(op.first, op.second, shape);
}

TEST_CASE("a reduction of nothing needs memory for its result alone", "[empty]") {
  const Tensor x = zeros({std::int64_t{1} << 40, 3, 0});
  CHECK(numbers(sum(x, {0, 2})) == Numbers{0, 0, 0});
  CHECK(whole_numbers(sum(x.to(int64), {0, 2})) == std::vector<std::int64_t>{0, 0, 0});
  CHECK(numbers(sum(isnan(mean(x, {0, 2})))) == Numbers{3});
  CHECK(numbers(sum(isnan(var(x, {0, 2})))) == Numbers{3});
  CHECK(logsumexp(x, {0, 2}).shape() == Shape{3});
  CHECK(logsumexp(x, {0, 2})[1].item() == -std::numeric_limits<double>::infinity());
  CHECK(sum(x, {0, 2}, keepdims).shape() == Shape{1, 3, 1});
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               amax(x, {0, 2});
             }),
             StartsWith("amax: there is nothing to choose from"));
}

TEST_CASE("layers of tensors without elements need memory for their results alone", "[empty]") {
  Deadline deadline;
  const std::int64_t edge = std::int64_t{1} << 32, quarter = std::int64_t{1} << 62;
  const auto resize = [](InterpolateMode mode, const Dims& size) {
    return [=](const Tensor& x) { return interpolate(x, InterpolateOptions().size(size).mode(mode)); };
  };
  const auto bag = [](nn::BagMode mode) {
    return [mode](const Tensor& table) {
      return nn::embedding_bag(zeros({many, 0}, int64), table, {}, nn::EmbeddingBagOptions().mode(mode));
    };
  };
  const auto labels = [](nn::Reduction reduction) {
    return [reduction](const Tensor& x) { return nn::multilabel_margin_loss(x, zeros(x.shape(), int64), reduction); };
  };
  const std::vector<std::pair<Op, Shape>> ops = {
      {{"embedding_bag, sum", bag(nn::BagMode::sum)}, {5, 0}},
      {{"embedding_bag, mean", bag(nn::BagMode::mean)}, {5, 0}},
      {{"embedding_bag, max", bag(nn::BagMode::max)}, {5, 0}},
      {{"multilabel_margin_loss, sum", labels(nn::Reduction::sum)}, {many, 0}},
      {{"multilabel_margin_loss, mean", labels(nn::Reduction::mean)}, {many, 0}},
      {{"interpolate to many rows", resize(InterpolateMode::nearest, {many, 1})}, {0, 1, 4, 4}},
      {{"interpolate to many rows, bicubic", resize(InterpolateMode::bicubic, {many, 1})}, {0, 1, 4, 4}},
      {{"interpolate of a huge plane", resize(InterpolateMode::nearest, 1)}, {0, 1, edge, edge}},
      {{"interpolate of a huge plane, bilinear", resize(InterpolateMode::bilinear, 1)}, {0, 1, edge, edge}},
      {{"interpolate of a huge plane, area", resize(InterpolateMode::area, 1)}, {0, 1, edge, edge}},
      {{"unfold of a huge plane", [=](const Tensor& x) { return nn::unfold(x, 1, nn::FoldOptions().stride(edge)); }},
       {0, 1, edge, edge}},
      {{"max_pool2d of a huge plane", [=](const Tensor& x) { return max_pool2d(x, 1, MaxPoolOptions().stride(edge)); }},
       {0, 1, edge, edge}},
      {{"max_pool2d_with_indices of a huge plane",
        [=](const Tensor& x) { return max_pool2d_with_indices(x, 1, MaxPoolOptions().stride(edge)).values; }},
       {0, 1, edge, edge}},
      {{"adaptive_max_pool2d to one element", [](const Tensor& x) { return adaptive_max_pool2d(x, 1); }},
       {0, 1, edge, edge}},
      {{"avg_pool2d of a huge plane", [=](const Tensor& x) { return avg_pool2d(x, 1, AvgPoolOptions().stride(edge)); }},
       {0, 1, edge, edge}},
      {{"group_norm", [](const Tensor& x) { return group_norm(x, 2); }}, {quarter, 4, 0}},
      {{"instance_norm", [](const Tensor& x) { return nn::instance_norm(x); }}, {quarter, 4, 0}},
  };
  for (const auto& [op, shape] : ops) deadline.run(op.first, op.second, shape);
  CHECK(nn::multilabel_margin_loss(zeros({3, 0}), zeros({3, 0}, int64)).item() == 0);
  CHECK(numbers(nn::multilabel_margin_loss(zeros({3, 0}), zeros({3, 0}, int64), nn::Reduction::none)) ==
        Numbers{0, 0, 0});
}

TEST_CASE("a list of more indices than memory holds is refused as such", "[empty]") {
  if (thread_sanitized) return;  // it ends the process where the system has no memory
  const Tensor x = zeros({std::int64_t{1} << 40, 0}), y = zeros({std::int64_t{1} << 62, 0});
  CHECK_THAT(thrown_by<OutOfMemory>([&] { x(xt::drop(3)); }),
             StartsWith("slice: out of memory at empty_sizes_test.cpp:") && Contains("8796093022208 bytes"));
  CHECK_THAT(thrown_by<OutOfMemory>([&] { y(xt::drop(3)); }), StartsWith("slice: out of memory"));
}

TEST_CASE("a tensor without elements prints in few letters, whatever its sizes", "[empty]") {
  const auto text = [](const Tensor& x) {
    std::ostringstream out;
    out << x;
    return out.str();
  };
  CHECK(text(zeros({2, 0})) == "[[],\n []] shape (2, 0), float32");
  CHECK(text(zeros({many, 0})) == "[[],\n [],\n [],\n ...,\n [],\n [],\n []] shape (68719476736, 0), float32");
  CHECK(text(zeros({0, many})) == "[] shape (0, 68719476736), float32");
  CHECK(text(zeros({10'000'000, 0})).size() < 100);
  CHECK(text(zeros({many, many, 0})).size() < 1000);
  CHECK(text(zeros({9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0})).size() < 200'000);
  CHECK(text(zeros({3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3})).size() < 1'500'000);
}

TEST_CASE("a loader over a dataset that is too large for its order says so", "[empty]") {
  class Endless : public data::Dataset {
   public:
    explicit Endless(std::int64_t size) : size_(size) {}
    std::int64_t size() const override { return size_; }
    data::Batch gather(const std::int64_t*, std::int64_t count) const override {
      return {zeros({count, 1}), zeros({count}, int64)};
    }

   private:
    std::int64_t size_;
  };
  for (const std::int64_t size : {std::int64_t{1} << 40, std::int64_t{1} << 62}) {
    if (thread_sanitized) break;  // it ends the process where the system has no memory
    data::DataLoader loader{Endless(size)};
    CHECK_THAT(thrown_by<OutOfMemory>([&] { loader.begin(); }),
               StartsWith("DataLoader: out of memory") && Contains(std::to_string(size) + " rows"));
  }
  data::DataLoader negative{Endless(-1)};
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { negative.begin(); }), StartsWith("DataLoader: ") && Contains("-1"));
}
