/// Tables in and out: files of every format Weft knows.
#pragma once

#include "weft/read.h"
#include "weft/write.h"
