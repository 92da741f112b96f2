#include <xgrad/autograd/engine/rethrow.hpp>

#include <new>
#include <stdexcept>
#include <typeinfo>

#include <xgrad/autograd/graph/out_of_memory.hpp>

namespace xgrad::detail {

void rethrow(const std::string& message, const std::exception& error) {
  const std::type_info& type = typeid(error);
  if (type == typeid(OutOfMemory) || type == typeid(std::bad_alloc)) throw OutOfMemory(message);
  if (type == typeid(std::invalid_argument)) throw std::invalid_argument(message);
  if (type == typeid(std::domain_error)) throw std::domain_error(message);
  if (type == typeid(std::length_error)) throw std::length_error(message);
  if (type == typeid(std::out_of_range)) throw std::out_of_range(message);
  if (type == typeid(std::logic_error)) throw std::logic_error(message);
  if (type == typeid(std::range_error)) throw std::range_error(message);
  if (type == typeid(std::overflow_error)) throw std::overflow_error(message);
  if (type == typeid(std::underflow_error)) throw std::underflow_error(message);
  if (type == typeid(std::runtime_error)) throw std::runtime_error(message);
  throw;
}

}  // namespace xgrad::detail
