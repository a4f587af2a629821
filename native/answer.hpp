// The nearest entries of one query, and how many there were in all.
#pragma once
#include <algorithm>
#include <vector>

#include "value.hpp"

namespace notcontent {

class Answer {
  public:
    uint64_t total = 0;

    // Distance first, then id, in one number: the order in which entries are listed.
    static uint64_t order_of(unsigned distance, uint32_t id) { return static_cast<uint64_t>(distance) << 32 | id; }

    void add(unsigned distance, uint32_t id, uint32_t listed) {
        ++total;
        keep(distance, id, listed);
    }

    // The same for an entry that has been counted already.
    void keep(unsigned distance, uint32_t id, uint32_t listed) {
        uint64_t order = order_of(distance, id);
        if (order >= bound_) return;
        nearest_.push_back(order);
        if (nearest_.size() >= 2 * static_cast<size_t>(listed) + 64) cut(listed);
    }

    // Entries from this distance and id on would not be listed.
    uint64_t bound() const { return bound_; }

    const std::vector<uint64_t>& finish(uint32_t listed) {
        bool sorted = std::is_sorted(nearest_.begin(), nearest_.end());  // as those of one flood often are
        if (nearest_.size() > listed) sorted ? nearest_.resize(listed) : cut(listed);
        if (!sorted) std::sort(nearest_.begin(), nearest_.end());
        return nearest_;
    }

  private:
    void cut(uint32_t listed) {
        if (listed == 0) {
            nearest_.clear();
            bound_ = 0;
            return;
        }
        std::nth_element(nearest_.begin(), nearest_.begin() + (listed - 1), nearest_.end());
        nearest_.resize(listed);
        bound_ = nearest_[listed - 1];
    }

    std::vector<uint64_t> nearest_;
    uint64_t bound_ = ~0ull;
};

}  // namespace notcontent
