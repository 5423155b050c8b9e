# Installs the library into an empty directory, builds this project and the example in C against it and runs both.
# In: source, build (the library's directories), generator, c_compiler, c_flags, compiler, flags.
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
