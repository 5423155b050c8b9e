# Installs the library into an empty directory, builds this project and the examples in C and C++ against it and runs
# them.
# In: source, build (the library's directories), libdir (below the prefix), generator, c_compiler, c_flags, compiler,
# flags.
set(work "${build}/consumer")
file(REMOVE_RECURSE "${work}")

function(step)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(build_against_installed name directory)
  step("${CMAKE_COMMAND}" -S "${directory}" -B "${work}/${name}" -G "${generator}"
       "-DCMAKE_PREFIX_PATH=${work}/prefix" "-DCMAKE_CXX_COMPILER=${compiler}" "-DCMAKE_CXX_FLAGS=${flags}"
       "-DCMAKE_C_COMPILER=${c_compiler}" "-DCMAKE_C_FLAGS=${c_flags} -Werror")
  step("${CMAKE_COMMAND}" --build "${work}/${name}")
endfunction()

# The output of the command, which must succeed.
function(output_of result)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

step("${CMAKE_COMMAND}" --install "${build}" --component core --prefix "${work}/prefix")

build_against_installed(consumer "${CMAKE_CURRENT_LIST_DIR}")
step("${work}/consumer/consumer")

build_against_installed(c_program "${source}/examples/c_program")
file(MAKE_DIRECTORY "${work}/objects")
foreach(url IN ITEMS "memory:///" "memory:///below/this" "file://${work}/objects")
  output_of(printed "${work}/c_program/c_program" "${url}")
  foreach(line IN ITEMS "greetings/hello, 13 bytes" "greetings/bye, 8 bytes" "Hello from C!")
    if(NOT printed MATCHES "\n${line}\n")
      message(FATAL_ERROR "c_program ${url} printed no line '${line}':\n${printed}")
    endif()
  endforeach()
endforeach()
# What goes wrong is said, and the exit status tells it.
execute_process(COMMAND "${work}/c_program/c_program" "s3://bucket" "no_such_setting=1"
                RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_QUIET)
if(NOT status EQUAL 1 OR NOT said MATCHES "no_such_setting")
  message(FATAL_ERROR "c_program with an unknown setting ended with ${status} and said: ${said}")
endif()

build_against_installed(examples "${source}/examples/cpp")
set(examples "${work}/examples")
set(url "file://${work}/objects")
string(REPEAT "one line of text\n" 1000000 text)
file(WRITE "${work}/text" "${text}")
execute_process(COMMAND "${examples}/multipart_upload" "${url}" "texts/large" INPUT_FILE "${work}/text"
                OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
if(NOT printed MATCHES "^3 parts, etag ")
  message(FATAL_ERROR "multipart_upload printed:\n${printed}")
endif()
execute_process(COMMAND "${examples}/get" "${url}" "texts/large" OUTPUT_FILE "${work}/got" ERROR_QUIET
                COMMAND_ERROR_IS_FATAL ANY)
step("${CMAKE_COMMAND}" -E compare_files "${work}/text" "${work}/got")

function(expect printed_pattern)
  output_of(printed ${ARGN})
  if(NOT printed MATCHES "${printed_pattern}")
    message(FATAL_ERROR "${ARGN} printed:\n${printed}")
  endif()
endfunction()
expect("^17000000 bytes, 1000000 lines\n$" "${examples}/parallel_ranges" "${url}" "texts/large")
expect("  texts/\n" "${examples}/list" "${url}")
expect("    17000000  texts/large\n" "${examples}/list" "${url}" "texts")
file(MAKE_DIRECTORY "${work}/copies")
expect("^1 objects copied\n$" "${examples}/coroutine" "${url}" "file://${work}/copies" "texts")
step("${CMAKE_COMMAND}" -E compare_files "${work}/text" "${work}/copies/texts/large")
expect("^https://s3\\.eu-west-1\\.amazonaws\\.com/bucket/key\\?X-Amz-Algorithm=AWS4-HMAC-SHA256&.*X-Amz-Expires=3600"
       "${CMAKE_COMMAND}" -E env AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=eu-west-1
       "${examples}/presign" "s3://bucket" "key")
execute_process(COMMAND "${examples}/get" "${url}" "nothing" RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_QUIET)
if(NOT status EQUAL 1 OR NOT said MATCHES "nothing")
  message(FATAL_ERROR "get of a missing object ended with ${status} and said: ${said}")
endif()

# Without CMake, by pkg-config.
output_of(link_flags "${CMAKE_COMMAND}" -E env "PKG_CONFIG_PATH=${work}/prefix/${libdir}/pkgconfig"
          pkg-config --cflags --libs storelink)
separate_arguments(link_flags UNIX_COMMAND "${link_flags}")
separate_arguments(compiler_flags UNIX_COMMAND "${flags}")
step("${compiler}" -std=c++20 ${compiler_flags} "${source}/examples/cpp/get.cpp" ${link_flags} -o "${work}/get")
execute_process(COMMAND "${work}/get" "${url}" "texts/large" OUTPUT_FILE "${work}/got" ERROR_QUIET
                COMMAND_ERROR_IS_FATAL ANY)
step("${CMAKE_COMMAND}" -E compare_files "${work}/text" "${work}/got")

# No header of another library is exposed.
file(GLOB_RECURSE headers "${work}/prefix/include/*")
foreach(header IN LISTS headers)
  file(STRINGS "${header}" leaks REGEX "#include [<\"](curl|nlohmann|pugixml|fmt|openssl|http_parser)")
  if(leaks)
    message(FATAL_ERROR "${header} has ${leaks}")
  endif()
endforeach()
