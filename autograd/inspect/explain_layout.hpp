#pragma once

// For this room's sources only: the part of a page of explain() that places its nodes.

namespace xgrad::detail {

/// Functions that place the nodes in layers; they know nothing of the page.
extern const char* const page_layout;

}  // namespace xgrad::detail
