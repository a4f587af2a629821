// Runs the kernel's scans against vectors whose answers were found by comparing everything, without Python, so that it
// can also be run for a processor that is only emulated. Every check that fails is named; the exit code says so.
//
// The vectors: five uint32 (rows, queries, flood members, expected pairs, reserved), the flood's centre, the values, the
// queries, radii (uint16), the flood's blocks, planes and lanes, then for each pair uint32 query, row, distance. Little-endian.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <tuple>
#include <vector>

#include "build.hpp"
#include "search.hpp"

using namespace notcontent;

namespace {

struct Reader {
    std::vector<uint8_t> bytes;
    size_t at = 0;

    template <class T>
    std::vector<T> take(size_t count) {
        std::vector<T> out(count);
        if (at + count * sizeof(T) > bytes.size()) std::exit((std::puts("the vectors are cut off"), 2));
        std::memcpy(out.data(), bytes.data() + at, count * sizeof(T));
        at += count * sizeof(T);
        return out;
    }
};

using Pair = std::tuple<uint32_t, uint32_t, uint32_t>;

std::vector<Pair> pairs_of(std::vector<Answer>& answers) {
    std::vector<Pair> pairs;
    for (uint32_t query = 0; query < answers.size(); ++query) {
        for (uint64_t order : answers[query].finish(1u << 20)) {
            pairs.emplace_back(query, static_cast<uint32_t>(order >> 32), static_cast<uint32_t>(order));
        }
    }
    return pairs;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::puts("usage: selftest VECTORS"), 2;
    std::ifstream file(argv[1], std::ios::binary);
    Reader in{{std::istreambuf_iterator<char>(file), {}}};
    auto counts = in.take<uint32_t>(5);
    uint32_t rows = counts[0], queries = counts[1], members = counts[2];
    Flood flood{};
    auto centre = in.take<uint8_t>(kValueBytes);
    std::copy(centre.begin(), centre.end(), flood.centre);
    flood.blocks = (members + kLanes - 1) / kLanes | 1;
    flood.most_weight = 256;
    auto values = in.take<uint8_t>(size_t{rows} * kValueBytes);
    auto asked = in.take<uint8_t>(size_t{queries} * kValueBytes);
    auto radii = in.take<uint16_t>(queries);
    auto blocks = in.take<FloodBlock>(flood.blocks);
    auto planes = in.take<uint64_t>(size_t{flood.blocks} * kPlanes * kLaneWords);
    auto lanes = in.take<uint32_t>(size_t{flood.blocks} * kLanes);
    std::vector<Pair> expected;
    for (uint32_t i = 0; i < counts[3]; ++i) {
        auto pair = in.take<uint32_t>(3);
        expected.emplace_back(pair[0], pair[1], pair[2]);
    }
    // The last rows are the flood's; the others stand in the posting lists.
    uint32_t posted = rows - members;
    std::vector<uint32_t> offsets(kBands * (kKeys + 1)), postings(size_t{kBands} * posted);
    std::vector<uint16_t> checks(size_t{kBands} * posted + 32);
    Postings lists(values.data(), nullptr, posted);
    for (unsigned band = 0; band < kBands; ++band) {
        lists.post(band, &offsets[band * (kKeys + 1)], &checks[size_t{band} * posted], &postings[size_t{band} * posted]);
    }
    std::vector<uint8_t> silent((rows + 63) / 64 * 8 + flood.blocks * (kLanes / 8));
    uint32_t zero = 0;
    Part part;
    part.rows = rows, part.values = values.data(), part.silent = silent.data();
    part.silent_lanes = silent.data() + (rows + 63) / 64 * 8;
    part.run_rows = &zero, part.run_ids = &zero, part.runs = 1;
    part.posted = posted, part.offsets = offsets.data(), part.checks = checks.data();
    part.posted_rows = postings.data();
    part.floods = &flood, part.flood_count = members > 0;
    part.blocks = blocks.data(), part.block_count = flood.blocks;
    part.planes = planes.data(), part.lane_rows = lanes.data();
    Index index;
    index.parts.push_back(part);

    int failures = 0, run = 0;
    for (const char* name : {"avx512", "avx2", "neon", "portable"}) {
        const Scan* scan = scan_named(name);
        if (!scan) continue;
        ++run;
        auto answers = search(index, *scan, asked.data(), radii.data(), queries, 1u << 20);
        bool same = pairs_of(answers) == expected;
        std::vector<uint32_t> all;
        for (uint32_t query = 0; query < queries; ++query) {
            if (radii[query] <= kIndexRadius) all.push_back(query);
        }
        std::vector<Answer> streamed(queries), batched(queries);
        search_stream(part, *scan, asked.data(), radii.data(), all, 1u << 20, streamed);
        search_batch(part, *scan, asked.data(), radii.data(), all, 1u << 20, batched);
        bool ways = pairs_of(streamed) == pairs_of(batched);
        std::printf("%s %s\n", name, same && ways ? "agrees" : same ? "STREAM AND BATCH DIFFER" : "DIFFERS");
        failures += !(same && ways);
    }
    return failures || !run;
}
