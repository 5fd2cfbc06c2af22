# Compiler settings and the two helpers every folder uses: steelyard_library() and steelyard_test().

# False positives of GCC 12 in libstdc++'s inlined strings, in tests and at the sanitizers' level of optimisation.
set(STEELYARD_FALSE_ALARMS -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow)

add_library(steelyard_options INTERFACE)
target_compile_options(steelyard_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Werror=format-security -Wnon-virtual-dtor -Woverloaded-virtual
  -fstack-protector-strong -fno-plt)
target_compile_definitions(steelyard_options INTERFACE
  QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII QT_NO_FOREACH QT_NO_NARROWING_CONVERSIONS_IN_CONNECT)
if(STEELYARD_WERROR)
  target_compile_options(steelyard_options INTERFACE -Werror)
endif()
if(STEELYARD_SANITIZE)
  target_compile_options(steelyard_options INTERFACE -fsanitize=${STEELYARD_SANITIZE} -fno-omit-frame-pointer -g1)
  if(STEELYARD_SANITIZE MATCHES "thread")
    target_compile_options(steelyard_options INTERFACE ${STEELYARD_FALSE_ALARMS})
  endif()
  if(STEELYARD_SANITIZE MATCHES "undefined")
    target_compile_options(steelyard_options INTERFACE -fno-sanitize-recover=undefined)
  endif()
  target_link_options(steelyard_options INTERFACE -fsanitize=${STEELYARD_SANITIZE})
  if(STEELYARD_FUZZ)
    target_compile_options(steelyard_options INTERFACE -fsanitize=fuzzer-no-link)
  endif()
  # The programs of a sanitizer build are large; mold links them in a tenth of the time.
  find_program(STEELYARD_MOLD mold)
  if(STEELYARD_MOLD)
    target_link_options(steelyard_options INTERFACE -fuse-ld=mold)
  endif()
else()
  # _FORTIFY_SOURCE needs optimisation; the sanitizers bring their own checks. tests/lint/hardening.py looks for the results.
  target_compile_options(steelyard_options INTERFACE
    "$<$<AND:$<CONFIG:Release>,$<NOT:$<BOOL:${STEELYARD_HARDENING}>>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>"
    "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fstack-clash-protection>")
  if(STEELYARD_HARDENING)
    target_compile_options(steelyard_options INTERFACE
      "$<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3;-D_GLIBCXX_ASSERTIONS>"
      "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-ftrivial-auto-var-init=zero>")
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      target_compile_options(steelyard_options INTERFACE -fcf-protection=full)
    endif()
  endif()
endif()
target_link_options(steelyard_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Precompiled headers halve the time of the sanitizer builds; the plain build goes without, so that a missing include shows.
function(steelyard_precompile target qt)
  if(NOT STEELYARD_PCH)
    return()
  endif()
  set(headers <algorithm> <array> <atomic> <chrono> <deque> <functional> <map> <memory> <optional> <random> <string>
      <string_view> <unordered_map> <utility> <variant> <vector>)
  if(qt)
    list(APPEND headers <QObject> <QString> <QByteArray> <QList> <QHash> <QMap> <QVariant> <QJsonObject> <QJsonArray>
         <QJsonDocument> <QTimer> <QThread> <QCoreApplication>)
  endif()
  target_precompile_headers(${target} PRIVATE ${headers} ${ARGN})
endfunction()

# steelyard_library(NAME [QT] DEPENDS lib...): the static library of one folder, from every .cpp in it.
# QT: the folder has QObjects (moc runs). Include paths start at core/ and gui/: #include "net/timer_wheel.h".
function(steelyard_library name)
  cmake_parse_arguments(ARG "QT" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  add_library(steelyard_${name} STATIC ${sources})
  set_target_properties(steelyard_${name} PROPERTIES AUTOMOC ${ARG_QT})
  target_include_directories(steelyard_${name} PUBLIC ${PROJECT_SOURCE_DIR}/core)
  target_link_libraries(steelyard_${name} PUBLIC steelyard_options ${ARG_DEPENDS})
  steelyard_precompile(steelyard_${name} ${ARG_QT})
endfunction()

# steelyard_test(NAME [SERIAL] [TIMEOUT s] LABELS l... LINK lib...): one executable from every *_test.cpp of the folder;
# its test classes register themselves with STEELYARD_TEST (tests/support/test_main.h). SERIAL: it measures time or load
# and must run alone. Those labelled "unit" are built by the target steelyard_unit_tests.
function(steelyard_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "LABELS;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  add_executable(${name} ${sources} ${PROJECT_SOURCE_DIR}/tests/support/test_main.cpp)
  set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} Qt6::Test)
  target_compile_options(${name} PRIVATE ${STEELYARD_FALSE_ALARMS})
  steelyard_precompile(${name} ON <QTest> <QSignalSpy> <QTemporaryDir> <QElapsedTimer>)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} RUN_SERIAL ${ARG_SERIAL})
  if("unit" IN_LIST ARG_LABELS)
    if(NOT TARGET steelyard_unit_tests)
      add_custom_target(steelyard_unit_tests)
    endif()
    add_dependencies(steelyard_unit_tests ${name})
  endif()
endfunction()
