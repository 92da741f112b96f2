// The examples of docs/reference/modules.md.

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
  return 0;
}
