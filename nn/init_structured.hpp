#pragma once

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::nn::init {

/// The weight (out, in, ...) of rank 3 to 5 of a convolution that passes on as many channels as it can: a 1 in the
/// middle of channel i to channel i, in each of the groups, else 0. The groups must divide out.
Tensor dirac_(Tensor tensor, Dim groups = 1, Source at = Source::here());
/// gain times a matrix with orthonormal rows, or columns where it has more rows, uniformly distributed (Saxe et al.,
/// 2014; Mezzadri, 2007); axes after the second count as columns. The rank is 2 or more.
Tensor orthogonal_(Tensor tensor, double gain = 1, Generator* generator = nullptr, Source at = Source::here());
/// A matrix, normal with that deviation, but in each column ⌈sparsity · rows⌉ elements at random rows are 0 (Martens,
/// 2010). sparsity lies in [0, 1].
Tensor sparse_(Tensor tensor, double sparsity, double std = 0.01, Generator* generator = nullptr,
               Source at = Source::here());

}  // namespace xgrad::nn::init
