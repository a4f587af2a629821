// The floods of a part: many values near one centre, compared 512 at a time.
#pragma once
#include "answer.hpp"
#include "part.hpp"
#include "scan.hpp"

namespace notcontent {

void search_floods(const Part& part, const Scan& scan, const uint8_t* query, unsigned radius, uint32_t listed,
                   Answer& answer);

}  // namespace notcontent
