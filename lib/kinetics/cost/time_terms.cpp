#include "kinetics/cost/time_terms.h"

#include <algorithm>

namespace kinetics {

std::string_view Name(Provenance provenance) {
  constexpr std::string_view kNames[] = {"none", "fitted", "measured", "datasheet", "extrapolated"};
  return kNames[static_cast<size_t>(provenance)];
}

TimeTerm& TimeTerm::operator+=(const TimeTerm& other) {
  seconds += other.seconds;
  provenance = std::max(provenance, other.provenance);
  return *this;
}

TimeTerms& TimeTerms::operator+=(const TimeTerms& other) {
  linear += other.linear;
  attention += other.attention;
  search += other.search;
  link += other.link;
  prefill += other.prefill;
  return *this;
}

Seconds TotalSeconds(const TimeTerms& terms) {
  return terms.linear.seconds + terms.attention.seconds + terms.search.seconds +
         terms.link.seconds + terms.prefill.seconds;
}

}  // namespace kinetics
