/// Everything a module of features and a program that runs it need.
#pragma once

#include "weft/calendar.h"
#include "weft/check.h"
#include "weft/driver.h"
#include "weft/feature.h"
#include "weft/functions.h"
#include "weft/lookup.h"
#include "weft/math.h"
#include "weft/rows.h"
#include "weft/text.h"
#include "weft/trace.h"
