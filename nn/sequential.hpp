#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/callable.hpp>
#include <xgrad/nn/activation.hpp>
#include <xgrad/nn/linear.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

namespace detail {

/// A callable as a module.
template <class F>
class Function final : public Module {
 public:
  explicit Function(F f) : f_(xgrad::detail::checked_function("Sequential", "a layer", std::move(f))) {
    rename("Function");
  }

 protected:
  Tensor forward(const Tensor& x) override {
    if constexpr (std::is_invocable_v<F&, Tensor, Source>)
      return f_(x, call_site());
    else
      return f_(x);
  }

 private:
  F f_;
};

/// A function of one tensor that is neither a module, a tensor nor an xtensor expression, all of which can be called
/// too.
template <class F>
constexpr bool is_function() {
  using D = std::decay_t<F>;
  if constexpr (std::is_base_of_v<ModuleBase, D> || std::is_same_v<D, Layer> || std::is_base_of_v<Tensor, D>)
    return false;
  else if constexpr (xt::is_xexpression<D>::value)
    return false;
  else
    return std::is_invocable_r_v<Tensor, D&, const Tensor&> || std::is_invocable_r_v<Tensor, D&, Tensor, Source>;
}

}  // namespace detail

/// Any module, any function of one tensor, or an op such as relu, by value: an element of a Sequential, or a member
/// that may be of any class. A handle: its module shares weights with the one it was made from, and with its copies.
///
/// The parameters of modules that a lambda captures are not registered; write a Module class instead.
class Layer {
 public:
  template <class M, std::enable_if_t<std::is_base_of_v<Module, std::decay_t<M>>, int> = 0>
  Layer(M&& module) : Layer(made<std::decay_t<M>>(std::forward<M>(module))) {}
  template <class F, std::enable_if_t<detail::is_function<F>(), int> = 0>
  Layer(F&& function) : Layer(made<detail::Function<std::decay_t<F>>>(std::forward<F>(function))) {}
  /// An op, also one whose name is overloaded, such as tanh beside <cmath>.
  Layer(Tensor (*op)(Tensor, Source));

  Layer(const Layer& other);
  Layer(Layer&& other) noexcept;
  Layer& operator=(const Layer& other) &;
  ~Layer();

  Tensor operator()(const Tensor& x, Source at = Source::here()) const {
    const std::shared_ptr<Module> called = module_;  // a hook may take the layer out of its model
    return (*called)(x, at);
  }

  template <class M>
  bool is() const {
    const Module& inside = *module_;
    return typeid(inside) == typeid(M);
  }
  /// A handle of the module inside; M must be the class that was put in, otherwise it is an error.
  template <class M>
  M as() const {
    if (const auto* module = dynamic_cast<const M*>(module_.get())) return *module;
    throw_wrong_class(typeid(M));
  }

  Module& module() const { return *module_; }
  operator ModuleBase&() const { return *module_; }

  /// Prints as the module does; functions as `Function()`.
  friend std::ostream& operator<<(std::ostream& out, const Layer& layer);

 private:
  // Plain pointers compile faster than a shared_ptr type for each class of modules.
  struct Made {
    Module* module;
    Module* (*copy)(const Module&);
  };
  template <class M, class From>
  static Made made(From&& from) {
    return {new M(std::forward<From>(from)),
            [](const Module& original) -> Module* { return new M(static_cast<const M&>(original)); }};
  }
  explicit Layer(Made made);
  [[noreturn]] void throw_wrong_class(const std::type_info& wanted) const;

  std::shared_ptr<Module> module_;
  Module* (*copy_)(const Module&);
};

/// Layers one after the other: y = layer_n(... layer_1(x)). Without layers, y = x.
///
///     nn::Sequential model{nn::Linear(784, 50), relu, nn::Linear(50, 10)};
///     nn::Sequential named{{"hidden", nn::Linear(784, 50)}, {"act", nn::ReLU()}};
///
/// Layers without a name are called "0", "1", ... by their place. Braces around a single Sequential are that
/// Sequential, in every compiler; to nest one alone, use push_back.
class Sequential : public Module {
 public:
  Sequential();
  Sequential(const Sequential&);
  Sequential(Sequential&&) noexcept;
  Sequential& operator=(const Sequential&);
  Sequential& operator=(Sequential&&);
  ~Sequential() override;
  Sequential(std::initializer_list<Layer> layers);
  Sequential(std::initializer_list<std::pair<std::string, Layer>> layers);
  // Sequential model(a, b), the same as with braces: not as a template, so that names of overloaded ops are accepted.
  Sequential(const Layer& a, const Layer& b) : Sequential({a, b}) {}
  Sequential(const Layer& a, const Layer& b, const Layer& c) : Sequential({a, b, c}) {}
  Sequential(const Layer& a, const Layer& b, const Layer& c, const Layer& d) : Sequential({a, b, c, d}) {}
  Sequential(const Layer& a, const Layer& b, const Layer& c, const Layer& d, const Layer& e)
      : Sequential({a, b, c, d, e}) {}
  Sequential(const Layer& a, const Layer& b, const Layer& c, const Layer& d, const Layer& e, const Layer& f)
      : Sequential({a, b, c, d, e, f}) {}

  void push_back(const Layer& layer);
  void push_back(const std::string& name, const Layer& layer);

  std::size_t size() const { return layers_->size(); }
  bool empty() const { return layers_->empty(); }
  /// Layer i, counted from the end when negative; out of range is an error.
  Layer operator[](Dim i) const;
  std::vector<Layer>::const_iterator begin() const { return layers_->cbegin(); }
  std::vector<Layer>::const_iterator end() const { return layers_->cend(); }

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  Shared<std::vector<Layer>> layers_;
};

/// A multilayer perceptron: MLP({784, 50, 10}) is Linear(784, 50), activation, Linear(50, 10). Layers are numbered as
/// in a Sequential, so that its keys are "0.weight", "0.bias", "2.weight", "2.bias", those of torchvision's MLP without
/// dropout. The activation is cloned for every place. Fewer than two sizes are an error.
class MLP : public Sequential {
 public:
  explicit MLP(const Shape& sizes);  // with ReLU
  explicit MLP(std::initializer_list<Dim> sizes) : MLP(Shape(sizes)) {}
  explicit MLP(const Shape& sizes, const Layer& activation, Bias bias = with_bias);
};

}  // namespace xgrad::nn
