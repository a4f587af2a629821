#include "scan.hpp"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// The whole file is compiled for the plainest processor of its kind; each block below raises the target for the
// functions in it only, and calls no templates, so that nothing compiled for a newer processor leaks out of it.

namespace notcontent {

namespace portable {
#define COUNT count_bits
#include "scan_lanes.inc"
#undef COUNT

static inline Survivor* bucket_into(const uint16_t* checks, const Probe& probe, uint32_t tag, Survivor* out) {
    const uint16_t* at = checks + probe.start;
    for (uint32_t i = 0; i < probe.length; ++i) {
        // Taking the lowest set bit away `limit` times leaves nothing if there were no more.
        uint16_t left = at[i] ^ probe.wanted;
        for (unsigned n = 0; n < probe.limit; ++n) left &= static_cast<uint16_t>(left - 1);
        *out = {probe.start + i, tag};
        out += left == 0;
    }
    return out;
}

#include "scan_batch.inc"

const Scan scan{"portable", buckets, own, flipped, distance, rows, add_planes, subtract, at_least, count_present};
}  // namespace portable

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
namespace avx2 {
static inline unsigned popcount(uint64_t word) { return static_cast<unsigned>(__builtin_popcountll(word)); }
#define COUNT popcount
#include "scan_lanes.inc"
#undef COUNT

static inline Survivor* bucket_into(const uint16_t* checks, const Probe& probe, uint32_t tag, Survivor* out) {
    const uint16_t* at = checks + probe.start;
    const __m256i wanted = _mm256_set1_epi16(static_cast<short>(probe.wanted));
    const __m256i one = _mm256_set1_epi16(1), zero = _mm256_setzero_si256();
    for (uint32_t i = 0; i < probe.length; i += 16) {
        __m256i left = _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + i)), wanted);
        for (unsigned n = 0; n < probe.limit; ++n) left = _mm256_and_si256(left, _mm256_sub_epi16(left, one));
        // Two mask bits for each of the 16 lanes: keep one of them.
        uint32_t mask = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi16(left, zero))) & 0x55555555u;
        if (probe.length - i < 16) mask &= (1u << (2 * (probe.length - i))) - 1;
        for (; mask; mask &= mask - 1) *out++ = {probe.start + i + (static_cast<uint32_t>(__builtin_ctz(mask)) >> 1), tag};
    }
    return out;
}

#include "scan_batch.inc"

const Scan scan{"avx2", buckets, own, flipped, distance, rows, add_planes, subtract, at_least, count_present};
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bitalg,avx512vpopcntdq,bmi,bmi2,lzcnt,popcnt")
namespace avx512 {
static inline unsigned popcount(uint64_t word) { return static_cast<unsigned>(__builtin_popcountll(word)); }
#define COUNT popcount
#include "scan_lanes.inc"
#undef COUNT

static inline Survivor* bucket_into(const uint16_t* checks, const Probe& probe, uint32_t tag, Survivor* out) {
    const uint16_t* at = checks + probe.start;
    const __m512i wanted = _mm512_set1_epi16(static_cast<short>(probe.wanted));
    const __m512i limit = _mm512_set1_epi16(static_cast<short>(probe.limit));
    for (uint32_t i = 0; i < probe.length; i += 32) {
        __m512i count = _mm512_popcnt_epi16(_mm512_xor_si512(_mm512_loadu_si512(at + i), wanted));
        uint32_t mask = _mm512_cmple_epu16_mask(count, limit);
        if (probe.length - i < 32) mask &= (1u << (probe.length - i)) - 1;
        for (; mask; mask &= mask - 1) *out++ = {probe.start + i + static_cast<uint32_t>(__builtin_ctz(mask)), tag};
    }
    return out;
}

#include "scan_batch.inc"

const Scan scan{"avx512", buckets, own, flipped, distance, rows, add_planes, subtract, at_least, count_present};
}  // namespace avx512
#pragma GCC pop_options

#elif defined(__aarch64__)

namespace neon {
static inline unsigned popcount(uint64_t word) { return vaddlv_u8(vcnt_u8(vcreate_u8(word))); }
#define COUNT popcount
#include "scan_lanes.inc"
#undef COUNT

static inline Survivor* bucket_into(const uint16_t* checks, const Probe& probe, uint32_t tag, Survivor* out) {
    const uint16_t* at = checks + probe.start;
    const uint16x8_t wanted = vdupq_n_u16(probe.wanted), limit = vdupq_n_u16(probe.limit);
    for (uint32_t i = 0; i < probe.length; i += 8) {
        uint16x8_t difference = veorq_u16(vld1q_u16(at + i), wanted);
        uint16x8_t count = vpaddlq_u8(vcntq_u8(vreinterpretq_u8_u16(difference)));
        // Eight bits for each of the 8 lanes: keep one of them.
        uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(vmovn_u16(vcleq_u16(count, limit))), 0);
        mask &= 0x0101010101010101u;
        if (probe.length - i < 8) mask &= (uint64_t{1} << (8 * (probe.length - i))) - 1;
        for (; mask; mask &= mask - 1) {
            *out++ = {probe.start + i + (static_cast<uint32_t>(__builtin_ctzll(mask)) >> 3), tag};
        }
    }
    return out;
}

#include "scan_batch.inc"

const Scan scan{"neon", buckets, own, flipped, distance, rows, add_planes, subtract, at_least, count_present};
}  // namespace neon

#endif

namespace {

bool runs_here(const Scan& scan) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (&scan == &avx512::scan) {
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bitalg") &&
               __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("bmi2");
    }
    if (&scan == &avx2::scan) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    }
#endif
    (void)scan;
    return true;
}

const Scan* const kScans[] = {
#if defined(__x86_64__)
    &avx512::scan,
    &avx2::scan,
#elif defined(__aarch64__)
    &neon::scan,
#endif
    &portable::scan,
};

}  // namespace

const Scan& best_scan() {
    for (const Scan* scan : kScans) {
        if (runs_here(*scan)) return *scan;
    }
    return portable::scan;
}

const Scan* scan_named(const char* name) {
    for (const Scan* scan : kScans) {
        if (std::strcmp(scan->name, name) == 0 && runs_here(*scan)) return scan;
    }
    return nullptr;
}

}  // namespace notcontent
