#include <xgrad/nn/call.hpp>

#include <typeinfo>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn::detail {
namespace {

thread_local CallScope* innermost = nullptr;
thread_local CallObserver* observer = nullptr;

// Errors whose message has a path already. Outer modules prepend a path only to errors of exactly the standard types,
// and pass on these subclasses.
struct LocatedArgument : std::invalid_argument {
  using invalid_argument::invalid_argument;
};
struct LocatedError : std::logic_error {
  using logic_error::logic_error;
};
struct LocatedOutOfMemory : OutOfMemory {
  using OutOfMemory::OutOfMemory;
};

// The path from one module down to another.
bool find_path(const ModuleState& from, const ModuleState& to, std::string& path) {
  for (const auto& [name, child] : from.children) {
    const std::size_t length = path.size();
    path = join(path, name);
    if (child.get() == &to || find_path(*child, to, path)) return true;
    path.resize(length);
  }
  return false;
}

}  // namespace

CallScope::CallScope(const ModuleBase& module, Source at) noexcept : module_(module), outer_(innermost), at_(at) {
  innermost = this;
}

CallScope::~CallScope() { innermost = outer_; }

Source CallScope::call_site() noexcept { return innermost ? innermost->at_ : Source(); }

const ModuleBase* CallScope::current() noexcept { return innermost ? &innermost->module_ : nullptr; }

std::string CallScope::path() const {
  if (outer_ == nullptr) return "";
  const ModuleState& from = *Access::state(outer_->module_);
  const ModuleState& to = *Access::state(module_);
  std::string path = outer_->path();
  if (&from == &to || find_path(from, to, path)) return path;
  // A module that its caller has not registered is the root of a path of its own.
  return "";
}

void CallScope::rethrow(const std::logic_error& error) const {
  const bool argument = typeid(error) == typeid(std::invalid_argument);
  if (!argument && typeid(error) != typeid(std::logic_error)) throw;
  if (argument) {
    const std::string message = located(error);
    // Errors of ops end with the line of the call; those of modules get it here.
    if (at_.file == nullptr || xgrad::detail::ends_with_line(message)) throw LocatedArgument(message);
    throw LocatedArgument(message + " (" + to_string(at_) + ")");
  }
  throw LocatedError(located(error));
}

void CallScope::rethrow(const OutOfMemory& error) const {
  if (typeid(error) != typeid(OutOfMemory)) throw;
  throw LocatedOutOfMemory(located(error));
}

std::string CallScope::located(const std::exception& error) const {
  const std::string from_root = path();
  const std::string type = module_.type_name();
  return (from_root.empty() ? type : from_root + " (" + type + ")") + ": " + error.what();
}

std::string CallScope::innermost_path() { return innermost == nullptr ? "" : innermost->path(); }

struct PathForObservers {
  PathForObservers() noexcept { xgrad::detail::module_path = &CallScope::innermost_path; }
};
namespace {
const PathForObservers path_for_observers;
}

CallObserver*& call_observer() noexcept { return observer; }

}  // namespace xgrad::nn::detail
