#pragma once

#include <cstdint>

#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/data/dataset.hpp>

namespace xgrad::data {

// Points with classes: inputs float32 (rows, 2), targets int64 (rows), unless said otherwise; the classes one after the
// other. Equal arguments give equal points. All throw std::invalid_argument when a number of rows is negative, or the
// noise is negative or not finite.

/// The seed of NumPy's former global generator, as after np.random.seed(seed): MT19937, uniform numbers of 53 bits,
/// normal ones by the polar method. With it a generator draws what NumPy programs draw.
struct NumPySeed {
  std::uint32_t seed = 0;
};

/// Two spirals, one around the other: `per_spiral` points of class 0, then as many of class 1.
///
///     theta = 2 pi sqrt(u),  u uniform in [0, 1), shared by a point of each class
///     r = 2 theta + pi  (class 0),  r = -2 theta - pi  (class 1)
///     point = rotation by 30 degrees of ((r cos theta, r sin theta) + noise * n),  n standard normal
///
/// inputs: float32 (2 per_spiral, 2); targets: int64 (2 per_spiral), 0 or 1.
[[nodiscard]] TensorDataset<2> two_spirals(Dim per_spiral, double noise = 1.0, std::uint64_t seed = 0);
/// The same with NumPy's numbers, drawn in this order: u of all points of class 0, their noise, then class 1 likewise
/// with a u of its own.
[[nodiscard]] TensorDataset<2> two_spirals(Dim per_spiral, double noise, NumPySeed seed);

/// Spirals of several arms, `per_arm` points each, of arm j and i = 0 .. per_arm - 1:
///
///     r = i / per_arm,  theta = 4 j + 4 r + noise * n,  point = (r sin theta, r cos theta)
///
/// (K. Saito, "Deep Learning from Scratch 2", 2018; there with three arms of 100 points, noise 0.2 and
/// NumPySeed{1984}.)
[[nodiscard]] TensorDataset<2> spirals(Dim arms, Dim per_arm, double noise = 0.2, std::uint64_t seed = 0);
[[nodiscard]] TensorDataset<2> spirals(Dim arms, Dim per_arm, double noise, NumPySeed seed);

// As scikit-learn's make_moons, make_circles, make_blobs and make_regression, with its defaults, but neither shuffled
// (a loader does that) nor with its random numbers.

/// Two half circles, one in the other: rows / 2 points of class 0 on (cos t, sin t), the others on (1 - cos t, 1/2 -
/// sin t), t evenly from 0 to pi; with normal noise on each coordinate.
[[nodiscard]] TensorDataset<2> moons(Dim rows, double noise = 0, std::uint64_t seed = 0);

/// Two circles: rows / 2 points of class 0 on the unit circle, the others, of class 1, on the one of radius `factor` in
/// [0, 1); evenly, with normal noise on each coordinate.
[[nodiscard]] TensorDataset<2> circles(Dim rows, double noise = 0, double factor = 0.8, std::uint64_t seed = 0);

/// Normal clouds of deviation `deviation` around centres that are uniform in [-10, 10]: inputs float32 (rows,
/// features). The rows are divided among the centres, the first ones getting one more where they do not divide evenly.
[[nodiscard]] TensorDataset<2> blobs(Dim rows, Dim features = 2, Dim centers = 3, double deviation = 1,
                                     std::uint64_t seed = 0);
/// The same around given centres: a tensor of shape (centres, features).
[[nodiscard]] TensorDataset<2> blobs_at(Dim rows, const Tensor& centers, double deviation = 1, std::uint64_t seed = 0);

/// Points around the corners of a square, (0, 0), (0, 1), (1, 0), (1, 1) in turn, with normal noise; the class is the
/// exclusive or of the corner's coordinates.
[[nodiscard]] TensorDataset<2> exclusive_or(Dim rows, double noise = 0.1, std::uint64_t seed = 0);

/// Points that are uniform in [0, cells)², of class (floor(x) + floor(y)) mod 2.
[[nodiscard]] TensorDataset<2> checkerboard(Dim rows, Dim cells = 4, std::uint64_t seed = 0);

/// A linear model with its data.
struct Regression {
  TensorDataset<2> data;
  Tensor weights;
};
/// Inputs x, float32 (rows, features), standard normal; targets y = x w + bias + noise n, float32 (rows). The weights
/// w, float32 (features), are uniform in [0, 100) for the first `informative` features and 0 for the others.
[[nodiscard]] Regression regression(Dim rows, Dim features = 100, Dim informative = 10, double bias = 0,
                                    double noise = 0, std::uint64_t seed = 0);

}  // namespace xgrad::data
