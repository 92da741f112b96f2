// The examples of docs/reference/modules.md.

#include <xgrad/nn/generators.hpp>

#include "example.hpp"

namespace {

class Net : public nn::Module {
 public:
  Net() {
    add("hidden", hidden);
    add("out", out);
  }
  Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }

 private:
  nn::Linear hidden{2, 16}, out{16, 1};
};

class Two : public nn::ModuleOf<Two> {
 public:
  Two() { add("left", left); }
  Tensor forward(const Tensor& a, const Tensor& b) { return left(a) * b; }

 private:
  nn::Linear left{3, 2};
};

}  // namespace

int main() {
  example("Module");
  {
    Net net;
    std::cout << net << '\n' << net(ones({5, 2})).shape() << '\n' << net.parameters().size() << " parameters\n";
  }
  example("Sequential");
  {
    const nn::Sequential model{nn::Linear(4, 8), nn::ReLU(), nn::Linear(8, 2)};
    std::cout << model << '\n' << model(ones({3, 4})).shape() << '\n';
  }
  example("ModuleOf");
  {
    const Two net;
    std::cout << net << '\n' << net(ones({4, 3}), ones({4, 2})).shape() << '\n';
  }
  example("ModuleListOf");
  {
    nn::ModuleList layers{nn::Linear(4, 8), relu};
    layers.append(nn::Linear(8, 2));
    Tensor y = ones({3, 4});
    for (const nn::Layer& layer : layers) y = layer(y);
    std::cout << layers << '\n' << y.shape() << '\n';
  }
  example("ModuleDictOf");
  {
    const nn::ModuleDict activations{{"relu", nn::ReLU()}, {"tanh", tanh}};
    std::cout << activations["relu"](Tensor{-1., 2.}) << '\n';
  }
  example("ParameterList");
  {
    const nn::ParameterList scales{nn::Parameter(ones({3})), nn::Parameter(zeros({4}))};
    std::cout << scales << '\n';
  }
  example("ParameterDict");
  {
    const nn::ParameterDict weights{{"left", nn::Parameter(ones({3}))}, {"right", nn::Parameter(zeros({3}))}};
    std::cout << sum(weights["left"] + weights["right"]) << '\n';
  }
  example("tie");
  {
    nn::Linear in(3, 3), out(3, 3);
    nn::tie(out.weight, in.weight);
    const nn::Sequential model{in, relu, out};
    std::cout << model.parameters().size() << " parameters, " << model.state_dict().size() << " keys\n";
  }
  example("clone");
  {
    nn::Linear a(2, 2);
    const nn::Linear b = nn::clone(a), same = a;
    a.weight.detach().fill_(0);
    std::cout << sum(abs(same.weight)) << '\n' << std::boolalpha << (sum(abs(b.weight)).item() > 0) << '\n';
  }
  example("summary");
  {
    const nn::Sequential model{nn::Linear(4, 8), nn::ReLU(), nn::Linear(8, 2)};
    std::cout << nn::summary(model, {3, 4}) << '\n';
  }
  example("detailed");
  {
    const nn::Sequential model{nn::Linear(4, 8), nn::ReLU(), nn::Linear(8, 2)};
    std::cout << detailed(nn::summary(model, {3, 4})) << '\n';
  }
  example("to_string");
  {
    const nn::Sequential model{nn::Linear(4, 2)};
    std::cout << to_string(nn::summary(model, {3, 4})) << '\n';
  }
  example("register_generator");
  {
    class Noise : public nn::Module {
     public:
      explicit Noise(const Generator& generator) : generator_(generator) { nn::register_generator(*this, generator_); }

     protected:
      Tensor forward(const Tensor& x) override { return x + randn(x.shape(), **generator_); }

     private:
      nn::OwnGenerator generator_;
    };
    const Noise noise{Generator(3)}, other = nn::clone(noise);
    std::cout << std::boolalpha << (sum(noise(zeros(4)) != other(zeros(4))).item() == 0) << '\n';
  }
  example("named_generators");
  {
    const nn::Sequential model{nn::Linear(2, 2), nn::Dropout(0.5, Generator(7))};
    for (const auto& [name, generator] : nn::named_generators(model))
      std::cout << name << ": seed " << generator->value().seed() << '\n';
  }
  return 0;
}
