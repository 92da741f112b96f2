#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// counts[v] = the number of i < n with x[i] = v, for v < size; every x[i] is within 0 .. size-1.
void count_values(const std::int64_t* x, std::int64_t n, std::int64_t* counts, std::int64_t size);

/// sums[v] = Σ weight[i] over the i < n with x[i] = v, in the order of i, in double. For float and double.
template <class T>
void sum_weights(const std::int64_t* x, const T* weight, std::int64_t n, T* sums, std::int64_t size);

/// counts[k] = the number of x[i] in bin k of `bins` equal ones between low and high, which are finite. Each bin
/// contains its lower end, the last one its upper end too. Other numbers, and NaN, are left out. For float and double.
template <class T>
void count_bins(const T* x, std::int64_t n, T* counts, std::int64_t bins, T low, T high);

/// index[i] = the first place k of the sorted line with sorted[k] >= value[i], or, with `right`, sorted[k] > value[i];
/// its size n where there is none. NaN is found at n. Line o holds n sorted numbers and is searched for `count` values;
/// with `one_line`, all are searched for in the same line. For int64, float and double.
template <class T>
void search_sorted(const T* sorted, std::int64_t n, bool one_line, const T* value, std::int64_t lines,
                   std::int64_t count, std::int64_t* index, bool right);

}  // namespace xgrad::kernels
