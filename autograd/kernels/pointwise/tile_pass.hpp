#pragma once

#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/kernels/pointwise/tile.hpp>

namespace xgrad::kernels {

/// How many inputs, and how many outputs, a pass over tiles has at most.
inline constexpr std::size_t max_tile_operands = 10;

/// An input of a pass over tiles: contiguous numbers of the pass's type, broadcast to the output's sizes.
struct TileInput {
  const void* data;
  const std::int64_t* sizes;
  std::size_t rank;
};
/// An output of a pass, of the pass's type, or bools from a mask. If data is null, it is not stored.
struct TileOutput {
  void* data;
  bool mask;
};
/// A pass that code compiled in the user's file carries out as a whole: inputs of one type, outputs of the given sizes;
/// a null output is not wanted.
struct WholePass {
  Tile::Type type;
  const std::int64_t* sizes;
  std::size_t rank;
  const TileInput* in;
  void* const* out;
};

/// Computes the tiles y of the outputs from the tiles x of the inputs. What it throws, the pass throws. On entry, a
/// tile y points into the output's own memory if it can be written there directly; else it is undefined.
using TileBody = void (*)(const void* context, Tile* x, Tile* y);

/// Runs a body over all tiles of outputs of the given sizes, on several threads where that pays.
void for_each_tile(Tile::Type type, const std::int64_t* sizes, std::size_t rank, const TileInput* in,
                   std::size_t in_count, const TileOutput* out, std::size_t out_count, TileBody body,
                   const void* context);

}  // namespace xgrad::kernels
