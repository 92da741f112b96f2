#include <xgrad/autograd/inspect/explain.hpp>

#include <cmath>
#include <ostream>
#include <unordered_map>

#include <xgrad/autograd/engine/range.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/output_file.hpp>
#include <xgrad/autograd/inspect/explain_html.hpp>
#include <xgrad/autograd/inspect/explain_text.hpp>
#include <xgrad/autograd/inspect/walk.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>

namespace xgrad {

class Explainer {
 public:
  Explainer(const Tensor& root, const TensorNames& names) : order_(detail::nodes_below("explain", root)) {
    for (std::size_t i = 0; i < order_.size(); ++i) place_[order_[i]] = i;
    std::unordered_map<const Node*, Tensor> values = detail::known_values(order_, root);
    std::unordered_map<const Node*, std::string> named;
    for (const auto& [name, tensor] : names)
      if (tensor.defined() && Raw::node(tensor) != nullptr) named.emplace(Raw::node(tensor), name);
    for (const Node* node : order_) {
      Explanation::Node made;
      made.op = node->name();
      made.attributes = node->attributes();
      if (const auto found = named.find(node); found != named.end()) made.name = found->second;
      if (const detail::NodeExtras* extras = node->find_extras()) made.module = extras->module;
      if (node->is_leaf() && made.name.find('.') != std::string::npos)
        made.module = made.name.substr(0, made.name.rfind('.'));
      made.at = node->at();
      made.shape = node->shape();
      made.dtype = node->dtype();
      made.value = values[node];
      result_.nodes_.push_back(std::move(made));
    }
    walk(ones_like(root.detach()));
  }

  Explanation take() { return std::move(result_); }

 private:
  // Like backward: a node's number exceeds those of its inputs, so from the last node on every gradient is complete.
  void walk(const Tensor& seed) {
    const NoGrad off;
    const detail::Unobserved own;
    result_.nodes_.back().gradient = seed;
    for (std::size_t i = order_.size(); i-- > 0;) {
      const Node& node = *order_[i];
      const Tensor g = result_.nodes_[i].gradient;
      if (node.is_leaf() || !g.defined()) continue;
      const std::vector<Tensor> sent = detail::pulled(node, g), local = local_slopes(node);
      for (std::size_t k = 0; k < sent.size(); ++k) {
        const Node* input = node.edges()[k].node.get();
        if (input == nullptr) continue;
        const std::size_t from = place_.at(input);
        Tensor gradient = sent[k].defined() ? detail::folded(*input, sent[k]) : Tensor();
        if (gradient.defined()) {
          Tensor& sum = result_.nodes_[from].gradient;
          sum = sum.defined() ? add(sum, gradient) : gradient;
        }
        result_.nodes_[i].edges.push_back(result_.edges_.size());
        result_.edges_.push_back({i, from, k, local[k], std::move(gradient)});
      }
    }
  }

  // For a result of one element the rule of 1 is the derivative. For others it is so if the op works element by
  // element, which a random gradient r shows: then the rule of r is r times the rule of 1.
  static std::vector<Tensor> local_slopes(const Node& node) {
    const NoGrad off;
    const Tensor one = ones(node.shape(), node.dtype());
    std::vector<Tensor> slopes = detail::pulled(node, one);
    if (node.shape().count() == 1) {
      for (std::size_t k = 0; k < slopes.size(); ++k)
        if (slopes[k].defined()) slopes[k] = detail::folded(*node.edges()[k].node, slopes[k]);
      return slopes;
    }
    const Tensor r = random_seed(node);
    const std::vector<Tensor> pulled = detail::pulled(node, r);
    for (std::size_t k = 0; k < slopes.size(); ++k)
      if (slopes[k].defined() && !is_product(slopes[k], r, pulled[k])) slopes[k] = Tensor();
    return slopes;
  }

  static Tensor random_seed(const Node& node) {
    kernels::Philox random(29);
    std::vector<double> numbers(static_cast<std::size_t>(node.shape().count()));
    for (double& number : numbers) number = 1.5 + std::tanh(random.normal());
    return detail::converted(Raw::alias(Tensor(numbers), node.shape()), node.dtype());
  }

  static bool is_product(const Tensor& slope, const Tensor& r, const Tensor& pulled) {
    if (!pulled.defined() || slope.shape() != r.shape() || pulled.shape() != r.shape()) return false;
    const Tensor s = detail::converted(slope, float64), t = detail::converted(r, float64),
                 p = detail::converted(pulled, float64);
    const double *a = Raw::data<double>(s), *b = Raw::data<double>(t), *c = Raw::data<double>(p);
    for (std::int64_t i = 0; i < s.size(); ++i) {
      const double product = a[i] * b[i];
      if (product == c[i] || (std::isnan(product) && std::isnan(c[i]))) continue;
      if (!(std::abs(product - c[i]) <= 1e-4 * std::abs(product))) return false;
    }
    return true;
  }

  std::vector<const Node*> order_;
  std::unordered_map<const Node*, std::size_t> place_;
  Explanation result_;
};

Explanation explain(const Tensor& root, const TensorNames& names) { return Explainer(root, names).take(); }

std::string Explanation::text() const { return detail::text_of(*this); }
std::string Explanation::dot() const { return detail::dot_of(*this); }
std::string Explanation::html(const std::string& title) const { return detail::html_of(*this, title); }

void Explanation::save_html(const std::string& path, const std::string& title) const {
  const std::string page = html(title);
  detail::OutputFile file("explain", path);
  file.write(page);
  file.close();
}

std::ostream& operator<<(std::ostream& out, const Explanation& explanation) { return out << explanation.text(); }

}  // namespace xgrad
