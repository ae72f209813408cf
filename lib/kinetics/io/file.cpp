#include "kinetics/io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "kinetics/core/error.h"

namespace kinetics {
namespace {

[[noreturn]] void FailFile(const char* action, const std::string& path) {
  const std::error_code reason(errno, std::generic_category());
  throw Error(path + ": cannot be " + action + ": " + reason.message());
}

/// Closes a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Close(); }

  int Number() const { return fd_; }
  bool IsOpen() const { return fd_ >= 0; }
  bool Close() {
    const int fd = fd_;
    fd_ = -1;
    return fd < 0 || close(fd) == 0;
  }

 private:
  int fd_;
};

bool WriteAll(int fd, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    contents.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

void WriteInPlace(const std::string& path, std::string_view contents) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.IsOpen() || !WriteAll(file.Number(), contents) || !file.Close()) {
    FailFile("written", path);
  }
}

}  // namespace

std::string ReadFile(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.IsOpen()) {
    FailFile("read", path);
  }
  constexpr size_t kChunk = 1U << 16U;
  std::string contents;
  struct stat status = {};
  if (fstat(file.Number(), &status) == 0 && status.st_size > 0) {
    contents.reserve(static_cast<size_t>(status.st_size) + kChunk);
  }
  while (true) {
    const size_t size = contents.size();
    contents.resize(size + kChunk);
    const ssize_t got = read(file.Number(), contents.data() + size, kChunk);
    contents.resize(size + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got == 0) {
      return contents;
    }
    if (got < 0 && errno != EINTR) {
      FailFile("read", path);
    }
  }
}

void ExpectWritable(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    if (S_ISDIR(status.st_mode)) {
      errno = EISDIR;
      FailFile("written", path);
    }
    return;
  }
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.IsOpen()) {
    FailFile("written", path);
  }
  unlink(temporary.c_str());
}

void WriteFile(const std::string& path, std::string_view contents) {
  struct stat status = {};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    FailFile("written", path);
  }
  if (exists && !S_ISREG(status.st_mode)) {
    WriteInPlace(path, contents);
    return;
  }
  // A link keeps pointing where it does: the file behind it is replaced.
  std::error_code ignored;
  const std::string target = exists ? std::filesystem::canonical(path, ignored).string() : path;
  std::string temporary = target + ".XXXXXX";
  Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.IsOpen()) {
    FailFile("written", path);
  }
  const mode_t mask = umask(0);
  umask(mask);
  const mode_t mode = exists ? status.st_mode & 07777U : 0666U & ~mask;
  if (!WriteAll(file.Number(), contents) || fchmod(file.Number(), mode) != 0 || !file.Close() ||
      rename(temporary.c_str(), target.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    errno = reason;
    FailFile("written", path);
  }
}

}  // namespace kinetics
