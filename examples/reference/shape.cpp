// The examples of docs/reference/shape.md.

#include "example.hpp"

namespace {

void from_reshape() {
  example("reshape");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << reshape(x, {3, -1}) << '\n';
  }
  example("flatten");
  std::cout << flatten(zeros({2, 3, 4}), 1).shape() << '\n';
  example("transpose");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << transpose(x) << '\n' << transpose(zeros({2, 3, 4}), {2, 0, 1}).shape() << '\n';
  }
  example("swapaxes");
  std::cout << swapaxes(zeros({2, 3, 4}), 0, -1).shape() << '\n';
  example("squeeze");
  std::cout << squeeze(zeros({1, 3, 1})).shape() << ' ' << squeeze(zeros({1, 3, 1}), 0).shape() << '\n';
  example("unsqueeze");
  std::cout << unsqueeze(zeros({3}), 1).shape() << '\n';
  example("broadcast_to");
  {
    const Tensor x = Tensor{1.0, 2.0}.requires_grad_();
    const Tensor y = broadcast_to(x, {3, 2});
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("expand");
  {
    const Tensor x = {{1.0}, {2.0}};
    std::cout << expand(x, {-1, 3}) << '\n';
  }
}

void from_clone() {
  example("clone");
  {
    const Tensor x = {1.0, 2.0};
    const Tensor y = clone(x);
    y.fill_(7.0);
    std::cout << x << '\n' << y << '\n';
  }
}

void from_unflatten() {
  example("unflatten");
  std::cout << unflatten(zeros({2, 12}), 1, {3, -1}).shape() << '\n';
  example("atleast_1d");
  std::cout << atleast_1d(Tensor(2.0)).shape() << '\n';
  example("atleast_2d");
  std::cout << atleast_2d(zeros({3})).shape() << '\n';
  example("atleast_3d");
  std::cout << atleast_3d(zeros({3})).shape() << ' ' << atleast_3d(zeros({2, 3})).shape() << '\n';
  example("expand_as");
  std::cout << expand_as(Tensor{1.0, 2.0}, zeros({2, 2})) << '\n';
  example("reshape_as");
  std::cout << reshape_as(arange(4), zeros({2, 2})) << '\n';
}

void from_reordering() {
  example("movedim");
  std::cout << movedim(zeros({2, 3, 4}), 0, -1).shape() << '\n';
  example("flip");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << flip(x, 1) << '\n';
  }
  example("fliplr");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << fliplr(x) << '\n';
  }
  example("flipud");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << flipud(x) << '\n';
  }
  example("roll");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << roll(x, 1) << '\n' << roll(x, 1, 1) << '\n';
  }
  example("rot90");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << rot90(x) << '\n';
  }
}

void from_repeating() {
  example("repeat");
  {
    const Tensor x = Tensor{1.0, 2.0, 3.0}.requires_grad_();
    const Tensor y = repeat(x, {2, 2});
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("tile");
  std::cout << tile(Tensor{{1, 2}}, 2) << '\n';
  example("repeat_interleave");
  {
    std::cout << repeat_interleave(Tensor{1, 2, 3}, 2) << '\n';
    std::cout << repeat_interleave(Tensor{1, 2, 3}, Tensor{2, 0, 1}) << '\n';
  }
  example("broadcast_tensors");
  for (const Tensor& x : broadcast_tensors({arange(3), zeros({2, 1})})) std::cout << x.shape() << '\n';
  example("meshgrid", "Indexing");
  {
    for (const Tensor& x : meshgrid({arange(2), arange(3)})) std::cout << x << '\n';
    std::cout << meshgrid({arange(2), arange(3)}, Indexing::xy)[0] << '\n';
  }
  example("cartesian_prod");
  std::cout << cartesian_prod({arange(2), arange(3)}) << '\n';
}

void from_diagonals() {
  example("diagonal");
  {
    const Tensor x = Tensor{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}.requires_grad_();
    const Tensor y = diagonal(x, 1);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("diag");
  std::cout << diag(Tensor{1.0, 2.0}) << '\n';
  example("diag_embed");
  std::cout << diag_embed(Tensor{{1.0, 2.0}, {3.0, 4.0}}) << '\n';
  example("trace");
  std::cout << trace(Tensor{{1.0, 2.0}, {3.0, 4.0}}) << '\n';
  example("tril");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << tril(x) << '\n';
  }
  example("triu");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << triu(x, 1) << '\n';
  }
  example("tril_indices");
  std::cout << tril_indices(2, 3) << '\n';
  example("triu_indices");
  std::cout << triu_indices(2, 3) << '\n';
}

void from_padding() {
  example("pad", "PadMode");
  {
    const Tensor x = Tensor{1.0, 2.0, 3.0}.requires_grad_();
    std::cout << pad(x, {1, 2}) << '\n' << pad(x, {2, 0}, PadMode::reflect) << '\n';
    std::cout << grad(sum(pad(x, {2, 1}, PadMode::replicate)), x) << '\n';
  }
  example("unfold");
  {
    const Tensor x = Tensor{1.0, 2.0, 3.0, 4.0}.requires_grad_();
    const Tensor y = unfold(x, 0, 3, 1);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
}

}  // namespace

int main() {
  from_reshape();
  from_clone();
  from_unflatten();
  from_reordering();
  from_repeating();
  from_diagonals();
  from_padding();
  return 0;
}
