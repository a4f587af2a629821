#include "search.hpp"

#include <atomic>

#include "floods.hpp"
#include "plan.hpp"

namespace notcontent {

const Plan& plan_for(unsigned radius) {
    static const std::vector<Plan> plans = [] {
        std::vector<Plan> all;
        for (unsigned r = 0; r <= kIndexRadius; ++r) all.emplace_back(r);
        return all;
    }();
    return plans[radius];
}

namespace {

constexpr size_t kMostProbes = kBands * 17;
// From so many queries on, sorting the probes by bucket pays.
constexpr size_t kBatchFrom = 1024;
constexpr size_t kBatchMost = 1 << 16;

inline void prefetch(const void* at) { __builtin_prefetch(at, 0, 3); }

// A query on its way: the buckets it looks into, ordered by band.
struct Flight {
    const uint8_t* query;
    const Plan* plan;
    unsigned radius;
    size_t number, probes;
    uint32_t slots[kMostProbes];            // where the bucket's offset stands
    uint8_t band[kMostProbes], limit[kMostProbes];
    Probe probe[kMostProbes];
};

struct Survivor {
    uint32_t position, query;
};

// Kept by each thread, so that a search allocates nothing once it is warm.
struct Scratch {
    Flight flights[3];
    std::vector<uint32_t> positions;
    std::vector<uint32_t> rows;
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
    size_t n = 0;
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
    }
    flight.probes = n;
}

// A value that passed its check bits: is it near, does it count, and is this the band to report it from?
inline void verify(const Part& part, const Scan& scan, const uint8_t* query, const Plan& plan, unsigned radius,
                   unsigned band, uint32_t row, uint32_t listed, Answer& answer) {
    const uint8_t* value = part.values + static_cast<size_t>(row) * kValueBytes;
    unsigned distance = scan.distance(value, query);
    if (distance > radius || part.is_silent(row)) return;
    if (plan.first_in(band, load_words(value), load_words(query))) answer.add(distance, part.id_of(row), listed);
}

// Stage C: scan the buckets, then look at the few values that are left.
void land(const Part& part, const Scan& scan, Flight& flight, uint32_t listed, Answer& answer) {
    auto& positions = scratch.positions;
    auto& rows = scratch.rows;
    size_t found = 0;
    uint32_t ends[kBands] = {};
    for (size_t i = 0; i < flight.probes;) {
        unsigned band = flight.band[i];
        const uint16_t* checks = part.checks + band * part.posted;
        const uint32_t* posted = part.posted_rows + band * part.posted;
        size_t first = found;
        for (; i < flight.probes && flight.band[i] == band; ++i) {
            const Probe& probe = flight.probe[i];
            if (positions.size() < found + probe.length) positions.resize(2 * (found + probe.length));
            found = static_cast<size_t>(scan.bucket(checks, probe, positions.data() + found) - positions.data());
        }
        for (size_t at = first; at < found; ++at) prefetch(posted + positions[at]);
        ends[band] = static_cast<uint32_t>(found);
    }
    if (rows.size() < found) rows.resize(2 * found);
    size_t at = 0;
    for (unsigned band = 0; band < kBands; ++band) {
        const uint32_t* posted = part.posted_rows + band * part.posted;
        for (; at < ends[band]; ++at) {
            rows[at] = posted[positions[at]];
            prefetch(part.values + static_cast<size_t>(rows[at]) * kValueBytes);
        }
    }
    at = 0;
    for (unsigned band = 0; band < kBands; ++band) {
        for (; at < ends[band]; ++at) {
            if (rows[at] >= part.rows) continue;
            verify(part, scan, flight.query, *flight.plan, flight.radius, band, rows[at], listed, answer);
        }
    }
}

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

struct Batch {
    const Part& part;
    const Scan& scan;
    const uint8_t* queries;
    const uint16_t* radii;
    uint32_t listed;
    std::vector<Answer>& answers;

    void flush(unsigned band, std::vector<Survivor>& survivors) const {
        const uint32_t* posted = part.posted_rows + band * part.posted;
        constexpr size_t ahead = 16;
        for (size_t i = 0; i < survivors.size() + ahead; ++i) {
            if (i < survivors.size()) {
                uint32_t row = posted[survivors[i].position];
                survivors[i].position = row;
                prefetch(part.values + static_cast<size_t>(row) * kValueBytes);
            }
            if (i < ahead) continue;
            const Survivor& one = survivors[i - ahead];
            if (one.position >= part.rows) continue;
            unsigned radius = radii[one.query];
            verify(part, scan, queries + static_cast<size_t>(one.query) * kValueBytes, plan_for(radius), radius, band,
                   one.position, listed, answers[one.query]);
        }
        survivors.clear();
    }
};

// Sort the probes of all queries by bucket, band after band, so that each bucket comes from memory once and in order.
void search_batch(const Batch& batch, const uint32_t* chosen, size_t count) {
    const Part& part = batch.part;
    std::vector<uint32_t> ends(kKeys + 1);
    std::vector<Probe> sorted(count * 17);
    auto& positions = scratch.positions;
    auto& survivors = scratch.survivors;
    for (unsigned band = 0; band < kBands; ++band) {
        auto each_probe = [&](auto&& visit) {
            for (size_t i = 0; i < count; ++i) {
                const uint8_t* query = batch.queries + static_cast<size_t>(chosen[i]) * kValueBytes;
                const Plan& plan = plan_for(batch.radii[chosen[i]]);
                if (plan.threshold[band] < 0) continue;
                uint32_t key = band_of(query, band);
                visit(key, chosen[i], query, plan.next_limit[band][0]);
                if (plan.threshold[band] == 0) continue;
                for (unsigned bit = 0; bit < 16; ++bit) visit(key ^ 1u << bit, chosen[i], query, plan.next_limit[band][1]);
            }
        };
        std::fill(ends.begin(), ends.end(), 0);
        each_probe([&](uint32_t key, uint32_t, const uint8_t*, int) { ++ends[key + 1]; });
        for (unsigned key = 0; key < kKeys; ++key) ends[key + 1] += ends[key];
        each_probe([&](uint32_t key, uint32_t number, const uint8_t* query, int limit) {
            sorted[ends[key]++] = Probe{0, 0, band_of(query, band + 1), static_cast<uint16_t>(limit), number};
        });
        const uint16_t* checks = part.checks + band * part.posted;
        for (unsigned key = 0, at = 0; key < kKeys; ++key) {
            Probe bucket{};
            if (at == ends[key]) continue;
            if (!bucket_at(part, band * (kKeys + 1) + key, bucket)) {
                at = ends[key];
                continue;
            }
            if (positions.size() < bucket.length) positions.resize(2 * static_cast<size_t>(bucket.length));
            for (; at < ends[key]; ++at) {
                Probe probe = sorted[at];
                probe.start = bucket.start;
                probe.length = bucket.length;
                uint32_t* end = batch.scan.bucket(checks, probe, positions.data());
                for (uint32_t* one = positions.data(); one != end; ++one) survivors.push_back({*one, probe.query});
            }
            if (survivors.size() >= 512) batch.flush(band, survivors);
        }
        batch.flush(band, survivors);
    }
}

// Compare every value: the live rows, and radii beyond what the postings answer.
template <class IsSilent, class IdOf>
void search_all(const Scan& scan, const uint8_t* values, uint64_t rows, const uint8_t* query, unsigned radius,
                uint32_t listed, Answer& answer, IsSilent is_silent, IdOf id_of) {
    constexpr uint64_t step = 2048;
    uint32_t near[step];
    uint16_t distances[step];
    for (uint64_t start = 0; start < rows; start += step) {
        size_t length = static_cast<size_t>(std::min(step, rows - start));
        size_t found = scan.rows(values + start * kValueBytes, length, query, radius, near, distances);
        for (size_t i = 0; i < found; ++i) {
            uint64_t row = start + near[i];
            if (!is_silent(row)) answer.add(distances[i], id_of(row), listed);
        }
    }
}

}  // namespace

std::vector<Answer> search(const Index& index, const Scan& scan, const uint8_t* queries, const uint16_t* radii,
                           size_t count, uint32_t listed) {
    // What another process wrote before it counted up is seen here, since the caller has read the counter.
    std::atomic_thread_fence(std::memory_order_acquire);
    std::vector<Answer> answers(count);
    std::vector<uint32_t> posted;
    posted.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        const uint8_t* query = queries + i * kValueBytes;
        const Live& live = index.live;
        search_all(scan, live.values, live.used, query, radii[i], listed, answers[i],
                   [&](uint64_t row) { return live.is_silent(row); }, [&](uint64_t row) { return live.ids_plus_one[row] - 1; });
        if (radii[i] <= kIndexRadius) posted.push_back(static_cast<uint32_t>(i));
    }
    for (const Part& part : index.parts) {
        for (size_t i = 0; i < count; ++i) {
            const uint8_t* query = queries + i * kValueBytes;
            if (radii[i] <= kIndexRadius) {
                search_floods(part, scan, query, radii[i], listed, answers[i]);
            } else {
                search_all(scan, part.values, part.rows, query, radii[i], listed, answers[i],
                           [&](uint64_t row) { return part.is_silent(row); },
                           [&](uint64_t row) { return part.id_of(row); });
            }
        }
        if (posted.size() < kBatchFrom) {
            search_stream(part, scan, queries, radii, posted, listed, answers);
        } else {
            Batch batch{part, scan, queries, radii, listed, answers};
            for (size_t start = 0; start < posted.size(); start += kBatchMost) {
                search_batch(batch, posted.data() + start, std::min(kBatchMost, posted.size() - start));
            }
        }
    }
    return answers;
}

}  // namespace notcontent
