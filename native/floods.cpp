#include "floods.hpp"

#include "verify.hpp"

namespace notcontent {

namespace {

// The distance of one lane, read down its planes.
unsigned distance_of(const uint64_t (*distance)[kLaneWords], unsigned lane) {
    unsigned value = 0;
    for (unsigned plane = 0; plane < kWeightPlanes; ++plane) {
        value |= static_cast<unsigned>(distance[plane][lane / 64] >> (lane % 64) & 1) << plane;
    }
    return value;
}

// A block is worked on in less time than the next takes to come from memory.
constexpr uint64_t kBlocksAhead = 3;

// The planes of one block's distances, and which of its lanes count.
struct Seen {
    explicit Seen(const Scan& with) : scan(with) {}

    const Scan& scan;
    uint64_t distance[kWeightPlanes][kLaneWords], near[kLaneWords];

    // Lanes that count and whose distance is at most `most`; how many.
    unsigned at_most(unsigned most, uint64_t* mask) const {
        scan.at_most(distance, most, mask);
        for (unsigned w = 0; w < kLaneWords; ++w) mask[w] &= near[w];
        return scan.count_lanes(mask);
    }
};

void search_block(const Part& part, const Scan& scan, uint64_t number, const uint16_t* differing, unsigned count,
                  unsigned radius, uint32_t listed, Answer& answer) {
    const FloodBlock& block = part.blocks[number];
    // A member of weight w lies between |count - w| and count + w.
    unsigned least = count > block.most_weight ? count - block.most_weight
                                               : block.least_weight - std::min(count, block.least_weight);
    if (least > radius) return;
    Seen seen(scan);
    for (unsigned w = 0; w < kLaneWords; ++w) {
        uint64_t silent;
        std::memcpy(&silent, part.silent_lanes + (number * kLaneWords + w) * 8, 8);
        unsigned used = std::min(64u, block.members - std::min(block.members, w * 64));
        seen.near[w] = used == 0 ? 0 : ~silent & ~uint64_t{0} >> (64 - used);
    }
    // Of 100,000 near ones only those are looked at one by one that may be listed. Rows ascend with their ids within
    // a block, so at the bound's own distance a block that begins beyond the bound's id has nothing to add.
    int most = listed && block.rows[0] < part.rows ? static_cast<int>(radius) : -1;
    if (most >= 0 && answer.bound() != ~0ull) {
        int bound = static_cast<int>(answer.bound() >> 32);
        bool ties = part.id_of(block.rows[0]) < static_cast<uint32_t>(answer.bound());
        most = std::min(most, ties ? bound : bound - 1);
    }
    bool all = count + block.most_weight <= radius, lists = most >= static_cast<int>(least);
    if (all) answer.total += scan.count_lanes(seen.near);
    if (all && !lists) return;
    const FloodBlock& next = part.blocks[std::min(number + kBlocksAhead, part.block_count - 1)];
    if (!scan.lanes(block, next, differing, count, all ? static_cast<unsigned>(most) : radius, seen.distance)) return;
    uint64_t keep[kLaneWords];
    if (!all) {
        unsigned found = seen.at_most(radius, keep);
        answer.total += found;
        lists = lists && found;
    }
    if (!lists) return;
    unsigned left = seen.at_most(static_cast<unsigned>(most), keep);
    // Nor does a block add more than it takes to fill the list: no farther ones, and of those at the last distance the
    // first only.
    for (uint64_t fewer[kLaneWords]; left > listed && most > 0; --most) {
        unsigned nearer = seen.at_most(static_cast<unsigned>(most) - 1, fewer);
        if (nearer < listed) break;
        std::copy(fewer, fewer + kLaneWords, keep);
        left = nearer;
    }
    unsigned at_last = 0, chosen = 0;
    uint16_t lanes[kLanes], bits[kLanes];
    for (unsigned w = 0; w < kLaneWords; ++w) {
        for (uint64_t mask = keep[w]; mask; mask &= mask - 1) {
            unsigned lane = w * 64 + static_cast<unsigned>(__builtin_ctzll(mask));
            unsigned distance = distance_of(seen.distance, lane);
            if (distance == static_cast<unsigned>(most) && ++at_last > listed) continue;
            prefetch(block.rows + lane);
            lanes[chosen] = static_cast<uint16_t>(lane);
            bits[chosen++] = static_cast<uint16_t>(distance);
        }
    }
    for (unsigned i = 0; i < chosen; ++i) {
        uint32_t row = block.rows[lanes[i]];
        if (row < part.rows) answer.keep(bits[i], part.id_of(row), listed);
    }
}

}  // namespace

void search_floods(const Part& part, const Scan& scan, const uint8_t* query, unsigned radius, uint32_t listed,
                   Answer& answer) {
    for (uint64_t i = 0; i < part.flood_count; ++i) {
        const Flood& flood = part.floods[i];
        unsigned far = scan.distance(query, flood.centre);
        if (far > radius + flood.most_weight || far + radius < flood.least_weight) continue;
        uint16_t differing[256];
        unsigned count = 0;
        for (unsigned byte = 0; byte < kValueBytes; ++byte) {
            for (unsigned bits = query[byte] ^ flood.centre[byte]; bits; bits &= bits - 1) {
                differing[count++] = static_cast<uint16_t>(byte * 8 + static_cast<unsigned>(__builtin_ctz(bits)));
            }
        }
        uint64_t end = std::min<uint64_t>(uint64_t{flood.first_block} + flood.blocks, part.block_count);
        for (uint64_t block = flood.first_block; block < end; ++block) {
            search_block(part, scan, block, differing, count, radius, listed, answer);
        }
    }
}

}  // namespace notcontent
