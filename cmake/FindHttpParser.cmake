# The http_parser library, which brings neither a CMake package nor a pkg-config file: HttpParser::HttpParser
find_path(HttpParser_INCLUDE_DIR http_parser.h)
if(STORELINK_BUNDLED_CURL)
  find_library(HttpParser_LIBRARY NAMES libhttp_parser.a http_parser)
else()
  find_library(HttpParser_LIBRARY NAMES http_parser)
endif()
mark_as_advanced(HttpParser_INCLUDE_DIR HttpParser_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(HttpParser REQUIRED_VARS HttpParser_LIBRARY HttpParser_INCLUDE_DIR)

if(HttpParser_FOUND AND NOT TARGET HttpParser::HttpParser)
  add_library(HttpParser::HttpParser UNKNOWN IMPORTED)
  set_target_properties(HttpParser::HttpParser PROPERTIES
    IMPORTED_LOCATION "${HttpParser_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${HttpParser_INCLUDE_DIR}")
endif()
