#include <xgrad/autograd/graph/attribute.hpp>

#include <locale>
#include <sstream>

namespace xgrad {

std::string to_string(const Attribute& attribute) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << attribute.name << '=';
  switch (attribute.kind) {
    case Attribute::Kind::truth:
      out << (attribute.integer != 0 ? "true" : "false");
      break;
    case Attribute::Kind::integer:
      out << attribute.integer;
      break;
    case Attribute::Kind::real:
      out << attribute.real;
      break;
    case Attribute::Kind::text:
      out << attribute.text;
      break;
    case Attribute::Kind::list:
      out << '(';
      for (std::size_t i = 0; i < attribute.list.size(); ++i) out << (i ? ", " : "") << attribute.list[i];
      out << ')';
  }
  return out.str();
}

}  // namespace xgrad
