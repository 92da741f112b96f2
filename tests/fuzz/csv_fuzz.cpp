// Reads a hostile CSV file with many options. What is read must be read again from what is written.

#include <cstring>
#include <stdexcept>

#include <xgrad/io/csv.hpp>

#include "memory_file.hpp"

using namespace xgrad;

namespace {

io::CsvOptions options_of(unsigned how, unsigned more) {
  io::CsvOptions options;
  options.header((how & 1u) != 0).trim((how & 2u) != 0);
  if ((how & 4u) != 0) options.delimiter(';');
  if ((how & 8u) != 0) options.comment('#');
  if ((how & 16u) != 0) options.dtype(int64).missing(7);
  if ((how & 32u) != 0) options.categories({0});
  if ((how & 64u) != 0) options.one_hot({-1});
  if ((how & 128u) != 0) options.labels(0);
  if ((more & 1u) != 0) options.dtype(float64);
  if ((more & 2u) != 0) options.skip_lines(1).max_rows(3);
  if ((more & 4u) != 0) options.columns({-1, 0});
  if ((more & 8u) != 0) options.vocabulary(0, {"a", "b"});
  if ((more & 16u) != 0) options.max_columns(2);
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const unsigned how = bytes.next(), more = bytes.next();
  const MemoryFile file(bytes.rest());
  try {
    const io::Csv csv = io::read_csv(file.path(), options_of(how, more));
    const auto columns = static_cast<std::int64_t>(csv.names.size());
    if (csv.values.rank() != 2 || csv.values.shape(1) != columns) std::abort();
    if ((more & 20u) == 16u && (how & 64u) == 0 && columns > 2) std::abort();
    if (csv.labels.defined() != ((how & 128u) != 0)) std::abort();
    if (csv.labels.defined() && csv.labels.shape(0) != csv.values.shape(0)) std::abort();
    if (csv.values.shape(0) > static_cast<std::int64_t>(size)) std::abort();
  } catch (const std::runtime_error&) {
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
