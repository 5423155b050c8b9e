// The attributes by their HTTP names in lower case, for whoever stores or sends them by name. The storage
// class, which HTTP does not know, is "storage-class".
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "storelink/object_store.hpp"

namespace storelink {

struct AttributeName {
  std::string_view name;
  std::optional<std::string> Attributes::* member;
};

inline constexpr std::array http_attributes = {
    AttributeName{"cache-control", &Attributes::cache_control},
    AttributeName{"content-disposition", &Attributes::content_disposition},
    AttributeName{"content-encoding", &Attributes::content_encoding},
    AttributeName{"content-language", &Attributes::content_language},
    AttributeName{"content-type", &Attributes::content_type},
};

inline constexpr std::array all_attributes = {
    http_attributes[0], http_attributes[1], http_attributes[2],
    http_attributes[3], http_attributes[4], AttributeName{"storage-class", &Attributes::storage_class},
};

}  // namespace storelink
