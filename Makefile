# Commands for people who work on accel-studio. Each is one line of what CI or a maintainer runs.

CARGO ?= cargo
PYTHON ?= python3
VENV := .venv
WITH_TORCH = LIBTORCH=$$(.ci/libtorch) && export LIBTORCH &&

.PHONY: build test test-worker libtorch manifests bench-launch bench-worker bench-worker-memory forced-ends worker-kills python lint doc differential precommit edits oracle oracle-script oracle-rewrites oracle-zero oracle-models oracle-worker oracle-memory estimate editor bench fuzz bless install

build: ## both programs; libtorch is fetched where none is found (544 MB)
	$(WITH_TORCH) $(CARGO) build --release --locked --features torch

test: ## everything that must pass, also what needs Python and libtorch
	$(CARGO) test --quiet --locked
	$(MAKE) differential
	$(MAKE) precommit
	$(MAKE) test-worker

test-worker: ## the worker: its own tests, and real ranks over the loopback device
	$(WITH_TORCH) OMP_NUM_THREADS=1 $(CARGO) test --quiet --locked --features torch \
		--bin accel-studio-worker --test worker

lint: ## formatting, clippy and documentation, warnings denied
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked --quiet -- -D warnings
	$(WITH_TORCH) $(CARGO) clippy --locked --quiet --features torch --bin accel-studio-worker \
		--tests -- -D warnings
	$(MAKE) doc

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items --locked --quiet

bless: ## write pictures and generated files again; read the diff afterwards
	BLESS=1 $(CARGO) test --quiet --test lib --locked

libtorch: ## libtorch for the worker, where none is found
	@echo "libtorch is in $$(.ci/libtorch)"

install: ## put both release programs into ~/.cargo/bin
	$(WITH_TORCH) $(CARGO) install --path . --locked --features torch

differential: $(VENV)/yaml ## our reader against PyYAML on 20 000 damaged configs (KIND=realistic COUNT=20000 SEED=1)
	$(CARGO) build --quiet --example read_yaml --locked
	$(VENV)/bin/python tests/oracle/differential.py target/debug/examples/read_yaml \
		--kind $(or $(KIND),realistic) --count $(or $(COUNT),20000) --seed $(or $(SEED),1)

precommit: $(VENV)/precommit ## the real pre-commit runs our hooks on a sample repository
	$(CARGO) build --quiet --bin accel-studio --locked
	$(VENV)/bin/python tests/oracle/precommit.py target/debug/accel-studio

manifests: $(VENV)/kubernetes ## our manifests against the schemas that Kubernetes and Kubeflow publish in their packages
	$(CARGO) build --quiet --bin accel-studio --locked
	$(VENV)/bin/python tests/oracle/manifests.py target/debug/accel-studio

edits: $(VENV)/yaml ## what we write and what edits do, as PyYAML reads it: texts, our configs, damaged copies of them
	$(CARGO) build --quiet --example write_yaml --example edit_check --locked
	$(VENV)/bin/python tests/oracle/write_check.py target/debug/examples/write_yaml
	$(VENV)/bin/python tests/oracle/edit_check.py target/debug/examples/edit_check presets tests/fixtures/configs/valid
	$(VENV)/bin/python tests/oracle/edit_check.py target/debug/examples/edit_check presets tests/fixtures/configs --damage 300

forced-ends: ## 200 jobs that end badly in seven ways; counts the processes that survive (COUNT=200)
	FORCED_ENDS=$(or $(COUNT),200) $(CARGO) test --locked --test lib forced_ends -- --nocapture

worker-kills: ## 50 runs of the worker lose a rank at a random moment and go on (COUNT=50 SEED=1)
	$(WITH_TORCH) WORKER_KILLS=$(or $(COUNT),50) WORKER_KILLS_SEED=$(or $(SEED),1) OMP_NUM_THREADS=1 \
		$(CARGO) test --locked --features torch --test worker kills -- --nocapture

python: $(VENV)/accelerate ## the optional Python environment: with it, tests train with the real Accelerate

fuzz: ## damaged texts for a minute: reading never panics, spans are sound, edits can be undone (SECONDS=60 SEED=1)
	$(CARGO) run --quiet --locked --example fuzz -- $(or $(SECONDS),60) $(or $(SEED),1)

oracle: $(VENV)/deepspeed ## ask the real Accelerate and PyYAML again and write their answers down; needs a C++ compiler
	$(VENV)/bin/python tests/oracle/record_load.py
	$(CARGO) run --quiet --locked --example rule_samples -- target/samples
	$(VENV)/bin/python tests/oracle/record_samples.py target/samples
	$(VENV)/bin/python tests/oracle/record_yaml.py

oracle-launch: $(VENV)/accelerate ## what the real launcher would start, for every pair of a config and a command line
	$(VENV)/bin/python tests/oracle/record_launch.py

oracle-script: $(VENV)/deepspeed ## who is heard where a launch and `Accelerator(...)` contradict each other; needs a C++ compiler
	$(VENV)/bin/python tests/oracle/record_script.py

oracle-rewrites: $(VENV)/accelerate ## what Accelerate's own tools that write configs leave behind
	$(VENV)/bin/python tests/oracle/record_rewrites.py

oracle-deepspeed: $(VENV)/deepspeed ## ask the real DeepSpeed about the samples of its rules; needs a C++ compiler
	$(CARGO) run --quiet --locked --example rule_samples -- target/samples
	$(VENV)/bin/python tests/oracle/record_deepspeed.py target/samples

oracle-zero: $(VENV)/deepspeed ## measure what each stage of ZeRO holds in the real DeepSpeed
	$(VENV)/bin/python tests/oracle/record_zero.py tests/fixtures/memory/zero.jsonl

oracle-models: $(VENV)/transformers ## ask the real transformers for the tensors of every model of presets/models
	$(VENV)/bin/python tests/oracle/record_models.py

oracle-worker: $(VENV)/transformers ## ask the real transformers for logits and gradients of tiny models, and for the losses of two trainings
	OMP_NUM_THREADS=1 $(VENV)/bin/python tests/oracle/record_logits.py tests/fixtures/worker/logits
	OMP_NUM_THREADS=1 $(VENV)/bin/python tests/oracle/record_curve.py tests/fixtures/worker/curve

oracle-memory: $(VENV)/memory ## measure the recorded training steps again, without a GPU; changed peaks are written down
	OMP_NUM_THREADS=1 $(VENV)/bin/python tests/oracle/record_memory.py tests/fixtures/memory/truth.jsonl

estimate: ## the error of our estimate on recorded training steps, and that of other estimators (TRUTH=FILE)
	$(CARGO) run --quiet --locked --example estimate_check -- $(or $(TRUTH),tests/fixtures/memory/truth.jsonl) \
		--rivals tests/fixtures/memory/rivals.jsonl
	$(CARGO) run --quiet --locked --example estimate_check -- $(or $(TRUTH),tests/fixtures/memory/truth.jsonl) --fallback

editor: target/editor ## what yaml-language-server makes of our schema
	node tests/oracle/editor.mjs target/editor/node_modules/yaml-language-server/bin/yaml-language-server

bench-launch: $(VENV)/accelerate ## from the command to the first line of a script, beside bare Python and accelerate launch
	$(CARGO) build --quiet --locked --release
	$(CARGO) run --quiet --locked --example first_line -- target/release/accel-studio $(VENV)

bench-worker-memory: ## what a rank holds under each strategy on 1, 2 and 4 ranks, on this machine's CPU
	$(WITH_TORCH) $(CARGO) build --quiet --locked --release --features torch --bin accel-studio-worker
	$(CARGO) run --quiet --locked --example worker_memory -- target/release/accel-studio-worker

bench: ## figures, no verdicts
	$(CARGO) bench --quiet --locked --bench speed --bench estimate

bench-worker: $(VENV)/transformers ## tokens per second of the worker, beside PyTorch's eager mode and on two ranks
	$(WITH_TORCH) $(CARGO) build --quiet --locked --release --features torch --bin accel-studio-worker
	$(VENV)/bin/python benches/worker.py target/release/accel-studio-worker

$(VENV)/yaml:
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet pyyaml==6.0.3
	touch $@

$(VENV)/precommit: $(VENV)/yaml
	$(VENV)/bin/pip install --quiet pre-commit==4.7.0
	touch $@

$(VENV)/kubernetes: $(VENV)/yaml
	$(VENV)/bin/pip install --quiet kubernetes-validate==1.37.0 kubeflow-training==1.9.4 kubeflow_trainer_api==2.3.0
	touch $@

$(VENV)/accelerate: $(VENV)/yaml
	$(VENV)/bin/pip install --quiet accelerate==1.15.0 torch==2.11.0
	touch $@

$(VENV)/transformers: $(VENV)/accelerate
	$(VENV)/bin/pip install --quiet transformers==5.23.0 diffusers==0.42.1 pillow
	touch $@

$(VENV)/deepspeed: $(VENV)/accelerate
	$(VENV)/bin/pip install --quiet wheel setuptools ninja transformers
	DS_BUILD_OPS=0 $(VENV)/bin/pip install --quiet --no-build-isolation deepspeed==0.19.8
	$(VENV)/bin/pip install --quiet --no-deps megatron-core==0.16.1 torchao==0.18.0
	touch $@

$(VENV)/memory: $(VENV)/transformers
	$(VENV)/bin/pip install --quiet peft==0.21.2
	touch $@

target/editor:
	npm install --silent --prefix target/editor yaml-language-server@1.25.0
