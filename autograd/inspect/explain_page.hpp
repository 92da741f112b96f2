#pragma once

// For this room's sources only: what every page of explain() consists of besides its graph.

namespace xgrad::detail {

extern const char* const page_style;
extern const char* const page_body;    ///< what follows the title
extern const char* const page_layout;  ///< functions that place the nodes in layers; they know nothing of the page
extern const char* const page_script;

}  // namespace xgrad::detail
