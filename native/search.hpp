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

}  // namespace notcontent
