//===-- ModeText.h - The text of one mode -----------------------------------===//
//
// Private to lib/Layout: printed distributions and their error messages spell a mode alike.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_LAYOUT_MODETEXT_H
#define ASHLAR_LIB_LAYOUT_MODETEXT_H

#include "ashlar/Layout/Distribution.h"

namespace ashlar::layout {

/// `4:2@1`, or `4:0` for a mode of stride 0.
std::string printMode(const Mode &mode);

} // namespace ashlar::layout

#endif // ASHLAR_LIB_LAYOUT_MODETEXT_H
