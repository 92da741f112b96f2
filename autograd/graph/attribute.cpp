#include <xgrad/autograd/graph/attribute.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad {

std::string to_string(const Attribute& attribute) {
  std::string text = std::string(attribute.name) + "=";
  switch (attribute.kind) {
    case Attribute::Kind::truth:
      return text + (attribute.integer != 0 ? "true" : "false");
    case Attribute::Kind::integer:
      return text + std::to_string(attribute.integer);
    case Attribute::Kind::real:
      return text + detail::number_text(attribute.real, 6);
    case Attribute::Kind::text:
      return text + attribute.text;
    case Attribute::Kind::list:
      break;
  }
  text += "(";
  for (std::size_t i = 0; i < attribute.list.size(); ++i) text += (i ? ", " : "") + std::to_string(attribute.list[i]);
  return text + ")";
}

}  // namespace xgrad
