#include "build.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace notcontent {

Permutation::Permutation(const uint8_t* order, const uint8_t* end) : table_(64 * 16, Words{}) {
    for (unsigned bit = 0; order != end; ++bit, ++order) {
        bool upper = *order / 8 >= 16;
        from_[upper][bit] = *order / 8 % 16;
        from_[!upper][bit] = 0x80;  // nothing
        mask_[bit] = static_cast<uint8_t>(1u << *order % 8);
        for (unsigned half = 0; half < 16; ++half) {
            if (half >> (*order % 4) & 1) table_[*order / 4 * 16 + half].word[bit / 64] |= uint64_t{1} << (bit % 64);
        }
    }
}

void Permutation::apply(const uint8_t* values, size_t count, uint8_t* out) const {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) return apply_avx2(values, count, out);
#endif
    apply_portable(values, count, out);
}

#if defined(__x86_64__)
// 32 bits at a time: the byte in which each of them stands, its bit in there, and whether it is set.
__attribute__((target("avx2"))) void Permutation::apply_avx2(const uint8_t* values, size_t count, uint8_t* out) const {
    auto load = [](const uint8_t* at) __attribute__((target("avx2"))) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    };
    for (size_t i = 0; i < count; ++i) {
        __m256i value = load(values + i * kValueBytes);
        __m256i lower = _mm256_permute2x128_si256(value, value, 0x00), upper = _mm256_permute2x128_si256(value, value, 0x11);
        uint32_t words[8];
        for (unsigned w = 0; w < 8; ++w) {
            __m256i mask = load(mask_ + 32 * w);
            __m256i bytes = _mm256_or_si256(_mm256_shuffle_epi8(lower, load(from_[0] + 32 * w)),
                                            _mm256_shuffle_epi8(upper, load(from_[1] + 32 * w)));
            __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, mask), mask);
            words[w] = static_cast<uint32_t>(_mm256_movemask_epi8(set));
        }
        std::memcpy(out + i * kValueBytes, words, kValueBytes);
    }
}
#endif

void Permutation::apply_portable(const uint8_t* values, size_t count, uint8_t* out) const {
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

// One multiplication a word, four words at a time. Where the plainest vectors cannot multiply words, this is faster
// than what a compiler makes of it with them.
__attribute__((optimize("no-tree-vectorize", "no-tree-slp-vectorize")))
uint64_t sum_words(const uint8_t* bytes, size_t words, const uint64_t* weights) {
    uint64_t sums[4] = {};
    size_t i = 0;
    for (; i + 4 <= words; i += 4) {
        uint64_t word[4];
        std::memcpy(word, bytes + i * 8, sizeof word);
        for (unsigned k = 0; k < 4; ++k) sums[k] += word[k] * weights[i + k];
    }
    for (; i < words; ++i) {
        uint64_t word;
        std::memcpy(&word, bytes + i * 8, sizeof word);
        sums[0] += word * weights[i];
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
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
        size_t here = std::min(length - start, kSumWords * 8), words = here / 8;
        uint64_t sum = sum_words(bytes + start, words, weights.data());
        if (here % 8) {
            uint64_t last = 0;
            std::memcpy(&last, bytes + start + words * 8, here % 8);
            sum += last * weights[words];
        }
        total = total * 0x9fb21c651e98df25u + sum;
    }
    return total;
}

Postings::Postings(const uint8_t* values, const uint32_t* rows, size_t count)
    : values_(values), rows_(rows), count_(count), spread_(nullptr, std::free) {
    constexpr size_t large_page = size_t{2} << 20;
    size_t bytes = (count * sizeof(Posting) / large_page + 1) * large_page;
    spread_.reset(static_cast<Posting*>(std::aligned_alloc(large_page, bytes)));
    if (!spread_) throw std::bad_alloc();
#if defined(__linux__)
    madvise(spread_.get(), bytes, MADV_HUGEPAGE);
#endif
    // The keys of all bands are counted in one pass.
    for (size_t i = 0; i < count; ++i) {
        const uint8_t* value = value_at(i);
        for (unsigned band = 0; band < kBands; ++band) ++high_[band][value[2 * band + 1]];
    }
}

void Postings::post(unsigned band, uint32_t* offsets, uint16_t* checks, uint32_t* posted_rows) {
    // Two levels, so that every write goes to one of 256 places that the cache can hold: first by the high half of the
    // key, then each of those by the low half. Both keep the order, so rows ascend within a bucket.
    std::array<size_t, 257> places{};
    for (unsigned high = 0; high < 256; ++high) places[high + 1] = places[high] + high_[band][high];
    std::array<size_t, 257> next = places;
    Posting* spread = spread_.get();
    for (size_t i = 0; i < count_; ++i) {
        const uint8_t* value = value_at(i);
        uint16_t key = band_of(value, band);
        spread[next[key >> 8]++] = Posting{row_at(i), key, band_of(value, band + 1)};
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
    offsets[kKeys] = static_cast<uint32_t>(count_);
}

}  // namespace notcontent
