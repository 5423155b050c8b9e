# Building Python extensions that take and make stores.
#
#   storelink_add_module(<name> [EMBED] <source>...
#                        [BINDING nanobind|pybind11|c]   # default: nanobind
#                        [MINIMUM_RUNTIME <version>]     # of the installed package `storelink`
#                        [NO_RECREATE_WARNING] [ACCEPT_PYTHON_STORES]
#                        [NOMINSIZE] [NB_DOMAIN <domain>])
#
# makes the extension <name>. Without EMBED it compiles storelink's headers only and uses the installed Python package
# `storelink` at run time. With EMBED the whole library is linked into it: it needs no package, has classes and
# connections of its own, and shares its stores all the same.
#
# nanobind (split mode, needs nanobind-backend at run time) and plain C give one cp310-abi3 binary for every CPython
# from 3.10; pybind11 one for each. Only PyInit_* is exported, and NB_DOMAIN (default: <name>) is its own, so that
# several extensions in one process keep their classes apart.
#
# Release builds without EMBED are made for size, as nanobind's own are; NOMINSIZE keeps the compiler's usual -O2 or -O3,
# for extensions that compute. NO_RECREATE_WARNING and ACCEPT_PYTHON_STORES change the defaults of storelink::RegisterOptions.
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/StorelinkDefaults.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/StorelinkStubs.cmake")

set(STORELINK_EXPORTS_MAP "${CMAKE_CURRENT_LIST_DIR}/python_exports.map" CACHE INTERNAL "")
# The tree that this file belongs to: this repository, or its copy in a wheel or an installation.
get_filename_component(STORELINK_SOURCE_TREE "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE CACHE)

# Python and, by its name, one binding library. A macro, called wherever they are used: find_package() results belong
# to one directory.
macro(storelink_find_python binding)
  if(NOT Python_EXECUTABLE AND EXISTS "${CMAKE_SOURCE_DIR}/.venv/bin/python")
    set(Python_EXECUTABLE "${CMAKE_SOURCE_DIR}/.venv/bin/python")
  endif()
  find_package(Python 3.10 REQUIRED QUIET COMPONENTS Interpreter Development.Module)
  if("${binding}" STREQUAL "nanobind")
    storelink_find_binding(nanobind --cmake_dir 3.1)
  elseif("${binding}" STREQUAL "pybind11")
    set(PYBIND11_FINDPYTHON ON)
    storelink_find_binding(pybind11 --cmakedir 3.0)
  elseif(NOT "${binding}" STREQUAL "c")
    message(FATAL_ERROR "storelink_add_module(): BINDING ${binding} is not known; accepted are nanobind, pybind11 and c")
  endif()
endmacro()

macro(storelink_find_binding package flag version)
  if(NOT ${package}_ROOT AND NOT ${package}_DIR)
    execute_process(COMMAND "${Python_EXECUTABLE}" -m ${package} ${flag}
                    OUTPUT_VARIABLE ${package}_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE
                    RESULT_VARIABLE storelink_missing ERROR_QUIET)
    if(storelink_missing)
      message(FATAL_ERROR "${package} is not installed for ${Python_EXECUTABLE}: pip install '${package}>=${version}'")
    endif()
  endif()
  find_package(${package} ${version} CONFIG REQUIRED)
endmacro()

# The static toolkit, and with it the static core: built once in a project, by its first embedded extension.
function(storelink_need_embedded)
  if(NOT TARGET storelink_python)
    set(STORELINK_BUILD_PYTHON ON)
    add_subdirectory("${STORELINK_SOURCE_TREE}" "${CMAKE_BINARY_DIR}/storelink-embedded" EXCLUDE_FROM_ALL)
  endif()
endfunction()

function(storelink_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "EMBED;NO_RECREATE_WARNING;ACCEPT_PYTHON_STORES;NOMINSIZE"
                        "BINDING;MINIMUM_RUNTIME;NB_DOMAIN" "")
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "storelink_add_module(${name}): no source file was given.")
  endif()
  if(NOT arg_BINDING)
    set(arg_BINDING nanobind)
  endif()
  if(NOT arg_NB_DOMAIN)
    set(arg_NB_DOMAIN "${name}")
  endif()
  storelink_find_python("${arg_BINDING}")

  if(arg_BINDING STREQUAL "nanobind")
    nanobind_add_module(${name} BACKEND_MODULE nanobind_backend NB_DOMAIN "${arg_NB_DOMAIN}" NOMINSIZE
                        NB_SUPPRESS_WARNINGS ${arg_UNPARSED_ARGUMENTS})
  elseif(arg_BINDING STREQUAL "pybind11")
    pybind11_add_module(${name} MODULE NO_EXTRAS ${arg_UNPARSED_ARGUMENTS})
  else()
    add_library(${name} MODULE ${arg_UNPARSED_ARGUMENTS})
    set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".abi3.so")
    target_compile_definitions(${name} PRIVATE Py_LIMITED_API=0x030A0000)
    target_include_directories(${name} SYSTEM PRIVATE ${Python_INCLUDE_DIRS})
    if(arg_EMBED)  # the library is C++
      set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
    endif()
  endif()
  set_target_properties(${name} PROPERTIES  # for storelink_add_stubs()
    STORELINK_BINDING "${arg_BINDING}" STORELINK_ACCEPT_PYTHON_STORES "${arg_ACCEPT_PYTHON_STORES}")
  storelink_target_defaults(${name})

  if(arg_EMBED)
    storelink_need_embedded()
    target_link_libraries(${name} PRIVATE storelink_python)
  else()
    target_link_libraries(${name} PRIVATE storelink::headers)
    target_compile_definitions(${name} PRIVATE STORELINK_RUNTIME
      $<$<BOOL:${arg_MINIMUM_RUNTIME}>:STORELINK_MINIMUM_RUNTIME="${arg_MINIMUM_RUNTIME}">)
  endif()
  target_compile_definitions(${name} PRIVATE
    $<$<BOOL:${arg_NO_RECREATE_WARNING}>:STORELINK_NO_RECREATE_WARNING>
    $<$<BOOL:${arg_ACCEPT_PYTHON_STORES}>:STORELINK_ACCEPT_PYTHON_STORES>)
  # What is not used of the headers' inline functions goes; a small extension needs no page of its own for its code.
  target_compile_options(${name} PRIVATE -ffunction-sections -fdata-sections)
  if(APPLE)
    target_link_options(${name} PRIVATE "LINKER:-dead_strip,-exported_symbol,_PyInit_*"
                        $<$<CONFIG:Release,MinSizeRel>:LINKER:-x>)
  else()
    target_compile_options(${name} PRIVATE -fno-plt)
    target_link_options(${name} PRIVATE "LINKER:--gc-sections,-z,now,-z,noseparate-code"
                        "LINKER:--version-script=${STORELINK_EXPORTS_MAP}" $<$<CONFIG:Release,MinSizeRel>:LINKER:-s>)
  endif()
  if(NOT arg_EMBED AND NOT arg_NOMINSIZE)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-Os>)
    # The compiler then sees what is exported, which saves 2 to 4 kB. Of one source only: GCC takes the frames of one
    # coroutine in several sources for different types.
    list(LENGTH arg_UNPARSED_ARGUMENTS sources)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND sources EQUAL 1)
      set_target_properties(${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION_RELEASE ON)
    endif()
  endif()
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "${STORELINK_EXPORTS_MAP}")
endfunction()
