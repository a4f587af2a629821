// Making the sections of a part.
#pragma once
#include <array>
#include <memory>
#include <vector>

#include "value.hpp"

namespace notcontent {

// Bit i of what comes out is bit order[i] of the value; bit i of 32 bytes is bit i % 8 of byte i / 8.
class Permutation {
  public:
    Permutation(const uint8_t* order, const uint8_t* end);
    void apply(const uint8_t* values, size_t count, uint8_t* out) const;

  private:
    void apply_avx2(const uint8_t* values, size_t count, uint8_t* out) const;
    void apply_portable(const uint8_t* values, size_t count, uint8_t* out) const;

    std::vector<Words> table_;  // what each half byte contributes: 64 * 16 values, which stay in the nearest cache
    uint8_t from_[2][256], mask_[256];  // for AVX2: the byte each bit comes from, in either half, and its place in there
};

// Sums words of 8 bytes, each times an odd number of its own: no change of a single word goes unseen.
uint64_t checksum(const uint8_t* bytes, size_t length);

// Makes the posting lists, band by band. `rows` names the rows to post, ascending; all `count` first ones if it is null.
class Postings {
  public:
    Postings(const uint8_t* values, const uint32_t* rows, size_t count);
    void post(unsigned band, uint32_t* offsets, uint16_t* checks, uint32_t* posted_rows);

  private:
    struct Posting {
        uint32_t row;
        uint16_t key, check;
    };

    uint32_t row_at(size_t i) const { return rows_ ? rows_[i] : static_cast<uint32_t>(i); }
    const uint8_t* value_at(size_t i) const { return values_ + static_cast<size_t>(row_at(i)) * kValueBytes; }

    const uint8_t* values_;
    const uint32_t* rows_;
    size_t count_;
    std::unique_ptr<Posting, void (*)(void*)> spread_;
    std::array<std::array<uint32_t, 256>, kBands> high_{};  // how many keys have this upper byte
};

}  // namespace notcontent
