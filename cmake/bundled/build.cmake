# Builds static, position-independent OpenSSL, nghttp2 and libcurl with no more in them than this library uses, and puts
# include, lib and licenses below <prefix>, all at once at the end.
#
#   cmake -D prefix=<directory> -D cc=<C compiler> [-D flags=<compiler flags>] -P build.cmake
#
# Needs cargo, perl and make. CMAKE_BUILD_PARALLEL_LEVEL says how many processes may compile; else all processors do.
cmake_minimum_required(VERSION 3.25)

set(work "${prefix}.building")
set(out "${work}/out")
set(flags "${flags} -O2 -fPIC -ffunction-sections -fdata-sections")

set(jobs "$ENV{CMAKE_BUILD_PARALLEL_LEVEL}")
if(NOT jobs)
  include(ProcessorCount)
  ProcessorCount(jobs)
endif()

function(run directory)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${directory}" RESULT_VARIABLE failed
                  OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}: ${failed}\n${said}")
  endif()
endfunction()

# Sets <crate>_dir for the crates of the lock file.
function(fetch_crates)
  execute_process(COMMAND cargo -vV OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX REPLACE ".*host: ([^\n]+).*" "\\1" host "${version}")
  execute_process(
    COMMAND cargo metadata --quiet --locked --format-version 1 --filter-platform "${host}"
            --manifest-path "${CMAKE_CURRENT_LIST_DIR}/Cargo.toml"
    OUTPUT_VARIABLE metadata COMMAND_ERROR_IS_FATAL ANY)
  string(JSON count LENGTH "${metadata}" packages)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON name GET "${metadata}" packages ${i} name)
    string(JSON manifest GET "${metadata}" packages ${i} manifest_path)
    cmake_path(GET manifest PARENT_PATH directory)
    set(${name}_dir "${directory}" PARENT_SCOPE)
  endforeach()
endfunction()

function(build_openssl source)
  file(MAKE_DIRECTORY "${work}/openssl")
  separate_arguments(options UNIX_COMMAND "${flags}")
  # The directory is where most systems have, or link, their certificates; src/http knows the other places. A program's
  # openssl.cnf is not for the libraries inside an extension: no-autoload-config.
  run("${work}/openssl" "${CMAKE_COMMAND}" -E env "CC=${cc}" perl "${source}/Configure"
      --prefix=/usr --openssldir=/etc/ssl --libdir=lib
      no-shared no-tests no-apps no-docs no-legacy no-engine no-dso no-module no-autoload-config no-filenames
      no-dtls no-quic no-comp no-srp no-psk no-srtp no-nextprotoneg no-ct no-cms no-cmp no-ts no-rfc3779 no-gost
      no-aria no-bf no-blake2 no-camellia no-cast no-idea no-md4 no-mdc2 no-rc2 no-rc4 no-rmd160 no-seed no-siv
      no-sm2 no-sm3 no-sm4 no-whirlpool no-ec2m no-slh-dsa no-ui-console ${options})
  run("${work}/openssl" make -j "${jobs}" build_libs)
  file(COPY "${work}/openssl/libssl.a" "${work}/openssl/libcrypto.a" DESTINATION "${out}/lib")
  file(COPY "${source}/include/openssl" "${work}/openssl/include/openssl" DESTINATION "${out}/include"
       FILES_MATCHING PATTERN "*.h")
  configure_file("${source}/LICENSE.txt" "${out}/licenses/openssl.txt" COPYONLY)
endfunction()

function(build_cmake_project name source)
  run("${work}" "${CMAKE_COMMAND}" -S "${source}" -B "${name}" -G "Unix Makefiles" "-DCMAKE_C_COMPILER=${cc}"
      "-DCMAKE_C_FLAGS=${flags} -ffile-prefix-map=${source}=${name}" -DCMAKE_C_FLAGS_RELEASE=-DNDEBUG
      -DCMAKE_BUILD_TYPE=Release "-DCMAKE_INSTALL_PREFIX=${out}" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DBUILD_STATIC_LIBS=ON
      -DBUILD_TESTING=OFF ${ARGN})
  run("${work}" "${CMAKE_COMMAND}" --build "${name}" --parallel "${jobs}")
  run("${work}" "${CMAKE_COMMAND}" --install "${name}")
  configure_file("${source}/COPYING" "${out}/licenses/${name}.txt" COPYONLY)
endfunction()

function(build_curl source)
  # The crate's copy names directories that it lacks; cargo's files are left as they are.
  file(COPY "${source}" DESTINATION "${work}")
  foreach(missing IN ITEMS docs docs/examples)
    file(WRITE "${work}/curl/${missing}/CMakeLists.txt" "")
  endforeach()
  file(RENAME "${work}/curl" "${work}/curl-source")
  set(disabled ALTSVC AWS BASIC_AUTH BEARER_AUTH BINDLOCAL COOKIES DIGEST_AUTH DOH FORM_API GETOPTIONS HEADERS_API HSTS
      KERBEROS_AUTH LIBCURL_OPTION MIME NEGOTIATE_AUTH NETRC NTLM PROGRESS_METER SHUFFLE_DNS WEBSOCKETS)
  list(REMOVE_ITEM disabled BASIC_AUTH SHUFFLE_DNS)  # a proxy's password; the client option randomize_addresses
  list(TRANSFORM disabled PREPEND "-DCURL_DISABLE_")
  list(TRANSFORM disabled APPEND "=ON")
  build_cmake_project(curl "${work}/curl-source" ${disabled}
    -DHTTP_ONLY=ON -DUSE_NGHTTP2=ON "-DNGHTTP2_INCLUDE_DIR=${out}/include" "-DNGHTTP2_LIBRARY=${out}/lib/libnghttp2.a"
    -DCURL_USE_PKGCONFIG=OFF -DCURL_USE_OPENSSL=ON "-DOPENSSL_INCLUDE_DIR=${out}/include"
    "-DOPENSSL_SSL_LIBRARY=${out}/lib/libssl.a" "-DOPENSSL_CRYPTO_LIBRARY=${out}/lib/libcrypto.a"
    -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON
    -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DCURL_USE_LIBPSL=OFF -DUSE_LIBIDN2=OFF -DCURL_USE_LIBSSH2=OFF
    -DBUILD_CURL_EXE=OFF -DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF)
endfunction()

file(REMOVE_RECURSE "${work}")
file(MAKE_DIRECTORY "${out}")
fetch_crates()
build_openssl("${openssl-src_dir}/openssl")
build_cmake_project(nghttp2 "${libnghttp2-sys_dir}/nghttp2" -DENABLE_LIB_ONLY=ON -DENABLE_DOC=OFF)
build_curl("${curl-sys_dir}/curl")
file(REMOVE_RECURSE "${prefix}")
file(RENAME "${out}" "${prefix}")
file(REMOVE_RECURSE "${work}")
