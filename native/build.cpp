#include "build.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace notcontent {

Permutation::Permutation(const uint8_t* order, const uint8_t* end) : table_(64 * 16, Words{}) {
    for (unsigned bit = 0; order != end; ++bit, ++order) {
        for (unsigned half = 0; half < 16; ++half) {
            if (half >> (*order % 4) & 1) table_[*order / 4 * 16 + half].word[bit / 64] |= uint64_t{1} << (bit % 64);
        }
    }
}

void Permutation::apply(const uint8_t* values, size_t count, uint8_t* out) const {
    for (size_t i = 0; i < count; ++i) {
        Words sum{};
        for (unsigned byte = 0; byte < kValueBytes; ++byte) {
            unsigned value = values[i * kValueBytes + byte];
            const Words& low = table_[byte * 32 + (value & 15)];
            const Words& high = table_[byte * 32 + 16 + (value >> 4)];
            for (unsigned w = 0; w < 4; ++w) sum.word[w] |= low.word[w] | high.word[w];
        }
        std::memcpy(out + i * kValueBytes, &sum, kValueBytes);
    }
}

namespace {

constexpr size_t kSumWords = 4096;

uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

}  // namespace

uint64_t checksum(const uint8_t* bytes, size_t length) {
    static const std::vector<uint64_t> weights = [] {
        std::vector<uint64_t> all(kSumWords);
        for (size_t i = 0; i < kSumWords; ++i) all[i] = mix(i) | 1;
        return all;
    }();
    uint64_t total = length;
    for (size_t start = 0; start < length; start += kSumWords * 8) {
        uint64_t sum = 0;
        size_t words = (std::min(length - start, kSumWords * 8) + 7) / 8;
        for (size_t i = 0; i < words; ++i) {
            uint64_t word = 0;
            size_t at = start + i * 8;
            std::memcpy(&word, bytes + at, std::min<size_t>(8, length - at));
            sum += word * weights[i];
        }
        total = total * 0x9fb21c651e98df25u + sum;
    }
    return total;
}

void post_band(const uint8_t* values, const uint32_t* rows, size_t count, unsigned band, uint32_t* offsets,
               uint16_t* checks, uint32_t* posted_rows) {
    // Two levels, so that every write goes to one of 256 places that the cache can hold: first by the high half of the
    // key, then each of those by the low half. Both keep the order, so rows ascend within a bucket.
    struct Posting {
        uint32_t row;
        uint16_t key, check;
    };
    std::unique_ptr<Posting[]> spread(new Posting[count]);
    std::array<size_t, 257> places{};
    auto row_at = [&](size_t i) { return rows ? rows[i] : static_cast<uint32_t>(i); };
    auto value_at = [&](size_t i) { return values + static_cast<size_t>(row_at(i)) * kValueBytes; };
    for (size_t i = 0; i < count; ++i) ++places[(band_of(value_at(i), band) >> 8) + 1];
    for (unsigned high = 0; high < 256; ++high) places[high + 1] += places[high];
    std::array<size_t, 257> next = places;
    for (size_t i = 0; i < count; ++i) {
        uint16_t key = band_of(value_at(i), band);
        spread[next[key >> 8]++] = Posting{row_at(i), key, band_of(value_at(i), band + 1)};
    }
    for (unsigned high = 0; high < 256; ++high) {
        std::array<uint32_t, 257> low{};
        for (size_t i = places[high]; i < places[high + 1]; ++i) ++low[(spread[i].key & 255) + 1];
        low[0] = static_cast<uint32_t>(places[high]);
        for (unsigned key = 0; key < 256; ++key) low[key + 1] += low[key];
        for (unsigned key = 0; key < 256; ++key) offsets[high * 256 + key] = low[key];
        for (size_t i = places[high]; i < places[high + 1]; ++i) {
            uint32_t at = low[spread[i].key & 255]++;
            checks[at] = spread[i].check;
            posted_rows[at] = spread[i].row;
        }
    }
    offsets[kKeys] = static_cast<uint32_t>(count);
}

}  // namespace notcontent
