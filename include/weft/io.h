/// Tables in and out: files, SQL databases, and loaders and savers known by a format's name.
#pragma once

#include "weft/formats.h"
#include "weft/read.h"
#include "weft/sql.h"
#include "weft/write.h"
