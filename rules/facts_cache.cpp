#include "rules/facts_cache.hpp"

#include <utility>

#include "rules/analyze.hpp"

namespace rules {

facts_cache::answer facts_cache::find(std::string_view text, const lex_options& options) {
    const key k{digest_of(text, options), options};
    if (const auto found = index_.find(k); found != index_.end()) {
        ++counters_.hits;
        order_.splice(order_.begin(), order_, found->second);
        return {k.digest, found->second->facts, found->second->history};
    }
    ++counters_.misses;
    script_facts found = analyze(text, options);
    code_->complete(found);
    auto facts = std::make_shared<const script_facts>(std::move(found));
    auto history = std::make_shared<statement_history>();
    const std::size_t bytes =
        sizeof(entry) + sizeof(statement_history) + 2 * sizeof(void*) + facts->footprint();
    order_.push_front({k, facts, history, bytes});
    index_.emplace(k, order_.begin());
    bytes_ += bytes;
    evict_to_limits();
    return {k.digest, std::move(facts), std::move(history)};
}

void facts_cache::use(std::shared_ptr<const stored_code> code) {
    if (*code == *code_) return;
    code_ = std::move(code);
    ++generation_;
    clear();
}

void facts_cache::evict_to_limits() {
    while (!order_.empty() && (order_.size() > limits_.entries_max || bytes_ > limits_.bytes_max)) {
        bytes_ -= order_.back().bytes;
        index_.erase(order_.back().k);
        order_.pop_back();
        ++counters_.evictions;
    }
}

void facts_cache::clear() {
    index_.clear();
    order_.clear();
    bytes_ = 0;
}

}  // namespace rules
