# Writes OUTPUT, a C++ source that holds the text of FILES (paths relative to ROOT, separated by '|').
# Run at build time: cmake -DROOT=... -DFILES=... -DOUTPUT=... -P embed.cmake
string(REPLACE "|" ";" files "${FILES}")
set(entries "")
foreach(file IN LISTS files)
  file(READ "${ROOT}/${file}" text)
  if(text MATCHES "\\)kinetics\"")
    message(FATAL_ERROR "${file} ends the raw string that it would be embedded in")
  endif()
  string(APPEND entries "    {\"${file}\", R\"kinetics(${text})kinetics\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Generated from configs/ and data/ by lib/kinetics/io/embed.cmake.
#include \"kinetics/io/embedded.h\"

namespace kinetics {
namespace {

constexpr EmbeddedFile kFiles[] = {
${entries}};

}  // namespace

std::span<const EmbeddedFile> EmbeddedFiles() { return kFiles; }

}  // namespace kinetics
")
