// The examples of docs/reference/init.md.

#include "example.hpp"

namespace {

void from_calculate_gain() {
  example("calculate_gain", "Nonlinearity");
  std::cout << nn::init::calculate_gain(nn::init::Nonlinearity::tanh) << '\n';
  example("fans", "Fans");
  {
    const nn::init::Fans fans = nn::init::fans(zeros({16, 3, 5, 5}));
    std::cout << fans.in << ' ' << fans.out << '\n';
  }
  example("uniform_");
  {
    Generator generator(5);
    std::cout << nn::init::uniform_(zeros({2, 3}), -1, 1, &generator) << '\n';
  }
  example("normal_");
  {
    Generator generator(5);
    std::cout << nn::init::normal_(zeros({2, 3}), 0, 1, &generator) << '\n';
  }
  example("constant_");
  std::cout << nn::init::constant_(zeros({2}), 0.5) << '\n';
  example("zeros_");
  std::cout << nn::init::zeros_(ones({2})) << '\n';
  example("ones_");
  std::cout << nn::init::ones_(zeros({2})) << '\n';
  example("eye_");
  std::cout << nn::init::eye_(ones({2, 3})) << '\n';
  example("xavier_uniform_");
  {
    Generator generator(5);
    std::cout << nn::init::xavier_uniform_(zeros({2, 3}), 1, &generator) << '\n';
  }
}

void from_xavier_normal() {
  example("xavier_normal_");
  {
    Generator generator(5);
    std::cout << nn::init::xavier_normal_(zeros({2, 3}), 1, &generator) << '\n';
  }
  example("trunc_normal_");
  {
    Generator generator(5);
    std::cout << nn::init::trunc_normal_(zeros({2, 3}), 0, 1, -1, 1, &generator) << '\n';
  }
  example("dirac_");
  std::cout << nn::init::dirac_(zeros({2, 2, 3})) << '\n';
  example("orthogonal_");
  {
    Generator generator(5);
    const Tensor w = nn::init::orthogonal_(zeros({2, 3}, float64), 1, &generator);
    std::cout << round(abs(matmul(w, w.t())) * 1e9) / 1e9 << '\n';
  }
  example("sparse_");
  {
    Generator generator(5);
    std::cout << nn::init::sparse_(zeros({4, 2}), 0.5, 1, &generator) << '\n';
  }
  example("kaiming_uniform_");
  {
    manual_seed(5);
    std::cout << nn::init::kaiming_uniform_(zeros({2, 3})) << '\n';
  }
  example("kaiming_normal_", "Fan");
  {
    manual_seed(5);
    std::cout << nn::init::kaiming_normal_(zeros({2, 3}), 0, nn::init::Fan::out, nn::init::Nonlinearity::relu) << '\n';
  }
}

}  // namespace

int main() {
  from_calculate_gain();
  from_xavier_normal();
  return 0;
}
