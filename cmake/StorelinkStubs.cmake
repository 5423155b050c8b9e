# Type information for a package built with storelink_add_module().
#
#   storelink_add_stubs(<target> PACKAGE <package>
#                       [STORE_MODULE store] [EXCEPTIONS_MODULE exceptions])
#
# makes and installs, beside the extension in <package>, for type checkers and editors:
#   <STORE_MODULE>.pyi, <EXCEPTIONS_MODULE>.pyi   the store classes with every setting, and the exceptions
#   <extension>.pyi                               the author's own functions, read from the built extension by nanobind's
#                                                 stubgen or by pybind11-stubgen; one in plain C has nothing to read, its
#                                                 author writes this file
# The names are those given to register_store_module() and register_exceptions_module(). Add an empty py.typed to the
# package. Reading the extension imports it: what it needs at run time must be there. Cross builds leave its file out.
include_guard(GLOBAL)

# <package>/<module>.pyi from storelink's own one, with what that imports in it. The operations as methods are
# storelink's alone; AnyObjectStore may mean Python objects, too.
function(storelink_write_stub template package module accept_python_stores)
  set(source "${STORELINK_SOURCE_TREE}/python/storelink/${template}.pyi")
  set(range_methods_file "${STORELINK_SOURCE_TREE}/cmake/range_methods.pyi")
  set(bytes_file "${STORELINK_SOURCE_TREE}/python/storelink/_bytes.pyi")
  set(settings_file "${STORELINK_SOURCE_TREE}/python/storelink/_settings.pyi")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    "${source}" "${range_methods_file}" "${bytes_file}" "${settings_file}")
  file(READ "${source}" text)
  string(REPLACE "storelink.${template}" "${package}.${module}" text "${text}")
  file(READ "${range_methods_file}" range_methods)
  file(READ "${bytes_file}" bytes)  # what they return; no name of the package's own
  string(REPLACE "from storelink._bytes import Bytes\n" "${bytes}" range_methods "${range_methods}")
  string(REPLACE "Bytes" "_Bytes" range_methods "${range_methods}")
  file(READ "${settings_file}" settings)
  string(REGEX MATCH "from \\._settings import [^)]*\\)\n" import "${text}")
  if(import)
    string(REPLACE "${import}" "${settings}" text "${text}")
  endif()
  string(REPLACE "from ._store_methods import ObjectStoreMethods as ObjectStoreMethods\n" "${range_methods}" text "${text}")
  string(REPLACE "(ObjectStoreMethods)" "(_RangeMethods)" text "${text}")
  if(accept_python_stores)
    string(REGEX REPLACE "(AnyObjectStore: TypeAlias = [^\n]*)" "\\1 | _PythonStore" text "${text}")
  endif()
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/stubs/${package}/${module}.pyi" "${text}")
endfunction()

function(storelink_add_stubs target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PACKAGE;STORE_MODULE;EXCEPTIONS_MODULE" "")
  get_target_property(binding ${target} STORELINK_BINDING)
  if(NOT arg_PACKAGE OR NOT binding OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "storelink_add_stubs(<target> PACKAGE <package> [STORE_MODULE <name>] [EXCEPTIONS_MODULE <name>]) "
                        "takes a target of storelink_add_module() and the name of the Python package it is in.")
  endif()
  if(NOT arg_STORE_MODULE)
    set(arg_STORE_MODULE store)
  endif()
  if(NOT arg_EXCEPTIONS_MODULE)
    set(arg_EXCEPTIONS_MODULE exceptions)
  endif()
  set(out "${CMAKE_CURRENT_BINARY_DIR}/stubs/${arg_PACKAGE}")
  get_target_property(accept_python_stores ${target} STORELINK_ACCEPT_PYTHON_STORES)
  storelink_write_stub(store "${arg_PACKAGE}" "${arg_STORE_MODULE}" "${accept_python_stores}")
  storelink_write_stub(exceptions "${arg_PACKAGE}" "${arg_EXCEPTIONS_MODULE}" FALSE)
  install(FILES "${out}/${arg_STORE_MODULE}.pyi" "${out}/${arg_EXCEPTIONS_MODULE}.pyi" DESTINATION "${arg_PACKAGE}")

  # Where the signatures of this extension's functions find the types of their parameters.
  target_compile_definitions(${target} PRIVATE STORELINK_STORE_MODULE="${arg_PACKAGE}.${arg_STORE_MODULE}")
  if(binding STREQUAL "c" OR CMAKE_CROSSCOMPILING)
    return()
  endif()

  get_target_property(extension ${target} OUTPUT_NAME)
  if(NOT extension)
    set(extension ${target})
  endif()
  storelink_find_python(${binding})
  if(binding STREQUAL "pybind11")
    execute_process(COMMAND "${Python_EXECUTABLE}" -c "import pybind11_stubgen" RESULT_VARIABLE missing ERROR_QUIET)
    if(missing)
      message(FATAL_ERROR "pybind11-stubgen is not installed for ${Python_EXECUTABLE}: pip install pybind11-stubgen")
    endif()
  endif()
  set(script "${STORELINK_SOURCE_TREE}/cmake/extension_stub.py")
  add_custom_command(
    OUTPUT "${out}/${extension}.pyi"
    COMMAND "${CMAKE_COMMAND}" -E env --modify "PYTHONPATH=path_list_prepend:$<TARGET_FILE_DIR:${target}>"
            "${Python_EXECUTABLE}" "${script}" ${binding} ${extension} "${arg_PACKAGE}" "${arg_STORE_MODULE}"
            "${arg_EXCEPTIONS_MODULE}" "${out}/${extension}.pyi"
    DEPENDS ${target} "${script}" VERBATIM)
  add_custom_target(${target}_stub ALL DEPENDS "${out}/${extension}.pyi")
  install(FILES "${out}/${extension}.pyi" DESTINATION "${arg_PACKAGE}")
endfunction()
