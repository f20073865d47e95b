# make demo      opens real Keras files, prints their summaries, runs them, and compares with Keras
# make test      builds everything and runs all tests
# make release   builds the command alone for use: it starts sooner and needs no Swift
# make crash     kills 500 running saves of each format at random moments; make test kills a few
# make bench     times models, and counts the instructions of small ones with callgrind
# make sanitize  runs the operation suites on the kernels under address and undefined-behaviour sanitizers
# make lint      checks format and style
# make docs      builds the documentation of both libraries
# make man       makes the man pages of the command
# make fixtures  makes the goldens anew with real Keras (never needed to build or test)

SHELL := /bin/bash
# The same flags for all, so that make test builds nothing again that make demo has built.
FLAGS := -c release -Xswiftc -enable-testing
BUILD := swift build $(FLAGS) --explicit-target-dependency-import-check error
PYTHON3 ?= python3
KERAS3 ?= $(PYTHON3)
KERAS2 ?= $(PYTHON3)

.PHONY: help demo test release crash bench sanitize lint docs man fixtures dependencies build clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

dependencies:
	@Scripts/install-dependencies.sh

build: dependencies
	$(BUILD) --product hornbill

demo: build
	@Scripts/demo.sh "$$($(BUILD) --show-bin-path)/hornbill"

test: dependencies
	$(BUILD) --build-tests
	swift test $(FLAGS) --skip-build --parallel
	"$$($(BUILD) --show-bin-path)/CharacterRNN"
	"$$($(BUILD) --show-bin-path)/HDF5Tour" .build/tour.h5

release: dependencies
	@Scripts/build-release.sh

crash: dependencies
	$(BUILD) --build-tests
	HORNBILL_KILLS=500 swift test $(FLAGS) --skip-build --filter CrashTests

bench: dependencies
	swift build -c release --product HornbillBenchmarks
	"$$(swift build -c release --show-bin-path)/HornbillBenchmarks"
	Benchmarks/count.sh "$$(swift build -c release --show-bin-path)/HornbillBenchmarks"

# The address sanitizer is Swift's too, so it gets a build of its own. The suites run every kernel set of the machine.
# Leaks are not looked for: pointers in Swift's enumerations carry bits that hide them from the search.
sanitize: dependencies
	ASAN_OPTIONS=detect_leaks=0 swift test --scratch-path .build/sanitize --sanitize address \
	  -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined -Xlinker -lubsan \
	  --filter ExecutorTests

lint: dependencies
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples Benchmarks
	Scripts/check-tree.sh

docs: dependencies
	HORNBILL_DOCUMENTATION=1 swift package --allow-writing-to-directory .build/documentation \
	  generate-documentation --target Hornbill --target HornbillHDF5 \
	  --enable-experimental-combined-documentation --output-path .build/documentation

man: dependencies
	swift package $(FLAGS) generate-manual --multi-page
	@ls .build/plugins/GenerateManual/outputs/HornbillCLI/*

fixtures:
	KERAS3="$(KERAS3)" KERAS2="$(KERAS2)" fixtures/generate/all.sh

clean:
	rm -rf .build Examples/*/.build
