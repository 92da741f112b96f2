#include <xgrad/xgrad.hpp>

#include "workloads.hpp"
#include "xgrad_side.hpp"

using namespace xgrad;

namespace bench {
namespace {

using Function = std::function<Tensor(const Tensor&)>;

Tensor leaf(std::uint64_t seed, std::int64_t n, float low, float high) {
  return Tensor(numbers(seed, n, low, high)).requires_grad_();
}

std::vector<double> first_of(const Tensor& x) {
  const auto* data = Raw::data<float>(x);
  return std::vector<double>(data, data + std::min<std::int64_t>(16, x.size()));
}

// W4: one multiplication of two leaves. Backward is timed over blocks of nodes that were made before.
Task node_forward(std::int64_t n) {
  const Tensor a = leaf(30, n, 1, 2), b = leaf(31, n, 1, 2);
  return {[=] { return Checked{first_of(a * b), ""}; }, repeat([=] { const Tensor y = a * b; })};
}

Task node_backward(std::int64_t n) {
  const Tensor a = leaf(30, n, 1, 2), b = leaf(31, n, 1, 2), seed = ones({n});
  const auto walk = [=](const Tensor& y) { n == 1 ? y.backward() : y.backward(seed); };
  const auto check = [=] {
    a.set_grad({});
    walk(a * b);
    return Checked{first_of(a.grad()), ""};
  };
  constexpr std::size_t block = 16;
  return {check, [=](std::int64_t count) {
            double seconds = 0;
            std::vector<Tensor> made(block);
            for (std::int64_t done = 0; done < count; done += static_cast<std::int64_t>(block)) {
              for (Tensor& y : made) y = a * b;
              const double start = now();
              for (const Tensor& y : made) walk(y);
              seconds += now() - start;
            }
            const auto blocks = (count + static_cast<std::int64_t>(block) - 1) / static_cast<std::int64_t>(block);
            return Timed{seconds / static_cast<double>(blocks * static_cast<std::int64_t>(block)) *
                         static_cast<double>(count)};
          }};
}

// W5: forward is recorded; gradient is forward and backward.
void add_pointwise(Tasks& tasks, const std::string& name, const std::string& variant, std::int64_t n,
                   const Function& f) {
  tasks[name + ".forward" + variant] = [=]() -> Task {
    const Tensor x = leaf(40, n, -3, 3);
    return {[=] { return Checked{first_of(f(x)), ""}; }, repeat([=] { const Tensor y = f(x); })};
  };
  tasks[name + ".gradient" + variant] = [=]() -> Task {
    const Tensor x = leaf(40, n, -3, 3), seed = ones({n});
    const auto step = [=] {
      x.set_grad({});
      f(x).backward(seed);
    };
    return {
        [=] {
          step();
          return Checked{first_of(x.grad()), digest(Raw::bytes(x.grad()), static_cast<std::size_t>(n) * sizeof(float))};
        },
        repeat(step)};
  };
}

// W7: y = y + y c, two nodes each time.
Timed chain(std::int64_t nodes) {
  const Tensor x = leaf(50, 1, 1, 2), c = Tensor(std::vector<float>{chain_factor}).requires_grad_();
  if (Heap::read().counted) release_cached_memory();  // a node in memory of an earlier chain would count as nothing
  const Heap before = Heap::read();
  const double resident = resident_bytes(), start = now();
  Tensor y = x;
  for (std::int64_t i = 0; i < nodes / 2; ++i) y = y + y * c;
  const double built = now();
  const Heap after = Heap::read();
  const double bytes =
      after.counted ? static_cast<double>(after.live_bytes - before.live_bytes) : resident_bytes() - resident;
  const double walking = now();
  y.backward();
  const double walked = now();
  y = {};
  const double freed = now();
  return {built - start + freed - walking,
          {{"build", built - start},
           {"backward", walked - walking},
           {"free", freed - walked},
           {"bytes", bytes},
           {"value", x.grad().item()}}};
}

// G12: `bytes` is the least memory traffic that the op needs.
Task gate(double bytes, std::function<void()> f) {
  auto timed = repeat(std::move(f));
  return {{}, [=](std::int64_t n) {
            Timed result = timed(n);
            result.parts.emplace_back("bytes", bytes);
            return result;
          }};
}

void add_gates(Tasks& tasks, const std::string& size, std::int64_t rows, std::int64_t columns) {
  const auto bytes = static_cast<double>(rows * columns) * sizeof(float);
  const auto add = [&](const std::string& name, double moved, std::function<void(const Tensor&)> f) {
    tasks["G12." + name + "." + size] = [=] {
      const Tensor x = Tensor(numbers(60, rows * columns, -3, 3)).reshape({rows, columns});
      return gate(moved * bytes, [=] {
        const NoGrad off;
        f(x);
      });
    };
  };
  const Tensor bias(numbers(61, columns, -1, 1));
  add("bias_add", 2, [=](const Tensor& x) { const Tensor y = x + bias; });
  add("softmax", 2, [](const Tensor& x) { const Tensor y = softmax(x, 1); });
  add("sum_down", 1, [](const Tensor& x) { const Tensor y = sum(x, 0); });
  add("sum_along", 1, [](const Tensor& x) { const Tensor y = sum(x, 1); });
  add("transpose", 2, [](const Tensor& x) { const Tensor y = transpose(x); });
  tasks["G12.cross_entropy." + size] = [=] {
    const Tensor x = Tensor(numbers(60, rows * columns, -3, 3)).reshape({rows, columns}).requires_grad_();
    const Tensor labels(classes(62, rows, columns));
    return gate(3 * bytes, [=] {  // read in forward; read and written in backward
      x.set_grad({});
      nn::cross_entropy(x, labels).backward();
    });
  };
}

}  // namespace

void add_op_tasks(Tasks& tasks) {
  tasks["W4.1.forward"] = [] { return node_forward(1); };
  tasks["W4.1.backward"] = [] { return node_backward(1); };
  tasks["W4.4096.forward"] = [] { return node_forward(4096); };
  tasks["W4.4096.backward"] = [] { return node_backward(4096); };
  for (const auto n : {small, large}) {
    const std::string name = "W5.gelu." + std::to_string(n);
    add_pointwise(tasks, name, "/tiles", n, gelu_on_tiles);
    add_pointwise(tasks, name, "/ops", n, gelu_of_ops);
#if __has_include(<xgrad/simd.hpp>)
    add_pointwise(tasks, name, "", n, gelu_on_registers);
#endif
  }
  add_pointwise(tasks, "W5.relu", "", large, [](const Tensor& x) { return relu(x); });
  add_pointwise(tasks, "W5.sigmoid", "", large, [](const Tensor& x) { return sigmoid(x); });
  add_pointwise(tasks, "W5.tanh", "", large, [](const Tensor& x) { return xgrad::tanh(x); });
  add_pointwise(tasks, "W5.erf_gelu", "", large, [](const Tensor& x) { return gelu(x); });
  tasks["W7"] = [] { return Task{[] { return Checked{{chain(2000).parts.back().second}, ""}; }, chain, false}; };
  add_gates(tasks, "4MB", 1024, 1024);
  add_gates(tasks, "64MB", 16384, 1024);
}

}  // namespace bench
