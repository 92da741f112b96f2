// The examples of docs/reference/mathematics.md.

#include "example.hpp"

namespace {

void from_rsqrt() {
  example("rsqrt");
  {
    const Tensor x = {4.0, 0.25, 0.0};
    std::cout << rsqrt(x) << '\n';
  }
  example("cbrt");
  {
    const Tensor x = {8.0, -27.0};
    std::cout << cbrt(x) << '\n';
  }
  example("exp2");
  {
    const Tensor x = {0.0, 3.0, -1.0};
    std::cout << exp2(x) << '\n';
  }
  example("log2");
  {
    const Tensor x = {8.0, 0.5, 0.0};
    std::cout << log2(x) << '\n';
  }
  example("log10");
  {
    const Tensor x = {1000.0, 0.1};
    std::cout << log10(x) << '\n';
  }
  example("logit");
  {
    const Tensor x = {0.0, 0.5, 0.9};
    std::cout << logit(x) << '\n';
  }
  example("logaddexp");
  {
    const Tensor a = {0.0, 1000.0}, b = {0.0, 1000.0};
    std::cout << logaddexp(a, b) << '\n';
  }
  example("logaddexp2");
  {
    const Tensor a = {1.0, 1000.0}, b = {1.0, 1000.0};
    std::cout << logaddexp2(a, b) << '\n';
  }
}

void from_xlogy() {
  example("xlogy");
  {
    const Tensor a = {0.0, 2.0}, b = {0.0, 1.0};
    std::cout << xlogy(a, b) << '\n';
  }
  example("tan");
  {
    const Tensor x = {0.0, 0.5};
    std::cout << tan(x) << '\n';
  }
  example("asin");
  {
    const Tensor x = {0.0, 1.0};
    std::cout << asin(x) << '\n';
  }
  example("acos");
  {
    const Tensor x = {1.0, 0.0};
    std::cout << acos(x) << '\n';
  }
  example("atan");
  {
    const Tensor x = {0.0, 1.0};
    std::cout << atan(x) << '\n';
  }
  example("atan2");
  {
    const Tensor a = {0.0, 1.0, -1.0}, b = {1.0, 0.0, -1.0};
    std::cout << atan2(a, b) << '\n';
  }
  example("sinh");
  {
    const Tensor x = {0.0, 1.0};
    std::cout << sinh(x) << '\n';
  }
  example("cosh");
  {
    const Tensor x = {0.0, 1.0};
    std::cout << cosh(x) << '\n';
  }
}

void from_asinh() {
  example("asinh");
  {
    const Tensor x = {0.0, 1.0};
    std::cout << asinh(x) << '\n';
  }
  example("acosh");
  {
    const Tensor x = {1.0, 2.0};
    std::cout << acosh(x) << '\n';
  }
  example("atanh");
  {
    const Tensor x = {0.0, 0.5, 1.0};
    std::cout << atanh(x) << '\n';
  }
  example("hypot");
  {
    const Tensor a = {3.0, 1e200}, b = {4.0, 1e200};
    std::cout << hypot(a, b) << '\n';
  }
  example("deg2rad");
  {
    const Tensor x = {0.0, 180.0};
    std::cout << deg2rad(x) << '\n';
  }
  example("rad2deg");
  {
    const Tensor x = {0.0, 1.0};
    std::cout << rad2deg(x) << '\n';
  }
  example("sinc");
  {
    const Tensor x = {0.0, 0.5, 1.0};
    std::cout << sinc(x) << '\n';
  }
  example("erfc");
  {
    const Tensor x = {0.0, 1.0, 10.0};
    std::cout << erfc(x) << '\n';
  }
}

void from_erfinv() {
  example("erfinv");
  {
    const Tensor x = {0.0, 0.5, 1.0};
    std::cout << erfinv(x) << '\n';
  }
  example("lgamma");
  {
    const Tensor x = {1.0, 5.0, 0.5};
    std::cout << lgamma(x) << '\n';
  }
  example("digamma");
  {
    const Tensor x = {1.0, 0.5};
    std::cout << digamma(x) << '\n';
  }
  example("polygamma");
  {
    const Tensor x = {1.0, 0.5};
    std::cout << polygamma(1, x) << '\n';
  }
}

}  // namespace

int main() {
  from_rsqrt();
  from_xlogy();
  from_asinh();
  from_erfinv();
  return 0;
}
