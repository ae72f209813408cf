#pragma once

#include <stdexcept>

namespace kinetics {

/// Something the user can fix: a name, a file, its contents. The message names the source, the
/// place in it and what was expected there. Thrown anywhere; caught in main(), and on the way where
/// a place can be added (an option, a line of a file). A budget that buys nothing is not an Error;
/// it is part of the result.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An Error that the arguments alone decide, whatever the files hold: an unknown option or unit, a
/// malformed number, options that exclude each other.
struct UsageError : Error {
  using Error::Error;
};

}  // namespace kinetics
