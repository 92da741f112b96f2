#pragma once

#include <utility>

namespace xgrad::detail {

/// The base of a class of options, which are set as `Type::Options().name(value).other(value)`. An option is one line
/// under its comment, and a member with its default; whoever takes the options checks them when it is constructed,
/// since only then all of them are known.
///
///     class NormOptions : public detail::OptionsOf<NormOptions> {
///      public:
///       /// Added to the variance; positive, by default 1e-5.
///       NormOptions& eps(double value) { return set(eps_, value); }
///
///      private:
///       friend class Norm;
///       double eps_ = 1e-5;
///     };
///
/// Options that several classes have are in a template between, whose functions return Own& by this->set().
template <class Own>
class OptionsOf {
 protected:
  template <class T, class Value>
  Own& set(T& option, Value&& value) {
    option = std::forward<Value>(value);
    return static_cast<Own&>(*this);
  }
};

}  // namespace xgrad::detail
