#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/io/state_dict.hpp>
#include <xgrad/nn/call.hpp>
#include <xgrad/nn/clone.hpp>
#include <xgrad/nn/parameter.hpp>

namespace xgrad::nn {

namespace detail {

struct ModuleState;
struct ModuleHooks;
struct Access;

}  // namespace detail

/// Whether load_state_dict() wants exactly the keys that the module has.
enum class Strict : bool { no, yes };

/// What load_state_dict() has passed over: keys of the module that the state lacks, in the module's order, and keys of
/// the state that the module lacks, in the state's. Both are empty after a strict load.
struct IncompatibleKeys {
  std::vector<std::string> missing_keys, unexpected_keys;

  bool empty() const { return missing_keys.empty() && unexpected_keys.empty(); }
};
/// PyTorch's text: `<All keys matched successfully>`, or `_IncompatibleKeys(missing_keys=['a'], unexpected_keys=[])`.
std::ostream& operator<<(std::ostream& out, const IncompatibleKeys& keys);

/// Names, parameters, buffers, children and mode of a module: everything but the call. A handle: copies and moves share
/// one module, nothing can dangle, and a module that was moved from stays valid; nn::clone() makes another.
///
/// A module of one input and one output derives from Module, one of several from ModuleOf (module_of.hpp). A module
/// that is called in other ways derives from this class and declares functions of its own, in which call() puts the
/// module's path into errors.
///
/// A parameter of two modules is tied by tie() (parameter.hpp), or by making it a member of the second before that one
/// registers it. It appears once in parameters(), and under each of its names in state_dict(), as in PyTorch; clones,
/// to() and loading keep the tie.
///
/// A module may be assigned as a whole. Assigning to a member that is registered in another module, or to a copy of
/// that member's handle, is an error, since the other module would go on training the old one.
class ModuleBase {
 public:
  ModuleBase(const ModuleBase& other);
  ModuleBase(ModuleBase&& other) noexcept;
  ModuleBase& operator=(const ModuleBase& other);
  ModuleBase& operator=(ModuleBase&& other) { return *this = std::as_const(other); }
  virtual ~ModuleBase();

  /// The parameters of this module and all below it, in order of registration; a tied one appears once.
  [[nodiscard]] std::vector<Tensor> parameters() const;
  /// The same with their names relative to this module, as in "layer1.0.weight".
  [[nodiscard]] StateDict named_parameters() const;
  [[nodiscard]] std::vector<Tensor> buffers() const;
  [[nodiscard]] StateDict named_buffers() const;
  /// One parameter or buffer by its name relative to this module, a tied one by any of its names; an unknown name is an
  /// error.
  [[nodiscard]] Tensor parameter(const std::string& path) const;
  [[nodiscard]] Tensor buffer(const std::string& path) const;
  /// PyTorch's names for them.
  [[nodiscard]] Tensor get_parameter(const std::string& path) const { return parameter(path); }
  [[nodiscard]] Tensor get_buffer(const std::string& path) const { return buffer(path); }

  /// Copies of the parameters and buffers, which later steps do not change, with PyTorch's keys in PyTorch's order: a
  /// module's parameters, its buffers, then its children. Tied ones appear under each of their names, and share their
  /// copy. (PyTorch's state_dict shares the model's memory; here named_parameters() and named_buffers() do.)
  [[nodiscard]] StateDict state_dict() const;
  /// Writes the values of `state` into this module's parameters and buffers. Keys, shapes and dtypes must agree
  /// exactly, except that float32 and float64 are converted, unless a finite number would become infinite, and whole
  /// numbers of any dtype to int64; and a num_batches_tracked that is missing, as in old files of PyTorch, stays what
  /// it is. An error names every key at fault, and then nothing has changed.
  void load_state_dict(const StateDict& state, Source at = Source::here());
  /// The same, but with Strict::no only the keys that both have are written, and the others returned. Of these, shapes
  /// and dtypes must still agree.
  IncompatibleKeys load_state_dict(const StateDict& state, Strict strict, Source at = Source::here());

  /// The modules registered here, and this module with all below it, with their names relative to this one ("" for
  /// itself); a module registered twice appears once.
  [[nodiscard]] std::vector<ModuleBase> children() const;
  [[nodiscard]] std::vector<std::pair<std::string, ModuleBase>> named_children() const;
  [[nodiscard]] std::vector<ModuleBase> modules() const;
  [[nodiscard]] std::vector<std::pair<std::string, ModuleBase>> named_modules() const;
  /// The module of that name, "" for this one; an unknown name is an error. With it a part of a model is frozen, or put
  /// into evaluation mode: `model.get_submodule("features").requires_grad_(false)`.
  [[nodiscard]] ModuleBase get_submodule(const std::string& path) const;
  /// Calls f with every module from this one down, children before their parents; a module that is registered twice in
  /// one parent counts once there.
  void apply(const std::function<void(ModuleBase&)>& f);

  /// Sets the mode of this module and all below it; modules begin in training mode.
  void train(bool on = true);
  void eval() { train(false); }
  [[nodiscard]] bool is_training() const;
  /// Drops all gradients.
  void zero_grad();
  /// Converts floating parameters and buffers to float32 or float64. Every handle sees it, those of optimisers too;
  /// gradients are dropped, and backward of a loss from before refuses (Tensor::set_data).
  void to(DType dtype);
  /// Whether the parameters collect gradients: false freezes them. Those of some names only are chosen by a loop:
  ///
  ///     for (auto& [name, parameter] : model.named_parameters())
  ///       if (name.find("bias") != std::string::npos) parameter.requires_grad_(false);
  void requires_grad_(bool on = true);

  /// The name of the class, without namespaces and template arguments.
  [[nodiscard]] std::string type_name() const;

  /// PyTorch's print(model), byte for byte (the text of release 1.13).
  friend std::ostream& operator<<(std::ostream& out, const ModuleBase& module);

 protected:
  ModuleBase();

  /// Registers a member under a name: not empty, without a dot, and used once in this module.
  void add(const std::string& name, ModuleBase& module);
  void add(const std::string& name, Parameter& parameter);
  void add(const std::string& name, Buffer& buffer);
  /// Registers the elements, modules or nn::Layers, as name.0, name.1, ... Elements added to the vector later are not
  /// registered.
  template <class M>
  void add(const std::string& name, std::vector<M>& modules);
  void add(const std::string&, const Tensor&) = delete;  // make it an nn::Parameter or nn::Buffer, and a member
  /// PyTorch's names for add(); what is registered is a member, and is returned.
  template <class M>
  M& register_module(const std::string& name, M& module) {
    add(name, module);
    return module;
  }
  Parameter& register_parameter(const std::string& name, Parameter& parameter) {
    add(name, parameter);
    return parameter;
  }
  Buffer& register_buffer(const std::string& name, Buffer& buffer) {
    add(name, buffer);
    return buffer;
  }

  /// Sets the text that printing puts between this module's parentheses.
  void describe(const std::string& text);
  /// Sets the name that printing gives the class.
  void rename(const std::string& type);

  /// Calls f() as the call of this module: the module's path is prepended to errors that f throws.
  template <class F>
  decltype(auto) call(F&& f, Source at = Source::here()) const {
    const detail::CallScope scope(*this, at);
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
        std::forward<F>(f)();
      } else {
        decltype(auto) y = std::forward<F>(f)();
        if (detail::call_observer() != nullptr) (*detail::call_observer())(*this, detail::tensors_in(y));
        return y;
      }
    } catch (const std::logic_error& error) {
      scope.rethrow(error);
    } catch (const OutOfMemory& error) {
      scope.rethrow(error);
    }
  }
  /// Inside a call: the caller's line, which the library's own modules pass to their ops.
  static Source call_site() noexcept { return detail::CallScope::call_site(); }

 private:
  friend struct detail::Access;
  ModuleBase(std::shared_ptr<detail::ModuleState> state, const std::type_info* type);
  const std::type_info* known_class() const noexcept;
  Tensor find(const char* kind, const std::string& path) const;
  ModuleBase handle() const;
  ModuleBase make_list(const std::string& name) const;
  void check_name(const std::string& name) const;

  std::shared_ptr<detail::ModuleState> state_;
  const std::type_info* copied_from_ = nullptr;  // the class of the module that this is a copy of
};

/// Hooks of a module of one input and one output. They run in the order of registration; what they return takes the
/// place of x, of y, or of the gradient, for those that follow; an undefined tensor leaves it as it is.
using ForwardPreHook = std::function<Tensor(const ModuleBase& module, const Tensor& x)>;
using ForwardHook = std::function<Tensor(const ModuleBase& module, const Tensor& x, const Tensor& y)>;
/// Receives the gradients with respect to x, undefined where x needs none, and to y.
using BackwardHook = std::function<Tensor(const ModuleBase& module, const Tensor& grad_x, const Tensor& grad_y)>;
/// Receives the gradient with respect to y.
using BackwardPreHook = std::function<Tensor(const ModuleBase& module, const Tensor& grad_y)>;

/// Hooks of a module of several inputs or outputs, which see the tensors among its arguments, or in what it returned,
/// in order: tensors themselves, those in pairs, tuples, vectors, arrays and optionals, and the rows of packed
/// sequences. What a hook assigns to an element of `inputs`, or of `outputs`, takes that tensor's place in the call and
/// for the hooks that follow; the number of elements must stay. Where an input was replaced, forward is given copies of
/// the arguments that hold tensors. Replacing an nn::Parameter, an object of another class derived from Tensor, or a
/// tensor that a tuple refers to is an error; so is every replacement where forward returns a reference.
using CallPreHook = std::function<void(const ModuleBase& module, std::vector<Tensor>& inputs)>;
using CallHook =
    std::function<void(const ModuleBase& module, const std::vector<Tensor>& inputs, std::vector<Tensor>& outputs)>;

/// A module from one tensor to one tensor: y = model(x).
///
///     class Net : public nn::Module {
///      public:
///       Net() { add("hidden", hidden); add("out", out); }
///       Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }
///      private:
///       nn::Linear hidden{2, 16}, out{16, 1};
///     };
///
/// An error inside names the module by its path from the one that the user called, as in
/// `layer1.0 (Linear): expected 784 features on the last axis, got input of shape (100, 783)`.
class Module : public ModuleBase {
 public:
  Tensor operator()(const Tensor& x, Source at = Source::here()) const;

  /// Calls the hook before every forward of this module, or after it, or when backward has passed through it: every
  /// handle of the module has the same hooks, its clones have none. The handle that is returned removes the hook. A
  /// hook that captures its module keeps it alive until it is removed; it is handed the module instead.
  /// Of a call with masks or offsets it sees the first argument as x.
  HookHandle register_forward_pre_hook(ForwardPreHook hook);
  HookHandle register_forward_hook(ForwardHook hook);
  /// What the hook returns replaces the gradient with respect to x. Where x requires a gradient, but grad() was asked
  /// for others alone, none passes to x, and the hook is not called.
  HookHandle register_full_backward_hook(BackwardHook hook);
  /// What the hook returns replaces the gradient with respect to y, before backward passes through the module.
  HookHandle register_full_backward_pre_hook(BackwardPreHook hook);

 protected:
  virtual Tensor forward(const Tensor& x) = 0;
};

template <class M>
void ModuleBase::add(const std::string& name, std::vector<M>& modules) {
  static_assert(std::is_convertible_v<M&, ModuleBase&>, "add: the vector must hold modules");
  ModuleBase list = make_list(name);
  for (std::size_t i = 0; i < modules.size(); ++i) list.add(std::to_string(i), static_cast<ModuleBase&>(modules[i]));
  add(name, list);
}

}  // namespace xgrad::nn
