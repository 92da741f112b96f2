// A write to a temporary of which nobody else holds the memory would be lost: it is refused, and what is legitimate is
// not.

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

template <class F>
std::string refusal(F&& f) {
  return thrown_by<std::logic_error>(f);
}

}  // namespace

TEST_CASE("initialisers refuse a temporary copy, and write rows, names and new tensors") {
  namespace init = nn::init;
  const Tensor c = zeros({4, 4});
  CHECK_THAT(refusal([&] { init::ones_(c(xt::range(0, 4, 2))); }),
             StartsWith("ones_: the write would be lost") && Contains("(2, 4)") && Contains("put("));
  CHECK_THAT(refusal([&] { init::zeros_(c.t()); }), StartsWith("zeros_: "));
  CHECK_THAT(refusal([&] { init::constant_(c(xt::all(), 1), 3); }), StartsWith("constant_: "));
  CHECK_THAT(refusal([&] { init::eye_(transpose(c)); }), StartsWith("eye_: "));
  CHECK_THAT(refusal([&] { init::uniform_(c.t()); }), StartsWith("uniform_: "));
  CHECK_THAT(refusal([&] { init::normal_(c.t()); }), StartsWith("normal_: "));
  CHECK_THAT(refusal([&] { init::xavier_uniform_(c.t()); }), StartsWith("xavier_uniform_: "));
  CHECK_THAT(refusal([&] { init::xavier_normal_(c.t()); }), StartsWith("xavier_normal_: "));
  CHECK_THAT(refusal([&] { init::kaiming_uniform_(c.t()); }), StartsWith("kaiming_uniform_: "));
  CHECK_THAT(refusal([&] { init::kaiming_normal_(c.t()); }), StartsWith("kaiming_normal_: "));
  CHECK(sum(c).item() == 0);

  init::ones_(c[1]);
  init::constant_(c(xt::range(2, 4)), 2);
  CHECK(numbers(sum(c, 1)) == Numbers{0, 4, 8, 8});
  const Tensor part = c(xt::all(), 1);
  CHECK(sum(init::ones_(part)).item() == 4);
  CHECK(sum(init::ones_(zeros({3}))).item() == 3);
  nn::Linear layer(3, 2);
  init::zeros_(layer.weight);
  CHECK(sum(abs(layer.weight)).item() == 0);
}

TEST_CASE("set_data refuses the only handle of a tensor, and gives the others new values") {
  const Tensor c = zeros({2, 2});
  CHECK_THAT(refusal([&] { c[0].set_data(ones({2})); }), StartsWith("set_data: ") && Contains("would be lost"));
  CHECK_THAT(refusal([&] { zeros({2}).set_data(ones({2})); }), StartsWith("set_data: "));
  CHECK(sum(c).item() == 0);
  nn::Linear layer(3, 2);
  layer.parameters()[0].set_data(ones({2, 3}));
  CHECK(sum(layer.weight).item() == 6);
  c.set_data(ones({3}));
  CHECK(c.shape() == Shape{3});
}

TEST_CASE("a write to a tensor of a temporary state is refused, and to one of a state with a name is not") {
  nn::Linear layer(3, 2);
  CHECK_THAT(refusal([&] { layer.state_dict()["weight"].fill_(7); }), StartsWith("fill_: the write would be lost"));
  CHECK_THAT(refusal([&] { layer.state_dict().at("weight").zero_(); }), StartsWith("zero_: "));
  CHECK_THAT(refusal([&] { layer.state_dict()["weight"] += 1; }), StartsWith("add: "));
  CHECK_THAT(refusal([&] { nn::init::ones_(layer.state_dict().clone()["weight"]); }), StartsWith("ones_: "));
  StateDict state = layer.state_dict();
  state["weight"].fill_(7);
  state["weight"][0].fill_(8);
  nn::init::ones_(state["bias"]);
  CHECK(sum(state["weight"]).item() == 45);
  CHECK(sum(state["bias"]).item() == 2);
  layer.load_state_dict(state);
  CHECK(sum(layer.state_dict()["weight"]).item() == 45);
  const Tensor weight = layer.state_dict()["weight"];
  weight.fill_(1);
  CHECK(sum(weight).item() == 6);
}
