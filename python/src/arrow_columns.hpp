// The metadata of objects in Arrow's memory layout, and its way out through the C data interface.
//
// Nothing here needs Python or its GIL. Exported structs share the columns and keep them alive; their release
// functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow_c_data.hpp"
#include "storelink/object_store.hpp"

namespace storelink::python {

// Arrow's Utf8: nulls have no bit in `valid`, which is empty where there are none.
struct TextColumn {
  std::vector<std::int32_t> offsets{0};
  std::string bytes;
  std::vector<std::uint8_t> valid;
  std::int64_t nulls = 0;

  // Throws Error(generic) beyond 2 GiB.
  void append(std::string_view text);
  void append(const std::optional<std::string>& text);
  std::optional<std::string> at(std::size_t row) const;

 private:
  std::size_t rows() const noexcept { return offsets.size() - 1; }
};

struct MetaColumns {
  explicit MetaColumns(std::span<const ObjectMeta> objects);

  std::size_t rows() const noexcept { return size.size(); }
  ObjectMeta row(std::size_t index) const;

  TextColumn path;
  std::vector<std::int64_t> last_modified;  // microseconds since 1970, UTC
  std::vector<std::uint64_t> size;
  TextColumn e_tag, version;
};
using SharedColumns = std::shared_ptr<const MetaColumns>;

inline constexpr const char* column_names[] = {"path", "last_modified", "size", "e_tag", "version"};
inline constexpr std::size_t column_count = std::size(column_names);

// Each fills `out`, whose owner has it released. Throws std::bad_alloc.
void export_schema(ArrowSchema* out);
void export_array(const SharedColumns& columns, ArrowArray* out);         // one struct array: a record batch
void export_stream(const SharedColumns& columns, ArrowArrayStream* out);  // of that one

}  // namespace storelink::python
