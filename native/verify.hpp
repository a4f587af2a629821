// The last look at a value that passed its check bits.
#pragma once
#include "answer.hpp"
#include "part.hpp"
#include "plan.hpp"
#include "scan.hpp"

namespace notcontent {

inline void prefetch(const void* at) { __builtin_prefetch(at, 0, 3); }

// Is it near, does it count, and is this the band to report it from?
inline void verify(const Part& part, const Scan& scan, const uint8_t* query, unsigned radius, unsigned band,
                   uint32_t row, uint32_t listed, Answer& answer) {
    const uint8_t* value = part.values + static_cast<size_t>(row) * kValueBytes;
    unsigned distance = scan.distance(value, query);
    if (distance > radius || part.is_silent(row)) return;
    if (plan_for(radius).first_in(band, load_words(value), load_words(query))) {
        answer.add(distance, part.id_of(row), listed);
    }
}

}  // namespace notcontent
