#include "tests/equivalence/shrink.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace equivalence {
namespace {

class shrinker {
public:
    shrinker(script failing, const std::function<bool(const script&)>& fails, std::size_t runs_max)
        : best_(std::move(failing)), fails_(fails), runs_left_(runs_max) {}

    script run() {
        leave_out_sessions();
        for (std::size_t before = best_.size() + 1; best_.size() < before && runs_left_ > 0;) {
            before = best_.size();
            for (std::size_t size = std::max<std::size_t>(best_.size() / 2, 1);; size /= 2) {
                leave_out_runs(size);
                if (size <= 1) break;
            }
        }
        leave_out_statements();
        return best_;
    }

private:
    bool take(script candidate) {
        if (runs_left_ == 0 || candidate.empty()) return false;
        --runs_left_;
        if (!fails_(candidate)) return false;
        best_ = std::move(candidate);
        return true;
    }

    void leave_out_sessions() {
        std::set<std::string> names;
        for (const step& one : best_) names.insert(one.session);
        for (const std::string& name : names) {
            script candidate = best_;
            std::erase_if(candidate, [&](const step& one) { return one.session == name; });
            take(std::move(candidate));
        }
    }

    void leave_out_runs(std::size_t size) {
        // From the end: what comes last before the failure is needed most often, and what comes
        // before it is easier to leave out once that is settled.
        std::size_t end = best_.size();
        while (end > 0 && runs_left_ > 0) {
            const std::size_t begin = end - std::min(size, end);
            script candidate = best_;
            candidate.erase(candidate.begin() + static_cast<std::ptrdiff_t>(begin),
                            candidate.begin() + static_cast<std::ptrdiff_t>(end));
            take(std::move(candidate));
            end = begin;
        }
    }

    void leave_out_statements() {
        for (std::size_t i = 0; i < best_.size(); ++i) {
            if (best_[i].what != action::query) continue;
            for (std::size_t at = best_[i].text.find("; "); at != std::string::npos;
                 at = best_[i].text.find("; ", at + 1)) {
                script without_head = best_, without_tail = best_;
                without_head[i].text.erase(0, at + 2);
                without_tail[i].text.erase(at);
                if (take(std::move(without_tail))) break;
                if (take(std::move(without_head))) at = 0;
            }
        }
    }

    script best_;
    const std::function<bool(const script&)>& fails_;
    std::size_t runs_left_;
};

}  // namespace

script shrink(script failing, const std::function<bool(const script&)>& fails,
              std::size_t runs_max) {
    return shrinker(std::move(failing), fails, runs_max).run();
}

}  // namespace equivalence
