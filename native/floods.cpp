#include "floods.hpp"

#include "verify.hpp"

namespace notcontent {

namespace {

// Members that may come to be listed. Their rows are scattered over memory and looked up in the end, for those only
// that are not outdone by then.
class Shortlist {
  public:
    Shortlist(const Part& part, unsigned radius, uint32_t listed, Answer& answer)
        : part_(part), listed_(listed), farthest_(radius), answer_(answer) {}

    // Members of this block beyond this distance will not be listed; -1 if none will. Rows ascend with their ids.
    int most(const FloodBlock& block) const {
        if (!listed_) return -1;
        int most = static_cast<int>(farthest_);
        // Enough are as near already, and all of them before this block.
        if (near_ >= listed_ && block.first_row > last_row_) --most;
        if (answer_.bound() == ~0ull || most < 0) return most;
        int bound = static_cast<int>(answer_.bound() >> 32);
        bool ties = part_.id_of(block.first_row) < static_cast<uint32_t>(answer_.bound());
        return std::min(most, ties ? bound : bound - 1);
    }

    void add(unsigned distance, uint64_t lane) {
        waiting_[count_++] = {distance, static_cast<uint32_t>(lane)};
        ++at_[distance];
        ++near_;
    }

    // After the members of a block: there is room for those of another.
    void end_block(const FloodBlock& block) {
        last_row_ = std::max(last_row_, block.last_row);
        while (farthest_ && near_ - at_[farthest_] >= listed_) near_ -= at_[farthest_--];
        if (count_ + kLanes > kMost) look_up();
    }

    void look_up() {
        // By distance, so that they need no sorting where rows ascend from block to block.
        unsigned places[kIndexRadius + 2] = {};
        for (unsigned i = 0; i < count_; ++i) {
            ++places[waiting_[i].distance + 1];
            if (waiting_[i].distance <= farthest_) prefetch(part_.lane_rows + waiting_[i].lane);
        }
        for (unsigned distance = 0; distance <= farthest_; ++distance) places[distance + 1] += places[distance];
        unsigned left = places[farthest_ + 1];
        Candidate nearest[kMost];
        for (unsigned i = 0; i < count_; ++i) {
            if (waiting_[i].distance <= farthest_) nearest[places[waiting_[i].distance]++] = waiting_[i];
        }
        for (unsigned i = 0; i < left; ++i) {
            uint32_t row = part_.lane_rows[nearest[i].lane];
            if (row < part_.rows) answer_.keep(nearest[i].distance, part_.id_of(row), listed_);
        }
        count_ = 0;
    }

  private:
    struct Candidate {
        uint32_t distance, lane;  // lanes are counted through all blocks
    };
    static constexpr unsigned kMost = 4 * kLanes;

    const Part& part_;
    uint32_t listed_;
    unsigned farthest_;                   // beyond it nothing will be listed
    Answer& answer_;
    uint64_t near_ = 0;                   // how many were added that lie no farther
    uint32_t at_[kIndexRadius + 1] = {};  // how many were added at each distance
    uint32_t last_row_ = 0;
    unsigned count_ = 0;
    Candidate waiting_[kMost];
};

// One query in one flood.
struct Question {
    const uint64_t* columns[kValuePlanes];  // the planes of the bits in which it differs from the centre
    unsigned count = 0, radius;
    const uint64_t* weights;                // the planes of the weights
    size_t stride;                          // words of a plane
};

// The sums of one block's lanes, and what they say of distances.
struct Sums {
    alignas(64) uint64_t planes[kWeightPlanes][kLaneWords];
    unsigned levels, zero_at, doubled;  // distance = zero_at - (sum << doubled)

    // What a lane's sum is at least if its distance is at most this.
    unsigned least(unsigned most) const { return zero_at > most ? (zero_at - most + doubled) >> doubled : 0; }

    unsigned distance(unsigned lane) const {
        unsigned sum = 0;
        for (unsigned plane = 0; plane < levels; ++plane) {
            sum |= static_cast<unsigned>(planes[plane][lane / 64] >> (lane % 64) & 1) << plane;
        }
        return zero_at - std::min(zero_at, sum << doubled);
    }
};

// The lanes of a block that do not count: its silent ones, and those in which no member stands. `room` is for them.
const void* absent_lanes(const Part& part, uint64_t number, uint64_t* room) {
    const uint8_t* silent = part.silent_lanes + number * (kLanes / 8);
    unsigned members = part.blocks[number].members;
    if (members >= kLanes) return silent;
    std::memcpy(room, silent, kLanes / 8);
    for (unsigned w = members / 64; w < kLaneWords; ++w) room[w] |= ~uint64_t{0} << (w == members / 64 ? members % 64 : 0);
    return room;
}

void search_block(const Part& part, const Scan& scan, uint64_t number, size_t at, const Question& question,
                  uint32_t listed, Shortlist& shortlist, Answer& answer) {
    const FloodBlock& block = part.blocks[number];
    unsigned count = question.count, radius = question.radius;
    // A member of weight w lies between |count - w| and count + w.
    unsigned nearest = count > block.most_weight ? count - block.most_weight
                                                 : block.least_weight - std::min<unsigned>(count, block.least_weight);
    if (nearest > radius || !block.members) return;
    int most = shortlist.most(block);
    bool all = count + block.most_weight <= radius, lists = most >= static_cast<int>(nearest);
    alignas(64) uint64_t room[kLaneWords], near[kLaneWords], fewer[kLaneWords];
    const void* absent = absent_lanes(part, number, room);
    if (all) answer.total += scan.count_present(absent);
    if (all && !lists) return;
    // A member that shares s of the query's differing bits lies at weight + count - 2 s.
    Sums sums;
    sums.levels = levels_for(count), sums.zero_at = block.least_weight + count, sums.doubled = 1;
    unsigned within = all ? static_cast<unsigned>(most) : radius;
    unsigned left = scan.add_planes(question.columns, count, at, sums.least(within), absent, sums.planes, near);
    if (!left) return;
    auto at_most = [&](unsigned distance, uint64_t* mask) {
        return scan.at_least(sums.planes, sums.levels, sums.least(distance), absent, mask);
    };
    if (block.least_weight != block.most_weight) {
        scan.subtract(question.weights + at, question.stride, count, sums.planes);
        sums.levels = kWeightPlanes, sums.zero_at = (1u << kWeightPlanes) - 1, sums.doubled = 0;
        left = at_most(within, near);
    }
    if (!all) answer.total += left;
    if (!lists) return;
    if (static_cast<unsigned>(most) < within) left = at_most(static_cast<unsigned>(most), near);
    // Nor does a block add more than it takes to fill the list: no farther ones, and of those at the last distance the
    // first only.
    for (; left > listed && most > 0; --most) {
        unsigned nearer = at_most(static_cast<unsigned>(most) - 1, fewer);
        if (nearer < listed) break;
        std::copy(fewer, fewer + kLaneWords, near);
        left = nearer;
    }
    if (!left) return;
    unsigned at_last = 0;
    for (unsigned w = 0; w < kLaneWords; ++w) {
        for (uint64_t mask = near[w]; mask; mask &= mask - 1) {
            unsigned lane = w * 64 + static_cast<unsigned>(__builtin_ctzll(mask));
            unsigned distance = sums.distance(lane);
            if (distance == static_cast<unsigned>(most) && ++at_last > listed) continue;
            shortlist.add(distance, number * kLanes + lane);
        }
    }
    shortlist.end_block(block);
}

}  // namespace

void search_floods(const Part& part, const Scan& scan, const uint8_t* query, unsigned radius, uint32_t listed,
                   Answer& answer) {
    if (!part.flood_count) return;
    Shortlist shortlist(part, radius, listed, answer);
    for (uint64_t i = 0; i < part.flood_count; ++i) {
        const Flood& flood = part.floods[i];
        unsigned far = scan.distance(query, flood.centre);
        if (far > radius + flood.most_weight || far + radius < flood.least_weight) continue;
        // A damaged file must not lead a search astray.
        if (uint64_t{flood.first_block} + flood.blocks > part.block_count) continue;
        const uint64_t* planes = part.planes + size_t{flood.first_block} * kPlanes * kLaneWords;
        Question question;
        question.radius = radius;
        question.stride = size_t{flood.blocks} * kLaneWords;
        question.weights = planes + kValuePlanes * question.stride;
        for (unsigned byte = 0; byte < kValueBytes; ++byte) {
            for (unsigned bits = query[byte] ^ flood.centre[byte]; bits; bits &= bits - 1) {
                unsigned plane = byte * 8 + static_cast<unsigned>(__builtin_ctz(bits));
                question.columns[question.count++] = planes + plane * question.stride;
            }
        }
        for (uint32_t block = 0; block < flood.blocks; ++block) {
            search_block(part, scan, uint64_t{flood.first_block} + block, size_t{block} * kLaneWords, question, listed,
                         shortlist, answer);
        }
    }
    shortlist.look_up();
}

}  // namespace notcontent
