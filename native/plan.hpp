// Which buckets a radius has to look into, and what each lets through (the pigeonring).
//
// 256 bits lie on a ring of 16 bands. Give band b a threshold T_b such that the sum of all T_b + 1 is radius + 1. If a
// value is within the radius, then the x_b = e_b - (T_b + 1), e_b being the differing bits of band b, sum to -1 or less;
// by the cycle lemma there is a start from which every prefix along the ring is negative. So some band has
// e_b <= T_b and, with the next one, e_b + e_(b+1) <= (T_b + 1) + (T_(b+1) + 1) - 1. (Qin and Xiao, VLDB 2018.)
#pragma once
#include <array>

#include "value.hpp"

namespace notcontent {

struct Plan {
    // -1: not probed at all, 0: the very bucket, 1: also the 16 buckets one bit away.
    std::array<int, kBands> threshold{};
    // How many bits of the next band may differ when this band differs in 0 or in 1.
    std::array<std::array<int, 2>, kBands> next_limit{};

    constexpr explicit Plan(unsigned radius) {
        for (unsigned band = 0; band < kBands; ++band) {
            threshold[band] = static_cast<int>((radius + kBands - band) / kBands) - 1;
        }
        for (unsigned band = 0; band < kBands; ++band) {
            int both = threshold[band] + threshold[(band + 1) % kBands] + 1;
            next_limit[band] = {both, both - 1};
        }
    }

    // Whether the pair passes in this band: what the probe and the check bits decide, from the whole difference.
    bool passes(unsigned band, const uint8_t* difference) const {
        int here = static_cast<int>(count_bits(band_of(difference, band)));
        return here <= threshold[band] &&
               static_cast<int>(count_bits(band_of(difference, band + 1))) <= next_limit[band][here];
    }

    // A near value may pass in several bands; it is reported from the first of them only.
    bool first_in(unsigned band, const Words& a, const Words& b) const {
        Words difference;
        for (unsigned i = 0; i < 4; ++i) difference.word[i] = a.word[i] ^ b.word[i];
        const auto* bytes = reinterpret_cast<const uint8_t*>(&difference);
        for (unsigned lower = 0; lower < band; ++lower) {
            if (passes(lower, bytes)) return false;
        }
        return true;
    }
};

const Plan& plan_for(unsigned radius);

}  // namespace notcontent
