#pragma once

// For this room's sources only: what every page of explain() consists of besides its graph.

namespace xgrad::detail {

extern const char* const page_style;
extern const char* const page_body;  ///< what follows the title

}  // namespace xgrad::detail
