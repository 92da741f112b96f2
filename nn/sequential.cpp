#include <xgrad/nn/sequential.hpp>

#include <xgrad/nn/module_state.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {

Layer::Layer(Made made) : module_(made.module), copy_(made.copy) {}

Layer::Layer(Tensor (*op)(Tensor, Source)) : Layer(made<detail::Function<Tensor (*)(Tensor, Source)>>(op)) {}

Layer::Layer(Layer&& other) noexcept : module_(other.module_), copy_(other.copy_) {}

Layer::~Layer() = default;

Layer::Layer(const Layer& other) : module_(other.module_), copy_(other.copy_) {
  detail::CloneScope* scope = detail::CloneScope::current();
  if (scope == nullptr) return;
  module_ = scope->find<Module>(other.module_.get());
  if (module_) return;
  module_.reset(copy_(*other.module_));
  scope->remember(other.module_.get(), module_);
  scope->remember(module_.get(), module_);
}

Layer& Layer::operator=(const Layer& other) & {
  // Makes the check of ModuleBase's assignment on a handle, without assigning to the module inside.
  ModuleBase place = detail::Access::handle(detail::Access::state(*module_));
  place = static_cast<const ModuleBase&>(other.module());
  module_ = other.module_;
  copy_ = other.copy_;
  return *this;
}

std::ostream& operator<<(std::ostream& out, const Layer& layer) { return out << layer.module(); }

void Layer::throw_wrong_class(const std::type_info& wanted) const {
  throw std::invalid_argument("Layer: this one is a " + module_->type_name() + ", not a " + detail::class_name(wanted));
}

Sequential::Sequential() = default;
Sequential::Sequential(const Sequential&) = default;
Sequential::Sequential(Sequential&&) noexcept = default;
Sequential& Sequential::operator=(const Sequential&) = default;
Sequential& Sequential::operator=(Sequential&&) = default;
Sequential::~Sequential() = default;

Sequential::Sequential(std::initializer_list<Layer> layers) {
  if (layers.size() == 1 && layers.begin()->is<Sequential>()) {
    *this = layers.begin()->as<Sequential>();
    return;
  }
  for (const Layer& layer : layers) push_back(layer);
}

Sequential::Sequential(std::initializer_list<std::pair<std::string, Layer>> layers) {
  for (const auto& [name, layer] : layers) push_back(name, layer);
}

void Sequential::push_back(const Layer& layer) { push_back(std::to_string(size()), layer); }

void Sequential::push_back(const std::string& name, const Layer& layer) {
  layers_->reserve(size() + 1);
  add(name, layer);
  layers_->push_back(layer);
}

Layer Sequential::operator[](Dim i) const {
  const auto count = static_cast<std::int64_t>(size());
  const std::int64_t place = i < 0 ? i + count : i.value();
  if (place < 0 || place >= count)
    throw std::invalid_argument(type_name() + ": there is no layer " + std::to_string(i) + ": it has " +
                                std::to_string(count));
  return (*layers_)[static_cast<std::size_t>(place)];
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (std::size_t i = 0; i < layers_->size(); ++i) y = (*layers_)[i](y, call_site());  // a hook may change the list
  return y;
}

MLP::MLP(const Shape& sizes) : MLP(sizes, ReLU()) {}

MLP::MLP(const Shape& sizes, const Layer& activation, Bias bias) {
  const xgrad::detail::Calling calling("MLP");
  if (sizes.rank() < 2)
    throw std::invalid_argument("MLP: got sizes " + to_string(sizes) +
                                ": at least those of the input and the output are needed");
  for (std::size_t i = 1; i < sizes.rank(); ++i) {
    if (i > 1) push_back(clone(activation));
    push_back(Linear(sizes[i - 1], sizes[i], bias));
  }
}

}  // namespace xgrad::nn
