// The kernel's face towards Python: notcontent.index._kernel. Every call gives the interpreter lock back while it works.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <memory>

#include "build.hpp"
#include "search.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace notcontent {
namespace {

template <class T>
using In = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Out = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using InValues = nb::ndarray<const uint8_t, nb::shape<-1, kValueBytes>, nb::c_contig, nb::device::cpu>;
using OutValues = nb::ndarray<uint8_t, nb::shape<-1, kValueBytes>, nb::c_contig, nb::device::cpu>;

void require(bool holds, const char* what) {
    if (!holds) throw nb::value_error(what);
}

template <class T>
nb::object give(std::unique_ptr<T[]> data, size_t count) {
    T* raw = data.release();
    nb::capsule owner(raw, [](void* at) noexcept { delete[] static_cast<T*>(at); });
    return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<1>>(raw, {count}, owner));
}

// What one search reads. It holds on to the arrays it was given.
class Searcher {
  public:
    Searcher(In<uint8_t> order, const std::string& scan) : order_(order.data(), order.data() + order.size()) {
        require(order.size() == 256, "a permutation orders 256 bits");
        scan_ = scan.empty() ? &best_scan() : scan_named(scan.c_str());
        require(scan_ != nullptr, "this processor cannot run that scan");
    }

    const char* name() const { return scan_->name; }

    void add_part(InValues values, In<uint8_t> silent, In<uint32_t> run_rows, In<uint32_t> run_ids,
                  In<uint32_t> offsets, In<uint16_t> checks, In<uint32_t> posted_rows, In<uint8_t> floods,
                  In<uint8_t> blocks, In<uint64_t> planes, In<uint32_t> lanes, uint64_t posted) {
        Part part;
        part.rows = values.shape(0);
        part.block_count = blocks.size() / sizeof(FloodBlock);
        part.flood_count = floods.size() / sizeof(Flood);
        uint64_t row_bytes = (part.rows + 63) / 64 * 8;
        require(silent.size() >= row_bytes + part.block_count * (kLanes / 8), "too few silent bits");
        require(planes.size() >= part.block_count * kPlanes * kLaneWords, "too few planes");
        require(lanes.size() >= part.block_count * kLanes, "a row for every lane");
        require(run_rows.size() == run_ids.size(), "runs are pairs");
        require(offsets.size() == kBands * (kKeys + 1), "16 bands of 65,537 offsets");
        require(checks.size() >= kBands * posted + 32, "check bits are read a little beyond their end");
        require(posted_rows.size() >= kBands * posted, "a row for every posting");
        part.values = values.data();
        part.silent = silent.data();
        part.silent_lanes = silent.data() + row_bytes;
        part.run_rows = run_rows.data();
        part.run_ids = run_ids.data();
        part.runs = run_rows.size();
        part.posted = posted;
        part.offsets = offsets.data();
        part.checks = checks.data();
        part.posted_rows = posted_rows.data();
        part.floods = reinterpret_cast<const Flood*>(floods.data());
        part.blocks = reinterpret_cast<const FloodBlock*>(blocks.data());
        part.planes = planes.data();
        part.lane_rows = lanes.data();
        index_.parts.push_back(part);
        nb::list kept;
        for (nb::object each : {nb::cast(values), nb::cast(silent), nb::cast(run_rows), nb::cast(run_ids),
                                nb::cast(offsets), nb::cast(checks), nb::cast(posted_rows), nb::cast(floods),
                                nb::cast(blocks), nb::cast(planes), nb::cast(lanes)}) {
            kept.append(each);
        }
        held_.append(kept);
    }

    void set_live(InValues values, In<uint32_t> ids, In<uint8_t> silent) {
        capacity_ = values.shape(0);
        require(ids.size() >= capacity_ && silent.size() * 8 >= capacity_, "ids and silent bits for every live row");
        index_.live.values = values.data();
        index_.live.ids_plus_one = ids.data();
        index_.live.silent = silent.data();
        held_.append(nb::make_tuple(nb::cast(values), nb::cast(ids), nb::cast(silent)));
    }

    nb::tuple search(InValues queries, In<uint16_t> radii, uint32_t listed, uint64_t live_used) const {
        require(radii.size() == queries.shape(0), "one radius for each query");
        return run(queries, radii.data(), 0, listed, live_used);
    }

    nb::tuple search_one_radius(InValues queries, uint16_t radius, uint32_t listed, uint64_t live_used) const {
        return run(queries, nullptr, radius, listed, live_used);
    }

  private:
    nb::tuple run(const InValues& queries, const uint16_t* radii, uint16_t radius, uint32_t listed,
                  uint64_t live_used) const {
        size_t count = queries.shape(0), found = 0;
        std::unique_ptr<uint32_t[]> numbers, ids;
        std::unique_ptr<uint16_t[]> distances;
        std::unique_ptr<uint64_t[]> totals(new uint64_t[count]);
        {
            nb::gil_scoped_release unlocked;
            Index index = index_;
            index.live.used = std::min(live_used, capacity_);
            std::vector<uint8_t> permuted(count * kValueBytes);
            order_.apply(queries.data(), count, permuted.data());
            std::vector<uint16_t> same;
            if (!radii) radii = (same.assign(count, radius), same.data());
            std::vector<Answer> answers = notcontent::search(index, *scan_, permuted.data(), radii, count, listed);
            std::vector<const std::vector<uint64_t>*> lists(count);
            for (size_t i = 0; i < count; ++i) {
                lists[i] = &answers[i].finish(listed);
                found += lists[i]->size();
                totals[i] = answers[i].total;
            }
            numbers.reset(new uint32_t[found]);
            ids.reset(new uint32_t[found]);
            distances.reset(new uint16_t[found]);
            size_t at = 0;
            for (size_t i = 0; i < count; ++i) {
                for (uint64_t order : *lists[i]) {
                    numbers[at] = static_cast<uint32_t>(i);
                    distances[at] = static_cast<uint16_t>(order >> 32);
                    ids[at++] = static_cast<uint32_t>(order);
                }
            }
        }
        return nb::make_tuple(give(std::move(numbers), found), give(std::move(distances), found),
                              give(std::move(ids), found), give(std::move(totals), count));
    }

    Permutation order_;
    const Scan* scan_;
    Index index_;
    uint64_t capacity_ = 0;
    nb::list held_;
};

// Makes posting lists. It holds on to the arrays it was given.
class PostingLists {
  public:
    PostingLists(InValues values, nb::object rows) : values_(values), count_(values.shape(0)) {
        if (!rows.is_none()) {
            rows_ = nb::cast<In<uint32_t>>(rows);
            count_ = rows_.size();
            for (size_t i = 0; i < count_; ++i) require(rows_.data()[i] < values.shape(0), "rows of these values");
        }
        nb::gil_scoped_release unlocked;
        lists_ = std::make_unique<Postings>(values.data(), rows.is_none() ? nullptr : rows_.data(), count_);
    }

    void post(unsigned band, Out<uint32_t> offsets, Out<uint16_t> checks, Out<uint32_t> posted_rows) {
        require(band < kBands && offsets.size() == kKeys + 1, "a band and its 65,537 offsets");
        require(checks.size() >= count_ && posted_rows.size() >= count_, "room for every posting");
        nb::gil_scoped_release unlocked;
        lists_->post(band, offsets.data(), checks.data(), posted_rows.data());
    }

  private:
    InValues values_;
    In<uint32_t> rows_;
    size_t count_;
    std::unique_ptr<Postings> lists_;
};

NB_MODULE(_kernel, module) {
    nb::class_<Searcher>(module, "Searcher")
        .def(nb::init<In<uint8_t>, const std::string&>(), "order"_a, "scan"_a = "")
        .def_prop_ro("scan", &Searcher::name)
        .def("add_part", &Searcher::add_part)
        .def("set_live", &Searcher::set_live)
        .def("search", &Searcher::search)
        .def("search_one_radius", &Searcher::search_one_radius);
    module.def("permute", [](In<uint8_t> order, InValues values, OutValues out) {
        require(order.size() == 256 && out.shape(0) == values.shape(0), "256 bits, and room for every value");
        nb::gil_scoped_release unlocked;
        Permutation(order.data(), order.data() + 256).apply(values.data(), values.shape(0), out.data());
    });
    module.def("checksum", [](In<uint8_t> bytes) {
        nb::gil_scoped_release unlocked;
        return checksum(bytes.data(), bytes.size());
    });
    nb::class_<PostingLists>(module, "Postings")
        .def(nb::init<InValues, nb::object>(), "values"_a, "rows"_a.none())
        .def("post", &PostingLists::post);
}

}  // namespace
}  // namespace notcontent
