// The inner loops, once for each kind of processor; chosen when the module is loaded.
#pragma once
#include "part.hpp"

namespace notcontent {

// One bucket of a posting list that a query looks into.
struct Probe {
    uint32_t start, length;   // positions in the band's arrays
    uint16_t wanted;          // the query's bits of the next band
    uint16_t limit;           // how many of them may differ
};

// A query of a batch, as one band sees it.
struct Asker {
    static constexpr uint32_t kNever = 15;
    uint16_t key, wanted;
    uint32_t query : 24, limit : 4, flipped_limit : 4;  // limits of the key itself, and of those one bit away
};

// A posting whose check bits let it through; the tag is its asker's number, or a band.
struct Survivor {
    uint32_t position, tag;
};

// Where survivors go; emptied when there is no room for another piece of a bucket.
struct Sink {
    Survivor *begin, *at, *end;
    void (*flush)(Sink*);
    void* batch;
    const uint16_t *ahead, *ahead_end;  // check bits that will be asked for next, to be brought on their way meanwhile
};

constexpr uint32_t kPieceLength = 4096;

// The posting lists of one band.
struct Band {
    const uint32_t* offsets;
    const uint16_t* checks;
    uint64_t posted;
};

// How many bit planes hold a sum of so many.
inline unsigned levels_for(unsigned count) { return count < 32 ? 5 : count < 64 ? 6 : kWeightPlanes; }

struct Scan {
    const char* name;
    // Positions of these buckets whose check bits differ from the wanted ones in at most `limit`, each with its band; the
    // end of what was written. `out` has room for every position. A band's check bits are `posted` after the one before.
    Survivor* (*buckets)(const uint16_t* checks, uint64_t posted, const Probe* probes, const uint8_t* bands,
                         size_t count, Survivor* out);
    // Survivors of these askers in the buckets of their keys, and of the keys that differ in one of the lower 8 bits.
    void (*own)(const Band& band, const Asker* begin, const Asker* end, Sink* sink);
    // Survivors of these askers in the buckets of their keys with this bit flipped.
    void (*flipped)(const Band& band, const Asker* begin, const Asker* end, uint16_t bit, Sink* sink);
    // Differing bits of two values.
    unsigned (*distance)(const uint8_t* a, const uint8_t* b);
    // Rows within the radius, with their distances; how many there are.
    size_t (*rows)(const uint8_t* values, size_t count, const uint8_t* query, unsigned radius, uint32_t* out_rows,
                   uint16_t* out_distances);
    // Lanes of a block that stand in at least `least` of these planes and are not absent: how many, and if there are
    // any, which, and as bit planes in how many they stand. The block begins at word `at` of each plane.
    unsigned (*add_planes)(const uint64_t* const* columns, unsigned count, size_t at, unsigned least,
                           const void* absent, uint64_t (*sums)[kLaneWords], uint64_t* mask);
    // Makes of these sums 511 less the distance, for lanes of these weights and a query of weight `count`.
    void (*subtract)(const uint64_t* weights, size_t stride, unsigned count, uint64_t (*sums)[kLaneWords]);
    // Lanes whose sum, so many planes of it, is at least `least`, and that are not absent; how many.
    unsigned (*at_least)(const uint64_t (*sums)[kLaneWords], unsigned levels, unsigned least, const void* absent,
                         uint64_t* mask);
    unsigned (*count_present)(const void* absent);
};

// The best one this processor can run. `name` asks for one of them; nullptr if it can't run here.
const Scan& best_scan();
const Scan* scan_named(const char* name);

}  // namespace notcontent
