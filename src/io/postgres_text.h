/// PostgreSQL's text forms of values, in both directions.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "weft/types.h"
#include "weft/value.h"

namespace weft {

/// Weft's type of a result column, by its type's number (oid).
Type type_of_oid(uint32_t oid);
/// How a column of the type is declared: "double precision", "bigint[]".
std::string postgres_type_name(Type type);
/// The oid to announce a parameter as; 0: let the server find out.
uint32_t oid_of(Type type);

/// Appends a value as PostgreSQL writes it (ISO dates, intervals in the style "postgres"); false if
/// it is none of the builder's type.
bool append_postgres(arrow::ArrayBuilder& builder, Type type, std::string_view text);

/// A value that is not null, as a parameter.
std::string postgres_text(const Value& value);

/// Appends row `row` of an array as a field of COPY's text format, "\N" for null. False for a text
/// with a NUL, which PostgreSQL cannot hold.
bool append_copy_field(const arrow::Array& array, int64_t row, std::string& out);

}  // namespace weft
