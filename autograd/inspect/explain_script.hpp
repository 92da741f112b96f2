#pragma once

// For this room's sources only: the part of a page of explain() that draws and steps.

namespace xgrad::detail {

extern const char* const page_script;

}  // namespace xgrad::detail
