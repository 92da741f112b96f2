#include <xgrad/autograd/engine/gradcheck.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using Numbers = std::vector<double>;

/// Thrown to end a check early, with the message for the caller.
struct Failure {
  std::string sentence;
};

std::string part(double number) { return detail::number_text(number, 12); }
std::string part(const std::string& words) { return words; }
std::string part(const char* words) { return words; }
template <class T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
std::string part(T number) {
  return std::to_string(number);
}
std::string part(const Shape& shape) { return to_string(shape); }
std::string part(DType dtype) { return name_of(dtype); }

template <class... Parts>
std::string text(const Parts&... parts) {
  return (part(parts) + ...);
}

Numbers numbers(const Tensor& x) { return Numbers(Raw::data<double>(x), Raw::data<double>(x) + x.size()); }

Tensor tensor(const Numbers& values, const Shape& shape) {
  Tensor x = Raw::uninitialized(shape, float64);
  std::copy(values.begin(), values.end(), Raw::write<double>(x));
  return x;
}

std::string bytes(const Tensor& x) {
  return std::string(static_cast<const char*>(Raw::bytes(x)), static_cast<std::size_t>(x.size()) * size_of(x.dtype()));
}

bool same_bits(const Numbers& a, const Numbers& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// "(1, 2)": the index of element number `flat` in a tensor of this shape.
std::string place(std::size_t flat, const Shape& shape) {
  std::vector<std::int64_t> index(shape.rank());
  auto rest = static_cast<std::int64_t>(flat);
  for (std::size_t axis = shape.rank(); axis-- > 0; rest /= shape[axis]) index[axis] = rest % shape[axis];
  return to_string(Shape(index));
}

/// Random numbers of either sign with magnitudes between 1/2 and 3/2, all different, so that no error is hidden by a
/// symmetry.
Tensor random_seed(const Shape& shape, std::uint64_t seed) {
  kernels::Philox random(seed, 0x67726164);
  Numbers values(static_cast<std::size_t>(shape.count()));
  for (double& value : values) {
    const double u = random.uniform();
    value = u < 0.5 ? 0.5 + 2 * u : 0.5 - 2 * u;
  }
  return tensor(values, shape);
}

void require_result(const char* name, const Tensor& y) {
  if (!y.defined()) throw std::invalid_argument(text(name, ": the function gives an empty tensor"));
}

/// f(inputs), which must be defined.
Tensor result_of(const char* name, const TensorFunction& f, const std::vector<Tensor>& inputs) {
  if (!f) throw std::invalid_argument(text(name, ": the function is empty"));
  Tensor y = f(inputs);
  require_result(name, y);
  return y;
}

class Check {
 public:
  /// The first `may_vanish` inputs may have a Jacobian of zero whatever the options say.
  Check(const char* name, const TensorFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options,
        std::size_t may_vanish)
      : name_(name),
        f_(f),
        inputs_(inputs),
        options_(options),
        may_vanish_(may_vanish),
        which_(detail::inputs_to_check(name, inputs, options)) {}

  GradcheckResult run() {
    const EnableGrad recorded;
    try {
      evaluate();
      find_numerical();
      find_analytic();
      compare();
      look_for_zeros();
      check_seeds();
      check_repeats();
      check_untouched();
    } catch (const Failure& failure) {
      return {false, text(name_, ": ", failure.sentence)};
    }
    return {};
  }

 private:
  /// Copies of the inputs to be checked; the others as they are.
  std::vector<Tensor> copies(bool leaves) const {
    std::vector<Tensor> result = inputs_;
    for (std::size_t i : which_) {
      result[i] = tensor(numbers(inputs_[i]), inputs_[i].shape());
      if (leaves) result[i].requires_grad_();
    }
    return result;
  }

  Tensor call(const std::vector<Tensor>& inputs) const {
    return detail::result_to_check(name_, result_of(name_, f_, inputs));
  }

  void evaluate() {
    for (const Tensor& x : inputs_) before_.push_back(bytes(x));
    leaves_ = copies(true);
    y_ = call(leaves_);
    outputs_ = static_cast<std::size_t>(y_.size());
  }

  void find_numerical() {
    const NoGrad unrecorded;
    std::vector<Tensor> moved = copies(false);
    for (std::size_t i : which_) {
      const auto count = static_cast<std::size_t>(moved[i].size());
      Numbers jacobian(count * outputs_);
      for (std::size_t e = 0; e < count; ++e)
        find_slopes(moved, Raw::write<double>(moved[i]) + e, jacobian.data() + e * outputs_);
      numerical_.push_back(std::move(jacobian));
    }
  }

  void find_slopes(const std::vector<Tensor>& moved, double* x, double* slopes) const {
    static const double unit = std::pow(std::numeric_limits<double>::epsilon(), 1.0 / 7);
    const double at = *x, h = unit * std::max(1.0, std::abs(at));
    const std::pair<int, double> stencil[] = {{-3, -1}, {-2, 9}, {-1, -45}, {1, 45}, {2, -9}, {3, 1}};
    std::fill(slopes, slopes + outputs_, 0.0);
    for (const auto& [steps, weight] : stencil) {
      *x = at + steps * h;
      const Tensor y = call(moved);
      if (y.shape() != y_.shape())
        throw Failure{text("the shape of the result depends on the values: ", y.shape(), " and ", y_.shape())};
      for (std::size_t o = 0; o < outputs_; ++o) slopes[o] += weight * Raw::data<double>(y)[o] / (60 * h);
    }
    *x = at;
  }

  /// The gradients of the checked inputs for this seed, zero where backward gives none.
  std::vector<Numbers> pull(const std::vector<Tensor>& leaves, const Tensor& y, const Tensor& seed) const {
    std::vector<Tensor> checked, gradients(which_.size());
    for (std::size_t i : which_) checked.push_back(leaves[i]);
    const std::string seed_before = bytes(seed);
    try {
      if (y.requires_grad()) gradients = grad({y}, checked, {seed}, retain_graph, allow_unused);
    } catch (const std::logic_error& error) {
      throw Failure{text("backward threw: ", error.what())};
    }
    if (bytes(seed) != seed_before) throw Failure{"backward wrote to the seed that it was given"};
    std::vector<Numbers> result;
    for (std::size_t k = 0; k < which_.size(); ++k) {
      const Tensor &g = gradients[k], &x = checked[k];
      if (g.defined() && (g.shape() != x.shape() || g.dtype() != x.dtype()))
        throw Failure{
            text("input ", which_[k], " is ", x.shape(), " ", x.dtype(), ", its gradient ", g.shape(), " ", g.dtype())};
      result.push_back(g.defined() ? numbers(g) : Numbers(static_cast<std::size_t>(x.size())));
    }
    return result;
  }

  void find_analytic() {
    for (const Numbers& jacobian : numerical_) analytic_.emplace_back(jacobian.size());
    for (std::size_t o = 0; o < outputs_; ++o) {
      Numbers seed(outputs_);
      seed[o] = 1;
      const std::vector<Numbers> rows = pull(leaves_, y_, tensor(seed, y_.shape()));
      for (std::size_t k = 0; k < rows.size(); ++k)
        for (std::size_t e = 0; e < rows[k].size(); ++e) analytic_[k][e * outputs_ + o] = rows[k][e];
    }
  }

  void compare() const {
    for (std::size_t k = 0; k < which_.size(); ++k)
      for (std::size_t j = 0; j < analytic_[k].size(); ++j) {
        const double a = analytic_[k][j], n = numerical_[k][j];
        // Written so that NaN on either side fails.
        if (!(std::abs(a - n) <= options_.atol() + options_.rtol() * std::abs(n)))
          throw Failure{text("the slope of the result at ", place(j % outputs_, y_.shape()), " with respect to input ",
                             which_[k], " at ", place(j / outputs_, inputs_[which_[k]].shape()), ": backward gives ", a,
                             ", differences give ", n)};
      }
  }

  void look_for_zeros() const {
    if (options_.allow_zero()) return;
    const auto zero = [](double slope) { return slope == 0; };
    for (std::size_t k = 0; k < which_.size(); ++k) {
      const Numbers& slopes = analytic_[k];
      if (which_[k] < may_vanish_ || slopes.empty()) continue;
      if (std::all_of(slopes.begin(), slopes.end(), zero))
        throw Failure{text("every slope with respect to input ", which_[k],
                           " is zero, in backward and in differences, so this check shows nothing: "
                           "choose other values, or accept it with allow_zero()")};
    }
  }

  /// A seed weights the rows of the Jacobian. One-hot seeds alone would miss a rule with g² in it, as 0² = 0 and 1²
  /// = 1.
  void check_seeds() {
    const Tensor seed = random_seed(y_.shape(), options_.seed());
    const double* weights = Raw::data<double>(seed);
    pulled_ = pull(leaves_, y_, seed);
    const std::vector<Numbers> zeros = pull(leaves_, y_, tensor(Numbers(outputs_), y_.shape()));
    for (std::size_t k = 0; k < which_.size(); ++k)
      for (std::size_t e = 0; e < pulled_[k].size(); ++e) {
        double expected = 0, scale = 0;
        for (std::size_t o = 0; o < outputs_; ++o) {
          expected += weights[o] * analytic_[k][e * outputs_ + o];
          scale += std::abs(weights[o] * analytic_[k][e * outputs_ + o]);
        }
        const std::string where = text("input ", which_[k], " at ", place(e, inputs_[which_[k]].shape()));
        if (!(std::abs(pulled_[k][e] - expected) <= options_.atol() + options_.rtol() * scale))
          throw Failure{text("backward is not linear in its seed: a random seed gives ", where, " the gradient ",
                             pulled_[k][e], ", the Jacobian gives ", expected)};
        if (!(zeros[k][e] == 0))
          throw Failure{text("a seed of zeros gives ", where, " the gradient ", zeros[k][e], " instead of 0")};
      }
  }

  void check_repeats() const {
    const std::vector<Tensor> leaves = copies(true);
    const Tensor y = call(leaves);
    if (y.shape() != y_.shape() || !same_bits(numbers(y), numbers(y_)))
      throw Failure{"two calls of the function give different values: it must be pure"};
    const std::vector<Numbers> again = pull(leaves, y, random_seed(y_.shape(), options_.seed()));
    for (std::size_t k = 0; k < again.size(); ++k)
      if (!same_bits(again[k], pulled_[k]))
        throw Failure{text("two runs of backward give input ", which_[k], " different gradients")};
  }

  void check_untouched() const {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (bytes(inputs_[i]) != before_[i] || bytes(leaves_[i]) != before_[i])
        throw Failure{text("input ", i, " was written: the function must leave its inputs as they are")};
  }

  const char* name_;
  const TensorFunction& f_;
  const std::vector<Tensor>& inputs_;
  const GradcheckOptions options_;
  const std::size_t may_vanish_;
  const std::vector<std::size_t> which_;  // the inputs that require a gradient
  std::vector<std::string> before_;       // every input's bytes
  std::vector<Tensor> leaves_;
  Tensor y_;
  std::size_t outputs_ = 0;
  // One Jacobian per checked input; the slopes with respect to one input element are adjacent.
  std::vector<Numbers> numerical_, analytic_;
  std::vector<Numbers> pulled_;  // the gradients for the random seed
};

}  // namespace

std::vector<std::size_t> detail::inputs_to_check(const char* op, const std::vector<Tensor>& inputs,
                                                 const GradcheckOptions& options) {
  if (!(options.rtol() >= 0 && options.atol() >= 0))
    throw std::invalid_argument(
        text(op, ": rtol and atol must not be negative, got ", options.rtol(), " and ", options.atol()));
  std::vector<std::size_t> which;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined()) throw std::invalid_argument(text(op, ": input ", i, " is an empty tensor"));
    if (!inputs[i].requires_grad()) continue;
    if (inputs[i].dtype() != float64)
      throw std::invalid_argument(text(op, ": input ", i, " is ", inputs[i].dtype(),
                                       ", whose rounding hides wrong slopes: convert it with to(float64)"));
    which.push_back(i);
  }
  if (which.empty())
    throw std::invalid_argument(text(op, ": none of the ", inputs.size(),
                                     " inputs requires a gradient: mark what is to be checked with requires_grad_()"));
  return which;
}

Tensor detail::result_to_check(const char* op, Tensor y) {
  require_result(op, y);
  if (y.dtype() != float64)
    throw std::invalid_argument(text(op, ": the function gives ", y.dtype(), ": only float64 can be checked"));
  return y;
}

GradcheckResult gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  return Check("gradcheck", f, inputs, options, 0).run();
}

GradcheckResult gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  const std::vector<std::size_t> which = detail::inputs_to_check("gradgradcheck", inputs, options);
  const TensorFunction gradients = [&f, which](const std::vector<Tensor>& given) {
    const Graph graph = grad_enabled() ? create_graph : Graph::release;
    const EnableGrad recorded;
    const detail::NewerNodes own;  // the walk to the inputs stops at what f has captured
    std::vector<Tensor> xs(given.begin(), given.end() - 1), checked;
    for (std::size_t i : which) {
      if (!xs[i].requires_grad()) xs[i] = xs[i].detach().requires_grad_();
      checked.push_back(xs[i]);
    }
    const Tensor y = result_of("gradgradcheck", f, xs);
    std::vector<Tensor> parts(checked.size());
    try {
      if (y.requires_grad()) parts = grad({y}, checked, {given.back()}, graph, allow_unused);
    } catch (const std::logic_error& error) {
      throw Failure{text("backward threw: ", error.what())};
    }
    for (std::size_t k = 0; k < parts.size(); ++k) {
      const std::int64_t count = checked[k].size();
      parts[k] = parts[k].defined() ? flatten(parts[k]) : tensor(Numbers(static_cast<std::size_t>(count)), count);
    }
    return concat(parts);
  };

  std::vector<Tensor> all = inputs;
  Shape shape;
  {
    const NoGrad unrecorded;
    shape = result_of("gradgradcheck", f, inputs).shape();
  }
  all.push_back(random_seed(shape, options.seed() + 1).requires_grad_());
  return Check("gradgradcheck", gradients, all, options, inputs.size()).run();
}

namespace {

double number_at(const std::function<Tensor(const Tensor&)>& f, const Numbers& values, const Shape& shape) {
  const Tensor y = f(tensor(values, shape));
  const detail::Calling calling("numerical_gradient");
  return y.item();
}

}  // namespace

Tensor numerical_gradient(const std::function<Tensor(const Tensor&)>& f, const Tensor& x, double h) {
  if (!x.defined()) throw std::invalid_argument("numerical_gradient: x is an empty tensor");
  if (!f) throw std::invalid_argument("numerical_gradient: the function is empty");
  if (x.dtype() != float64)
    throw std::invalid_argument(
        text("numerical_gradient: x is ", x.dtype(), ", too coarse for differences: convert it with to(float64)"));
  if (!(h > 0) || std::isinf(h))
    throw std::invalid_argument(text("numerical_gradient: the step h must be positive and finite, got ", h));
  const NoGrad unrecorded;
  Numbers values = numbers(x);
  Numbers slopes(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double at = values[i];
    values[i] = at + h;
    const double above = number_at(f, values, x.shape());
    values[i] = at - h;
    const double below = number_at(f, values, x.shape());
    values[i] = at;
    slopes[i] = (above - below) / (2 * h);
  }
  return tensor(slopes, x.shape());
}

}  // namespace xgrad
