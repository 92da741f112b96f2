// explain(): the graph of a result with every value and gradient.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/func.hpp>
#include <xgrad/inspect.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// The node of an op; there must be one.
const Explanation::Node& find(const Explanation& all, const std::string& op) {
  for (const Explanation::Node& node : all.nodes())
    if (node.op == op) return node;
  FAIL("no node of " << op);
  return all.nodes().front();
}

const Explanation::Node& named(const Explanation& all, const std::string& name) {
  for (const Explanation::Node& node : all.nodes())
    if (node.name == name) return node;
  FAIL("no node with the name " << name);
  return all.nodes().front();
}

class Net : public nn::Module {
 public:
  Net() {
    add("hidden", hidden);
    add("out", out);
  }

 private:
  Tensor forward(const Tensor& x) override { return out(sigmoid(hidden(x))); }
  nn::Linear hidden{2, 3}, out{3, 2};
};

}  // namespace

TEST_CASE("explain finds what backward finds, and changes nothing") {
  const Tensor apple = leaf({100}), apples = leaf({2}), tax = leaf({1.1});
  const Tensor price = apple * apples, bill = sum(price * tax);
  const Explanation all = explain(bill, {{"apple", apple}, {"apples", apples}, {"tax", tax}, {"price", price}});
  CHECK(all.nodes().size() == 6);
  CHECK(all.edges().size() == 5);
  CHECK(named(all, "apple").gradient.item() == Approx(2.2));
  CHECK(named(all, "apples").gradient.item() == Approx(110));
  CHECK(named(all, "tax").gradient.item() == Approx(200));
  CHECK(named(all, "price").op == "mul");
  CHECK(named(all, "price").value.item() == 200);
  CHECK(all.nodes().back().value.item() == Approx(220));
  const Explanation::Edge& edge = all.edges()[named(all, "price").edges[0]];
  CHECK(edge.local.item() == 2);
  CHECK(edge.sent.item() == Approx(2.2));
  CHECK_FALSE(apple.grad().defined());
  bill.backward();
  CHECK(apple.grad().item() == Approx(2.2));
}

TEST_CASE("gradients of a model agree with backward's, and parameters carry their names") {
  manual_seed(4);
  Net net;
  const Tensor x = rand({5, 2}), t = randint(0, 2, {5});
  const KeepValues scope;
  const Tensor loss = nn::cross_entropy(net(x), t);
  const Explanation all = explain(loss, net);
  loss.backward();
  for (const auto& [name, parameter] : net.named_parameters())
    CHECK(difference(named(all, name).gradient, parameter.grad(), 1e-5, 1e-7) == "");
  for (const Explanation::Node& node : all.nodes()) CHECK(node.value.defined());
  CHECK(find(all, "sigmoid").module == "");
  CHECK(named(all, "hidden.weight").op == "leaf");
  std::map<std::string, int> modules;
  for (const Explanation::Node& node : all.nodes()) ++modules[node.module];
  CHECK(modules["hidden"] == 3);
  CHECK(modules["out"] == 3);
}

TEST_CASE("local derivatives are shown where an op works element by element, or gives one number") {
  const Tensor x = leaf({1, 2, 3}), w = Tensor({{1., 2., 3.}, {4., 5., 6.}, {7., 8., 10.}}).requires_grad_();
  const Explanation all = explain(mean(square(matmul(w, x) + x)));
  const auto local = [&](const char* op, std::size_t i) { return all.edges()[find(all, op).edges[i]].local; };
  CHECK(difference(local("square", 0), 2 * (matmul(w, x) + x).detach(), 1e-12) == "");
  CHECK(difference(local("add", 0), ones({3}, float64)) == "");
  CHECK(difference(local("mean", 0), full({3}, 1.0 / 3), 1e-12) == "");
  CHECK_FALSE(local("matmul", 0).defined());
  CHECK_FALSE(local("matmul", 1).defined());
}

TEST_CASE("the text has a line for each node with its op, settings, shape, line of the program and numbers") {
  const Tensor x = leaf({1, 3});
  const Tensor y = softmax(x, 0);
  const std::string text = explain(sum(y * y), {{"x", x}}).text();
  CHECK_THAT(text, StartsWith("%0: x, (2) float64"));
  CHECK_THAT(text, Contains("%1: softmax(axis=0), (2) float64, explain_test.cpp:"));
  CHECK_THAT(text, Contains("value [0.1192, 0.8808]"));
  CHECK_THAT(text, Contains("to input 0, %0: sends"));
  CHECK_THAT(text, Contains("gradient 1\n"));
}

TEST_CASE("all text is escaped in Graphviz's language and in the page") {
  const Tensor x = leaf({1});
  const std::string name = "a\"b\\<script>&</script>\n";
  const Explanation all = explain(sum(x * x), {{name, x}});
  const std::string dot = all.dot(), page = all.html("</title><script>alert(1)</script>");
  CHECK_THAT(dot, StartsWith("digraph backward {") && Contains("a\\\"b\\\\<script>&</script> "));
  CHECK_THAT(dot, Contains("n0 -> n1"));
  CHECK(page.find("<script>alert") == std::string::npos);
  CHECK(page.find("a\\\"b\\\\\\u003cscript\\u003e\\u0026\\u003c/script\\u003e\\u000a") != std::string::npos);
  CHECK(page.find("http") == page.find("http://www.w3.org/2000/svg"));
  CHECK(page.find("http", page.find("http") + 1) == std::string::npos);
}

TEST_CASE("what cannot be explained is refused by name") {
  const Tensor x = leaf({1, 2});
  CHECK_THAT(thrown_by<std::logic_error>([&] { explain(x.detach()); }),
             StartsWith("explain: the root needs no gradient"));
  CHECK_THAT(thrown_by<std::logic_error>([&] { explain(Tensor()); }), StartsWith("explain: "));
  const Tensor y = sum(x * x);
  y.backward();
  CHECK_THAT(thrown_by<std::logic_error>([&] { explain(y); }),
             StartsWith("explain: this graph was freed by an earlier backward"));
  const Tensor z = sum(exp(x) * x);
  {
    const NoGrad off;
    x.add_(1.0);
  }
  CHECK_THAT(thrown_by<std::logic_error>([&] { explain(z); }), Contains("written in place at explain_test.cpp:"));
}

TEST_CASE("deep graphs, values used often and graphs of several dtypes are explained") {
  Tensor y = leaf({1});
  for (int i = 0; i < 20000; ++i) y = y + 1e-4;
  CHECK(explain(y).nodes().size() == 20001);
  const Tensor x = leaf({2});
  const Explanation all = explain(sum(x * x + x.to(float32).to(float64) * x));
  CHECK(find(all, "leaf").gradient.item() == Approx(8));
}

TEST_CASE("KeepValues keeps copies, and a freed graph gives them back") {
  const Tensor x = leaf({1, 2});
  Tensor y;
  {
    const KeepValues scope;
    y = x + 1.0;
  }
  const Explanation all = explain(sum(y));
  CHECK(difference(find(all, "add").value, Tensor{2., 3.}) == "");
  CHECK_FALSE(explain(sum(x + 1.0)).nodes()[1].value.defined());
  const std::int64_t before = Node::live();
  sum(y).backward();
  y = Tensor();
  CHECK(Node::live() < before);
}

TEST_CASE("scopes that observe may end in any order") {
  auto first = std::make_unique<KeepValues>(), second = std::make_unique<KeepValues>();
  auto third = std::make_unique<KeepValues>();
  const Tensor x = leaf({1, 2});
  const auto kept = [&] { return explain(sum(x + 1.0)).nodes()[1].value.defined(); };
  first.reset();
  CHECK(kept());
  third.reset();
  CHECK(kept());
  second.reset();
  CHECK_FALSE(kept());
}

TEST_CASE("a page is written to a file, and one that cannot be written is an error") {
  const Tensor x = leaf({1});
  const Folder folder;
  const std::string path = folder.file("page.html");
  const Explanation all = explain(x * x);
  all.save_html(path);
  CHECK(get(path) == all.html());
  CHECK_THAT(thrown_by<std::runtime_error>([&] { all.save_html("/no/such/folder/page.html"); }),
             StartsWith("explain: cannot write '/no/such/folder/page.html': "));
}

TEST_CASE("KeepValues keeps the results of custom functions and of checkpoints too") {
  const Tensor x = leaf({2, 3});
  const auto tripled = func::custom(
      "tripled", [](const func::Tensors& in) { return in[0] * 3.0; },
      [](const func::Tensors&, const Tensor&, const Tensor& g) { return func::Tensors{g * 3.0}; });
  const KeepValues scope;
  for (const Tensor& y : {tripled(x), func::checkpoint([](const Tensor& a) { return a * 3.0; }, x)}) {
    const detail::NodeExtras* extras = Raw::node(y)->find_extras();
    REQUIRE(extras != nullptr);
    CHECK(numbers(extras->value) == Numbers{6, 9});
  }
}

TEST_CASE("an explanation keeps the values that it found when parameters change afterwards") {
  const Tensor w = leaf({2, 3});
  const Explanation all = explain(sum(w * w));
  const std::string before = all.text();
  {
    const NoGrad off;
    w.fill_(7);
  }
  CHECK(all.text() == before);
}
