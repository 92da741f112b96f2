#include <xgrad/io/json.hpp>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include <xgrad/io/name_text.hpp>

namespace xgrad::io::detail {
namespace {

using Json = nlohmann::json;

/// Hands on what the parser finds.
class Adapter final : public nlohmann::json_sax<Json> {
 public:
  Adapter(JsonEvents& events, const std::string& origin) : events_(events), origin_(origin) {}

  bool null() override { return events_.null(), true; }
  bool boolean(bool) override { return events_.other("a truth value"), true; }
  bool number_integer(number_integer_t) override { return events_.other("a negative number"), true; }
  bool number_unsigned(number_unsigned_t number) override { return events_.number(number), true; }
  bool number_float(number_float_t, const string_t&) override {
    return events_.other("a number that is not whole or exceeds 64 bits"), true;
  }
  bool string(string_t& text) override { return events_.string(text), true; }
  bool binary(binary_t&) override { return events_.other("binary data"), true; }
  bool start_object(std::size_t) override { return events_.begin_object(), true; }
  bool key(string_t& name) override { return events_.key(name), true; }
  bool end_object() override { return events_.end_object(), true; }
  bool start_array(std::size_t) override { return events_.begin_list(), true; }
  bool end_array() override { return events_.end_list(), true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw std::runtime_error(origin_ + " is not valid JSON: error at its byte " + std::to_string(position));
  }

 private:
  JsonEvents& events_;
  const std::string& origin_;
};

}  // namespace

void read_json(std::string_view text, JsonEvents& events, const std::string& origin) {
  // The parser takes a zero byte for the end of the text, and would ignore everything after it.
  if (text.find('\0') != std::string_view::npos)
    throw std::runtime_error(origin + " is not valid JSON: it contains a zero byte");
  Adapter adapter(events, origin);
  Json::sax_parse(text.begin(), text.end(), &adapter);
}

std::string json_text(const std::string& text, const std::string& origin, const char* what) {
  try {
    return Json(text).dump();
  } catch (const Json::type_error&) {
    throw std::invalid_argument(origin + ": the " + what + " " + name_text(text) + " is not UTF-8");
  }
}

}  // namespace xgrad::io::detail
