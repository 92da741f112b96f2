// Rows of ops that reverse, shift, repeat, pad and take apart.

#include <xgrad/autograd/ops/diagonal.hpp>
#include <xgrad/autograd/ops/padding.hpp>
#include <xgrad/autograd/ops/reordering.hpp>
#include <xgrad/autograd/ops/repeating.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/windows.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

using Sizes = std::vector<std::int64_t>;

/// A shape and the numbers that an op takes.
struct At {
  Shape shape;
  Sizes numbers;
  std::vector<std::string> says = {};
};

template <class F>
Case each(const char* op, F f, const std::vector<At>& samples, const std::vector<At>& refused, unsigned flags = none) {
  Case row{op, {}, {}, flags};
  const auto with = [f](const Sizes& numbers) { return [=](const Tensors& x) { return f(x[0], numbers); }; };
  for (const At& at : samples) row.samples.push_back({with(at.numbers), {any(at.shape)}});
  for (const At& at : refused) row.refusals.push_back({with(at.numbers), {any(at.shape)}, at.says});
  return row;
}

/// The first half of a list of numbers, and the second.
Sizes first_half(const Sizes& all) { return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2)}; }
Sizes second_half(const Sizes& all) { return {all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end()}; }

std::vector<Case> reversing() {
  return {
      each("flip", [](const Tensor& x, const Sizes& axes) { return flip(x, axes); },
           {{{0}, {0}},
            {{0, 3}, {1}},
            {{2, 0}, {0, 1}},
            {{2, 0, 3}, {-1}},
            {{}, {}},
            {{}, {0}},
            {{}, {-1}},
            {{1}, {0}},
            {{5}, {0}},
            {{7}, {-1}},
            {{2, 3}, {0}},
            {{2, 3}, {1}},
            {{2, 3}, {1, 0}},
            {{2, 3}, {}},
            {{2, 3, 2}, {1}},
            {{2, 3, 2}, {0, -1}},
            {{1, 4, 1}, {0, 2}},
            {{3, 2, 2}, {0, 1, 2}},
            {{35}, {0}},
            {{2, 35}, {1}}},
           {{{2, 3}, {2}, {"axis 2", "2 axes"}},
            {{2, 3}, {0, -2}, {"axis 0", "twice", "(0, -2)"}},
            {{}, {1}, {"axis 1"}}}),
      each(
          "fliplr", [](const Tensor& x, const Sizes&) { return fliplr(x); },
          {{{0, 3}, {}},
           {{2, 0}, {}},
           {{2, 0, 3}, {}},
           {{2, 3, 0}, {}},
           {{2, 3}, {}},
           {{3, 2}, {}},
           {{1, 4}, {}},
           {{4, 1}, {}},
           {{1, 1}, {}},
           {{2, 3, 2}, {}},
           {{2, 1, 3}, {}},
           {{3, 5}, {}},
           {{2, 9}, {}},
           {{2, 2}, {}},
           {{3, 3, 1}, {}},
           {{2, 17}, {}}},
          {{{3}, {}}, {{}, {}}}, no_scalars),
      each(
          "flipud", [](const Tensor& x, const Sizes&) { return flipud(x); },
          {{{0, 3}, {}},
           {{2, 0}, {}},
           {{0}, {}},
           {{2, 3, 0}, {}},
           {{2, 3}, {}},
           {{3, 2}, {}},
           {{1, 4}, {}},
           {{4, 1}, {}},
           {{1}, {}},
           {{2, 3, 2}, {}},
           {{2, 1, 3}, {}},
           {{5}, {}},
           {{2, 9}, {}},
           {{12}, {}},
           {{3, 3, 1}, {}},
           {{17, 2}, {}}},
          {{{}, {}}}, no_scalars),
      each("roll",
           [](const Tensor& x, const Sizes& all) {
             return all.size() == 1 ? roll(x, all[0]) : roll(x, first_half(all), second_half(all));
           },
           {{{0}, {2}},
            {{0, 3}, {1, 1}},
            {{2, 0}, {5, 0}},
            {{2, 0, 3}, {1}},
            {{}, {0}},
            {{}, {3}},
            {{}, {}},
            {{1}, {4}},
            {{5}, {2}},
            {{5}, {-7}},
            {{5}, {0}},
            {{2, 3}, {4}},
            {{2, 3}, {1, 0}},
            {{2, 3}, {-1, 1}},
            {{2, 3}, {1, 2, 0, 1}},
            {{2, 3}, {1, 1, 1, 1}},
            {{2, 3}, {1, -1, 0, 0}},
            {{2, 3, 2}, {2, 1}},
            {{2, 3, 2}, {1, 1, 1, 2, 1, 0}},
            {{35}, {9}}},
           {{{2, 3}, {1, 2}, {"axis 2", "2 axes"}}, {{}, {1, 0}, {"axis 0"}}}),
      each(
          "rot90",
          [](const Tensor& x, const Sizes& all) {
            return rot90(x, all[0], {all[1], all[2]});
          },
          {{{0, 3}, {1, 0, 1}},
           {{2, 0}, {2, 0, 1}},
           {{2, 0, 3}, {3, 0, 2}},
           {{0, 0}, {1, 1, 0}},
           {{2, 3}, {1, 0, 1}},
           {{2, 3}, {2, 0, 1}},
           {{2, 3}, {3, 0, 1}},
           {{2, 3}, {0, 0, 1}},
           {{2, 3}, {-1, 0, 1}},
           {{2, 3}, {1, 1, 0}},
           {{2, 3}, {5, -1, 0}},
           {{1, 4}, {1, 0, 1}},
           {{2, 3, 2}, {1, 0, 2}},
           {{2, 3, 2}, {1, 1, 2}},
           {{2, 3, 2}, {-3, 2, 0}},
           {{4, 1}, {2, 0, 1}}},
          {{{2, 3}, {1, 0, 2}, {"axis 2"}}, {{2, 3}, {1, 0, -2}, {"axis 0", "twice"}}, {{3}, {1, 0, 1}, {"axis 1"}}},
          no_scalars),
      each("movedim", [](const Tensor& x, const Sizes& all) { return movedim(x, first_half(all), second_half(all)); },
           {{{}, {}},
            {{}, {0, 0}},
            {{0}, {0, 0}},
            {{0, 3}, {0, 1}},
            {{2, 0, 3}, {0, 2}},
            {{2, 3, 0}, {-1, 0}},
            {{5}, {0, -1}},
            {{2, 3}, {0, 1}},
            {{2, 3}, {1, 0}},
            {{2, 3}, {0, 1, 1, 0}},
            {{2, 3, 2}, {0, 2}},
            {{2, 3, 2}, {2, 0}},
            {{2, 3, 2}, {1, -1}},
            {{2, 3, 2}, {0, 1, 2, 0}},
            {{2, 1, 3, 2}, {1, 3}},
            {{2, 1, 3, 2}, {3, 0, 0, 1}}},
           {{{2, 3}, {0, 2}, {"axis 2"}},
            {{2, 3}, {0, 0, 0, 1}, {"axis 0", "twice", "(0, 0)"}},
            {{2, 3}, {0, 1, 1, 1}, {"axis 1", "twice", "(1, 1)"}}})};
}

const std::vector<At>& repeats() {
  static const std::vector<At> list = {{{0}, {2}},
                                       {{0, 3}, {1, 2}},
                                       {{2, 0}, {3, 1}},
                                       {{3}, {0}},
                                       {{}, {}},
                                       {{}, {3}},
                                       {{}, {2, 2}},
                                       {{1}, {4}},
                                       {{5}, {2}},
                                       {{5}, {2, 3}},
                                       {{2, 3}, {2, 1}},
                                       {{2, 3}, {1, 3}},
                                       {{2, 3}, {2, 2}},
                                       {{2, 3}, {1, 1}},
                                       {{2, 3}, {2, 1, 1}},
                                       {{2, 3, 2}, {1, 2, 1}},
                                       {{1, 3}, {3, 1}},
                                       {{2, 1, 2}, {2, 2, 2}},
                                       {{2, 3}, {0, 2}},
                                       {{3}, {1, 1, 1, 2}}};
  return list;
}

std::vector<Case> repeating() {
  std::vector<At> tiles = repeats();
  tiles.push_back({{2, 3}, {2}});
  tiles.push_back({{2, 3}, {}});
  const auto interleave = [](const Tensor& x, const Sizes& all) {
    Sizes counts = all;
    counts.pop_back();
    const Tensor by = counts.size() == 1 ? Tensor(counts[0]) : Tensor(counts);
    return all.back() == 99 ? repeat_interleave(x, by) : repeat_interleave(x, by, all.back());
  };
  return {each("repeat", [](const Tensor& x, const Sizes& times) { return repeat(x, times); }, repeats(),
               {{{2, 3}, {2}, {"(2)", "(2, 3)"}}, {{2, 3}, {1, -1}, {"(1, -1)", "(2, 3)"}}}),
          each("tile", [](const Tensor& x, const Sizes& times) { return tile(x, times); }, tiles,
               {{{2, 3}, {1, -1}, {"(1, -1)", "(2, 3)"}}}),
          each("repeat_interleave", interleave,
               {{{0}, {2, 0}},
                {{0, 3}, {2, 1}},
                {{2, 0}, {1, 2, 0}},
                {{2, 3}, {0, 0, 0}},
                {{}, {3, 99}},
                {{}, {2, 0}},
                {{}, {1, -1}},
                {{1}, {4, 0}},
                {{5}, {2, 0}},
                {{3}, {1, 0, 2, 0}},
                {{2, 3}, {2, 0}},
                {{2, 3}, {2, 1}},
                {{2, 3}, {2, 99}},
                {{2, 3}, {1, 2, 0}},
                {{2, 3}, {2, 0, 1, -1}},
                {{2, 3, 2}, {3, 1}},
                {{2, 3, 2}, {0, 1, 2, 1}},
                {{2, 1, 2}, {2, 2}},
                {{2, 3}, {0, 1, 2, 1, 0, 3, 99}},
                {{4, 1}, {1, 0}}},
               {{{2, 3}, {-1, 0}, {"(2, 3)", "-1"}},
                {{2, 3}, {1, 1, 1, 0}, {"3 repeats", "axis 0", "(2, 3)"}},
                {{2, 3}, {1, -2, 0}, {"slice 1", "-2"}},
                {{2, 3}, {2, 2}, {"axis 2"}}})};
}

std::vector<Case> diagonals() {
  const auto of = [](const Tensor& x, const Sizes& all) { return diagonal(x, all[0], all[1], all[2]); };
  const auto embed = [](const Tensor& x, const Sizes& all) { return diag_embed(x, all[0], all[1], all[2]); };
  const std::vector<At> triangles = {{{0, 3}, {0}}, {{2, 0}, {1}},    {{2, 0, 3}, {-1}}, {{0, 2, 2}, {0}},
                                     {{1, 1}, {0}}, {{2, 3}, {0}},    {{2, 3}, {1}},     {{2, 3}, {-1}},
                                     {{3, 2}, {0}}, {{3, 2}, {-2}},   {{3, 2}, {7}},     {{3, 2}, {-7}},
                                     {{1, 4}, {2}}, {{2, 3, 3}, {0}}, {{2, 3, 2}, {1}},  {{2, 2, 2, 3}, {-1}}};
  return {
      each("diagonal", of,
           {{{0, 3}, {0, 0, 1}},
            {{2, 0}, {1, 0, 1}},
            {{2, 3, 0}, {0, 0, 1}},
            {{2, 3}, {5, 0, 1}},
            {{2, 3}, {-2, 0, 1}},
            {{1, 1}, {0, 0, 1}},
            {{2, 3}, {0, 0, 1}},
            {{2, 3}, {1, 0, 1}},
            {{2, 3}, {-1, 0, 1}},
            {{3, 2}, {0, 1, 0}},
            {{3, 3}, {2, 0, 1}},
            {{2, 3, 2}, {0, 0, 2}},
            {{2, 3, 2}, {1, 1, 2}},
            {{2, 3, 2}, {0, -1, 0}},
            {{2, 3, 4}, {-1, 2, 1}},
            {{2, 2, 3, 2}, {0, 1, 3}}},
           {{{2, 3}, {0, 0, 2}, {"axis 2"}}, {{2, 3}, {0, 1, -1}, {"axis 1", "twice"}}, {{3}, {0, 0, 1}, {"axis 1"}}},
           no_scalars),
      each("diag_embed", embed,
           {{{0}, {0, -2, -1}},
            {{0, 3}, {1, 0, 1}},
            {{2, 0}, {-1, 0, 2}},
            {{0}, {2, 0, 1}},
            {{1}, {0, 0, 1}},
            {{3}, {0, 0, 1}},
            {{3}, {1, 0, 1}},
            {{3}, {-2, 0, 1}},
            {{3}, {1, 1, 0}},
            {{2, 3}, {0, -2, -1}},
            {{2, 3}, {1, 0, 2}},
            {{2, 3}, {0, 0, 1}},
            {{2, 3}, {-1, 2, 0}},
            {{2, 2, 3}, {0, 1, 3}},
            {{2, 1, 2}, {1, -1, 0}},
            {{1, 4}, {0, 1, 2}}},
           {{{3}, {0, 0, 2}, {"axis 2"}}, {{3}, {0, 0, 0}, {"axis 0", "twice"}}, {{}, {0, 0, 1}, {"()"}}}, no_scalars),
      each(
          "diag", [](const Tensor& x, const Sizes& all) { return diag(x, all[0]); },
          {{{0}, {0}},
           {{0}, {1}},
           {{0, 3}, {0}},
           {{2, 3}, {4}},
           {{3}, {0}},
           {{3}, {1}},
           {{3}, {-1}},
           {{1}, {2}},
           {{2, 3}, {0}},
           {{2, 3}, {1}},
           {{2, 3}, {-1}},
           {{3, 3}, {0}},
           {{3, 3}, {-2}},
           {{1, 4}, {3}},
           {{4, 1}, {0}},
           {{5}, {0}}},
          {{{}, {0}}, {{2, 3, 2}, {0}}}, no_scalars),
      each("trace", [](const Tensor& x, const Sizes&) { return trace(x); },
           {{{0, 3}, {}},
            {{2, 0}, {}},
            {{0, 0}, {}},
            {{0, 1}, {}},
            {{1, 1}, {}},
            {{2, 3}, {}},
            {{3, 2}, {}},
            {{3, 3}, {}},
            {{1, 4}, {}},
            {{4, 1}, {}},
            {{5, 5}, {}},
            {{2, 2}, {}},
            {{3, 5}, {}},
            {{7, 7}, {}},
            {{2, 9}, {}},
            {{4, 4}, {}}},
           {{{3}, {}}, {{}, {}}, {{2, 3, 2}, {}}}),
      each(
          "tril", [](const Tensor& x, const Sizes& all) { return tril(x, all[0]); }, triangles, {{{3}, {0}}, {{}, {0}}},
          no_scalars | selects),
      each(
          "triu", [](const Tensor& x, const Sizes& all) { return triu(x, all[0]); }, triangles, {{{3}, {0}}, {{}, {0}}},
          no_scalars | selects)};
}

Case padding_with(PadMode mode, const std::vector<At>& samples, const std::vector<At>& refused, unsigned flags) {
  const auto f = [mode](const Tensor& x, const Sizes& all) {
    return pad(x, all, mode, mode == PadMode::constant ? .5 : 0);
  };
  return each("pad", f, samples, refused, flags);
}

std::vector<Case> padding() {
  const std::vector<At> inside = {{{0, 3}, {1, 1}},
                                  {{2, 0}, {0, 0, 1, 0}},
                                  {{2, 3}, {-1, -2}},
                                  {{2, 3, 0}, {0, 0, 1, 1}},
                                  {{5}, {2, 1}},
                                  {{5}, {0, 4}},
                                  {{5}, {-2, 1}},
                                  {{1, 4}, {1, 3}},
                                  {{2, 3}, {1, 2}},
                                  {{2, 3}, {1, 1, 1, 0}},
                                  {{3, 3}, {2, 2, 2, 2}},
                                  {{2, 3, 2}, {0, 1}},
                                  {{2, 3, 2}, {1, 0, 2, 1}},
                                  {{2, 3, 2}, {1, 1, -1, 1, 1, 1}},
                                  {{3, 2}, {0, 0, 1, 1}},
                                  {{2, 3}, {1, -1}},
                                  {{2, 12}, {5, 7}}};
  std::vector<At> all = inside;
  for (const At& more : {At{{0}, {1, 2}}, At{{0}, {0, 1}}, At{{2, 3}, {}}, At{{1}, {3, 3}}}) all.push_back(more);
  return {
      padding_with(PadMode::constant, all,
                   {{{2, 3}, {1}, {"(1)", "(2, 3)"}},
                    {{2, 3}, {1, 1, 1, 1, 1, 1}, {"(1, 1, 1, 1, 1, 1)", "(2, 3)"}},
                    {{2, 3}, {-2, -2}, {"(-2, -2)", "axis 1", "(2, 3)"}},
                    {{2, 3}, {-4, 2}, {"(-4, 2)", "axis 1", "(2, 3)"}}},
                   no_scalars),
      padding_with(PadMode::reflect, inside, {{{2, 3}, {3, 0}, {"(3, 0)", "3 elements", "reflect"}}}, no_scalars),
      padding_with(PadMode::replicate, inside, {{{2, 0}, {1, 0}, {"(1, 0)", "0 elements", "replicate"}}}, no_scalars),
      padding_with(PadMode::circular, inside, {{{2, 3}, {0, 4}, {"(0, 4)", "3 elements", "circular"}}}, no_scalars)};
}

Case sliding() {
  return each(
      "unfold", [](const Tensor& x, const Sizes& all) { return unfold(x, all[0], all[1], all[2]); },
      {{{0}, {0, 0, 1}},    {{0, 3}, {1, 2, 1}},    {{5}, {0, 0, 2}},       {{2, 0}, {0, 1, 1}},  {{}, {0, 1, 1}},
       {{}, {-1, 1, 3}},    {{}, {0, 0, 1}},        {{1}, {0, 1, 1}},       {{5}, {0, 2, 1}},     {{5}, {0, 3, 2}},
       {{7}, {0, 2, 3}},    {{5}, {0, 5, 1}},       {{2, 3}, {0, 2, 1}},    {{2, 3}, {1, 2, 1}},  {{2, 5}, {-1, 3, 1}},
       {{4, 3}, {0, 2, 2}}, {{2, 4, 3}, {1, 2, 1}}, {{3, 2, 2}, {0, 2, 1}}, {{2, 12}, {1, 4, 3}}, {{5, 9}, {0, 3, 1}}},
      {{{5}, {0, 6, 1}, {"6 elements", "axis 0", "(5)"}},
       {{5}, {0, 2, 0}, {"step of 0"}},
       {{5}, {0, -1, 1}, {"-1 elements"}},
       {{}, {0, 2, 1}, {"2 elements"}},
       {{5}, {1, 1, 1}, {"axis 1"}}});
}

std::vector<Case> shapes() {
  const auto cut = [](const Tensor& x, const Sizes& all) {
    return unflatten(x, all[0], Sizes(all.begin() + 1, all.end()));
  };
  const std::vector<At> plain = {{{0}, {}},    {{0, 3}, {}},      {{2, 0}, {}}, {{2, 0, 3}, {}}, {{}, {}},
                                 {{}, {}},     {{1}, {}},         {{5}, {}},    {{2, 3}, {}},    {{1, 4}, {}},
                                 {{4, 1}, {}}, {{2, 3, 2}, {}},   {{12}, {}},   {{3, 2}, {}},    {{2, 1, 3}, {}},
                                 {{1, 1}, {}}, {{2, 2, 2, 2}, {}}};
  return {each("unflatten", cut,
               {{{0}, {0, 0, 3}},
                {{0, 3}, {1, 3, 1}},
                {{2, 0}, {1, 0, 2}},
                {{4, 0}, {0, 2, 2}},
                {{6}, {0, 2, 3}},
                {{6}, {0, -1, 2}},
                {{6}, {-1, 6}},
                {{1}, {0, 1, 1}},
                {{2, 6}, {1, 3, 2}},
                {{6, 2}, {0, 3, 2}},
                {{2, 4, 3}, {1, 2, 2}},
                {{2, 4, 3}, {-2, 2, -1}},
                {{8}, {0, 2, 2, 2}},
                {{2, 3}, {0, 2, 1}},
                {{1, 4}, {1, 4, 1, 1}},
                {{12, 1}, {0, 3, -1}}},
               {{{2, 3}, {1, 2, 2}, {"axis 1", "(2, 3)", "(2, 2)"}},
                {{2, 3}, {1, -1, -1}, {"(-1, -1)"}},
                {{2, 3}, {1}, {"()"}},
                {{2, 3}, {2, 3}, {"axis 2"}}},
               no_scalars),
          each("atleast_1d", [](const Tensor& x, const Sizes&) { return atleast_1d(x); }, plain, {}),
          each("atleast_2d", [](const Tensor& x, const Sizes&) { return atleast_2d(x); }, plain, {}),
          each("atleast_3d", [](const Tensor& x, const Sizes&) { return atleast_3d(x); }, plain, {})};
}

}  // namespace

std::vector<Case> arranging_cases() {
  std::vector<Case> all;
  for (auto kind : {reversing, repeating, diagonals, padding, shapes})
    for (Case& row : kind()) all.push_back(std::move(row));
  all.push_back(sliding());
  return all;
}

}  // namespace cases
