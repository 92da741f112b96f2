// The examples of docs/reference/indexing.md.

#include "example.hpp"

namespace {

void from_lists() {
  example("take");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << take(x, Tensor{0, -1}) << '\n';
  }
  example("take_along_dim");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << take_along_dim(x, argmax(x, 1, keepdims), 1) << '\n';
  }
  example("embedding");
  {
    const Tensor table = Tensor{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}.requires_grad_();
    const Tensor y = embedding(Tensor{2, 0, 2}, table);
    std::cout << y << '\n' << grad(sum(y), table) << '\n';
  }
  example("one_hot");
  std::cout << one_hot(Tensor{2, 0}, 3) << '\n';
  example("index_put");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << index_put(x, {Tensor{0, 1}, Tensor{2, 0}}, 9.0) << '\n';
  }
}

void from_scattering() {
  example("scatter");
  {
    const Tensor x = Tensor{1.0, 2.0, 3.0}.requires_grad_();
    const Tensor y = scatter(x, 0, Tensor{2, 0}, Tensor{10.0, 20.0});
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("scatter_add");
  std::cout << scatter_add(zeros({3}, float64), 0, Tensor{0, 2, 0}, Tensor{1.0, 2.0, 3.0}) << '\n';
  example("scatter_reduce", "ScatterReduce", "IncludeSelf");
  {
    const Tensor x = {9.0, 2.0}, indices = {0, 0}, source = {1.0, 5.0};
    std::cout << scatter_reduce(x, 0, indices, source, ScatterReduce::amax) << '\n'
              << scatter_reduce(x, 0, indices, source, ScatterReduce::amax, IncludeSelf::no) << '\n';
  }
  example("index_add");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << index_add(x, 1, Tensor{0, 0}, Tensor{{10.0, 20.0}, {30.0, 40.0}}) << '\n';
  }
  example("index_copy");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << index_copy(x, 0, Tensor{1}, Tensor{{7.0, 8.0, 9.0}}) << '\n';
  }
  example("index_fill");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << index_fill(x, 1, Tensor{0, 2}, 0.0) << '\n';
  }
}

void from_masks() {
  example("masked_select");
  {
    const Tensor x = Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}.requires_grad_();
    const Tensor y = masked_select(x, x > 3.0);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("masked_fill");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << masked_fill(x, x > 3.0, 0.0) << '\n';
  }
  example("masked_scatter");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << masked_scatter(x, x > 4.0, Tensor{10.0, 20.0}) << '\n';
  }
}

}  // namespace

int main() {
  example("index_select");
  {
    const Tensor x = Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}.requires_grad_();
    const Tensor y = index_select(x, 1, Tensor{0, 0, 2});
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("gather");
  {
    const Tensor x = Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}.requires_grad_();
    const Tensor y = gather(x, 1, Tensor({{2}, {0}}));
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("select");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << select(x, 1, -1) << '\n';
  }
  example("narrow");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << narrow(x, 1, 1, 2) << '\n';
  }
  example("put", "Index", "Accumulate");
  {
    const Tensor x = Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}.requires_grad_();
    const Tensor y = put(x, {xt::all(), 1}, 0.0);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
    std::cout << put(zeros(3), Tensor{0, 2, 0}, 1.f, Accumulate::yes) << '\n';
  }
  from_lists();
  from_scattering();
  from_masks();
  return 0;
}
