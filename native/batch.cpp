// Many queries: band after band, sorted by the upper half of their key, so that the buckets come from memory in order
// and are in the cache for all the queries that look into them.
#include "search.hpp"
#include "verify.hpp"

namespace notcontent {

namespace {

constexpr size_t kMostQueries = 1 << 24;  // an asker's number has 24 bits
constexpr size_t kSurvivors = 8192;
static_assert(kSurvivors >= 2 * kPieceLength);

struct Batch {
    const Part& part;
    const Scan& scan;
    const uint8_t* queries;
    const uint16_t* radii;
    uint32_t listed;
    std::vector<Answer>& answers;
    unsigned band;
};

// Three steps, each far enough ahead for what it asks of memory: the row, its value, and then the look at it.
void flush(Sink* sink) {
    const Batch& batch = *static_cast<const Batch*>(sink->batch);
    const Part& part = batch.part;
    const uint32_t* posted = part.posted_rows + batch.band * part.posted;
    Survivor* survivors = sink->begin;
    size_t count = static_cast<size_t>(sink->at - sink->begin);
    constexpr size_t ahead = 16;
    for (size_t i = 0; i < count + 2 * ahead; ++i) {
        if (i < count) prefetch(posted + survivors[i].position);
        if (i >= ahead && i - ahead < count) {
            Survivor& one = survivors[i - ahead];
            one.position = posted[one.position];
            prefetch(part.values + static_cast<size_t>(one.position) * kValueBytes);
        }
        if (i >= 2 * ahead) {
            const Survivor& one = survivors[i - 2 * ahead];
            if (one.position >= part.rows) continue;
            verify(part, batch.scan, batch.queries + static_cast<size_t>(one.tag) * kValueBytes,
                   batch.radii[one.tag], batch.band, one.position, batch.listed, batch.answers[one.tag]);
        }
    }
    sink->at = sink->begin;
}

// The queries that look into this band, by the upper byte of their key; where each upper byte begins.
void sort_askers(const Batch& batch, const uint32_t* chosen, size_t count, std::vector<Asker>& askers,
                 uint32_t (&begins)[257]) {
    uint32_t places[257] = {};
    auto each = [&](auto&& visit) {
        for (size_t i = 0; i < count; ++i) {
            const Plan& plan = plan_for(batch.radii[chosen[i]]);
            if (plan.threshold[batch.band] < 0) continue;
            const uint8_t* query = batch.queries + static_cast<size_t>(chosen[i]) * kValueBytes;
            visit(chosen[i], query, band_of(query, batch.band), plan);
        }
    };
    each([&](uint32_t, const uint8_t*, uint16_t key, const Plan&) { ++places[(key >> 8) + 1]; });
    for (unsigned high = 0; high < 256; ++high) places[high + 1] += places[high];
    std::copy(places, places + 257, begins);
    each([&](uint32_t number, const uint8_t* query, uint16_t key, const Plan& plan) {
        bool flips = plan.threshold[batch.band] == 1;
        askers[places[key >> 8]++] =
            Asker{key, band_of(query, batch.band + 1), number, static_cast<uint32_t>(plan.next_limit[batch.band][0]),
                  flips ? static_cast<uint32_t>(plan.next_limit[batch.band][1]) : Asker::kNever};
    });
}

// What the buckets under one upper byte fill, to be brought on its way while those before are looked into. Where few
// queries look into many buckets, most of it would be brought in vain.
void aim(const Band& band, unsigned high, size_t probes, Sink* sink) {
    sink->ahead = sink->ahead_end = nullptr;
    if (high > 255) return;
    const uint32_t* offsets = band.offsets + high * 256;
    uint32_t start = offsets[0], end = offsets[256];
    if (start >= end || end > band.posted || (end - start) / 64 > probes) return;
    for (unsigned at = 0; at < 256; at += 16) prefetch(offsets + at);
    sink->ahead = band.checks + start;
    sink->ahead_end = band.checks + end;
}

// The askers of one band and where those of each upper byte begin.
struct Groups {
    const Asker* askers;
    const uint32_t* begins;

    const Asker* begin(unsigned high) const { return askers + begins[high]; }
    const Asker* end(unsigned high) const { return askers + begins[high + 1]; }
};

}  // namespace

void search_batch(const Part& part, const Scan& scan, const uint8_t* queries, const uint16_t* radii,
                  const std::vector<uint32_t>& chosen, uint32_t listed, std::vector<Answer>& answers) {
    Batch batch{part, scan, queries, radii, listed, answers, 0};
    std::vector<Asker> askers(std::min(chosen.size(), kMostQueries));
    std::vector<Survivor> survivors(kSurvivors);
    Sink sink{survivors.data(), survivors.data(), survivors.data() + kSurvivors, flush, &batch, nullptr, nullptr};
    for (size_t start = 0; start < chosen.size(); start += kMostQueries) {
        size_t count = std::min(kMostQueries, chosen.size() - start);
        for (batch.band = 0; batch.band < kBands; ++batch.band) {
            uint32_t begins[257];
            sort_askers(batch, chosen.data() + start, count, askers, begins);
            Band band{part.offsets + batch.band * (kKeys + 1), part.checks + batch.band * part.posted, part.posted};
            Groups groups{askers.data(), begins};
            for (unsigned high = 0; high < 256; ++high) {
                aim(band, high + 1, begins[256] / 16, &sink);
                // The key itself and one flip in its lower half stay under this upper byte; one flip in the upper half
                // leads here from eight others.
                scan.own(band, groups.begin(high), groups.end(high), &sink);
                for (unsigned bit = 0; bit < 8; ++bit) {
                    unsigned other = high ^ 1u << bit;
                    scan.flipped(band, groups.begin(other), groups.end(other), static_cast<uint16_t>(256u << bit), &sink);
                }
            }
            flush(&sink);
        }
    }
}

}  // namespace notcontent
