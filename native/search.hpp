// Exact radius search over the parts of an index.
#pragma once
#include <vector>

#include "answer.hpp"
#include "part.hpp"
#include "scan.hpp"

namespace notcontent {

struct Index {
    std::vector<Part> parts;
    Live live;
};

// The answer of each query. Queries: count * 32 bytes, permuted. Radii: one for each, 0..256.
std::vector<Answer> search(const Index& index, const Scan& scan, const uint8_t* queries, const uint16_t* radii,
                           size_t count, uint32_t listed);

// Two ways through the posting lists of one part, for radii up to 31; `chosen` names the queries.
void search_stream(const Part& part, const Scan& scan, const uint8_t* queries, const uint16_t* radii,
                   const std::vector<uint32_t>& chosen, uint32_t listed, std::vector<Answer>& answers);
void search_batch(const Part& part, const Scan& scan, const uint8_t* queries, const uint16_t* radii,
                  const std::vector<uint32_t>& chosen, uint32_t listed, std::vector<Answer>& answers);

}  // namespace notcontent
