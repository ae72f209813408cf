# Writes OUTPUT, a C++ source that holds the text of FILES (paths relative to ROOT, separated by '|').
# Run at build time: cmake -DROOT=... -DFILES=... -DOUTPUT=... -P embed.cmake
string(REPLACE "|" ";" files "${FILES}")
set(texts "")
set(entries "")
set(count 0)
foreach(file IN LISTS files)
  file(READ "${ROOT}/${file}" text)
  if(text MATCHES "\\)kinetics\"")
    message(FATAL_ERROR "${file} ends the raw string that it would be embedded in")
  endif()
  # The size is given: counting a long text in a constant expression is more than clang allows.
  string(APPEND texts "constexpr char kText${count}[] = R\"kinetics(${text})kinetics\";\n")
  string(APPEND entries
    "    {\"${file}\", std::string_view(kText${count}, sizeof(kText${count}) - 1)},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Generated from configs/ and data/ by lib/kinetics/io/embed.cmake.
#include \"kinetics/io/embedded.h\"

namespace kinetics {
namespace {

${texts}
constexpr EmbeddedFile kFiles[] = {
${entries}};

}  // namespace

std::span<const EmbeddedFile> EmbeddedFiles() { return kFiles; }

}  // namespace kinetics
")
