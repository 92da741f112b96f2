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
