#include "proxy/config_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace proxy {
namespace {

/// Copies yaml-cpp's nodes, which are handles into a shared graph, to values.  A graph may be
/// cyclic
/// (`&a [*a]`) or unfold to any size; the bounds end both.
class converter {
public:
    converter(std::string_view file, std::vector<config_problem>& problems)
        : file_(file), problems_(problems) {}

    config_node convert(const YAML::Node& from, int depth) {
        config_node to;
        to.line = from.Mark().line + 1;
        if (depth > config_depth_max || ++nodes_ > config_nodes_max) {
            if (!over_) complain(to.line, "too deep or too large to be a configuration");
            over_ = true;
            return to;
        }
        switch (from.Type()) {
            case YAML::NodeType::Undefined:
            case YAML::NodeType::Null:
                to.what = config_node::kind::null;
                break;
            case YAML::NodeType::Scalar:
                to.what = config_node::kind::scalar;
                to.scalar = from.Scalar();
                break;
            case YAML::NodeType::Sequence:
                to.what = config_node::kind::sequence;
                for (const auto& item : from) {
                    if (over_) break;
                    to.children.push_back(convert(item, depth + 1));
                }
                break;
            case YAML::NodeType::Map:
                to.what = config_node::kind::mapping;
                convert_entries(from, to, depth);
                break;
        }
        return to;
    }

private:
    // yaml-cpp keeps a key that is given twice as two entries and finds the first: most likely the
    // one that its author believes to have replaced.
    void convert_entries(const YAML::Node& from, config_node& to, int depth) {
        std::map<std::string, int, std::less<>> lines;
        for (const auto& entry : from) {
            if (over_) return;
            const int line = entry.first.Mark().line + 1;
            if (!entry.first.IsScalar()) {
                complain(line, "a key must be a plain word");
                continue;
            }
            const std::string& key = entry.first.Scalar();
            const auto [first, is_new] = lines.try_emplace(key, line);
            if (!is_new) {
                complain(line, "key '" + key + "' is given twice; the first is in line " +
                                   std::to_string(first->second));
                continue;
            }
            config_node child = convert(entry.second, depth + 1);
            child.key = key;
            child.key_line = line;
            to.children.push_back(std::move(child));
        }
    }

    void complain(int line, std::string message) {
        problems_.push_back({std::string(file_), line, std::move(message)});
    }

    std::string_view file_;
    std::vector<config_problem>& problems_;
    std::size_t nodes_ = 0;
    bool over_ = false;
};

/// Notices where documents begin, and nothing else.
class document_watch final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark& mark) override { line = mark.line + 1; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

    int line = 0;
};

// The line in which a second document begins; 0 if there is none.  YAML::LoadAll() would tell, too,
// but there are texts for which it never ends.
int second_document(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    document_watch watch;
    if (!parser.HandleNextDocument(watch)) return 0;
    watch.line = 0;
    parser.HandleNextDocument(watch);
    return watch.line;
}

}  // namespace

const config_node* config_node::find(std::string_view name) const noexcept {
    if (what != kind::mapping) return nullptr;
    const auto found = std::find_if(children.begin(), children.end(),
                                    [&](const config_node& child) { return child.key == name; });
    return found == children.end() ? nullptr : &*found;
}

config_node parse_config_tree(std::string_view text, std::string_view file,
                              std::vector<config_problem>& problems) {
    const std::string name(file);
    if (text.size() > config_bytes_max) {
        problems.push_back({name, 0, "the file is larger than 4 MB"});
        return {};
    }
    try {
        const std::string copy(text);
        if (const int line = second_document(copy); line > 0) {
            problems.push_back(
                {name, line, "a second document begins here; one file is one configuration"});
        }
        const YAML::Node document = YAML::Load(copy);
        if (!document) return {.what = config_node::kind::null, .line = 1};
        return converter(file, problems).convert(document, 0);
    } catch (const YAML::Exception& failure) {
        problems.push_back({name, std::max(failure.mark.line, 0) + 1, "not YAML: " + failure.msg});
    } catch (const std::exception& failure) {
        problems.push_back({name, 0, std::string("not YAML: ") + failure.what()});
    }
    return {};
}

}  // namespace proxy
