// Modules of several inputs, lists and dicts of modules, parameters by name, weights that are tied, a layer that takes
// its size from the first batch, frozen parts, and states that fit in part.

#include <iostream>
#include <utility>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

// Two inputs, one of which may be left out, and two outputs.
class Attend : public nn::ModuleOf<Attend> {
 public:
  Attend() {
    add("query", query);
    add("key", key);
  }
  std::pair<Tensor, Tensor> forward(const Tensor& x, const Tensor& mask = Tensor()) {
    Tensor scores = matmul(query(x), transpose(key(x)));
    if (mask.defined()) scores = scores + mask;
    Tensor weights = softmax(scores, 1);
    return {matmul(weights, x), weights};
  }

 private:
  nn::Linear query{4, 8}, key{4, 8};
};

// x W, where a Linear computes x Wᵀ.
class Transposed : public nn::Module {
 public:
  explicit Transposed(const nn::Parameter& shared) : weight(shared) { add("weight", weight); }
  Tensor forward(const Tensor& x) override { return matmul(x, weight); }

  nn::Parameter weight;
};

// A stack of blocks, an activation that is chosen by name, and an output that shares the weight of the input.
class Net : public nn::Module {
 public:
  explicit Net(int depth) {
    for (int i = 0; i < depth; ++i) {
      blocks.append(nn::Linear(8, 8));
      scales.append(nn::Parameter(ones({8})));
    }
    add("in", in);
    add("blocks", blocks);
    add("scales", scales);
    add("activations", activations);
    add("out", out);
  }
  Tensor forward(const Tensor& x) override {
    Tensor h = in(x);
    for (std::size_t i = 0; i < blocks.size(); ++i) h = h + scales[i] * activations["gelu"](blocks[i](h));
    return out(h);
  }

 private:
  nn::Linear in{4, 8, nn::no_bias};
  nn::ModuleListOf<nn::Linear> blocks;
  nn::ParameterList scales;
  nn::ModuleDict activations{{"gelu", nn::GELU()}, {"relu", relu}};
  Transposed out{in.weight};
};

int main() {
  manual_seed(1);
  Tensor x = rand({3, 4});

  Attend attend;
  auto [y, weights] = attend(x);
  auto [masked, rest] = attend(x, where(eye(3) > 0.0, -1e9f, 0.f));
  std::cout << y.shape() << ' ' << weights.shape() << ", the diagonal masked: " << (diagonal(rest) == 0.0f) << '\n';
  std::cout << detailed(nn::summary(attend, x));

  Net net(2);
  std::cout << net << '\n';
  std::cout << net.parameters().size() << " parameters, " << net.state_dict().size() << " keys\n";

  // A layer that takes its size from the first batch is called once before its parameters are.
  nn::Sequential lazy{nn::LazyLinear(5), nn::ReLU(), nn::LazyLinear(2)};
  lazy(x);
  std::cout << lazy << '\n';

  // A part of a model is frozen, and the rest trained.
  net.get_submodule("blocks").requires_grad_(false);
  for (auto& [name, parameter] : net.named_parameters())
    if (parameter.requires_grad()) std::cout << name << " is trained\n";

  // A deeper net takes what it can from the state of this one.
  Net deeper(3);
  std::cout << deeper.load_state_dict(net.state_dict(), nn::Strict::no) << '\n';
}
