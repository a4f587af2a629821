// Making the sections of a part.
#pragma once
#include <vector>

#include "value.hpp"

namespace notcontent {

// Bit i of what comes out is bit order[i] of the value; bit i of 32 bytes is bit i % 8 of byte i / 8.
class Permutation {
  public:
    Permutation(const uint8_t* order, const uint8_t* end);
    void apply(const uint8_t* values, size_t count, uint8_t* out) const;

  private:
    std::vector<Words> table_;  // what each half byte contributes: 64 * 16 values, which stay in the nearest cache
};

// Sums words of 8 bytes, each times an odd number of its own: no change of a single word goes unseen.
uint64_t checksum(const uint8_t* bytes, size_t length);

// The posting lists of one band. `rows` names the rows to post, ascending; all `count` first ones if it is null.
void post_band(const uint8_t* values, const uint32_t* rows, size_t count, unsigned band, uint32_t* offsets,
               uint16_t* checks, uint32_t* posted_rows);

}  // namespace notcontent
