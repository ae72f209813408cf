#pragma once

#include <string_view>

#include "kinetics/core/units.h"

namespace kinetics {

/// What a predicted time rests on. Later ones deserve less trust; a sum has the last of its parts'.
enum class Provenance {
  kNone,          ///< There is nothing to time.
  kFitted,        ///< Constants fitted to measurements of the device, within their shapes.
  kMeasured,      ///< The roofline of rates that were measured on the device.
  kDatasheet,     ///< The roofline of its data sheet.
  kExtrapolated,  ///< Fitted constants, outside of the shapes that they were fitted to.
};

/// "none", "fitted", "measured", "datasheet" or "extrapolated".
std::string_view Name(Provenance provenance);

/// A time and what it rests on.
struct TimeTerm {
  Seconds seconds;
  Provenance provenance = Provenance::kNone;

  TimeTerm& operator+=(const TimeTerm& other);
  friend TimeTerm operator*(double k, const TimeTerm& term) {
    return {k * term.seconds, term.provenance};
  }
};

/// Time by what it is for.
struct TimeTerms {
  TimeTerm linear;     ///< Linear layers and the output head.
  TimeTerm attention;  ///< Attention; its search too where one kernel was measured that does both.
  TimeTerm search;     ///< Choosing blocks, where that is apart.
  TimeTerm link;       ///< Between devices that share the layers.
  TimeTerm prefill;    ///< Of the prompt, where it is charged.

  TimeTerms& operator+=(const TimeTerms& other);
  friend TimeTerms operator*(double k, const TimeTerms& terms) {
    return {k * terms.linear, k * terms.attention, k * terms.search, k * terms.link,
            k * terms.prefill};
  }
};

Seconds TotalSeconds(const TimeTerms& terms);

}  // namespace kinetics
