// The examples of docs/reference/train.md.

#include <cstdio>

#include <xgrad/train.hpp>

#include "example.hpp"

int main() {
  example("check_inputs");
  {
    train::InputContract contract;
    contract.observe(Tensor({{0.f, 0.5f}, {1.f, 0.25f}}));
    const Tensor bytes = Tensor({{0.f, 128.f}, {255.f, 64.f}});
    const bool fits =
        train::check_inputs(contract, bytes, [](const std::string& breach) { std::cout << breach << '\n'; });
    std::cout << std::boolalpha << fits << '\n';
  }
  example("load_part");
  {
    nn::Linear model(3, 2);
    std::int64_t step = 12;
    train::Checkpoint().add("model", model).add("step", step).save("run.safetensors");
    nn::Linear other(3, 2);
    other.load_state_dict(train::load_part("run.safetensors", "model"));
    std::cout << sum(other.weight != model.weight) << '\n';
    std::remove("run.safetensors");
  }
  return 0;
}
