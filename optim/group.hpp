#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/io/state_dict.hpp>

namespace xgrad::optim {

namespace detail {

/// Options that were set, by PyTorch's names; switches are 0 or 1, and the numbers of a pair are "betas.0", "betas.1".
using Given = std::vector<std::pair<std::string, double>>;

/// Such a list; what it does is compiled in the library, not for every program. A move is a copy, here and below, so
/// that no option gets lost.
class GivenList {
 public:
  GivenList();
  GivenList(const GivenList&);
  GivenList& operator=(const GivenList&);
  ~GivenList();

  const Given& given() const { return given_; }

 protected:
  void append(const char* name, double value);

 private:
  Given given_;
};

/// The base of classes that set options, whose setters return `Self&`.
template <class Self>
class OptionList : public GivenList {
 protected:
  Self& set(const char* name, double value) {
    append(name, value);
    return static_cast<Self&>(*this);
  }
};

}  // namespace detail

/// Whether a parameter belongs to a group, by its name in the model.
using Belongs = std::function<bool(const std::string& name, const Tensor& parameter)>;

/// Whether a parameter has fewer than two axes, as biases and the weights of normalisations do: those that weight decay
/// is usually kept from.
[[nodiscard]] bool is_bias_or_norm(const std::string& name, const Tensor& parameter);

/// Parameters that an optimiser treats alike, with the options that differ from the optimiser's own:
///
///     optim::AdamW optimizer({optim::Group(net.named_parameters(), optim::is_bias_or_norm).weight_decay(0),
///                             optim::Group(net.named_parameters(), optim::is_weight)}, 1e-3);
///
/// An option that the optimiser does not have is refused where the optimiser gets the group.
class Group : public detail::OptionList<Group> {
 public:
  explicit Group(std::vector<Tensor> parameters);
  Group(const Group&);
  Group& operator=(const Group&);
  ~Group();
  /// The parameters of a list with names, as model.named_parameters() gives it, that belong; all without `belongs`.
  explicit Group(const StateDict& named, const Belongs& belongs = nullptr);

  Group& lr(double value) { return set("lr", value); }
  Group& weight_decay(double value) { return set("weight_decay", value); }
  Group& momentum(double value) { return set("momentum", value); }
  Group& betas(double first, double second) { return set("betas.0", first).set("betas.1", second); }
  Group& eps(double value) { return set("eps", value); }
  Group& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
  /// Any option by PyTorch's name; a switch is 0 or 1, and the numbers of a pair are "betas.0" and "betas.1".
  Group& option(const std::string& name, double value) { return set(name.c_str(), value); }

  const std::vector<Tensor>& parameters() const { return parameters_; }

 private:
  std::vector<Tensor> parameters_;
};

/// Whether a parameter has two axes or more: those that is_bias_or_norm() leaves.
[[nodiscard]] inline bool is_weight(const std::string& name, const Tensor& parameter) {
  return !is_bias_or_norm(name, parameter);
}

/// What an optimiser is given: parameters, which are one group, or a list of groups.
class Groups {
 public:
  Groups();
  Groups(std::vector<Tensor> parameters);
  Groups(std::initializer_list<Tensor> parameters);
  Groups(std::vector<Group> groups);
  Groups(std::initializer_list<Group> groups);
  Groups(const Groups&);
  Groups& operator=(const Groups&);
  ~Groups();

  const std::vector<Group>& list() const { return groups_; }

 private:
  std::vector<Group> groups_;
};

}  // namespace xgrad::optim
