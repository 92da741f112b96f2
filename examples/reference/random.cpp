// The examples of docs/reference/random.md.

#include "example.hpp"

namespace {

bool all_equal(const Tensor& a, const Tensor& b) { return sum(a == b).item<std::int64_t>() == a.size(); }

}  // namespace

int main() {
  example("default_generator");
  {
    manual_seed(7);
    const Generator before = default_generator();
    const Tensor a = rand({2});
    default_generator() = before;
    std::cout << std::boolalpha << all_equal(a, rand({2})) << '\n';
  }
  example("manual_seed");
  {
    manual_seed(7);
    std::cout << rand({3}) << '\n';
    manual_seed(7);
    std::cout << rand({3}) << '\n';
  }
  return 0;
}
