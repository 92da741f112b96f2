#pragma once

// Which sanitizer this build has: g++ defines a macro, clang has a feature.

#if defined(__SANITIZE_THREAD__)
inline constexpr bool thread_sanitized = true, address_sanitized = false;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr bool thread_sanitized = false, address_sanitized = true;
#elif defined(__has_feature)
inline constexpr bool thread_sanitized = __has_feature(thread_sanitizer);
inline constexpr bool address_sanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool thread_sanitized = false, address_sanitized = false;
#endif

inline constexpr bool sanitized = thread_sanitized || address_sanitized;
