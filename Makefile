# Cutaway. `make demo` and `make check` are the two commands; `make help` lists the rest.
#
# Sources are found, not listed: every .c of bignum/, ciphers/, protocols/ and apps/common/ goes into its layer's
# library, every other folder of apps/ becomes a program, tests/test_*.c a test program, tests/ct_*.c a
# constant-time test. Everything built goes to build/.

BUILD   ?= build
CC      ?= cc
CFLAGS  ?= -O2 -g
MODE    ?=
SHELL   := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wcast-qual -Wformat=2 -Werror
ALL_CPPFLAGS := -I. -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 $(CPPFLAGS)
ALL_CFLAGS   := -std=c11 $(WARNINGS) $(CFLAGS)
ifeq ($(MODE),sanitize)
ALL_CPPFLAGS := $(filter-out -D_FORTIFY_SOURCE=2,$(ALL_CPPFLAGS))
ALL_CFLAGS   += -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS      += -fsanitize=address,undefined
endif
ifeq ($(MODE),fuzz)
ALL_CPPFLAGS := $(filter-out -D_FORTIFY_SOURCE=2,$(ALL_CPPFLAGS))
ALL_CFLAGS   += -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

# The second make runs after the packages are there, on all processors unless the caller said how many. The + in front of
# it is for make, which cannot see through the variable that this is a make and shares its -j only with those.
SUBMAKE = $(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

# --- what is built ---------------------------------------------------------------------------------------------

LAYERS    := bignum ciphers protocols apps/common
LIBRARIES := $(foreach layer,$(LAYERS),$(BUILD)/lib/$(subst /,-,$(layer)).a)
PROGRAMS  := $(patsubst apps/%,$(BUILD)/%,$(filter-out apps/common,$(patsubst %/,%,$(sort $(dir $(wildcard apps/*/*.c))))))
TESTS     := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
CT_TESTS  := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/ct_*.c))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
SCRIPTED_TESTS := $(wildcard tests/test_*.py tests/test_*.sh)
SOURCES   := $(shell find bignum ciphers protocols apps tests -name '*.c' 2>/dev/null | sort)
HEADERS   := $(shell find bignum ciphers protocols apps tests -name '*.h' 2>/dev/null | sort)

# The libraries from the top floor down, which is the order the linker wants.
LINK_LIBRARIES := $(BUILD)/lib/apps-common.a $(BUILD)/lib/protocols.a $(BUILD)/lib/ciphers.a $(BUILD)/lib/bignum.a

.DEFAULT_GOAL := all
# Several goals come one after the other, whatever -j says: each has a make of its own below it, which builds in parallel,
# and two of those at once would write the same files.
ifneq ($(word 2,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
.PHONY: all demo check check-programs help clean lint sanitize ct bench format install-build install-check install-lint FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: install-build ## Build every program into build/
	+@$(SUBMAKE) programs
.PHONY: programs
programs: $(PROGRAMS)

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)/*.c $(1)/*/*.c))
define library_rule
$(BUILD)/lib/$(subst /,-,$(1)).a: $(call objects,$(1)) $(BUILD)/sources-changed
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$(filter %.o,$$^)
endef
define program_rule
$(BUILD)/$(1): $(call objects,apps/$(1)) $(LINK_LIBRARIES)
	@mkdir -p $$(@D)
	@echo "  link  $$@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $$@ $$(call objects,apps/$(1)) $(LINK_LIBRARIES) -lgmp -ljansson -lreadline -lwslay -lpthread
endef
$(foreach layer,$(LAYERS),$(eval $(call library_rule,$(layer))))
$(foreach program,$(notdir $(PROGRAMS)),$(eval $(call program_rule,$(program))))

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(BUILD)/obj/tests/support.o $(LINK_LIBRARIES)
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LINK_LIBRARIES) -lcmocka -lcrypto -lgmp -ljansson -lreadline -lwslay -lpthread -lm
$(BUILD)/tests/ct_%: $(BUILD)/obj/tests/ct_%.o $(LINK_LIBRARIES)
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LINK_LIBRARIES) -lgmp -lpthread

# A fuzz target, without a fuzzer (make check) and with libFuzzer (make fuzz).
FUZZ_OBJECTS = $(BUILD)/obj/tests/fuzz/$(1).o $(BUILD)/obj/tests/fuzz/fuzz.o
$(BUILD)/tests/fuzz/fuzz_%: $(call FUZZ_OBJECTS,fuzz_%) $(BUILD)/obj/tests/fuzz/replay.o $(LINK_LIBRARIES)
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LINK_LIBRARIES) -lgmp -ljansson -lreadline -lwslay -lpthread
$(BUILD)/fuzz_%: $(call FUZZ_OBJECTS,fuzz_%) $(LINK_LIBRARIES)
	@echo "  link  $@"
	@$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(LINK_LIBRARIES) -lgmp -ljansson -lreadline -lwslay -lpthread

# The readers of test vectors are a program's, not a library's: their target is linked with them.
VECTOR_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard apps/cutaway/vectors_*.c) apps/cutaway/x509_arguments.c)
$(BUILD)/tests/fuzz/fuzz_vectors $(BUILD)/fuzz_vectors: $(VECTOR_OBJECTS)

# Rebuild when the compiler or its flags change, and relink when a source file comes or goes.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS)' > $@
$(BUILD)/sources-changed: FORCE
	@mkdir -p $(@D)
	@echo '$(SOURCES)' | cmp -s - $@ || echo '$(SOURCES)' > $@
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# --- the two commands ------------------------------------------------------------------------------------------

demo: install-build ## Build, then show what there is: a conversation, a trace, the vectors
	+@$(SUBMAKE) programs
	@BUILD=$(BUILD) docs/demo

check: install-check build/interop/installed ## Build and run all tests; ends with "N passed, N failed"
	+@$(SUBMAKE) check-programs
	@tests/run $(BUILD) $(TESTS) $(SCRIPTED_TESTS)
check-programs: $(PROGRAMS) $(TESTS) $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/%)

# --- the longer gates ------------------------------------------------------------------------------------------

sanitize: install-check ## Run all tests under the address and undefined-behaviour sanitizers
	+@$(SUBMAKE) BUILD=build/sanitize MODE=sanitize check

# A folder of your own vectors, in any of the formats: make check-vectors VECTORS_DIR=/somewhere
VECTORS_DIR ?=
check-vectors: install-vectors ## Run every published vector that Debian packages have; VECTORS_DIR=DIR adds your own
	+@$(SUBMAKE) $(BUILD)/cutaway
	@tests/check_vectors.py $(BUILD) $(if $(VECTORS_DIR),"$(VECTORS_DIR)")
check-monte: install-vectors ## Run the Monte Carlo tests in full, as their procedures state them
	+@$(SUBMAKE) $(BUILD)/cutaway
	@tests/check_vectors.py $(BUILD) --monte
vectors-table: install-vectors ## Run the vectors, and put the table into README.md
	+@$(SUBMAKE) $(BUILD)/cutaway
	@tests/check_vectors.py $(BUILD) --write-readme
.PHONY: check-vectors check-monte vectors-table install-vectors

load: install-check ## Put e2e-relay under load, and print figures: memory, lost messages, leaks
	+@$(SUBMAKE) programs
	@BUILD=$(BUILD) timeout 300 tests/load_relay.py
.PHONY: load

ct: install-check ## Run the constant-time tests under valgrind
	+@$(SUBMAKE) $(CT_TESTS)
	@VALGRIND=1 tests/run $(BUILD) $(CT_TESTS)

FUZZ_SECONDS ?= 60
fuzz: install-fuzz ## Run every fuzz target for FUZZ_SECONDS (60), with libFuzzer and the sanitizers
	+@$(SUBMAKE) BUILD=build/fuzz MODE=fuzz CC=clang fuzz-programs
	@tests/fuzz/run build/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS:%=build/fuzz/%)
.PHONY: fuzz fuzz-programs install-fuzz
fuzz-programs: $(FUZZ_TARGETS:%=$(BUILD)/%)

MUTATE_SECONDS ?= 600
mutate: install-check ## Break each line of the algorithms, for MUTATE_SECONDS (600) or in FILES=...; list what no test sees
	+@$(SUBMAKE) mutate-programs
	@BUILD='$(BUILD)' CC='$(CC)' MUTATE_CFLAGS='$(ALL_CPPFLAGS) $(ALL_CFLAGS)' MUTATE_SECONDS='$(MUTATE_SECONDS)' \
	    tests/mutate/mutate.py $(FILES)
.PHONY: mutate mutate-programs
mutate-programs: $(BUILD)/cutaway $(TESTS)

lint: install-lint compile_commands.json ## Check layout and run clang-tidy and cppcheck
	@.ci/lint

format: install-lint ## Lay out every source file with clang-format
	@clang-format -i $(SOURCES) $(HEADERS)

bench: install-check ## Measure speed beside installed peers
	+@$(SUBMAKE) programs
	@$(BUILD)/cutaway bench keygen

compile_commands.json: FORCE ## Write build/compile_commands.json for editors and linters
	@mkdir -p build
	@{ echo '['; separator=''; for source in $(SOURCES); do \
	    printf '%s{"directory": "%s", "file": "%s", "command": "%s"}' "$$separator" '$(CURDIR)' "$$source" \
	        "$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c $$source"; separator=$$',\n'; done; echo; echo ']'; } > build/compile_commands.json

clean: ## Remove build/
	@rm -rf build

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' Makefile

# --- what must be installed ------------------------------------------------------------------------------------

# Stock Socket.IO, which e2e-relay is tested against: fetched once. Without a network the tests that need it say so, and
# fail.
build/interop/installed: tests/interop/package.json tests/interop/package-lock.json | install-check
	@mkdir -p $(@D)
	@cp $^ $(@D)/
	@echo 'Installing with npm, into $(@D): socket.io-client, socket.io' >&2
	@cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch installed || \
	    echo 'npm ci failed: tests/test_relay_interop.py and tests/test_e2e_interop.py will fail' >&2

BUILD_PACKAGES := $(if $(shell command -v $(CC)),,gcc) libc6-dev libgmp-dev libjansson-dev libreadline-dev libwslay-dev
CHECK_PACKAGES := $(BUILD_PACKAGES) libcmocka-dev libssl-dev openssl python3 python3-cryptography \
                  python3-cryptography-vectors valgrind python3-socketio python3-aiohttp python3-requests \
                  python3-websocket $(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm)
VECTOR_PACKAGES := $(BUILD_PACKAGES) python3 python3-cryptography-vectors libcrypto++-utils node-hash-test-vectors \
                   python3-pycryptodome
LINT_PACKAGES  := $(CHECK_PACKAGES) clang clang-format clang-tidy cppcheck
FUZZ_PACKAGES  := $(BUILD_PACKAGES) clang libclang-rt-dev

install-build:
	@.ci/install $(BUILD_PACKAGES)
install-check:
	@.ci/install $(CHECK_PACKAGES)
install-vectors:
	@.ci/install $(VECTOR_PACKAGES)
install-fuzz:
	@.ci/install $(FUZZ_PACKAGES)
install-lint:
	@.ci/install $(LINT_PACKAGES)
