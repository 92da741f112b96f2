#include <xgrad/io/npy.hpp>

#include <xgrad/io/atomic_file.hpp>
#include <xgrad/io/npy_format.hpp>

namespace xgrad::io {

void save_npy(const Tensor& x, const std::string& path, Floats floats) {
  const detail::Format format = detail::npy_format_of(x, floats, "save_npy");
  AtomicFile file(path, "save_npy");
  file.write(detail::npy_header(x, format));
  detail::write_elements(x, format, [&](const void* data, std::size_t bytes) { file.write(data, bytes); });
  file.commit();
}

Tensor load_npy(const std::string& path) {
  const InputFile file("load_npy", path);
  detail::FileReader reader(file, 0);
  return detail::read_npy(reader, file.size(), "");
}

}  // namespace xgrad::io
