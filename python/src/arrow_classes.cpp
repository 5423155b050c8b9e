#include "arrow_classes.hpp"

#include <memory>

#include "arguments.hpp"
#include "arrow_columns.hpp"
#include "object_type.hpp"

namespace storelink::python {

namespace {

// --- capsules, which own what they hold until a consumer has moved it out

template <class Struct>
void destroy(PyObject* capsule) {
  auto* held = static_cast<Struct*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
  if (held->release != nullptr) held->release(held);
  delete held;
}

template <class Struct, class Export>
Ref make_capsule(const char* name, Export fill) {
  auto held = std::make_unique<Struct>();
  fill(held.get());
  PyObject* capsule = PyCapsule_New(held.get(), name, destroy<Struct>);
  if (capsule == nullptr) {
    held->release(held.get());
    throw ErrorAlreadySet{};
  }
  held.release();  // NOLINT(bugprone-unused-return-value): the capsule's
  return Ref::steal(capsule);
}

Ref schema_capsule() {
  return make_capsule<ArrowSchema>("arrow_schema", export_schema);
}

Ref array_capsule(const SharedColumns& columns) {
  return make_capsule<ArrowArray>("arrow_array", [&](ArrowArray* out) { export_array(columns, out); });
}

Ref stream_capsule(const SharedColumns& columns) {
  return make_capsule<ArrowArrayStream>("arrow_array_stream",
                                        [&](ArrowArrayStream* out) { export_stream(columns, out); });
}

// --- RecordBatch and Table

using ArrowObject = Holder<SharedColumns>;

const SharedColumns& columns_of(PyObject* self) noexcept {
  return ArrowObject::of(self);
}

Py_ssize_t length(PyObject* self) {
  return static_cast<Py_ssize_t>(columns_of(self)->rows());
}

PyObject* get_num_rows(PyObject* self, void*) {
  return PyLong_FromSsize_t(length(self));
}

PyObject* get_num_columns(PyObject*, void*) {
  return PyLong_FromSize_t(column_count);
}

PyObject* get_column_names(PyObject*, void*) {
  return guarded_object(
      [] { return list_of(column_names, [](const char* name) { return from_utf8(name); }).release(); });
}

PyObject* repr(PyObject* self) {
  return guarded_object([&] {
    const std::string type = type_name(self);
    return PyUnicode_FromFormat("<%s of %zd objects: path, last_modified, size, e_tag, version>",
                                type.c_str(), length(self));
  });
}

PyObject* to_pylist(PyObject* self, PyObject*) {
  return guarded_object([&] {
    const SharedColumns columns = columns_of(self);
    Ref list = checked(PyList_New(0));
    for (std::size_t i = 0; i < columns->rows(); ++i)
      check(PyList_Append(list.get(), meta_to_dict(columns->row(i)).get()));
    return list.release();
  });
}

PyObject* export_schema_method(PyObject*, PyObject*) {
  return guarded_object([] { return schema_capsule().release(); });
}

// The producer may leave a schema that is asked for aside, and there is one only.
template <class Make>
PyObject* exported(const char* name, PyObject* args, PyObject* kwargs, Make make) {
  return guarded_object([&] {
    const Parameters parameters(name, "requested_schema=None");
    parameters.read(args, kwargs);
    return make().release();
  });
}

PyObject* export_array_method(PyObject* self, PyObject* args, PyObject* kwargs) {
  return exported("__arrow_c_array__", args, kwargs, [&] {
    const Ref schema = schema_capsule();
    const Ref array = array_capsule(columns_of(self));
    return checked(PyTuple_Pack(2, schema.get(), array.get()));
  });
}

PyObject* export_stream_method(PyObject* self, PyObject* args, PyObject* kwargs) {
  return exported("__arrow_c_stream__", args, kwargs, [&] { return stream_capsule(columns_of(self)); });
}

PyGetSetDef getters[] = {
    {"num_rows", get_num_rows, nullptr, "The number of objects.", nullptr},
    {"num_columns", get_num_columns, nullptr, "The number of columns: 5.", nullptr},
    {"column_names", get_column_names, nullptr, "The names of the columns, in their order.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

constexpr PyMethodDef to_pylist_definition = {"to_pylist", to_pylist, METH_NOARGS,
                                              "to_pylist($self)\n--\n\nThe objects, as the dicts that "
                                              "`head()` returns. Those of arro3-core have no such method."};
constexpr PyMethodDef schema_definition = {
    "__arrow_c_schema__", export_schema_method, METH_NOARGS,
    "__arrow_c_schema__($self)\n--\n\nThe schema, as a PyCapsule of Arrow's C data interface."};

PyTypeObject* make_type(const char* name, const char* doc, PyMethodDef* methods) {
  PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>(doc)},
                         {Py_tp_dealloc, slot(ArrowObject::dealloc)},
                         {Py_tp_repr, slot(repr)},
                         {Py_sq_length, slot(length)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  return make_holder_type<SharedColumns>(name, slots);
}

PyTypeObject* record_batch_type() {
  static PyMethodDef methods[] = {
      to_pylist_definition,
      schema_definition,
      {"__arrow_c_array__", method(export_array_method), METH_VARARGS | METH_KEYWORDS,
       "__arrow_c_array__($self, requested_schema=None)\n--\n\n"
       R"doc(The schema and the rows, as two PyCapsules of Arrow's C data interface. Nothing is copied.

requested_schema is left aside.)doc"},
      {nullptr, nullptr, 0, nullptr}};
  static PyTypeObject* const type =
      make_type("storelink.RecordBatch",
                R"doc(A chunk of a listing in Arrow's columns: path, last_modified, size, e_tag, version.

Give it to any library that knows Arrow's PyCapsule interface: `pyarrow.record_batch(batch)`. Where the package
arro3-core is installed, listings give an `arro3.core.RecordBatch` in its place.)doc",
                methods);
  return type;
}

PyTypeObject* table_type() {
  static PyMethodDef methods[] = {
      to_pylist_definition,
      schema_definition,
      {"__arrow_c_stream__", method(export_stream_method), METH_VARARGS | METH_KEYWORDS,
       "__arrow_c_stream__($self, requested_schema=None)\n--\n\n"
       R"doc(One record batch, as a PyCapsule of Arrow's C stream interface. Nothing is copied.

requested_schema is left aside.)doc"},
      {nullptr, nullptr, 0, nullptr}};
  static PyTypeObject* const type =
      make_type("storelink.Table",
                R"doc(The objects of a level in Arrow's columns: path, last_modified, size, e_tag, version.

Give it to any library that knows Arrow's PyCapsule interface: `pyarrow.table(table)`. Where the package arro3-core
is installed, listings give an `arro3.core.Table` in its place.)doc",
                methods);
  return type;
}

// --- arro3

// `type`.from_arrow_pycapsule of arro3.core, or None where it is not installed.
Ref find_arro3(const char* type) {
  const Ref module = Ref::steal(PyImport_ImportModule("arro3.core"));
  if (!module) {
    if (PyErr_ExceptionMatches(PyExc_ImportError) == 0) throw ErrorAlreadySet{};
    PyErr_Clear();
    return Ref::borrow(Py_None);
  }
  const Ref found = checked(PyObject_GetAttrString(module.get(), type));
  return checked(PyObject_GetAttrString(found.get(), "from_arrow_pycapsule"));
}

// The same once: looking for what is not installed is slow. `found` is no initialised static because another
// thread may come here while this one imports.
PyObject* arro3_constructor(PyObject*& found, const char* type) {
  if (found == nullptr) {
    Ref fresh = find_arro3(type);
    if (found == nullptr) found = fresh.release();
  }
  return found;
}

SharedColumns columns_from(std::span<const ObjectMeta> objects) {
  const GilReleased released;
  return std::make_shared<const MetaColumns>(objects);
}

}  // namespace

void add_arrow_classes(PyObject* module) {
  check(PyModule_AddObjectRef(module, "RecordBatch", reinterpret_cast<PyObject*>(record_batch_type())));
  check(PyModule_AddObjectRef(module, "Table", reinterpret_cast<PyObject*>(table_type())));
}

Ref make_record_batch(std::span<const ObjectMeta> objects) {
  static PyObject* found = nullptr;
  PyObject* const arro3 = arro3_constructor(found, "RecordBatch");
  SharedColumns columns = columns_from(objects);
  if (arro3 == Py_None) return ArrowObject::make(record_batch_type(), std::move(columns));
  const Ref schema = schema_capsule();
  const Ref array = array_capsule(columns);
  return checked(PyObject_CallFunctionObjArgs(arro3, schema.get(), array.get(), nullptr));
}

Ref make_table(std::span<const ObjectMeta> objects) {
  static PyObject* found = nullptr;
  PyObject* const arro3 = arro3_constructor(found, "Table");
  SharedColumns columns = columns_from(objects);
  if (arro3 == Py_None) return ArrowObject::make(table_type(), std::move(columns));
  const Ref stream = stream_capsule(columns);
  return checked(PyObject_CallFunctionObjArgs(arro3, stream.get(), nullptr));
}

}  // namespace storelink::python
