// The examples of docs/reference/creation.md.

#include "example.hpp"

namespace {

void from_zeros() {
  example("zeros");
  std::cout << zeros({2, 3}) << '\n';
  example("ones");
  std::cout << ones({3}, int64) << '\n';
  example("full");
  std::cout << full({2, 2}, 7.0) << '\n';
  example("zeros_like");
  std::cout << zeros_like(Tensor{1.0, 2.0}) << '\n';
  example("ones_like");
  std::cout << ones_like(Tensor{1, 2}) << '\n';
  example("full_like");
  std::cout << full_like(Tensor{1.0, 2.0}, 3.0) << '\n';
  example("arange");
  std::cout << arange(5) << '\n' << arange(0, 1, 0.25) << '\n' << arange(5, 0, -2) << '\n';
  example("linspace");
  std::cout << linspace(0, 1, 5) << '\n';
}

void from_eye() {
  example("eye");
  std::cout << eye(2, 3) << '\n';
  example("rand");
  {
    Generator generator(5);
    std::cout << rand({3}, generator) << '\n';
  }
  example("randn");
  {
    Generator generator(5);
    std::cout << randn({3}, generator) << '\n';
  }
  example("randint");
  {
    Generator generator(5);
    std::cout << randint(0, 10, {5}, generator) << '\n';
  }
  example("randperm");
  {
    Generator generator(5);
    std::cout << randperm(5, generator) << '\n';
  }
}

}  // namespace

int main() {
  from_zeros();
  from_eye();
  return 0;
}
