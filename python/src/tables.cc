// Table and ColumnData, in and out through Arrow's C data interface: another Arrow may live beside
// ours.
#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/c/bridge.h>
#include <arrow/table.h>
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "data/arrow.h"
#include "weft/compare.h"

namespace weft::python {
namespace {

void release_stream(PyObject* capsule) {
  auto* stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, "arrow_array_stream"));
  if (stream && stream->release) stream->release(stream);
  delete stream;
}
void release_schema(PyObject* capsule) {
  auto* schema = static_cast<ArrowSchema*>(PyCapsule_GetPointer(capsule, "arrow_schema"));
  if (schema && schema->release) schema->release(schema);
  delete schema;
}

nb::object stream_capsule(std::unique_ptr<ArrowArrayStream> stream) {
  return nb::steal(PyCapsule_New(stream.release(), "arrow_array_stream", &release_stream));
}
nb::object schema_capsule(std::unique_ptr<ArrowSchema> schema) {
  return nb::steal(PyCapsule_New(schema.release(), "arrow_schema", &release_schema));
}

nb::object table_stream(const Table& table, const nb::object&) {
  auto stream = std::make_unique<ArrowArrayStream>();
  {
    const nb::gil_scoped_release unlocked;
    const auto reader = std::make_shared<arrow::TableBatchReader>(table.to_arrow());
    throw_if_failed(arrow::ExportRecordBatchReader(reader, stream.get()), "giving a table away");
  }
  return stream_capsule(std::move(stream));
}

nb::object table_schema(const Table& table) {
  auto schema = std::make_unique<ArrowSchema>();
  std::vector<std::shared_ptr<arrow::Field>> fields;
  for (const ColumnSchema& column : table.schema()) {
    fields.push_back(arrow::field(column.name, type_to_arrow(column.type)));
  }
  throw_if_failed(arrow::ExportSchema(arrow::Schema(fields), schema.get()), "giving a schema away");
  return schema_capsule(std::move(schema));
}

nb::object column_stream(const ColumnData& column, const nb::object&) {
  auto stream = std::make_unique<ArrowArrayStream>();
  throw_if_failed(arrow::ExportChunkedArray(column.arrow(), stream.get()), "giving a column away");
  return stream_capsule(std::move(stream));
}

nb::object column_schema(const ColumnData& column) {
  auto schema = std::make_unique<ArrowSchema>();
  throw_if_failed(arrow::ExportType(*column.arrow()->type(), schema.get()), "giving a type away");
  return schema_capsule(std::move(schema));
}

template <class T>
T* pointer_of(nb::handle capsule, const char* name) {
  auto* pointer = static_cast<T*>(PyCapsule_GetPointer(capsule.ptr(), name));
  if (!pointer) throw nb::python_error();
  return pointer;
}

// Either capsule of the object as chunks of one Arrow type.
std::shared_ptr<arrow::ChunkedArray> chunks_of(nb::handle object) {
  if (nb::hasattr(object, "__arrow_c_stream__")) {
    const nb::object capsule = object.attr("__arrow_c_stream__")();
    auto* stream = pointer_of<ArrowArrayStream>(capsule, "arrow_array_stream");
    // Its producer may need the GIL to make what it gives.
    return value_or_throw(arrow::ImportChunkedArray(stream), "taking Arrow data");
  }
  const nb::object capsules = object.attr("__arrow_c_array__")();
  auto* schema = pointer_of<ArrowSchema>(capsules[0], "arrow_schema");
  auto* array = pointer_of<ArrowArray>(capsules[1], "arrow_array");
  const auto type = value_or_throw(arrow::ImportType(schema), "taking an Arrow type");
  const auto taken = value_or_throw(arrow::ImportArray(array, type), "taking Arrow data");
  return std::make_shared<arrow::ChunkedArray>(taken);
}

bool has_capsule(nb::handle object) {
  return nb::hasattr(object, "__arrow_c_stream__") || nb::hasattr(object, "__arrow_c_array__");
}

bool is_array(nb::handle object) {
  return class_name(object) == "numpy.ndarray" || class_name(object) == "numpy.memmap";
}

// What Arrow cannot take as it is (a pandas object of mixed columns, NumPy's arrays) goes through
// weft.interchange, which knows those libraries.
nb::object interchanged(const char* function, nb::handle object) {
  return nb::module_::import_("weft.interchange").attr(function)(object);
}

std::shared_ptr<arrow::Table> arrow_table_of(nb::handle object) {
  const nb::object capsule = object.attr("__arrow_c_stream__")();
  auto* stream = pointer_of<ArrowArrayStream>(capsule, "arrow_array_stream");
  const auto reader =
      value_or_throw(arrow::ImportRecordBatchReader(stream), "taking an Arrow table");
  return value_or_throw(reader->ToTable(), "taking an Arrow table");
}

// The type of most that has to be held: of integers and floats double; empty lists say nothing.
Type type_of_list(nb::handle list) {
  Type type = nullptr;
  for (const nb::handle item : list) {
    const bool says_nothing = PyList_Check(item.ptr()) && PyList_GET_SIZE(item.ptr()) == 0;
    const Value value = says_nothing ? Value() : from_python(item);
    if (value.has_value() && (!type || widens(type, value.type()))) type = value.type();
  }
  return type ? type : double_type();
}

ColumnData column_of_list(nb::handle list, Type wanted) {
  const Type type = wanted ? wanted : type_of_list(list);
  if (type->is_object()) {
    throw Error(ErrorCode::kTypeMismatch,
                "a list of " + type->name + ", which is no value of a row, cannot be a column");
  }
  std::vector<Value> values;
  for (const nb::handle item : list) values.push_back(from_python(item, type));
  return ColumnData::of_values(type, values);
}

Table table_of_dict(nb::dict dict) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& [name, values] : dict) {
    const auto text = nb::cast<std::string>(name);
    try {
      columns.emplace_back(text, column_from_python(values));
    } catch (const Error& e) {
      throw Error(e.code(), "column " + text + ": " + e.message());
    }
  }
  return Table(std::move(columns));
}

// A column from memory that somebody else owns: numbers as they lie there.
ColumnData column_of_buffer(nb::object array, const std::string& type_name, int64_t size,
                            uintptr_t address) {
  const Type type = type_by_name(type_name);
  WEFT_CHECK(type != nullptr && (type->is_number() || type->is_time()));
  struct Borrowed : arrow::Buffer {
    Borrowed(const uint8_t* data, int64_t bytes, SharedObject o)
        : arrow::Buffer(data, bytes), owner(std::move(o)) {}
    SharedObject owner;
  };
  const auto buffer =
      std::make_shared<Borrowed>(reinterpret_cast<const uint8_t*>(address),
                                 size * static_cast<int64_t>(type->size), share(std::move(array)));
  const auto data = arrow::ArrayData::Make(type_to_arrow(type), size, {nullptr, buffer}, 0);
  return ColumnData::from_arrow(std::make_shared<arrow::ChunkedArray>(arrow::MakeArray(data)));
}

}  // namespace

bool is_columnar(nb::handle object) {
  return nb::isinstance<Table>(object) || nb::isinstance<ColumnData>(object) ||
         has_capsule(object) || is_array(object);
}

Table table_from_python(nb::handle object) {
  if (nb::isinstance<Table>(object)) return nb::cast<Table>(object);
  if (PyDict_Check(object.ptr())) return table_of_dict(nb::borrow<nb::dict>(object));
  if (nb::hasattr(object, "__arrow_c_stream__")) {
    const nb::object ready = class_name(object).starts_with("pandas.")
                                 ? interchanged("pandas_table", object)
                                 : nb::borrow(object);
    const auto table = arrow_table_of(ready);
    const nb::gil_scoped_release unlocked;
    return Table::from_arrow(table);
  }
  if (nb::hasattr(object, "collect") && class_name(object).starts_with("polars.")) {
    return table_from_python(object.attr("collect")());  // a LazyFrame
  }
  throw Error(
      ErrorCode::kTypeMismatch,
      fmt::format("expected a table (pyarrow, pandas, Polars, a dict of columns, or anything "
                  "with __arrow_c_stream__), found {}",
                  class_name(object)));
}

ColumnData column_from_python(nb::handle object, Type wanted) {
  if (nb::isinstance<ColumnData>(object)) return nb::cast<ColumnData>(object);
  if (is_array(object)) return nb::cast<ColumnData>(interchanged("numpy_column", object));
  if (class_name(object).starts_with("pandas.")) {
    const nb::object ready = interchanged("pandas_column", object);
    if (nb::isinstance<ColumnData>(ready)) return nb::cast<ColumnData>(ready);
    return ColumnData::from_arrow(chunks_of(ready));
  }
  if (has_capsule(object)) return ColumnData::from_arrow(chunks_of(object));
  if (PyList_Check(object.ptr()) || PyTuple_Check(object.ptr())) {
    return column_of_list(object, wanted);
  }
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("expected a column (pyarrow, pandas, Polars, NumPy or a list), found {}",
                          class_name(object)));
}

void bind_tables(nb::module_& m) {
  nb::class_<TypeInfo>(m, "Type", "The type of values: one object for each type of the process.")
      .def_prop_ro("name", [](const TypeInfo& type) { return type.name; })
      .def_prop_ro(
          "element", [](const TypeInfo& type) { return type.element; }, nb::rv_policy::reference)
      .def_prop_ro("is_object", [](const TypeInfo& type) { return type.is_object(); })
      .def_prop_ro(
          "annotation",
          [](const TypeInfo& type) -> nb::object {
            const nb::handle found = annotation_of(&type);
            return found.is_valid() ? nb::borrow(found) : nb::none();
          },
          "The Python annotation it was made from; None for Weft's own types.")
      .def("__repr__", [](const TypeInfo& type) { return "Type(" + type.name + ")"; })
      .def("__hash__", [](const TypeInfo& type) { return reinterpret_cast<uintptr_t>(&type) >> 4; })
      .def("__eq__", [](const TypeInfo& type, const nb::object& other) {
        return nb::isinstance<TypeInfo>(other) && nb::inst_ptr<TypeInfo>(other) == &type;
      });
  m.def("type_by_name", &type_by_name, nb::rv_policy::reference, nb::arg("name"),
        "\"int64\", \"list<double>\", ...; None if there is none.");
  m.def("list_type", &list_type, nb::rv_policy::reference, nb::arg("element"));
  m.def("table_type", [] { return type_of<Table>(); }, nb::rv_policy::reference);
  m.def(
      "values_type", [] { return type_of<Values>(); }, nb::rv_policy::reference,
      "The type of a dict that tells of something: what savers and loaders say.");
  m.def(
      "object_type", [](const nb::object& a) { return object_type_of(a); },
      nb::rv_policy::reference, nb::arg("annotation"),
      "The type of Python objects of this annotation.");

  nb::class_<ColumnData>(m, "ColumnData",
                         "All rows of a column. Immutable; Arrow memory behind it.")
      .def(
          "__init__",
          [](ColumnData* self, const nb::object& values, const std::optional<std::string>& type) {
            const Type wanted = type ? type_by_name(*type) : nullptr;
            if (type && !wanted) {
              throw Error(ErrorCode::kInvalidArgument, "there is no type called " + *type);
            }
            ColumnData column = column_from_python(values, wanted);
            new (self) ColumnData(wanted ? column.as(wanted) : std::move(column));
          },
          nb::arg("values"), nb::arg("type") = nb::none())
      .def_prop_ro("type", [](const ColumnData& c) { return c.type()->name; })
      .def_prop_ro("null_count", &ColumnData::null_count)
      .def_prop_ro("byte_size", &ColumnData::byte_size)
      .def("__len__", &ColumnData::size)
      .def("__getitem__",
           [](const ColumnData& c, int64_t i) {
             if (i < 0) i += c.size();
             if (i < 0 || i >= c.size()) throw nb::index_error();
             return to_python(c.at(i));
           })
      .def("slice", &ColumnData::slice, nb::arg("offset"), nb::arg("size"))
      .def("equals", &ColumnData::equals, nb::arg("other"),
           "Bit for bit, but for NaN, which equals any NaN.")
      .def("__arrow_c_stream__", &column_stream, nb::arg("requested_schema") = nb::none())
      .def("__arrow_c_schema__", &column_schema)
      .def("__repr__", [](const ColumnData& c) {
        return fmt::format("ColumnData({}, {} rows)", c.type()->name, c.size());
      });

  nb::class_<Table>(m, "Table",
                    "Named columns of one length, in memory or still in a file. Immutable.")
      .def(
          "__init__",
          [](Table* self, const nb::object& data) { new (self) Table(table_from_python(data)); },
          nb::arg("data"))
      .def_prop_ro("names", &Table::names)
      .def_prop_ro("num_columns", &Table::num_columns)
      .def_prop_ro("num_rows", &Table::num_rows)
      .def_prop_ro("byte_size", &Table::byte_size)
      .def_prop_ro(
          "schema",
          [](const Table& t) {
            nb::dict out;
            for (const ColumnSchema& c : t.schema()) out[c.name.c_str()] = c.type->name;
            return out;
          },
          "Column names to the names of their types.")
      .def("__len__", &Table::num_rows)
      .def("__contains__", [](const Table& t, const std::string& name) { return t.has(name); })
      .def("column", &Table::column, nb::arg("name"), nb::call_guard<nb::gil_scoped_release>())
      .def("__getitem__", [](const Table& t, const std::string& name) { return t.column(name); })
      .def(
          "with_column",
          [](const Table& t, const std::string& name, const nb::object& values) {
            return t.with_column(name, column_from_python(values));
          },
          nb::arg("name"), nb::arg("values"), "Adds or replaces a column.")
      .def(
          "select",
          [](const Table& t, const nb::object& names) {
            return t.select(strings_from_python(names));
          },
          nb::arg("names"))
      .def(
          "drop",
          [](const Table& t, const nb::object& names) {
            return t.drop(strings_from_python(names));
          },
          nb::arg("names"))
      .def("rename", &Table::rename, nb::arg("old"), nb::arg("new"))
      .def("slice", &Table::slice, nb::arg("offset"), nb::arg("rows"))
      .def("load", &Table::load, nb::call_guard<nb::gil_scoped_release>(),
           "The same table with every column in memory.")
      .def("equals", &Table::equals, nb::arg("other"), nb::call_guard<nb::gil_scoped_release>())
      .def_static(
          "concat", [](const std::vector<Table>& tables) { return Table::concat(tables); },
          nb::arg("tables"))
      .def("__arrow_c_stream__", &table_stream, nb::arg("requested_schema") = nb::none())
      .def("__arrow_c_schema__", &table_schema)
      .def("to_text", &Table::to_string, nb::arg("rows") = 10)
      .def("__repr__", [](const Table& t) { return t.to_string(10); });
  m.def("column_of_buffer", &column_of_buffer, nb::arg("owner"), nb::arg("type"), nb::arg("size"),
        nb::arg("address"));

  nb::class_<Value>(m, "Object", "A C++ object that Python has no face for; it may be passed on.")
      .def_prop_ro("type", [](const Value& v) { return v.type()->name; })
      .def("__repr__", [](const Value& v) { return v.to_string(); });
}

}  // namespace weft::python
