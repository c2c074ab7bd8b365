#include <cstdlib>
#include <fstream>

#include "protocol/auth.hpp"
#include "proxy/config_loaders.hpp"

namespace proxy {
namespace {

constexpr std::streamsize secret_bytes_max = 4096;

// The first line of the file, without its end: editors and `echo` leave one.
void read_password_file(section& in, const std::filesystem::path& file, std::string& out) {
    std::error_code error;
    std::ifstream stream;  // of a regular file only: opening a pipe would wait for its writer
    if (std::filesystem::is_regular_file(file, error)) stream.open(file, std::ios::binary);
    if (!stream.is_open()) return in.complain("password_file", "cannot be read: " + file.string());
    std::string content(static_cast<std::size_t>(secret_bytes_max) + 1, '\0');
    stream.read(content.data(), secret_bytes_max + 1);
    if (stream.gcount() > secret_bytes_max)
        return in.complain("password_file", "is larger than 4 KB");
    content.resize(static_cast<std::size_t>(stream.gcount()));
    out = content.substr(0, content.find_first_of("\r\n"));
    protocol::wipe(content);
}

}  // namespace

bool has_password(section& in) {
    const bool clear = in.has("password");
    const bool variable = in.has("password_env");
    const bool file = in.has("password_file");
    return clear || variable || file;
}

void load_password(section& in, protocol::secret& out) {
    std::string text;
    load_password(in, text);
    out = protocol::secret(std::move(text));
}

void load_password(section& in, std::string& out) {
    const int ways = in.has("password") + in.has("password_env") + in.has("password_file");
    if (ways == 0) in.require("password_env", "give it, 'password_file' or 'password'");
    if (ways > 1) {
        in.complain(in.has("password") ? "password" : "password_file",
                    "is one of several: give 'password_env', 'password_file' or 'password', one of "
                    "them");
    }
    if (in.has("password")) {
        in.text_or_empty("password", out);
        in.context().clear_password_seen = true;
    }
    std::string variable;
    in.text("password_env", variable);
    if (!variable.empty()) {
        const char* value = std::getenv(variable.c_str());
        if (value == nullptr)
            in.complain("password_env", "names a variable that is not set: " + variable);
        else
            out = value;
    }
    std::filesystem::path file;
    in.path("password_file", file);
    if (!file.empty()) read_password_file(in, file, out);
}

}  // namespace proxy
