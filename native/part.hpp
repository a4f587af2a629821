// What a search reads: one immutable part of the index, and the live rows. Nothing here owns memory.
#pragma once
#include <algorithm>

#include "value.hpp"

namespace notcontent {

constexpr unsigned kLanes = 512;          // members of one block of a flood
constexpr unsigned kLaneWords = kLanes / 64;
constexpr unsigned kWeightPlanes = 9;     // a weight is 0..256
constexpr unsigned kValuePlanes = 256;
constexpr unsigned kPlanes = kValuePlanes + kWeightPlanes;

// A flood: very many values near one centre. They stand in no posting list. (layout.py names the same fields.)
struct Flood {
    uint8_t centre[kValueBytes];
    uint32_t first_block, blocks;
    uint32_t least_weight, most_weight;   // differing bits between the centre and its members
};

// Up to 512 members, which fill the first lanes. Those of like weight stand together; within a block rows ascend.
struct FloodBlock {
    uint16_t members, least_weight, most_weight, zero;
    uint32_t first_row, last_row;
};

struct Part {
    uint64_t rows = 0;                    // rows stand in ascending order of their ids
    const uint8_t* values = nullptr;      // 32 bytes each
    const uint8_t* silent = nullptr;      // a bit each: does not match; other processes may set bits meanwhile
    const uint8_t* silent_lanes = nullptr;  // the same for the lanes of the blocks
    const uint32_t* run_rows = nullptr;   // runs of consecutive ids: first row, first id
    const uint32_t* run_ids = nullptr;
    uint64_t runs = 0;
    uint64_t posted = 0;                  // rows that stand in the posting lists
    const uint32_t* offsets = nullptr;    // [16][65537]
    const uint16_t* checks = nullptr;     // [16][posted], readable 64 bytes beyond
    const uint32_t* posted_rows = nullptr;  // [16][posted]
    const Flood* floods = nullptr;
    uint64_t flood_count = 0;
    const FloodBlock* blocks = nullptr;
    uint64_t block_count = 0;
    // Members as bits: plane j says of each whether it differs from its centre in bit j, the last ones in how many. A
    // flood's planes begin at its first block's; each holds all its blocks, 8 words for each.
    const uint64_t* planes = nullptr;
    const uint32_t* lane_rows = nullptr;  // [blocks][512]

    bool is_silent(uint64_t row) const { return silent[row >> 3] >> (row & 7) & 1; }

    uint32_t id_of(uint64_t row) const {
        uint64_t run = std::upper_bound(run_rows, run_rows + runs, row) - run_rows;
        return run == 0 ? 0 : run_ids[run - 1] + static_cast<uint32_t>(row - run_rows[run - 1]);
    }
};

struct Live {
    uint64_t used = 0;
    const uint8_t* values = nullptr;
    const uint32_t* ids_plus_one = nullptr;  // 0: nothing was written there
    const uint8_t* silent = nullptr;

    bool is_silent(uint64_t row) const { return silent[row >> 3] >> (row & 7) & 1; }
};

}  // namespace notcontent
