#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

/// 2^bits texts of one length to which std::hash of libstdc++ gives one number: with them a table of hashes takes a
/// time that grows as the square of their number. They hold ASCII characters, but no comma, quote or line break.
///
/// The hash is MurmurHash64A: of each eight bytes k it makes h = (h ^ f(k)) m, where m is odd and f can be inverted. If
/// f(a) and f(b) differ in the highest bit only, then so do the hashes after a and after b, and those after aa and bb
/// are equal.
inline std::vector<std::string> colliding_texts(unsigned bits) {
  constexpr std::uint64_t m = 0xc6a4a7935bd1e995, highest = std::uint64_t{1} << 63;
  std::uint64_t inverse = m;
  for (int i = 0; i < 6; ++i) inverse *= 2 - m * inverse;
  const auto bytes_of = [&](std::uint64_t hashed) {
    hashed *= inverse;
    const std::uint64_t number = (hashed ^ hashed >> 47) * inverse;
    std::string bytes(sizeof number, '\0');
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
  };
  const auto is_plain = [](const std::string& bytes) {
    for (const char c : bytes)
      if ((c & 0x80) != 0 || std::strchr("\"\n\r,", c) != nullptr) return false;  // which finds zero bytes too
    return true;
  };
  std::mt19937_64 random(1);
  std::string a, b;
  do {
    const std::uint64_t hashed = random();
    a = bytes_of(hashed);
    b = bytes_of(hashed ^ highest);
  } while (!is_plain(a) || !is_plain(b));
  std::vector<std::string> texts(std::size_t{1} << bits);
  for (std::size_t i = 0; i < texts.size(); ++i)
    for (unsigned bit = 0; bit < bits; ++bit) texts[i] += (i >> bit & 1) != 0 ? a + a : b + b;
  return texts;
}

/// As many texts of the same length that do not collide.
inline std::vector<std::string> ordinary_texts(unsigned bits) {
  std::vector<std::string> texts(std::size_t{1} << bits);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string number = std::to_string(i);
    texts[i] = std::string(16 * bits - number.size(), 'x') + number;
  }
  return texts;
}
