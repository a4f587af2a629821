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

// From so many queries on it pays to sort them: more for a larger part, whose buckets take longer to read.
size_t batch_from(const Part& part) { return 128 + part.posted / 8192; }

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
        auto search_posted = posted.size() < batch_from(part) ? search_stream : search_batch;
        search_posted(part, scan, queries, radii, posted, listed, answers);
    }
    return answers;
}

}  // namespace notcontent
