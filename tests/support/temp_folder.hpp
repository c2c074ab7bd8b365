#pragma once

#include <filesystem>

namespace support {

/// A folder of its own in the system's temporary folder, removed with all its contents at the end.
///
/// A test that was killed leaves its folders behind; the next test to make one removes them.
class temp_folder {
public:
    temp_folder();
    ~temp_folder();
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace support
