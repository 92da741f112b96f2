#include <xgrad/nn/module_list.hpp>

#include <xgrad/nn/module_dict.hpp>

namespace xgrad::nn {

template class ModuleListOf<Layer>;
template class ModuleDictOf<Layer>;

}  // namespace xgrad::nn
