#pragma once

// Observers of ops: DetectAnomaly, Lint and KeepValues. Where there is none, an op pays one test of a thread-local
// pointer.

#include <cstddef>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/attribute.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/source.hpp>

namespace xgrad {

class Tensor;

namespace detail {

/// An op that has computed its value.
struct ObservedOp {
  const char* name;
  Source at;
  const Tensor* inputs;
  std::size_t count;
  const void* settings;
  std::vector<Attribute> (*list)(const void* settings);
  bool judged = false;  // the numbers of the result are those of other ops, which observers have been told of

  std::vector<Attribute> attributes() const { return list(settings); }
};

/// Is told what this thread's ops do, from its construction to its destruction. Observers nest, and all of them are
/// told. What one throws leaves the op. They may be destroyed in any order.
class Observer {
 public:
  Observer() noexcept : outer_(thread_state.observer) { thread_state.observer = this; }
  virtual ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  Observer* outer() const noexcept { return outer_; }

  /// An op has computed y, which is recorded by now if it is recorded at all.
  virtual void computed(const ObservedOp&, const Tensor& /*y*/) {}
  /// The target is about to be written in place from the values of the operands, and has been written. What the first
  /// returns is handed to the second.
  virtual bool writes(const Tensor& /*target*/, const Tensor* /*operands*/, std::size_t /*count*/) { return false; }
  virtual void wrote(const char* /*name*/, Source, const Tensor& /*target*/, bool /*noted*/) {}
  /// Backward begins at these roots.
  virtual void begins_backward(const Tensor* /*roots*/, std::size_t /*count*/) {}
  /// A rule has turned the upstream gradient g into the gradients `out` of the inputs.
  virtual void pulled(const Node&, const Tensor& /*g*/, const Tensor* /*out*/) {}
  /// The gradient of a value was replaced by a hook, or summed over uses.
  virtual void changed(const Node&, const char* /*by*/, const Tensor* /*before*/, std::size_t /*count*/,
                       const Tensor& /*after*/) {}
  /// A gradient was handed to its tensor: added to what was there, or as the first.
  virtual void gave(const Tensor& /*to*/, bool /*added*/) {}
  /// An optimiser is about to move its parameters.
  virtual void steps(const char* /*name*/, Source, const std::vector<Tensor>& /*parameters*/) {}

 private:
  Observer* outer_;
};

/// While an object exists, nothing is observed: for what the library computes for itself.
class Unobserved {
 public:
  [[nodiscard]] Unobserved() noexcept : before_(thread_state.observer) { thread_state.observer = nullptr; }
  ~Unobserved() { thread_state.observer = before_; }
  Unobserved(const Unobserved&) = delete;
  Unobserved& operator=(const Unobserved&) = delete;
  Observer* before() const noexcept { return before_; }

 private:
  Observer* before_;
};

/// While an object exists, this observer is the one that is told.
class Observed {
 public:
  [[nodiscard]] explicit Observed(Observer* observer) noexcept : before_(thread_state.observer) {
    thread_state.observer = observer;
  }
  ~Observed() { thread_state.observer = before_; }
  Observed(const Observed&) = delete;
  Observed& operator=(const Observed&) = delete;

 private:
  Observer* before_;
};

inline bool is_observed() noexcept { return thread_state.observer != nullptr; }

/// Tells the observers of an op. To be called only where there is one.
void tell(const ObservedOp& op, const Tensor& y);
template <class Settings>
[[gnu::noinline, gnu::cold]] void tell_computed(const char* name, Source at, const Tensor& y, const Tensor* inputs,
                                                std::size_t count, const Settings& settings, bool judged = false) {
  tell({name, at, inputs, count, &settings, [](const void* s) { return static_cast<const Settings*>(s)->list(); },
        judged},
       y);
}

/// Tells them that an optimiser is about to move its parameters.
void tell_step(const char* name, Source at, const std::vector<Tensor>& parameters);

/// A write in place, for the observers: constructed before it, and done() after it.
class ObservedWrite {
 public:
  ObservedWrite(const char* name, Source at, const Tensor& target, const Tensor* operands, std::size_t count)
      : name_(name), at_(at), target_(target) {
    if (is_observed()) begin(operands, count);
  }
  void done() const {
    if (!noted_.empty()) end();
  }

 private:
  void begin(const Tensor* operands, std::size_t count);
  void end() const;

  const char* name_;
  Source at_;
  const Tensor& target_;
  std::vector<bool> noted_;  // one for each observer
};

/// Where the module that is being called stands, as "layer1.0"; "" outside of modules. Set by nn/call.cpp.
extern std::string (*module_path)();

}  // namespace detail
}  // namespace xgrad
