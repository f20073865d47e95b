# make demo      opens real Keras files, prints their summaries, runs them, and compares with Keras
# make test      builds everything and runs all tests
# make lint      checks format and style
# make docs      builds the documentation of both libraries
# make man       makes the man pages of the command
# make fixtures  makes the goldens anew with real Keras (never needed to build or test)

SHELL := /bin/bash
BUILD := swift build -c release --explicit-target-dependency-import-check error
PYTHON3 ?= python3
KERAS3 ?= $(PYTHON3)
KERAS2 ?= $(PYTHON3)

.PHONY: help demo test lint docs man fixtures dependencies build clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

dependencies:
	@Scripts/install-dependencies.sh

build: dependencies
	$(BUILD) --product hornbill

demo: build
	@Scripts/demo.sh "$$($(BUILD) --show-bin-path)/hornbill"

test: dependencies
	swift build -c release -Xswiftc -enable-testing --build-tests \
	  --explicit-target-dependency-import-check error
	swift test -c release -Xswiftc -enable-testing --skip-build --parallel
	swift run --package-path Examples/CharacterRNN -c release CharacterRNN

lint: dependencies
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples
	Scripts/check-tree.sh

docs: dependencies
	HORNBILL_DOCUMENTATION=1 swift package --allow-writing-to-directory .build/documentation \
	  generate-documentation --target Hornbill --target HornbillHDF5 \
	  --enable-experimental-combined-documentation --output-path .build/documentation

man: dependencies
	swift package --allow-writing-to-package-directory generate-manual --multi-page

fixtures:
	KERAS3="$(KERAS3)" KERAS2="$(KERAS2)" fixtures/generate/all.sh

clean:
	rm -rf .build Examples/*/.build
