#pragma once

#include <type_traits>
#include <utility>

#include <xgrad/nn/module.hpp>
#include <xgrad/nn/module_hooks.hpp>

namespace xgrad::nn {

/// A module of several inputs or outputs: net(a, b) calls the net's own forward(a, b).
///
///     class Net : public nn::ModuleOf<Net> {
///      public:
///       Net() { add("left", left); add("right", right); }
///       std::pair<Tensor, Tensor> forward(const Tensor& a, const Tensor& b, const Tensor& mask = Tensor());
///      private:
///       nn::Linear left{3, 4}, right{5, 4};
///     };
///     auto [y, h] = Net()(a, b);
///
/// forward is public and takes and returns what it likes: tensors, numbers, tuples, vectors; it may have defaults and
/// overloads. A call that no forward accepts does not compile. Errors name the line of calls with up to four
/// arguments, as those of Module do. Names, printing, saving and clones are ModuleBase's. The class inside the brackets
/// is the one that is being defined; another does not compile. A class derived from Net is called through Net's
/// forward, which is virtual if the derived one replaces it.
template <class Net>
class ModuleOf : public ModuleBase {
 public:
  // The default makes a braced list of numbers a tensor.
  template <class A = const Tensor&, class N = Net, class = decltype(std::declval<N&>().forward(std::declval<A>()))>
  decltype(auto) operator()(A&& a, Source at = Source::here()) const {
    return run(at, std::forward<A>(a));
  }
  template <class A = const Tensor&, class B = const Tensor&, class N = Net,
            class = decltype(std::declval<N&>().forward(std::declval<A>(), std::declval<B>()))>
  decltype(auto) operator()(A&& a, B&& b, Source at = Source::here()) const {
    return run(at, std::forward<A>(a), std::forward<B>(b));
  }
  template <class A = const Tensor&, class B = const Tensor&, class C = const Tensor&, class N = Net,
            class = decltype(std::declval<N&>().forward(std::declval<A>(), std::declval<B>(), std::declval<C>()))>
  decltype(auto) operator()(A&& a, B&& b, C&& c, Source at = Source::here()) const {
    return run(at, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
  }
  template <class A = const Tensor&, class B = const Tensor&, class C = const Tensor&, class D = const Tensor&,
            class N = Net,
            class = decltype(std::declval<N&>().forward(std::declval<A>(), std::declval<B>(), std::declval<C>(),
                                                        std::declval<D>()))>
  decltype(auto) operator()(A&& a, B&& b, C&& c, D&& d, Source at = Source::here()) const {
    return run(at, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c), std::forward<D>(d));
  }
  template <class... A, class N = Net, std::enable_if_t<sizeof...(A) == 0 || (sizeof...(A) > 4), int> = 0,
            class = decltype(std::declval<N&>().forward(std::declval<A>()...))>
  decltype(auto) operator()(A&&... a) const {
    return run(Source(), std::forward<A>(a)...);
  }

  /// Calls the hook before every call of this module, or after it, as those of Module. To see gradients, it calls
  /// register_hook() of one of the tensors.
  HookHandle register_forward_pre_hook(CallPreHook hook) { return detail::add_call_hook(*this, std::move(hook)); }
  HookHandle register_forward_hook(CallHook hook) { return detail::add_call_hook(*this, std::move(hook)); }

 private:
  friend Net;
  ModuleOf() = default;

  template <class... A>
  decltype(auto) run(Source at, A&&... a) const {
    // A module is a handle: a const one leaves the shared state writable, as a const Tensor does.
    auto& self = const_cast<Net&>(static_cast<const Net&>(*this));
    return this->call(
        [&]() -> decltype(auto) {
          using Result = decltype(self.forward(std::forward<A>(a)...));
          return detail::forward_of_several<Result>(
              *this, [&](auto&&... given) -> Result { return self.forward(std::forward<decltype(given)>(given)...); },
              std::forward<A>(a)...);
        },
        at);
  }
};

}  // namespace xgrad::nn
