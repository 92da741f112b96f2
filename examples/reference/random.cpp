// The examples of docs/reference/random.md.

#include "example.hpp"

namespace {

void from_default_generator() {
  example("Generator");
  {
    Generator generator(7), same(7), other(7, 1);
    std::cout << rand({2}, generator) << '\n' << rand({2}, same) << '\n' << rand({2}, other) << '\n';
    std::cout << generator.seed() << ' ' << generator.draws() << '\n';
  }
  example("GeneratorScope");
  {
    Generator generator(7);
    {
      const GeneratorScope scope(generator);
      std::cout << rand({2}) << '\n';  // from this generator, as all that draws here
    }
    std::cout << generator.draws() << '\n';
  }
  example("default_generator");
  {
    manual_seed(7);
    const Generator before = default_generator();
    const Tensor a = rand({2});
    default_generator() = before;
    std::cout << std::boolalpha << allclose(a, rand({2})) << '\n';
  }
  example("manual_seed");
  {
    manual_seed(7);
    std::cout << rand({3}) << '\n';
    manual_seed(7);
    std::cout << rand({3}) << '\n';
  }
}

void from_bernoulli() {
  example("bernoulli");
  {
    Generator generator(5);
    std::cout << bernoulli(full({6}, 0.5), generator) << '\n';
  }
  example("multinomial", "Replacement", "with_replacement");
  {
    Generator generator(5);
    std::cout << multinomial(Tensor{1.0, 0.0, 3.0}, 5, with_replacement, generator) << '\n';
  }
  example("normal");
  {
    Generator generator(5);
    std::cout << normal(10, 2, {3}, generator) << '\n';
  }
  example("uniform");
  {
    Generator generator(5);
    std::cout << uniform(-1, 1, {3}, generator) << '\n';
  }
  example("exponential");
  {
    Generator generator(5);
    std::cout << exponential(2, {3}, generator) << '\n';
  }
  example("gumbel");
  {
    Generator generator(5);
    std::cout << gumbel({3}, generator) << '\n';
  }
}

void from_rand_like() {
  example("rand_like");
  {
    Generator generator(5);
    std::cout << rand_like(Tensor{1.0, 2.0}, generator) << '\n';
  }
  example("randn_like");
  {
    Generator generator(5);
    std::cout << randn_like(Tensor{1.0, 2.0}, generator) << '\n';
  }
  example("randint_like");
  {
    Generator generator(5);
    std::cout << randint_like(Tensor{1.0, 2.0}, 0, 10, generator) << '\n';
  }
  example("gumbel_softmax", "Sampling");
  {
    Generator generator(5);
    std::cout << gumbel_softmax(Tensor{0.0, 1.0}, generator, 1, Sampling::hard) << '\n';
  }
}

}  // namespace

int main() {
  from_default_generator();
  from_bernoulli();
  from_rand_like();
  return 0;
}
