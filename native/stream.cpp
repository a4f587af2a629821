// A few queries: three in flight at a time, each waiting for memory while the others are worked on.
#include "search.hpp"
#include "verify.hpp"

namespace notcontent {

namespace {

constexpr size_t kMostProbes = kBands * 17;
// A query on its way: the buckets it looks into, ordered by band.
struct Flight {
    const uint8_t* query;
    const Plan* plan;
    unsigned radius;
    size_t number, probes, postings;        // postings: in all its buckets
    uint32_t slots[kMostProbes];            // where the bucket's offset stands
    uint8_t band[kMostProbes], limit[kMostProbes];
    Probe probe[kMostProbes];
};

// Kept by each thread, so that a search allocates nothing once it is warm.
struct Scratch {
    Flight flights[3];
    std::vector<Survivor> survivors;
};

thread_local Scratch scratch;

// Whether a bucket as the file gives it lies inside the part; a damaged file must not lead a search astray.
inline bool bucket_at(const Part& part, uint32_t slot, Probe& probe) {
    uint32_t start = part.offsets[slot], end = part.offsets[slot + 1];
    if (start >= end || end > part.posted) return false;
    probe.start = start;
    probe.length = end - start;
    return true;
}

// Stage A: which buckets, and their offsets on the way from memory.
void aim(const Part& part, Flight& flight) {
    size_t n = 0;
    for (unsigned band = 0; band < kBands; ++band) {
        int threshold = flight.plan->threshold[band];
        if (threshold < 0) continue;
        uint32_t base = band * (kKeys + 1), key = band_of(flight.query, band);
        for (unsigned mask = 0; mask <= (threshold == 0 ? 0u : 16u); ++mask) {
            uint32_t slot = base + (mask == 0 ? key : key ^ 1u << (mask - 1));
            prefetch(part.offsets + slot);
            flight.slots[n] = slot;
            flight.band[n] = static_cast<uint8_t>(band);
            flight.limit[n++] = static_cast<uint8_t>(flight.plan->next_limit[band][mask != 0]);
        }
    }
    flight.probes = n;
}

// Stage B: where the buckets lie, and their check bits on the way.
void reach(const Part& part, Flight& flight) {
    size_t n = 0, postings = 0;
    for (size_t i = 0; i < flight.probes; ++i) {
        Probe& probe = flight.probe[n];
        if (!bucket_at(part, flight.slots[i], probe)) continue;
        unsigned band = flight.band[i];
        probe.wanted = band_of(flight.query, band + 1);
        probe.limit = flight.limit[i];
        flight.band[n++] = static_cast<uint8_t>(band);
        const uint16_t* checks = part.checks + band * part.posted + probe.start;
        uint32_t near = std::min(probe.length, 512u);
        for (uint32_t at = 0; at < near; at += 32) prefetch(checks + at);
        prefetch(checks + near - 1);
        postings += probe.length;
    }
    flight.probes = n;
    flight.postings = postings;
}

// Stage C: scan the buckets, then look at the few values that are left.
void land(const Part& part, const Scan& scan, const Flight& flight, uint32_t listed, Answer& answer) {
    auto& survivors = scratch.survivors;
    if (survivors.size() < flight.postings) survivors.resize(2 * flight.postings);
    const Survivor* end =
        scan.buckets(part.checks, part.posted, flight.probe, flight.band, flight.probes, survivors.data());
    size_t found = static_cast<size_t>(end - survivors.data());
    for (size_t i = 0; i < found; ++i) prefetch(part.posted_rows + survivors[i].tag * part.posted + survivors[i].position);
    for (size_t i = 0; i < found; ++i) {
        Survivor& one = survivors[i];
        one.position = part.posted_rows[one.tag * part.posted + one.position];
        prefetch(part.values + static_cast<size_t>(one.position) * kValueBytes);
    }
    for (size_t i = 0; i < found; ++i) {
        const Survivor& one = survivors[i];
        if (one.position >= part.rows) continue;
        verify(part, scan, flight.query, flight.radius, one.tag, one.position, listed, answer);
    }
}

}  // namespace

// Three queries in flight, each a stage behind the one before.
void search_stream(const Part& part, const Scan& scan, const uint8_t* queries, const uint16_t* radii,
                   const std::vector<uint32_t>& chosen, uint32_t listed, std::vector<Answer>& answers) {
    Flight* flights = scratch.flights;
    for (size_t step = 0; step < chosen.size() + 2; ++step) {
        if (step < chosen.size()) {
            Flight& flight = flights[step % 3];
            flight.number = chosen[step];
            flight.query = queries + flight.number * kValueBytes;
            flight.radius = radii[flight.number];
            flight.plan = &plan_for(flight.radius);
            aim(part, flight);
        }
        if (step >= 1 && step - 1 < chosen.size()) reach(part, flights[(step - 1) % 3]);
        if (step >= 2) {
            Flight& flight = flights[(step - 2) % 3];
            land(part, scan, flight, listed, answers[flight.number]);
        }
    }
}

}  // namespace notcontent
