# make serve    the service on http://127.0.0.1:8000 (settings: ALZER_*)
# make test     all tests, on up to four cores at once
# make coverage the same, and which lines and branches they reach: a third longer
# make check    linters, types, architecture and dangerous code
# make evaluate the model's figures, card and report from data and predictions
# make docs     regenerate what docs/ takes from the code
# make texts    the catalogues of the page's texts, after texts or translations changed
# make page     the picture of the page in the README, from the model that ships
# make constraints   the newest versions of everything into constraints.txt
# make requirements  what serving and the BIDS App install, with hashes
# make audit    known holes in what serving installs
# make bandit   dangerous code; medium findings fail
# make sbom     the parts of a serving install as CycloneDX, into build/sbom.json

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The first interpreter of 3.11 or later; `make PYTHON=...` chooses another.
ifndef PYTHON
PYTHON := $(shell for each in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
	&& echo $$each && break; done)
endif

SOURCES := src tests benchmarks tools docs/generate.py
CHROMIUM := /usr/bin/chromium

.PHONY: help postgresql pango dicom serve test coverage check evaluate docs texts page constraints requirements audit bandit sbom clean

help:
	@sed -n 's/^# //p' Makefile | sed -n '/^make/p'

serve: .venv/.serve-stamp
	@exec .venv/bin/alzer serve

test coverage: .venv-test/.test-stamp $(CHROMIUM) postgresql pango dicom
	OMP_NUM_THREADS=1 PYTHONHASHSEED=0 .venv-test/bin/python -m pytest $(COVERAGE) \
		--numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

coverage: COVERAGE := --cov

check: .venv-test/.test-stamp
	.venv-test/bin/ruff check $(SOURCES)
	.venv-test/bin/ruff format --check $(SOURCES)
	.venv-test/bin/mypy --num-workers auto $(SOURCES)
	.venv-test/bin/lint-imports
	.venv-test/bin/bandit --quiet --recursive --severity-level medium src
	.venv-test/bin/python tools/catalogue.py check

# From the study's folder if there is one, else from the predictions that are kept.
DATA ?= $(or $(ALZER_DATA),../shared/data)
STUDY ?= runs/$(shell ls src/alzer/model/bundles | sort -V | tail -n 1)
# Only the study's own networks may judge its people; without them the kept answers do.
WITH_NETWORKS = $(if $(wildcard $(STUDY)),--outside $(DATA)/oasis2-planes/sessions.csv --robustness)

evaluate: .venv-test/.test-stamp
	.venv-test/bin/alzer evaluate $(or $(wildcard $(STUDY)),docs/evaluation) \
		--data $(DATA)/oasis1-axial --other-images $(DATA)/ood --other-images $(DATA)/oasis1-planes \
		--other-images $(DATA)/oasis2-planes --other-images $(DATA)/volumes \
		--output docs/evaluation --model-card docs/model-card.md --fit-person --update-card \
		--fit-second-opinion --second-opinion-outside $(DATA)/oasis2-planes/sessions.csv $(WITH_NETWORKS)

docs: .venv-test/.test-stamp
	.venv-test/bin/python docs/generate.py

texts: .venv-test/.test-stamp
	.venv-test/bin/python tools/catalogue.py update

page: .venv-test/.test-stamp $(CHROMIUM)
	.venv-test/bin/python tools/show_page.py docs/images/page.png

# The engine for GPUs is installed by nobody here: it would take the other's place.
# A local version such as +cpu names a build, not a release.
constraints:
	rm -rf .venv-constraints
	$(call create,.venv-constraints)
	.venv-constraints/bin/python -m pip install --quiet --disable-pip-version-check -e '.[check,benchmark]'
	.venv-constraints/bin/python -m pip freeze --exclude-editable \
		| sed -n 's/^\([^ ]*==[^+ ]*\).*/\1/p' > constraints.txt
	.venv-constraints/bin/python -m pip index versions onnxruntime-gpu 2> /dev/null \
		| sed -n '1s/^\([^ ]*\) (\(.*\))$$/\1==\2/p' >> constraints.txt
	rm -rf .venv-constraints

# Only what serving needs, with PostgreSQL and S3; every file by its digest.
requirements: .venv-test/.test-stamp
	.venv-test/bin/pip-compile --quiet --generate-hashes --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --no-header --no-annotate \
		--strip-extras --allow-unsafe --extra postgres --extra s3 \
		-c constraints.txt -o requirements-serve.txt pyproject.toml
	echo bids-validator-deno | .venv-test/bin/pip-compile --quiet --generate-hashes \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header \
		--no-annotate --allow-unsafe -c constraints.txt -o requirements-bids.txt -

# Strict: what could not be looked up is a failure, not a pass.
audit: .venv-test/.test-stamp
	.venv-test/bin/pip-audit --strict --disable-pip --require-hashes -r requirements-serve.txt

bandit: .venv-test/.test-stamp
	.venv-test/bin/bandit --quiet --recursive --severity-level medium src

sbom: .venv-test/.test-stamp
	mkdir -p build
	.venv-test/bin/cyclonedx-py requirements requirements-serve.txt \
		--pyproject pyproject.toml --output-file build/sbom.json

clean:
	rm -rf .venv .venv-test .venv-constraints build dist

# A stamp is written last: an installation that broke off is taken up again.
# Only what is used gets compiled, at its first use: 40 MB less.
.venv/.serve-stamp: pyproject.toml constraints.txt
	$(call create,.venv)
	@echo "Installing alzer; the first time takes a minute or two."
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile \
		-c constraints.txt -e .
	@touch $@

.venv-test/.test-stamp: pyproject.toml constraints.txt
	$(call create,.venv-test)
	@echo "Installing what the tests need, PyTorch included; this takes some minutes."
	@.venv-test/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[check,benchmark]'
	@touch $@

postgresql:
	@if ! ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 && ! command -v initdb > /dev/null; then \
		$(call apt_get_now,postgresql,The tests of the records need PostgreSQL); \
	fi

# Source: WeasyPrint's documentation, "First Steps", Debian.
PANGO := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core

pango:
	@if ! $(PYTHON) -c 'import ctypes.util as u, sys; sys.exit(not u.find_library("pangoft2-1.0"))'; then \
		$(call apt_get_now,$(PANGO),The tests of the reports need Pango); \
	fi

# What validates DICOM objects, and an archive that takes them.
DICOM_PROGRAMS := dciodvfy dsrdump Orthanc
DICOM_PACKAGES := dicom3tools dcmtk orthanc orthanc-dicomweb

dicom:
	@for each in $(DICOM_PROGRAMS); do \
		command -v $$each > /dev/null || [ -x /usr/sbin/$$each ] || missing=yes; \
	done; \
	[ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || missing=yes; \
	if [ -n "$${missing:-}" ]; then \
		$(call apt_get_now,$(DICOM_PACKAGES),The tests of DICOM objects need these); \
	fi

$(CHROMIUM):
	$(call apt_get,chromium,The tests of the page need Chromium)

# $(call create,DIR): a virtual environment. Debian keeps a part that this needs
# in a package of its own.
define create
	@if [ -z "$(PYTHON)" ]; then \
		echo "alzer needs Python 3.11 or later; install it, or say make PYTHON=..." >&2; \
		exit 1; \
	fi; \
	if [ ! -x $(1)/bin/python ] || ! $(1)/bin/python -m pip --version > /dev/null 2>&1; then \
		if ! $(PYTHON) -c 'import ensurepip, venv' 2> /dev/null; then \
			$(call apt_get_now,python3-venv,Virtual environments need python3-venv); \
		fi; \
		$(PYTHON) -m venv --clear $(1); \
	fi
endef

define apt_get
	@$(call apt_get_now,$(1),$(2))
endef

# $(call apt_get_now,PACKAGE,REASON): install a system package if we may.
apt_get_now = as=; [ "$$(id -u)" = 0 ] || as="sudo -n"; \
	if command -v apt-get > /dev/null && $$as true 2> /dev/null; then \
		$$as apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq $(1) > /dev/null; \
	else \
		echo "$(2). Install it: sudo apt-get install $(1)" >&2; exit 1; \
	fi
