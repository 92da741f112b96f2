// Lines that users will type and that must not compile. must_not_compile.cmake compiles this file once, with every
// error shown: each line marked "// must not compile" must have one, and no other line may. Compiled with
// -DXGRAD_POSITIVE_CONTROL, the marked lines are empty and the file must be right.

#include <string>
#include <vector>

#include <xgrad/func.hpp>
#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#ifdef XGRAD_POSITIVE_CONTROL
#define WRONG(...)
#else
#define WRONG(...) __VA_ARGS__
#endif

using namespace xgrad;

inline void writing(Tensor x, const Tensor& y) {
  const Tensor g = x.grad();
  WRONG(x(0) = y;)                   // must not compile
  WRONG(x[0] = y;)                   // must not compile
  WRONG(x[0] = 1;)                   // must not compile
  WRONG(x(0, 1) = 1.0;)              // must not compile
  WRONG(x.grad() = g;)               // must not compile
  WRONG(exp(x) = y;)                 // must not compile
  WRONG(y.mutable_view<float>();)    // must not compile
  WRONG(y.view<float>()(0) = 1.0f;)  // must not compile
  WRONG(x.shape()[0] = 3;)           // must not compile
}

inline void backward_of(const Tensor& loss) {
  WRONG(loss.backward(true);)        // must not compile
  WRONG(loss.backward(false);)       // must not compile
  WRONG(loss.backward(loss, true);)  // must not compile
  WRONG(loss.grad(retain_graph);)    // must not compile
}

inline void truth(const Tensor& x, const Tensor& y) {
  WRONG(if (x) return;)            // must not compile
  WRONG(if (x == y) return;)       // must not compile
  WRONG(while (x < 1.0) return;)   // must not compile
  WRONG(const bool b = x;)         // must not compile
  WRONG(const double d = x;)       // must not compile
  WRONG(const float f = sum(x);)   // must not compile
  WRONG(const int i = x ? 1 : 0;)  // must not compile
}

inline void axes_and_shapes(const Tensor& x, const Tensor& y) {
  WRONG(sum(x, true);)                              // must not compile
  WRONG(sum(x, 0.5);)                               // must not compile
  WRONG(sum(x, 0, true);)                           // must not compile
  WRONG(mean(x, {0.5});)                            // must not compile
  WRONG(x.sum(1.0);)                                // must not compile
  WRONG(softmax(x);)                                // must not compile
  WRONG(softmax(x, 1.0);)                           // must not compile
  WRONG(max(x, y);)                                 // must not compile
  WRONG(min(x, y);)                                 // must not compile
  WRONG(x[{1, 2}];)                                 // must not compile
  WRONG(x[0.5];)                                    // must not compile
  WRONG(x(0.5);)                                    // must not compile
  WRONG(x(xt::all(), true);)                        // must not compile
  WRONG(x(xt::range(0, 0.8 * 10));)                 // must not compile
  WRONG(x(xt::range(0, 10, 2.0));)                  // must not compile
  WRONG(x(xt::keep(std::vector<double>{1.0}));)     // must not compile
  WRONG(Tensor(x).put({xt::all(), 0.5f}, 1);)       // must not compile
  WRONG(Tensor(x).put(0.5L, 1);)                    // must not compile
  WRONG(x.view<float>() = x.view<float>() + 1.0f;)  // must not compile
  WRONG(zeros(2.5);)                                // must not compile
  WRONG(zeros({2.5, 3.0});)                         // must not compile
  WRONG(zeros(true);)                               // must not compile
  WRONG(x.reshape(2.0);)                            // must not compile
  WRONG(x.to("float32");)                           // must not compile
}

inline void making(const Tensor& x, const std::vector<std::string>& words) {
  WRONG(Tensor pair{x, x};)                                   // must not compile
  WRONG(Tensor mixed{1.0, x};)                                // must not compile
  WRONG(Tensor text("1.0");)                                  // must not compile
  WRONG(Tensor list(words);)                                  // must not compile
  WRONG(Tensor big(1.0L);)                                    // must not compile
  WRONG(x.view<int>();)                                       // must not compile
  WRONG(x.item<std::string>();)                               // must not compile
  WRONG(NoGrad copy = NoGrad(NoGrad()); NoGrad other(copy);)  // must not compile
}

class Right : public nn::Module {
 public:
  Right() { add("linear", linear_); }
  Tensor forward(const Tensor& x) override { return linear_(x); }

 private:
  nn::Linear linear_{2, 1};
};

class Misspelt : public nn::Module {
 public:
  Tensor foward(const Tensor& x) { return x; }
};

class ByValue : public nn::Module {
 public:
  WRONG(Tensor forward(Tensor x) override { return x; })  // must not compile
};

class Arch : public nn::Module {
 public:
  Arch() {
    WRONG(add("weight", weight_);)           // must not compile
    WRONG(add("weight", zeros(3));)          // must not compile
    WRONG(add("linear", nn::Linear(2, 1));)  // must not compile
    WRONG(add("numbers", numbers_);)         // must not compile
  }
  Tensor forward(const Tensor& x) override { return x; }

 private:
  Tensor weight_ = zeros(3);
  std::vector<double> numbers_;
};

inline void modules(const Tensor& x) {
  nn::Linear linear(784, 50, nn::no_bias), plain(784, 50, false);
  WRONG(nn::Linear three(784, 50, 10);)                   // must not compile
  WRONG(nn::Linear real(784, 50.0);)                      // must not compile
  WRONG(linear.weight = x;)                               // must not compile
  WRONG(linear.weight = zeros({50, 784});)                // must not compile
  WRONG(nn::Parameter implicit = x;)                      // must not compile
  WRONG(nn::BatchNorm1d(2).running_mean = x;)             // must not compile
  WRONG(Misspelt misspelt;)                               // must not compile
  WRONG(nn::Module bare = Right();)                       // must not compile
  WRONG(std::vector<nn::Module> list{Right(), Right()};)  // must not compile
  WRONG(nn::Sequential numbers{1, 2};)                    // must not compile
  WRONG(nn::Sequential tensors{x, x};)                    // must not compile
  WRONG(linear(x, x);)                                    // must not compile
}

inline void optimizers(const nn::Linear& model) {
  optim::SGD sgd(model.parameters(), 0.1);
  WRONG(optim::SGD positional(model.parameters(), 0.1, 0.9);)  // must not compile
  WRONG(optim::SGD swapped(0.1, model.parameters());)          // must not compile
  WRONG(optim::SGD of_model(model, 0.1);)                      // must not compile
  WRONG(optim::SGD copied = sgd;)                              // must not compile
  WRONG(sgd.lr() = 0.2;)                                       // must not compile
}

inline void datasets(const Tensor& x) {
  const data::TensorDataset two(x, x);
  const data::TensorDataset three(x, x, x);
  data::DataLoader pairs(data::TensorDataset(x, x));
  WRONG(data::DataLoader triples(three);)                           // must not compile
  WRONG(for (auto [a, b, c] : pairs) static_cast<void>(a);)         // must not compile
  WRONG(static_cast<void>(three.targets());)                        // must not compile
  WRONG(data::TensorDataset<2> pair(x, x, x);)                      // must not compile
  WRONG(data::ConcatDataset mixed(three, data::TensorDataset(x));)  // must not compile
  WRONG(const train::Batches rows = three;)                         // must not compile
  WRONG(const train::Batches ended{data::DataLoader(two)};)         // must not compile
}

inline void lambdas(const Tensor& a) {
  WRONG(elementwise([](auto x) { return x > 0 ? x : -x; }, a);)  // must not compile
  WRONG(elementwise([](auto x, auto y) { return x + y; }, a);)   // must not compile
  WRONG(elementwise([](auto) { return std::string(); }, a);)     // must not compile
}

struct First : func::Function<First> {
  static constexpr const char* name = "first";
  static Tensor forward(func::Context&, const std::vector<Tensor>& list) { return list[0] + 0.0; }
  static std::vector<Tensor> backward(func::Context&, const Tensor& g) { return {g}; }
};

inline void transforms(const Tensor& x, const std::vector<Tensor>& list) {
  const auto f = [](const auto& a, const auto& b) { return sum(a * b); };
  static_cast<void>(func::grad([](const std::vector<Tensor>& a, const Tensor& b) { return sum(a[0] * b); })(list, x));
  WRONG(static_cast<void>(func::grad(f)(x, list));)  // must not compile
  WRONG(static_cast<void>(First::apply(list));)      // must not compile
}
