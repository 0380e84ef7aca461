/// Everything a module of features and a program that runs it need.
#pragma once

#include "weft/driver.h"
#include "weft/feature.h"
