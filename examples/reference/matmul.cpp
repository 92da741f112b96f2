// The examples of docs/reference/matmul.md.

#include "example.hpp"

namespace {

void from_matmul() {
  example("matmul");
  {
    const Tensor a = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, v = {1.0, 0.0, -1.0};
    std::cout << matmul(a, a.t()) << '\n' << matmul(a, v) << '\n' << matmul(v, v) << '\n';
  }
  example("linear");
  {
    const Tensor x = {{1.0, 2.0}}, weight = {{1.0, 0.0}, {0.0, 1.0}, {1.0, 1.0}}, bias = {0.5, 0.5, 0.5};
    std::cout << linear(x, weight, bias) << '\n';
  }
  example("dot");
  {
    const Tensor a = {1.0, 2.0, 3.0}, b = {4.0, 5.0, 6.0};
    std::cout << dot(a, b) << '\n';
  }
  example("vdot");
  {
    const Tensor a = {1.0, 2.0, 3.0}, b = {4.0, 5.0, 6.0};
    std::cout << vdot(a, b) << '\n';
  }
  example("mv");
  {
    const Tensor a = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, b = {1.0, 0.0, -1.0};
    std::cout << mv(a, b) << '\n';
  }
  example("mm");
  {
    const Tensor a = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, b = {{1.0}, {1.0}, {1.0}};
    std::cout << mm(a, b) << '\n';
  }
  example("bmm");
  std::cout << bmm(ones({5, 2, 3}), ones({5, 3, 4})).shape() << '\n';
  example("addmm", "AddOptions");
  {
    const Tensor a = {{1.0, 2.0}}, b = {{3.0}, {4.0}};
    std::cout << addmm(100.0, a, b) << '\n' << addmm(100.0, a, b, AddOptions().beta(0.5).alpha(2)) << '\n';
  }
}

void from_addmv() {
  example("addmv");
  {
    const Tensor a = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, b = {1.0, 0.0, -1.0};
    std::cout << addmv(Tensor{10.0, 20.0}, a, b) << '\n';
  }
  example("baddbmm");
  std::cout << baddbmm(ones({4}), ones({5, 2, 3}), ones({5, 3, 4})).shape() << '\n';
  example("inner");
  {
    const Tensor a = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, b = {1.0, 1.0, 1.0};
    std::cout << inner(a, b) << '\n';
  }
  example("outer");
  {
    const Tensor a = {1.0, 2.0}, b = {3.0, 4.0, 5.0};
    std::cout << outer(a, b) << '\n';
  }
  example("tensordot");
  {
    const Tensor a = ones({2, 3, 4}), b = ones({4, 3, 5});
    std::cout << tensordot(a, b, 1).shape() << ' ' << tensordot(a, b, {1, 2}, {1, 0}).shape() << '\n';
  }
  example("kron");
  {
    const Tensor a = {{1.0, 2.0}}, b = {{1.0, 1.0}, {0.0, 1.0}};
    std::cout << kron(a, b) << '\n';
  }
  example("cross");
  {
    const Tensor a = {1.0, 0.0, 0.0}, b = {0.0, 1.0, 0.0};
    std::cout << cross(a, b) << '\n';
  }
  example("einsum");
  {
    const Tensor a = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << einsum("ij,kj->ik", {a, a}) << '\n' << einsum("ij->j", {a}) << '\n';
  }
}

void from_cdist() {
  example("cdist");
  {
    const Tensor a = {{0.0, 0.0}, {3.0, 4.0}}, b = {{0.0, 0.0}};
    std::cout << cdist(a, b) << '\n';
  }
}

}  // namespace

int main() {
  from_matmul();
  from_addmv();
  from_cdist();
  return 0;
}
