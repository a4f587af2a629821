// A fingerprint as the kernel sees it: 32 bytes, already permuted.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace notcontent {

constexpr unsigned kBands = 16;          // bands of 16 bits each
constexpr unsigned kKeys = 65536;        // values of one band
constexpr unsigned kValueBytes = 32;
constexpr unsigned kIndexRadius = 31;    // larger radii compare every value

struct Words {
    uint64_t word[4];
};

inline Words load_words(const uint8_t* value) {
    Words words;
    std::memcpy(&words, value, kValueBytes);
    return words;
}

// The 16 bits of one band; the bands lie on a ring.
inline uint16_t band_of(const uint8_t* value, unsigned band) {
    uint16_t bits;
    std::memcpy(&bits, value + 2 * (band % kBands), 2);
    return bits;
}

// Counts bits without an instruction for it, so that it runs on any processor.
inline unsigned count_bits(uint64_t word) {
    word -= (word >> 1) & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + ((word >> 2) & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return static_cast<unsigned>((word * 0x0101010101010101u) >> 56);
}

inline unsigned differing_bits(const Words& a, const Words& b) {
    unsigned count = 0;
    for (unsigned i = 0; i < 4; ++i) count += count_bits(a.word[i] ^ b.word[i]);
    return count;
}

}  // namespace notcontent
