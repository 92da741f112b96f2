#pragma once

#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/callable.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/data/draws.hpp>

namespace xgrad::data {

/// A function of a column of a batch: a tensor whose axis 0 counts the rows goes in, and one comes out. What is random
/// in it comes from the draws of each row. A TransformedDataset applies it; transforms that exist are in
/// data::transforms, with torchvision's names. A handle: copying shares.
class Transform {
 public:
  using Function = std::function<Tensor(const Tensor& x, const Draws& draws)>;

  /// `text` names it, as in "RandomHorizontalFlip(p=0.5)"; errors begin with its first word.
  Transform(std::string text, Function function);

  /// Throws std::invalid_argument unless the axis 0 of x and of the result count the rows of the draws.
  Tensor operator()(const Tensor& x, const Draws& draws) const;
  /// For rows that are numbered from 0, in a given pass.
  Tensor operator()(const Tensor& x, const Pass& pass = {}) const;

  const std::string& text() const { return text_; }

 private:
  std::string text_, name_;
  Function function_;
};
std::ostream& operator<<(std::ostream& out, const Transform& transform);

namespace detail {

[[noreturn]] void refuse_null(const char* op);

}  // namespace detail

/// Each has the name and the defaults of torchvision's, or of its functional form. Pictures are of shape (rows, ...,
/// height, width): axes between, such as channels, share what is drawn for their row. Settings are checked at
/// construction (std::invalid_argument).
namespace transforms {

/// One after the other. Each has draws of its own.
class Compose : public Transform {
 public:
  Compose(std::initializer_list<Transform> steps);
  explicit Compose(const std::vector<Transform>& steps);
};

/// A function of one's own: of a tensor, or of a tensor and the draws of its rows.
class Lambda : public Transform {
 public:
  template <class F, std::enable_if_t<std::is_invocable_r_v<Tensor, const F&, const Tensor&>, int> = 0>
  explicit Lambda(F f)
      : Transform("Lambda()", [f = xgrad::detail::checked_function("Lambda", "the transform", std::move(f))](
                                  const Tensor& x, const Draws&) { return f(x); }) {}
  template <class F, std::enable_if_t<std::is_invocable_r_v<Tensor, const F&, const Tensor&, const Draws&>, int> = 0,
            class = void>
  explicit Lambda(F f) : Transform("Lambda()", std::move(f)) {}
};

/// y = (x - mean) / std: numbers for all of x, or one for each size of axis 1, the features of (rows, features) and the
/// channels of (rows, channels, ...). x is floating; std is positive and finite.
class Normalize : public Transform {
 public:
  Normalize(std::vector<double> mean, std::vector<double> std);
  Normalize(double mean, double std);
  /// The mean and the deviation (over all rows, without correction) of x: for each feature of (rows, features), for
  /// each channel of (rows, channels, height, width) and of more axes behind the channels, and of all numbers where x
  /// has one axis or is (rows, height, width). A deviation of 0 becomes 1.
  static Normalize fit(const Tensor& x);

  const std::vector<double>& mean() const { return mean_; }
  const std::vector<double>& std() const { return std_; }

 private:
  std::vector<double> mean_, std_;
};

/// Labels of int64 (rows, ...) to float32 (rows, ..., classes): 1 at the label, else 0. A label outside 0 .. classes -
/// 1 is an error.
class OneHot : public Transform {
 public:
  explicit OneHot(Dim classes);
};

/// Each row in another shape, of which one size may be -1.
class Reshape : public Transform {
 public:
  Reshape(std::initializer_list<Dim> shape);
};

/// Each row with one axis.
class Flatten : public Transform {
 public:
  Flatten();
};

/// Mirrors a row left to right, with probability p.
class RandomHorizontalFlip : public Transform {
 public:
  explicit RandomHorizontalFlip(double p = 0.5);
};

/// Mirrors a row top to bottom, with probability p.
class RandomVerticalFlip : public Transform {
 public:
  explicit RandomVerticalFlip(double p = 0.5);
};

/// `padding` more pixels of value `fill` on each side.
class Pad : public Transform {
 public:
  explicit Pad(Dim padding, double fill = 0);
};

/// The middle of a picture; where it is smaller, `fill` around it. Of an odd difference the larger half is cut off at
/// the right and at the bottom.
class CenterCrop : public Transform {
 public:
  CenterCrop(Dim height, Dim width, double fill = 0);
};

/// A part of a picture, all places equally likely, after padding it with `fill`. A picture that is smaller even so is
/// an error.
class RandomCrop : public Transform {
 public:
  RandomCrop(Dim height, Dim width, Dim padding = 0, double fill = 0);
};

/// Moves a picture by whole pixels, each shift in -rows .. rows and -cols .. cols equally likely; `fill` follows.
class RandomShift : public Transform {
 public:
  RandomShift(Dim rows, Dim cols, double fill = 0);
};

/// Turns a picture around its middle by an angle that is uniform in -degrees .. degrees, positive against the clock.
/// Pixels are interpolated bilinearly, with `fill` outside of the picture; x is floating.
class RandomRotation : public Transform {
 public:
  explicit RandomRotation(double degrees, double fill = 0);
};

/// Turns, moves and scales a picture around its middle: by an angle in -degrees .. degrees, by a share of height and
/// width in -translate .. translate, and by a factor in scale_min .. scale_max, all uniform. Interpolates as
/// RandomRotation does.
class RandomAffine : public Transform {
 public:
  explicit RandomAffine(double degrees, double translate = 0, double scale_min = 1, double scale_max = 1,
                        double fill = 0);
};

/// y = x + mean + sigma n, n standard normal for each number; x is floating.
class GaussianNoise : public Transform {
 public:
  explicit GaussianNoise(double mean = 0, double sigma = 0.1);
};

}  // namespace transforms
}  // namespace xgrad::data
