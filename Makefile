PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
VIEWER := 1.36.2

# Container images: make images push REGISTRY=registry.example.org/team; TAG is the version by default
REGISTRY ?=
TAG      ?= $(shell sed -nE 's/^version = "(.*)"/\1/p' pyproject.toml)
IMAGES   ?= cpu gpu sfm-gpu
BUILDER  ?= $(notdir $(firstword $(foreach each,buildah podman docker,$(shell command -v $(each)))))
IMAGE     = $(if $(REGISTRY),$(REGISTRY:/=)/)kubesplat/$(1):$(TAG)

.DEFAULT_GOAL := help
.PHONY: help install run unit test lint format schemas lock benchmark images push kind deploy clean

# make benchmark NAME=kernels ARGUMENTS=--help
NAME      ?= rasterize
ARGUMENTS ?=

# A cluster: make kind, then make deploy OVERLAY=local
OVERLAY ?= local
KUBEFLOW := github.com/kubeflow/pipelines/manifests/kustomize
KUBEFLOW_VERSION := 2.17.0
SECRETS_local := manifests/overlays/local/s3.env manifests/overlays/local/minio-root.env

help:  ## Show these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed  ## Make the virtual environment with everything in it

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(BIN)/uv pip install --python $(BIN)/python -c constraints.txt -e '.[dev]'
	$(BIN)/python -m components.evaluate.viewer.install --version $(VIEWER)
	touch $@

run: install  ## Render a small capture and turn it into a scene: out/demo
	$(BIN)/kubesplat demo --output out/demo

unit: install  ## Quick unit tests, side by side: under 3 minutes
	OMP_NUM_THREADS=1 $(BIN)/pytest tests/unit --quiet --numprocesses auto -m 'not slow'

test: install lint  ## Style, types, layers and all tests
	$(BIN)/pytest --quiet --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: install  ## Style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## Put the code into the style that lint checks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: install  ## Write docs/schemas and docs/options.md from the code
	$(BIN)/python -m components.shared.contracts.schemas
	$(BIN)/python -m pipelines.inbox_to_sogs.options_page

lock: install  ## Pin what pyproject.toml asks for, here and in the images; see images/README.md
	PATH=$(BIN):$$PATH sh images/lock.sh

benchmark: install  ## Print a table of measurements: NAME=rasterize, or another of benchmarks/README.md
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.$(NAME) $(ARGUMENTS)

images: $(IMAGES:%=image-%)  ## Build the container images; see images/README.md for a mirror

image-%:
	$(BUILDER) build $(BUILD_OPTIONS) -f images/$*/Containerfile -t $(call IMAGE,$*) \
		--build-arg VERSION=$(TAG) --build-arg REVISION=$(shell git rev-parse HEAD) --build-arg VIEWER=$(VIEWER) .

push: $(IMAGES:%=push-%)  ## Push them to REGISTRY

push-%:
	$(BUILDER) push $(call IMAGE,$*)

kind:  ## Make a cluster on this machine with Kubeflow Pipelines and the CPU image in it
	kind create cluster --config manifests/overlays/local/kind.yaml
	kind load docker-image $(call IMAGE,cpu) --name kubesplat
	kubectl apply --server-side -k "$(KUBEFLOW)/cluster-scoped-resources?ref=$(KUBEFLOW_VERSION)"
	kubectl wait --for=condition=established --timeout=60s crd/applications.app.k8s.io
	kubectl apply --server-side -k "$(KUBEFLOW)/env/platform-agnostic?ref=$(KUBEFLOW_VERSION)"
	kubectl -n kubeflow rollout status deployment/ml-pipeline --timeout=15m

deploy: $(SECRETS_$(OVERLAY))  ## Put OVERLAY (local or eks-a10g) into the cluster that kubectl speaks to
	@! grep -nE 'example|111122223333' manifests/overlays/$(OVERLAY)/settings.env 2>/dev/null || \
		{ echo "manifests/overlays/$(OVERLAY)/settings.env still has the values above; put yours there" >&2; exit 2; }
	kubectl -n kubesplat delete job minio-setup --ignore-not-found
	kubectl apply --server-side --field-manager=kubesplat --force-conflicts -k manifests/overlays/$(OVERLAY)
	kubectl -n kubeflow rollout restart deployment/workflow-controller

# A password that openssl did not make is not written: an empty one would open the storage to everybody.
manifests/overlays/local/s3.env:
	umask 077; key=$$(openssl rand -hex 20) && \
		printf 'AWS_ACCESS_KEY_ID=kubesplat\nAWS_SECRET_ACCESS_KEY=%s\n' "$$key" > $@

manifests/overlays/local/minio-root.env:
	umask 077; key=$$(openssl rand -hex 20) && \
		printf 'MINIO_ROOT_USER=root\nMINIO_ROOT_PASSWORD=%s\n' "$$key" > $@

clean:  ## Remove the virtual environment and all results
	rm -rf $(VENV) out
