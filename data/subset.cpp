#include <xgrad/data/subset.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/data/sampler.hpp>

namespace xgrad::data::detail {
namespace {

std::string rows_text(std::int64_t rows) { return std::to_string(rows) + (rows == 1 ? " row" : " rows"); }

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument("random_split: " + what); }

std::vector<std::int64_t> counts_of(std::int64_t size, const Part* parts, std::size_t count) {
  std::vector<std::int64_t> counts;
  const bool fractions = count > 0 && parts[0].is_fraction();
  double sum = 0;
  std::int64_t left = size;
  for (std::size_t i = 0; i < count; ++i) {
    if (parts[i].is_fraction() != fractions) refuse("counts and fractions are mixed: give one of both");
    if (fractions) {
      const double share = parts[i].fraction();
      if (!(share >= 0 && share <= 1))
        refuse("part " + std::to_string(i) + " is " + xgrad::detail::number_text(share) +
               " of all rows: a fraction is in [0, 1]");
      sum += share;
      counts.push_back(std::min(left, static_cast<std::int64_t>(std::floor(static_cast<double>(size) * share))));
    } else {
      if (parts[i].rows() < 0)
        refuse("part " + std::to_string(i) + " has " + std::to_string(parts[i].rows()) + " rows");
      if (parts[i].rows() > left) left = -1;
      counts.push_back(parts[i].rows());
    }
    if (left < 0) break;
    left -= counts.back();
  }
  if (!fractions && left != 0) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " + ") + std::to_string(parts[i].rows());
    refuse("the parts of " + text + " rows are not the " + std::to_string(size) + " rows of the dataset");
  }
  if (fractions && !(std::abs(sum - 1) <= 1e-9))
    refuse("the fractions add up to " + xgrad::detail::number_text(sum) + ": they must add up to 1");
  for (std::size_t i = 0; left > 0; i = (i + 1) % count, --left) ++counts[i];
  return counts;
}

}  // namespace

std::vector<std::int64_t> translated(const std::vector<std::int64_t>& of, const std::int64_t* rows,
                                     std::int64_t count) {
  check_rows("Subset", rows, count, static_cast<std::int64_t>(of.size()));
  std::vector<std::int64_t> result(static_cast<std::size_t>(count));
  std::transform(rows, rows + count, result.begin(),
                 [&](std::int64_t row) { return of[static_cast<std::size_t>(row)]; });
  return result;
}

void check_subset(const std::vector<std::int64_t>& rows, std::int64_t size) {
  if (size < 0) throw std::invalid_argument("Subset: the dataset is null");
  check_rows("Subset", rows.data(), static_cast<std::int64_t>(rows.size()), size);
}

std::vector<std::vector<std::int64_t>> split_rows(std::int64_t size, const Part* parts, std::size_t count,
                                                  std::uint64_t seed) {
  if (size < 0) refuse("the dataset is null");
  const std::vector<std::int64_t> counts = counts_of(size, parts, count);
  // An epoch that no loader reaches, so that the parts do not follow from the order of a loader of the same seed.
  const std::vector<std::int64_t> order = RandomSampler(size).order({~std::uint64_t{0}, seed});
  std::vector<std::vector<std::int64_t>> rows;
  auto at = order.begin();
  for (std::int64_t each : counts) {
    rows.emplace_back(at, at + each);
    at += each;
  }
  return rows;
}

std::int64_t Parts::size() const { return begins_.back(); }

void Parts::add(std::int64_t size, bool null) {
  if (null) throw std::invalid_argument("ConcatDataset: dataset " + std::to_string(begins_.size() - 1) + " is null");
  if (size < 0 || size > std::numeric_limits<std::int64_t>::max() - begins_.back())
    throw std::invalid_argument("ConcatDataset: cannot add " + rows_text(size) + " to " + rows_text(begins_.back()));
  begins_.push_back(begins_.back() + size);
}

std::vector<Parts::Share> Parts::shares(const std::int64_t* rows, std::int64_t count) const {
  check_rows("ConcatDataset", rows, count, size());
  std::vector<Share> all;
  std::vector<std::size_t> share_of(begins_.size(), begins_.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const auto after = std::upper_bound(begins_.begin(), begins_.end(), rows[i]);
    const auto part = static_cast<std::size_t>(after - begins_.begin()) - 1;
    if (share_of[part] == begins_.size()) {
      share_of[part] = all.size();
      all.push_back({part, {}, {}});
    }
    Share& share = all[share_of[part]];
    share.rows.push_back(rows[i] - begins_[part]);
    share.places.push_back(i);
  }
  if (all.empty() && begins_.size() > 1) all.push_back({0, {}, {}});
  return all;
}

Tensor Parts::merged(const std::vector<Share>& shares, const std::vector<Tensor>& from, std::int64_t count,
                     const std::string& name) {
  if (from.empty()) throw std::invalid_argument("ConcatDataset: of no datasets there are no rows to gather");
  for (std::size_t i = 0; i < from.size(); ++i)
    if (!from[i].defined() || from[i].rank() == 0 ||
        from[i].shape()[0] != static_cast<std::int64_t>(shares[i].rows.size()))
      throw std::invalid_argument(
          "ConcatDataset: gather() of dataset " + std::to_string(shares[i].part) + " returned " +
          (from[i].defined() ? name + " of shape " + to_string(from[i].shape()) : "an undefined tensor as " + name) +
          " for " + rows_text(static_cast<std::int64_t>(shares[i].rows.size())));
  if (from.size() == 1) return from[0];  // in the order asked for
  const xgrad::detail::Calling calling("ConcatDataset");
  Tensor result = Raw::uninitialized(from[0].shape().with(0, count), from[0].dtype());
  const std::size_t bytes =
      static_cast<std::size_t>(result.size()) / static_cast<std::size_t>(count) * size_of(result.dtype());
  auto* to = static_cast<char*>(Raw::write_bytes(result));
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i].dtype() != result.dtype() || from[i].shape().without(0) != result.shape().without(0))
      throw std::invalid_argument("ConcatDataset: dataset " + std::to_string(shares[0].part) + " has " + name +
                                  " of shape " + to_string(from[0].shape()) + " " +
                                  std::string(name_of(from[0].dtype())) + ", dataset " +
                                  std::to_string(shares[i].part) + " of " + to_string(from[i].shape()) + " " +
                                  std::string(name_of(from[i].dtype())) + ": a batch cannot hold both");
    const auto* source = static_cast<const char*>(Raw::bytes(from[i]));
    for (std::size_t k = 0; k < shares[i].places.size(); ++k)
      std::memcpy(to + static_cast<std::size_t>(shares[i].places[k]) * bytes, source + k * bytes, bytes);
  }
  return result;
}

}  // namespace xgrad::data::detail
