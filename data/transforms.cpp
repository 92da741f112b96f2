#include <xgrad/data/transforms.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/variance.hpp>
#include <xgrad/data/pictures.hpp>

namespace xgrad::data {
namespace {

[[noreturn]] void refuse(const std::string& op, const std::string& what) {
  throw std::invalid_argument(op + ": " + what);
}

std::string text_of(double number) { return xgrad::detail::number_text(number); }

std::string list_text(const std::vector<double>& numbers) {
  if (numbers.size() == 1) return text_of(numbers[0]);
  std::string text;
  for (double each : numbers) text += (text.empty() ? "(" : ", ") + text_of(each);
  return text.empty() ? "()" : text + ")";
}

std::string sizes_text(const std::vector<Dim>& sizes) {
  std::string text;
  for (const Dim& size : sizes) text += (text.empty() ? "(" : ", ") + std::to_string(size.value("Reshape"));
  return text.empty() ? "()" : text + ")";
}

double checked(const char* op, const char* what, double value, double low, double high) {
  if (value >= low && value <= high) return value;
  const bool open = std::isinf(high) || high > 1e300;
  refuse(op, std::string(what) + " must be " +
                 (!open      ? "in [" + text_of(low) + ", " + text_of(high) + "]"
                  : low == 0 ? "finite and not negative"
                             : "finite") +
                 ", got " + text_of(value));
}

constexpr double most = 1.7976931348623157e308;
double finite(const char* op, const char* what, double value) { return checked(op, what, value, -most, most); }
double not_negative(const char* op, const char* what, double value) { return checked(op, what, value, 0, most); }

/// A size in pixels.
std::int64_t pixels(const char* op, const char* what, Dim value, std::int64_t least) {
  const std::int64_t count = value.value(op);
  constexpr std::int64_t largest = std::int64_t{1} << 40;
  if (count < least || count > largest)
    refuse(op, std::string(what) + " must be in [" + std::to_string(least) + ", " + std::to_string(largest) +
                   "], got " + std::to_string(count));
  return count;
}

void require_floating(const char* op, const Tensor& x) {
  if (!is_floating(x.dtype()))
    refuse(op,
           "the input is " + std::string(name_of(x.dtype())) + ": it must be float32 or float64: convert it by to()");
}

}  // namespace

namespace detail {

void refuse_null(const char* op) { refuse(op, "the dataset is null"); }

}  // namespace detail

Transform::Transform(std::string text, Function function)
    : text_(std::move(text)), name_(text_.substr(0, text_.find('('))), function_(std::move(function)) {
  if (name_.empty()) name_ = "Transform";
  if (!function_) refuse(name_, "the function is empty");
}

Tensor Transform::operator()(const Tensor& x, const Draws& draws) const {
  const auto check = [&](const Tensor& part, const char* what) {
    if (!part.defined()) refuse(name_, std::string(what) + " is an undefined tensor");
    if (part.rank() == 0 || part.shape()[0] != draws.count())
      refuse(name_, std::string(what) + " has shape " + to_string(part.shape()) + " for " +
                        std::to_string(draws.count()) + (draws.count() == 1 ? " row" : " rows") +
                        ": axis 0 must count the rows");
  };
  check(x, "the input");
  const xgrad::detail::Calling calling(name_.c_str());
  Tensor y = function_(x, draws);
  check(y, "the result");
  return y;
}

Tensor Transform::operator()(const Tensor& x, const Pass& pass) const {
  if (!x.defined()) refuse(name_, "the input is an undefined tensor");
  if (x.rank() == 0) refuse(name_, "the input has shape (): axis 0 must count the rows");
  return (*this)(x, Draws(pass, x.shape()[0]));
}

std::ostream& operator<<(std::ostream& out, const Transform& transform) { return out << transform.text(); }

namespace transforms {
namespace {

std::string compose_text(const std::vector<Transform>& steps) {
  std::string text = "Compose(\n";
  for (const Transform& step : steps) {
    text += "    ";
    for (char c : step.text()) text += c == '\n' ? std::string("\n    ") : std::string(1, c);
    text += '\n';
  }
  return text + ")";
}

/// With probability p, mirrors the pictures of a row.
Transform::Function flip(const char* op, double p, bool vertical) {
  checked(op, "p", p, 0, 1);
  return [op, p, vertical](const Tensor& x, const Draws& draws) {
    return detail::placed(x, detail::picture_size(op, x), 0, [&](std::int64_t row) {
      const bool mirror = draws.row(row).uniform() < p;
      return detail::Placement{0, 0, mirror && vertical, mirror && !vertical};
    });
  };
}

std::int64_t below(kernels::Philox& random, std::int64_t n) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
}

Tensor one_hot_rows(const Tensor& labels, std::int64_t classes) {
  if (labels.dtype() != int64)
    refuse("OneHot", "the labels are " + std::string(name_of(labels.dtype())) + ": they must be int64");
  Tensor y = Raw::uninitialized(labels.shape().inserted(labels.rank(), classes), float32);
  float* to = Raw::write<float>(y);
  std::fill(to, to + y.size(), 0.0f);
  const auto* from = Raw::data<std::int64_t>(labels);
  for (std::int64_t i = 0; i < labels.size(); ++i, to += classes) {
    if (from[i] < 0 || from[i] >= classes)
      refuse("OneHot", "label " + std::to_string(from[i]) + " is none of " + std::to_string(classes) + " classes");
    to[from[i]] = 1;
  }
  return y;
}

/// Uniform in -reach .. reach.
double around_0(kernels::Philox& random, double reach) { return reach * (2 * random.uniform() - 1); }

Transform::Function affine(const char* op, double degrees, double translate, double low, double high, double fill) {
  finite(op, "fill", fill);
  checked(op, "degrees", degrees, 0, 360);
  checked(op, "translate", translate, 0, 1);
  if (!(low > 0) || !(high >= low) || !std::isfinite(high))
    refuse(op, "the scale must be positive, finite and in order, got " + text_of(low) + " to " + text_of(high));
  return [=](const Tensor& x, const Draws& draws) {
    const detail::PictureSize size = detail::picture_size(op, x);
    require_floating(op, x);
    return detail::warped(x, fill, [&](std::int64_t row) {
      kernels::Philox random = draws.row(row);
      const double angle = around_0(random, degrees) * (3.14159265358979323846 / 180);
      const double scale = low + (high - low) * random.uniform();
      const double down = around_0(random, translate) * static_cast<double>(size.height);
      const double right = around_0(random, translate) * static_cast<double>(size.width);
      // The result is the picture turned, scaled and then moved; here is the way back.
      const double c = std::cos(angle) / scale, s = std::sin(angle) / scale;
      return detail::Affine{c, s, -s, c, -(c * down + s * right), -(-s * down + c * right)};
    });
  };
}

}  // namespace

Compose::Compose(std::initializer_list<Transform> steps) : Compose(std::vector<Transform>(steps)) {}
Compose::Compose(const std::vector<Transform>& steps)
    : Transform(compose_text(steps), [steps](const Tensor& x, const Draws& draws) {
        Tensor y = x;
        for (std::size_t i = 0; i < steps.size(); ++i) y = steps[i](y, draws.step(i));
        return y;
      }) {}

Normalize::Normalize(double mean, double std) : Normalize(std::vector<double>{mean}, std::vector<double>{std}) {}
Normalize::Normalize(std::vector<double> mean, std::vector<double> std)
    : Transform("Normalize(mean=" + list_text(mean) + ", std=" + list_text(std) + ")",
                [means = std::make_shared<Tensor>(mean), deviations = std::make_shared<Tensor>(std)](const Tensor& x,
                                                                                                     const Draws&) {
                  require_floating("Normalize", x);
                  const std::int64_t n = means->size();
                  if (n > 1 && (x.rank() < 2 || x.shape()[1] != n))
                    refuse("Normalize", "the input has shape " + to_string(x.shape()) + ", but there are " +
                                            std::to_string(n) + " means: axis 1 must have this size");
                  std::vector<std::int64_t> sizes(n == 1 ? 0 : x.rank() - 1, 1);
                  if (!sizes.empty()) sizes[0] = n;
                  const auto like = [&](const Tensor& numbers) { return numbers.to(x.dtype()).reshape(sizes); };
                  return (x - like(*means)) / like(*deviations);
                }),
      mean_(std::move(mean)),
      std_(std::move(std)) {
  if (mean_.empty() || mean_.size() != std_.size())
    refuse("Normalize", "there are " + std::to_string(mean_.size()) + " means and " + std::to_string(std_.size()) +
                            " deviations: they must be as many, and at least one");
  for (double each : mean_) finite("Normalize", "the mean", each);
  for (double each : std_)
    if (!(each > 0) || !std::isfinite(each))
      refuse("Normalize", "the deviation must be positive and finite, got " + text_of(each));
}

Normalize Normalize::fit(const Tensor& x) {
  if (!x.defined()) refuse("Normalize", "the input is an undefined tensor");
  require_floating("Normalize", x);
  if (x.size() == 0)
    refuse("Normalize", "the input has shape " + to_string(x.shape()) + ": of no numbers there is no mean");
  const NoGrad off;
  const Tensor all = x.detach().to(float64);
  std::vector<std::int64_t> axes;
  for (std::size_t axis = 0; axis < x.rank(); ++axis)
    if (axis != 1 || x.rank() == 3) axes.push_back(static_cast<std::int64_t>(axis));
  const auto [spread, centre] = std_mean(all, x.rank() < 2 ? Axes() : Axes(axes), 0);
  std::vector<double> mean(Raw::data<double>(centre), Raw::data<double>(centre) + centre.size());
  std::vector<double> std(Raw::data<double>(spread), Raw::data<double>(spread) + spread.size());
  for (double& each : std)
    if (each == 0) each = 1;
  return Normalize(std::move(mean), std::move(std));
}

OneHot::OneHot(Dim classes)
    : Transform("OneHot(classes=" + std::to_string(classes.value("OneHot")) + ")",
                [n = classes.value("OneHot")](const Tensor& x, const Draws&) { return one_hot_rows(x, n); }) {
  if (classes.value() < 1)
    refuse("OneHot", "the number of classes must be at least 1, got " + std::to_string(classes.value()));
}

Reshape::Reshape(std::initializer_list<Dim> shape)
    : Transform(
          "Reshape(shape=" + sizes_text(shape) + ")",
          [sizes = xgrad::detail::whole_list(shape.begin(), shape.end(), "Reshape")](const Tensor& x, const Draws&) {
            std::vector<std::int64_t> all{x.shape()[0]};
            all.insert(all.end(), sizes.begin(), sizes.end());
            return x.reshape(all);
          }) {}

Flatten::Flatten()
    : Transform("Flatten()", [](const Tensor& x, const Draws&) {
        return x.reshape({x.shape()[0], x.shape().with(0, 1).count()});
      }) {}

RandomHorizontalFlip::RandomHorizontalFlip(double p)
    : Transform("RandomHorizontalFlip(p=" + text_of(p) + ")", flip("RandomHorizontalFlip", p, false)) {}

RandomVerticalFlip::RandomVerticalFlip(double p)
    : Transform("RandomVerticalFlip(p=" + text_of(p) + ")", flip("RandomVerticalFlip", p, true)) {}

Pad::Pad(Dim padding, double fill)
    : Transform("Pad(padding=" + std::to_string(padding.value("Pad")) + ", fill=" + text_of(fill) + ")",
                [n = pixels("Pad", "the padding", padding, 0), fill](const Tensor& x, const Draws&) {
                  const detail::PictureSize size = detail::picture_size("Pad", x);
                  return detail::placed(x, {size.height + 2 * n, size.width + 2 * n}, fill, [&](std::int64_t) {
                    return detail::Placement{-n, -n};
                  });
                }) {
  finite("Pad", "fill", fill);
}

CenterCrop::CenterCrop(Dim height, Dim width, double fill)
    : Transform("CenterCrop(size=(" + std::to_string(height.value("CenterCrop")) + ", " +
                    std::to_string(width.value("CenterCrop")) + "))",
                [h = pixels("CenterCrop", "the height", height, 1), w = pixels("CenterCrop", "the width", width, 1),
                 fill](const Tensor& x, const Draws&) {
                  const detail::PictureSize size = detail::picture_size("CenterCrop", x);
                  const auto half = [](std::int64_t n) { return n >= 0 ? n / 2 : -((1 - n) / 2); };
                  const detail::Placement at{half(size.height - h), half(size.width - w)};
                  return detail::placed(x, {h, w}, fill, [&](std::int64_t) { return at; });
                }) {
  finite("CenterCrop", "fill", fill);
}

RandomCrop::RandomCrop(Dim height, Dim width, Dim padding, double fill)
    : Transform("RandomCrop(size=(" + std::to_string(height.value("RandomCrop")) + ", " +
                    std::to_string(width.value("RandomCrop")) +
                    "), padding=" + std::to_string(padding.value("RandomCrop")) + ")",
                [h = pixels("RandomCrop", "the height", height, 1), w = pixels("RandomCrop", "the width", width, 1),
                 n = pixels("RandomCrop", "the padding", padding, 0), fill](const Tensor& x, const Draws& draws) {
                  const detail::PictureSize size = detail::picture_size("RandomCrop", x);
                  const std::int64_t rows = size.height + 2 * n - h + 1, cols = size.width + 2 * n - w + 1;
                  if (rows < 1 || cols < 1)
                    refuse("RandomCrop", "cannot cut " + std::to_string(h) + " x " + std::to_string(w) +
                                             " out of pictures of " + std::to_string(size.height) + " x " +
                                             std::to_string(size.width) + " with padding " + std::to_string(n));
                  return detail::placed(x, {h, w}, fill, [&](std::int64_t row) {
                    kernels::Philox random = draws.row(row);
                    const std::int64_t down = below(random, rows);
                    return detail::Placement{down - n, below(random, cols) - n};
                  });
                }) {
  finite("RandomCrop", "fill", fill);
}

RandomShift::RandomShift(Dim rows, Dim cols, double fill)
    : Transform("RandomShift(rows=" + std::to_string(rows.value("RandomShift")) +
                    ", cols=" + std::to_string(cols.value("RandomShift")) + ")",
                [h = pixels("RandomShift", "the shift", rows, 0), w = pixels("RandomShift", "the shift", cols, 0),
                 fill](const Tensor& x, const Draws& draws) {
                  return detail::placed(x, detail::picture_size("RandomShift", x), fill, [&](std::int64_t row) {
                    kernels::Philox random = draws.row(row);
                    const std::int64_t down = below(random, 2 * h + 1) - h;
                    return detail::Placement{-down, w - below(random, 2 * w + 1)};
                  });
                }) {
  finite("RandomShift", "fill", fill);
}

RandomRotation::RandomRotation(double degrees, double fill)
    : Transform("RandomRotation(degrees=" + text_of(degrees) + ")", affine("RandomRotation", degrees, 0, 1, 1, fill)) {}

RandomAffine::RandomAffine(double degrees, double translate, double scale_min, double scale_max, double fill)
    : Transform("RandomAffine(degrees=" + text_of(degrees) + ", translate=" + text_of(translate) + ", scale=(" +
                    text_of(scale_min) + ", " + text_of(scale_max) + "))",
                affine("RandomAffine", degrees, translate, scale_min, scale_max, fill)) {}

GaussianNoise::GaussianNoise(double mean, double sigma)
    : Transform("GaussianNoise(mean=" + text_of(mean) + ", sigma=" + text_of(sigma) + ")",
                [mean, sigma](const Tensor& x, const Draws& draws) {
                  require_floating("GaussianNoise", x);
                  Tensor y = Raw::uninitialized(x.shape(), x.dtype());
                  if (y.size() == 0) return y;
                  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
                    using T = typename decltype(type)::type;
                    const T* from = Raw::data<T>(x);
                    T* to = Raw::write<T>(y);
                    const std::int64_t each = x.size() / x.shape()[0];
                    std::vector<double> noise(static_cast<std::size_t>(each));
                    for (std::int64_t row = 0; row < x.shape()[0]; ++row) {
                      const kernels::Philox random = draws.row(row);
                      kernels::normal(noise.data(), each, 0, 1, random.seed(), random.stream(), 0);
                      for (const double z : noise)
                        *to++ = static_cast<T>(static_cast<double>(*from++) + mean + sigma * z);
                    }
                  });
                  return y;
                }) {
  finite("GaussianNoise", "the mean", mean);
  not_negative("GaussianNoise", "sigma", sigma);
}

}  // namespace transforms
}  // namespace xgrad::data
