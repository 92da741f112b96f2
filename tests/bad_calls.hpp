#pragma once

// The catalogue of bad calls: every function of the headers is called with good arguments, of which one after the other
// is replaced by bad values of its type. Each call must succeed legitimately or throw an error that begins with the
// name of the function. probe() makes the calls of one function; bad_calls_*.cpp list the functions.

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <xgrad/xgrad.hpp>

namespace bad_calls {

using namespace xgrad;

/// What happened in a call.
struct Outcome {
  std::string function;  // whose name the error must begin with
  std::string with;      // what the bad argument was
  bool must_throw;       // there is nothing legitimate that the call could have given
  bool of_file = false;  // what is bad is a file, of which std::runtime_error tells
  bool threw = false;
  std::string problem = {};  // empty if the call was answered well
  std::string error = {};    // what it threw
};

/// The outcomes of the calls of all functions, and the names of the functions.
struct Catalogue {
  std::vector<std::string> functions;
  std::vector<Outcome> outcomes;
};
using Fill = void (*)(Catalogue&);
void tensor_calls(Catalogue& all);
void op_calls(Catalogue& all);
void indexing_calls(Catalogue& all);
void product_calls(Catalogue& all);
void linalg_calls(Catalogue& all);
void reduction_calls(Catalogue& all);
void pointwise_calls(Catalogue& all);
void module_calls(Catalogue& all);
void container_calls(Catalogue& all);
void layer_calls(Catalogue& all);
void convolution_calls(Catalogue& all);
void pooling_calls(Catalogue& all);
void recurrence_calls(Catalogue& all);
void attention_calls(Catalogue& all);
void training_calls(Catalogue& all);
void train_calls(Catalogue& all);
void data_calls(Catalogue& all);
void optimizer_calls(Catalogue& all);
void func_calls(Catalogue& all);
void io_calls(Catalogue& all);
void inspect_calls(Catalogue& all);

/// A bad value in place of an argument.
template <class T>
struct Bad {
  T value;
  std::string what;
  bool must_throw;
  bool of_file = false;
};

// ---- kinds of arguments, beside Tensor, Shape and others that speak for themselves

/// A tensor that may be undefined.
struct Optional {
  Tensor value;
  operator Tensor() const { return value; }
};
/// A number with which an op computes, so that NaN is as good as any.
struct Amount {
  double value;
  operator double() const { return value; }
  operator Number() const { return value; }
};
/// A number that sets how a function works: NaN means nothing.
struct Setting {
  double value;
  operator double() const { return value; }
  operator Number() const { return value; }
};
/// The number of an axis.
struct Axis {
  std::int64_t value;
  operator Dim() const { return value; }
};
/// The size of something that is made.
struct Size {
  std::int64_t value;
  operator Dim() const { return value; }
  operator std::int64_t() const { return value; }
};
/// An index or another integer of which only some are right.
struct Index {
  std::int64_t value;
  operator Dim() const { return value; }
  operator std::int64_t() const { return value; }
};
/// A setting for each of up to three axes: a kernel's size, a stride or a padding. A thousand on each of three axes
/// would be a result of gigabytes that is right to compute.
struct Extent {
  std::int64_t value;
  operator Dim() const { return value; }
};
/// A shape of a result in which -1 may stand for a size.
struct Sizes {
  std::vector<std::int64_t> value;
  operator NewShape() const { return value; }
};
/// A file to read. Bad ones are made beside it; with `strict`, any other bytes are an error.
struct InputPath {
  std::string value;
  bool strict = true;
};
/// A file to write.
struct OutputPath {
  std::string value;
};
/// The name of a tensor: one to give it, or one that is looked for, perhaps in a file.
struct Key {
  std::string value;
  bool looked_for = false, in_file = false;
};

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                       most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t two_to_31 = std::int64_t{1} << 31, two_to_61 = std::int64_t{1} << 61;

std::vector<Bad<Tensor>> bad_values(const Tensor& good);
std::vector<Bad<Optional>> bad_values(const Optional& good);
std::vector<Bad<Amount>> bad_values(const Amount& good);
std::vector<Bad<Setting>> bad_values(const Setting& good);
std::vector<Bad<Axis>> bad_values(const Axis& good);
std::vector<Bad<Size>> bad_values(const Size& good);
std::vector<Bad<Index>> bad_values(const Index& good);
std::vector<Bad<Extent>> bad_values(const Extent& good);
std::vector<Bad<Sizes>> bad_values(const Sizes& good);
std::vector<Bad<InputPath>> bad_values(const InputPath& good);
std::vector<Bad<OutputPath>> bad_values(const OutputPath& good);
std::vector<Bad<Key>> bad_values(const Key& good);
std::vector<Bad<Shape>> bad_values(const Shape& good);
std::vector<Bad<Axes>> bad_values(const Axes& good);
std::vector<Bad<DType>> bad_values(const DType& good);
std::vector<Bad<std::vector<Tensor>>> bad_values(const std::vector<Tensor>& good);

/// What is wrong with a result that a call has returned; empty if nothing is.
std::string fault_of(const Tensor& y);
std::string fault_of(const std::vector<Tensor>& all);
std::string fault_of(const StateDict& state);
std::string fault_of(const ValuesIndices& y);
template <class T>
std::string fault_of(const T&) {
  return "";
}

/// Carries out a call and notes its outcome.
void note(Catalogue& all, Outcome outcome, const std::function<std::string()>& call);

/// f(arguments...), and what is wrong with its result.
template <class F, class Arguments>
std::string called(const F& f, const Arguments& arguments) {
  using Result = decltype(std::apply(f, arguments));
  if constexpr (std::is_void_v<Result>)
    return std::apply(f, arguments), std::string();
  else
    return fault_of(std::apply(f, arguments));
}

template <std::size_t I, class F, class Arguments>
void probe_argument(Catalogue& all, const std::string& function, const F& f, const Arguments& good) {
  for (const auto& bad : bad_values(std::get<I>(good))) {
    Arguments arguments = good;
    std::get<I>(arguments) = bad.value;
    note(all, {function, "argument " + std::to_string(I) + " = " + bad.what, bad.must_throw, bad.of_file},
         [&] { return called(f, arguments); });
  }
}

template <class F, class Arguments, std::size_t... I>
void probe_all(Catalogue& all, const std::string& function, const F& f, const Arguments& good,
               std::index_sequence<I...>) {
  note(all, {function, "good arguments", false}, [&] { return called(f, good); });
  if (all.outcomes.back().threw) all.outcomes.back().problem += " (though the arguments are good)";
  (probe_argument<I>(all, function, f, good), ...);
}

/// Calls f with the good arguments, and with each of them replaced by the bad values of its type. `function` is the
/// name that the headers declare; errors begin with `says`, which is the same unless it is given.
template <class F, class... A>
void probe_as(Catalogue& all, const std::string& function, const std::string& says, const F& f, const A&... good) {
  all.functions.push_back(function);
  probe_all(all, says, f, std::tuple<A...>(good...), std::index_sequence_for<A...>{});
}
template <class F, class... A>
void probe(Catalogue& all, const std::string& function, const F& f, const A&... good) {
  probe_as(all, function, function, f, good...);
}

/// A call with one bad argument that no list of bad values has.
inline void refused(Catalogue& all, const std::string& function, const std::string& with,
                    const std::function<void()>& call) {
  all.functions.push_back(function);
  note(all, {function, with, true}, [&] { return call(), std::string(); });
}
/// The same where what is bad is a file.
inline void refused_file(Catalogue& all, const std::string& function, const std::string& with,
                         const std::function<void()>& call) {
  all.functions.push_back(function);
  note(all, {function, with, true, true}, [&] { return call(), std::string(); });
}

/// Numbers between 0 and 1, of shape (2, 3).
inline Tensor matrix(DType dtype = float32) { return Tensor({{.1, .7, .4}, {.3, .2, .9}}).to(dtype); }

}  // namespace bad_calls
