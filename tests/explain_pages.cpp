// Writes pages of explain() into the folder given: small, with a module, of 287 nodes, and one that is folded.

#include <string>

#include <xgrad/inspect.hpp>
#include <xgrad/xgrad.hpp>

using namespace xgrad;

int main(int, char** arguments) {
  const std::string folder = arguments[1];
  const Tensor apple = Tensor(100.0).detach().requires_grad_(), tax = Tensor(1.1).detach().requires_grad_();
  explain(apple * 2.0 * tax, {{"apple", apple}, {"tax \"<b>", tax}}).save_html(folder + "/small.html", "the <shop>");

  manual_seed(1);
  const KeepValues keep;
  const nn::Sequential model{nn::Linear(6, 5), nn::BatchNorm1d(5), nn::ReLU(), nn::Linear(5, 3)};
  explain(nn::cross_entropy(model(rand({10, 6})), randint(0, 3, {10})), model).save_html(folder + "/model.html");

  const Tensor a = rand({3}).requires_grad_();
  Tensor all = a;
  for (int i = 0; i < 95; ++i) all = all * a + sin(all);
  explain(sum(all), {{"a", a}}).save_html(folder + "/large.html");

  nn::Sequential deep;
  for (int i = 0; i < 60; ++i)
    deep.push_back("block" + std::to_string(i),
                   nn::Sequential{nn::Linear(4, 4), nn::Tanh(), nn::Linear(4, 4), nn::Sigmoid()});
  explain(sum(deep(rand({2, 4}))), deep).save_html(folder + "/folded.html");
}
