#include <xgrad/data/synthetic.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::data {
namespace {

constexpr double pi = 3.14159265358979323846;
constexpr std::uint64_t angle_stream = std::uint64_t{0x5b12a15} << 32;
constexpr std::uint64_t noise_stream = angle_stream + 1;

}  // namespace

TensorDataset two_spirals(Dim points, double noise, std::uint64_t seed) {
  const xgrad::detail::Calling calling("two_spirals");
  const std::int64_t per_spiral = points;
  if (per_spiral < 0)
    throw std::invalid_argument("two_spirals: the number of points must not be negative, got " +
                                std::to_string(per_spiral));
  if (!(noise >= 0) || !std::isfinite(noise))
    throw std::invalid_argument("two_spirals: the noise must be finite and not negative, got " +
                                xgrad::detail::number_text(noise));

  if (per_spiral > std::int64_t{1} << 60) xgrad::detail::refuse_memory({2, per_spiral, 2}, float32);
  const std::int64_t count = 2 * per_spiral;
  Tensor inputs = Raw::uninitialized({count, 2}, float32);
  Tensor targets = Raw::uninitialized({count}, int64);
  float* point = Raw::write<float>(inputs);
  auto* target = Raw::write<std::int64_t>(targets);
  const double cos30 = std::cos(pi / 6), sin30 = std::sin(pi / 6);
  kernels::Philox normal(seed, noise_stream);
  for (std::int64_t side = 0; side < 2; ++side) {
    kernels::Philox uniform(seed, angle_stream);
    for (std::int64_t i = 0; i < per_spiral; ++i, point += 2) {
      const double theta = 2 * pi * std::sqrt(uniform.uniform());
      const double r = side == 0 ? 2 * theta + pi : -2 * theta - pi;
      const double x = r * std::cos(theta) + noise * normal.normal();
      const double y = r * std::sin(theta) + noise * normal.normal();
      point[0] = static_cast<float>(cos30 * x - sin30 * y);
      point[1] = static_cast<float>(sin30 * x + cos30 * y);
      *target++ = side;
    }
  }
  return TensorDataset(inputs, targets);
}

}  // namespace xgrad::data
