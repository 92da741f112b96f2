#include <xgrad/data/draws.hpp>

namespace xgrad::data {
namespace {

// Streams that differ from all other streams of the same seed.
constexpr std::uint64_t of_epochs = std::uint64_t{0xd4a75} << 44, of_steps = std::uint64_t{0x57e95} << 44,
                        of_batches = std::uint64_t{0xba7c4} << 44, of_depth = std::uint64_t{0xdeb7a} << 44,
                        of_parts = std::uint64_t{0x9a275} << 44;

std::uint64_t mixed(std::uint64_t seed, std::uint64_t stream, std::uint64_t block) {
  std::uint32_t words[4];
  kernels::philox_block(seed, stream, block, words);
  return words[0] | std::uint64_t{words[1]} << 32;
}

}  // namespace

Draws::Draws(const Pass& pass, const std::int64_t* rows, std::int64_t count)
    : key_(mixed(pass.seed, of_epochs, pass.epoch)), rows_(rows), count_(count) {}

Draws Draws::step(std::uint64_t number) const {
  Draws result = *this;
  result.key_ = mixed(key_, of_steps, number);
  return result;
}

Generator detail::generator_of_batch(const Pass& pass, std::int64_t batch) {
  const std::uint64_t key = mixed(pass.seed, of_batches, pass.epoch);
  return Generator(mixed(key, of_batches, static_cast<std::uint64_t>(batch)));
}

Pass detail::pass_of_part(const Pass& pass, std::size_t part) {
  return part == 0 ? pass : Pass{pass.epoch, mixed(pass.seed, of_parts, part)};
}

Pass Draws::within(const Pass& pass) { return {pass.epoch, mixed(pass.seed, of_depth, 0)}; }

}  // namespace xgrad::data
