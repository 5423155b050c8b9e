# Building Python extensions that take and make stores.
#
#   storelink_add_module(<name> EMBED <source>... [NB_DOMAIN <domain>])
#
# makes the nanobind extension <name>: one cp310-abi3 binary for every CPython from 3.10 (nanobind's split mode;
# at run time it needs the PyPI package nanobind-backend>=1.0). EMBED links the whole library into the extension.
# Only PyInit_* is exported, and NB_DOMAIN (default: <name>) is its own, so that several extensions in one process
# keep their classes apart.
include_guard(GLOBAL)

set(STORELINK_EXPORTS_MAP "${CMAKE_CURRENT_LIST_DIR}/python_exports.map" CACHE INTERNAL "")

# Python and nanobind. A macro, called wherever they are used: find_package() results belong to one directory.
macro(storelink_find_python)
  if(NOT Python_EXECUTABLE AND EXISTS "${CMAKE_SOURCE_DIR}/.venv/bin/python")
    set(Python_EXECUTABLE "${CMAKE_SOURCE_DIR}/.venv/bin/python")
  endif()
  find_package(Python 3.10 REQUIRED QUIET COMPONENTS Interpreter Development.Module)
  if(NOT nanobind_ROOT AND NOT nanobind_DIR)
    execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
                    OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE
                    RESULT_VARIABLE nanobind_missing ERROR_QUIET)
    if(nanobind_missing)
      message(FATAL_ERROR "nanobind is not installed for ${Python_EXECUTABLE}: pip install 'nanobind==3.1.*'")
    endif()
  endif()
  find_package(nanobind 3.1 CONFIG REQUIRED)
endmacro()

function(storelink_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "EMBED" "NB_DOMAIN" "")
  if(NOT arg_EMBED)
    message(FATAL_ERROR "storelink_add_module(${name}): the only way to build an extension is EMBED for now. Write "
                        "storelink_add_module(${name} EMBED <source>... [NB_DOMAIN <domain>]).")
  endif()
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "storelink_add_module(${name} EMBED): no source file was given.")
  endif()
  if(NOT arg_NB_DOMAIN)
    set(arg_NB_DOMAIN "${name}")
  endif()
  storelink_find_python()

  nanobind_add_module(${name} BACKEND_MODULE nanobind_backend NB_DOMAIN "${arg_NB_DOMAIN}" NOMINSIZE
                      NB_SUPPRESS_WARNINGS ${arg_UNPARSED_ARGUMENTS})
  storelink_target_defaults(${name})
  target_link_libraries(${name} PRIVATE storelink_python)
  target_link_options(${name} PRIVATE "LINKER:--version-script=${STORELINK_EXPORTS_MAP}")
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "${STORELINK_EXPORTS_MAP}")
endfunction()

# For work inside this repository: put extension <target> and links to the Python files of <source_dir> together in
# build/<preset>/python/<package>, so that PYTHONPATH=build/<preset>/python is all it takes to import the package.
function(storelink_assemble_package target package source_dir)
  set(out "${storelink_BINARY_DIR}/python/${package}")
  set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${out}")
  file(GLOB_RECURSE stale LIST_DIRECTORIES false "${out}/*.py" "${out}/*.pyi")
  foreach(link IN LISTS stale)
    if(NOT EXISTS "${link}")  # its file was removed or renamed
      file(REMOVE "${link}")
    endif()
  endforeach()
  file(GLOB_RECURSE files RELATIVE "${source_dir}" CONFIGURE_DEPENDS
       "${source_dir}/*.py" "${source_dir}/*.pyi" "${source_dir}/py.typed")
  foreach(file IN LISTS files)
    cmake_path(GET file PARENT_PATH subdir)
    file(MAKE_DIRECTORY "${out}/${subdir}")
    file(CREATE_LINK "${source_dir}/${file}" "${out}/${file}" SYMBOLIC)
  endforeach()
endfunction()
