#include "arrow_columns.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <new>

#include "values.hpp"

namespace storelink::python {

// --- the columns

void TextColumn::append(std::string_view text) {
  append_as_utf8(bytes, text);
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw Error(ErrorKind::generic,
                "the listing has more than 2 GiB of text in one column, more than a record batch can hold; "
                "iterate over it in chunks");
  offsets.push_back(static_cast<std::int32_t>(bytes.size()));
  if (valid.empty()) return;
  const std::size_t row = rows() - 1;
  valid.resize(row / 8 + 1);
  valid[row / 8] |= static_cast<std::uint8_t>(1u << (row % 8));
}

void TextColumn::append(const std::optional<std::string>& text) {
  if (text) return append(std::string_view(*text));
  if (nulls++ == 0) {  // all before it are valid
    valid.assign(rows() / 8 + 1, 0xff);
    valid.back() = static_cast<std::uint8_t>((1u << (rows() % 8)) - 1);
  }
  offsets.push_back(offsets.back());
  valid.resize((rows() - 1) / 8 + 1);
}

std::optional<std::string> TextColumn::at(std::size_t row) const {
  if (!valid.empty() && (valid[row / 8] >> (row % 8) & 1) == 0) return {};
  const auto begin = static_cast<std::size_t>(offsets[row]);
  return bytes.substr(begin, static_cast<std::size_t>(offsets[row + 1]) - begin);
}

MetaColumns::MetaColumns(std::span<const ObjectMeta> objects) {
  const std::size_t count = objects.size();
  for (TextColumn* column : {&path, &e_tag, &version}) column->offsets.reserve(count + 1);
  // At least one: a consumer may want a pointer.
  last_modified.reserve(std::max<std::size_t>(1, count));
  size.reserve(std::max<std::size_t>(1, count));
  for (const ObjectMeta& object : objects) {
    path.append(std::string_view(object.path));
    last_modified.push_back(
        std::chrono::floor<std::chrono::microseconds>(object.last_modified).time_since_epoch().count());
    size.push_back(object.size);
    e_tag.append(object.e_tag);
    version.append(object.version);
  }
}

ObjectMeta MetaColumns::row(std::size_t index) const {
  ObjectMeta object;
  object.path = *path.at(index);
  object.last_modified = Timestamp(std::chrono::microseconds(last_modified[index]));
  object.size = size[index];
  object.e_tag = e_tag.at(index);
  object.version = version.at(index);
  return object;
}

namespace {

// --- schema

constexpr std::array<const char*, column_count> formats = {"u", "tsu:UTC", "L", "u", "u"};
constexpr std::array<std::int64_t, column_count> flags = {0, 0, 0, arrow_nullable, arrow_nullable};

struct OwnedSchema {
  std::array<ArrowSchema, column_count> columns{};
  std::array<ArrowSchema*, column_count> pointers{};
};

// A consumer may move children out of their parent before it releases it: those have no release then.
template <class Struct>
void release_children(Struct* parent) {
  for (std::int64_t i = 0; i < parent->n_children; ++i)
    if (parent->children[i]->release != nullptr) parent->children[i]->release(parent->children[i]);
}

void release_nothing(ArrowSchema* schema) {
  schema->release = nullptr;
}

void release_schema(ArrowSchema* schema) {
  release_children(schema);
  delete static_cast<OwnedSchema*>(schema->private_data);
  schema->release = nullptr;
}

// --- arrays

struct OwnedColumn {
  SharedColumns columns;
  std::array<const void*, 3> buffers{};  // validity, then values, or offsets and bytes
};

struct OwnedBatch {
  std::array<const void*, 1> buffers{};
  std::array<ArrowArray, column_count> columns{};
  std::array<ArrowArray*, column_count> pointers{};
};

void release_column(ArrowArray* array) {
  delete static_cast<OwnedColumn*>(array->private_data);
  array->release = nullptr;
}

void release_batch(ArrowArray* array) {
  release_children(array);
  delete static_cast<OwnedBatch*>(array->private_data);
  array->release = nullptr;
}

void export_column(const SharedColumns& columns, ArrowArray& out, std::int64_t nulls,
                   std::initializer_list<const void*> buffers) {
  auto owned = std::make_unique<OwnedColumn>();
  owned->columns = columns;
  std::ranges::copy(buffers, owned->buffers.begin());
  out = ArrowArray{};
  out.length = static_cast<std::int64_t>(columns->rows());
  out.null_count = nulls;
  out.n_buffers = static_cast<std::int64_t>(buffers.size());
  out.buffers = owned->buffers.data();
  out.release = release_column;
  out.private_data = owned.release();
}

void export_text(const SharedColumns& columns, ArrowArray& out, const TextColumn& text) {
  const void* valid = text.valid.empty() ? nullptr : text.valid.data();
  export_column(columns, out, text.nulls, {valid, text.offsets.data(), text.bytes.data()});
}

// --- stream

struct OwnedStream {
  SharedColumns columns;
  bool at_end = false;
};

template <class Body>
int errno_of(Body body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

int stream_schema(ArrowArrayStream*, ArrowSchema* out) {
  return errno_of([out] { export_schema(out); });
}

int stream_next(ArrowArrayStream* stream, ArrowArray* out) {
  auto* owned = static_cast<OwnedStream*>(stream->private_data);
  *out = ArrowArray{};  // without release: the end
  if (owned->at_end) return 0;
  return errno_of([&] {
    export_array(owned->columns, out);
    owned->at_end = true;
  });
}

const char* stream_error(ArrowArrayStream*) {
  return nullptr;
}

void release_stream(ArrowArrayStream* stream) {
  delete static_cast<OwnedStream*>(stream->private_data);
  stream->release = nullptr;
}

}  // namespace

void export_schema(ArrowSchema* out) {
  auto owned = std::make_unique<OwnedSchema>();
  for (std::size_t i = 0; i < column_count; ++i) {
    ArrowSchema& column = owned->columns[i];
    column.format = formats[i];
    column.name = column_names[i];
    column.flags = flags[i];
    column.release = release_nothing;
    owned->pointers[i] = &column;
  }
  *out = ArrowSchema{};
  out->format = "+s";
  out->name = "";
  out->n_children = column_count;
  out->children = owned->pointers.data();
  out->release = release_schema;
  out->private_data = owned.release();
}

void export_array(const SharedColumns& columns, ArrowArray* out) {
  auto owned = std::make_unique<OwnedBatch>();
  ArrowArray batch{};
  batch.length = static_cast<std::int64_t>(columns->rows());
  batch.n_buffers = 1;
  batch.n_children = column_count;
  batch.buffers = owned->buffers.data();
  for (std::size_t i = 0; i < column_count; ++i) owned->pointers[i] = &owned->columns[i];
  batch.children = owned->pointers.data();
  try {
    export_text(columns, owned->columns[0], columns->path);
    export_column(columns, owned->columns[1], 0, {nullptr, columns->last_modified.data()});
    export_column(columns, owned->columns[2], 0, {nullptr, columns->size.data()});
    export_text(columns, owned->columns[3], columns->e_tag);
    export_text(columns, owned->columns[4], columns->version);
  } catch (...) {
    release_children(&batch);
    throw;
  }
  batch.release = release_batch;
  batch.private_data = owned.release();
  *out = batch;
}

void export_stream(const SharedColumns& columns, ArrowArrayStream* out) {
  auto owned = std::make_unique<OwnedStream>();
  owned->columns = columns;
  *out = ArrowArrayStream{};
  out->get_schema = stream_schema;
  out->get_next = stream_next;
  out->get_last_error = stream_error;
  out->release = release_stream;
  out->private_data = owned.release();
}

}  // namespace storelink::python
