#include <xgrad/autograd/ops/einsum_equation.hpp>

#include <algorithm>

namespace xgrad::detail {
namespace {

[[noreturn]] void refuse(const std::string& equation, const std::string& what) {
  throw detail::argument_error("einsum: \"" + equation + "\": " + what);
}

int letter_label(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return 26 + c - 'a';
  return -1;
}

std::string letter_of(int label) {
  if (label >= first_unnamed) return "an axis of \"...\"";
  return std::string("letter ") + static_cast<char>(label < 26 ? 'A' + label : 'a' + label - 26);
}

/// The letters of one term, with -1 for "...".
constexpr int ellipsis = -1;

Labels read_term(const std::string& equation, const std::string& term) {
  Labels labels;
  for (std::size_t i = 0; i < term.size(); ++i) {
    if (term[i] == '.') {
      if (term.compare(i, 3, "...") != 0) refuse(equation, "there is a point that is not part of \"...\"");
      if (std::count(labels.begin(), labels.end(), ellipsis) > 0)
        refuse(equation, "a term holds \"...\" twice: which axes each stands for is not known");
      labels.push_back(ellipsis);
      i += 2;
    } else if (const int label = letter_label(term[i]); label >= 0) {
      labels.push_back(label);
    } else {
      refuse(equation, std::string("an axis is named '") + term[i] + "': names are the letters a-z and A-Z");
    }
  }
  return labels;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> terms{""};
  for (const char c : text)
    if (c == ',')
      terms.emplace_back();
    else
      terms.back() += c;
  return terms;
}

/// The labels of "..." for `count` axes.
Labels unnamed(std::size_t count) {
  Labels labels;
  for (std::size_t i = 0; i < count; ++i) labels.push_back(label_count - static_cast<int>(count - i));
  return labels;
}

Labels expand(const Labels& term, std::size_t count) {
  Labels labels;
  for (const int label : term) {
    if (label != ellipsis) {
      labels.push_back(label);
      continue;
    }
    const Labels axes = unnamed(count);
    labels.insert(labels.end(), axes.begin(), axes.end());
  }
  return labels;
}

/// The labels of an operand's axes.
Labels operand_labels(const std::string& equation, const Labels& term, std::size_t place, const Tensor& x) {
  const bool open = std::count(term.begin(), term.end(), ellipsis) > 0;
  const std::size_t named = term.size() - (open ? 1 : 0);
  if (open ? named > x.rank() : named != x.rank())
    refuse(equation, "operand " + std::to_string(place) + " has shape " + to_string(x.shape()) + " and " +
                         std::to_string(named) + " letters: every axis needs a letter, or \"...\"");
  return expand(term, x.rank() - named);
}

/// Where the size of a label was met first.
struct Met {
  std::int64_t size = -1;
  std::size_t operand = 0;
};

void note_sizes(const std::string& equation, const Labels& labels, std::size_t place, const Tensor& x,
                std::vector<Met>& met) {
  std::vector<std::int64_t> own(label_count, -1);
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const auto label = static_cast<std::size_t>(labels[k]);
    const std::int64_t size = x.shape()[k];
    if (own[label] >= 0 && own[label] != size)
      refuse(equation, letter_of(labels[k]) + " is " + std::to_string(own[label]) + " and " + std::to_string(size) +
                           " in operand " + std::to_string(place) + " of shape " + to_string(x.shape()) +
                           ": a diagonal needs axes of one size");
    own[label] = size;
    Met& first = met[label];
    if (first.size < 0 || first.size == 1) {
      first = {size, place};
    } else if (size != first.size && size != 1) {
      refuse(equation, letter_of(labels[k]) + " is " + std::to_string(first.size) + " in operand " +
                           std::to_string(first.operand) + " and " + std::to_string(size) + " in operand " +
                           std::to_string(place) + ": the sizes of a letter must agree");
    }
  }
}

/// The result that an equation without "->" has.
Labels implied_result(const std::vector<Labels>& operands, std::size_t most) {
  Labels result = unnamed(most);
  for (int label = 0; label < letters; ++label) {
    std::ptrdiff_t uses = 0;
    for (const Labels& labels : operands) uses += std::count(labels.begin(), labels.end(), label);
    if (uses == 1) result.push_back(label);
  }
  return result;
}

Labels stated_result(const std::string& equation, const std::string& term, const std::vector<Labels>& operands,
                     std::size_t most) {
  Labels result = expand(read_term(equation, term), most);
  for (const int label : result) {
    if (std::count(result.begin(), result.end(), label) > 1)
      refuse(equation, letter_of(label) + " is twice in the output: diagonals are for operands only");
    const bool known = std::any_of(operands.begin(), operands.end(), [label](const Labels& labels) {
      return std::count(labels.begin(), labels.end(), label) > 0;
    });
    if (!known) refuse(equation, letter_of(label) + " of the output is in no operand");
  }
  return result;
}

}  // namespace

EinsumEquation parse_einsum(const std::string& equation, const std::vector<Tensor>& operands) {
  std::string text = equation;
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  const std::size_t arrow = text.find("->");
  const std::vector<std::string> terms = split(text.substr(0, arrow));
  if (terms.size() != operands.size())
    refuse(equation, "it has " + std::to_string(terms.size()) + " operands, and got " +
                         std::to_string(operands.size()) + ": each needs a term of its own");
  EinsumEquation result;
  std::vector<Met> met(label_count);
  std::size_t most = 0;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Labels term = read_term(equation, terms[i]);
    result.operands.push_back(operand_labels(equation, term, i, operands[i]));
    if (std::count(term.begin(), term.end(), ellipsis) > 0) most = std::max(most, operands[i].rank() + 1 - term.size());
    note_sizes(equation, result.operands.back(), i, operands[i], met);
  }
  result.result = arrow == std::string::npos ? implied_result(result.operands, most)
                                             : stated_result(equation, text.substr(arrow + 2), result.operands, most);
  for (const Met& one : met) result.sizes.push_back(std::max<std::int64_t>(one.size, 0));
  return result;
}

}  // namespace xgrad::detail
