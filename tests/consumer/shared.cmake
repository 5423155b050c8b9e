# Builds the library as a shared one, installs it and runs the examples against it, with CMake and with pkg-config alone.
# In: source, build (a directory of the test's own), libdir, generator, compiler, launcher.
file(REMOVE_RECURSE "${build}/prefix" "${build}/examples" "${build}/objects")
set(tools -G "${generator}" "-DCMAKE_CXX_COMPILER=${compiler}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${launcher}")

function(step)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

step("${CMAKE_COMMAND}" -S "${source}" -B "${build}/library" ${tools} -DCMAKE_BUILD_TYPE=Release -DSTORELINK_SHARED=ON)
step("${CMAKE_COMMAND}" --build "${build}/library")
step("${CMAKE_COMMAND}" --install "${build}/library" --component core --prefix "${build}/prefix")
step("${CMAKE_COMMAND}" -S "${source}/examples/cpp" -B "${build}/examples" ${tools}
     "-DCMAKE_PREFIX_PATH=${build}/prefix")
step("${CMAKE_COMMAND}" --build "${build}/examples")

execute_process(
  COMMAND "${CMAKE_COMMAND}" -E env "PKG_CONFIG_PATH=${build}/prefix/${libdir}/pkgconfig"
          pkg-config --cflags --libs storelink
  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(flags MATCHES "curl|pugixml|crypto")
  message(FATAL_ERROR "whoever links the shared library links what it is made with: ${flags}")
endif()
separate_arguments(flags UNIX_COMMAND "${flags}")
step("${compiler}" -std=c++20 "${source}/examples/cpp/get.cpp" ${flags} -o "${build}/get")

file(MAKE_DIRECTORY "${build}/objects")
file(WRITE "${build}/objects/hello" "hello\n")
set(ENV{LD_LIBRARY_PATH} "${build}/prefix/${libdir}")
foreach(program IN ITEMS "${build}/examples/get" "${build}/get")
  execute_process(COMMAND "${program}" "file://${build}/objects" "hello" OUTPUT_VARIABLE printed ERROR_QUIET
                  COMMAND_ERROR_IS_FATAL ANY)
  if(NOT printed STREQUAL "hello\n")
    message(FATAL_ERROR "${program} printed: ${printed}")
  endif()
  # An error of the library's is caught as what it is.
  execute_process(COMMAND "${program}" "file://${build}/objects" "nothing" RESULT_VARIABLE status ERROR_VARIABLE said
                  OUTPUT_QUIET)
  if(NOT status EQUAL 1 OR NOT said MATCHES "nothing")
    message(FATAL_ERROR "${program} of a missing object ended with ${status} and said: ${said}")
  endif()
endforeach()

# It exports its own names only.
execute_process(COMMAND nm -DC --defined-only "${build}/prefix/${libdir}/libstorelink.so" OUTPUT_VARIABLE symbols
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" symbols "${symbols}")
list(FILTER symbols EXCLUDE REGEX "storelink::|[ ]sl_")
if(symbols)
  list(SUBLIST symbols 0 5 first)
  message(FATAL_ERROR "the shared library exports names that are not its own: ${first}")
endif()
