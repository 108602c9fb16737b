# Every command of the workbook; `make` alone lists them. Plain POSIX make and sh.
.POSIX:

# The Python that makes .venv; left empty, the newest of 3.13, 3.12 and 3.11 that runs.
PYTHON ?=
# The demo's photograph and network; no network: the default one, see load_model.
PHOTO ?= data/photos/tabby_cat.jpg
MODEL ?=
# More options for JupyterLab, for instance LAB_ARGS="--no-browser --port=9999".
LAB_ARGS ?=

# How many random networks and numbers `make fuzz` tries for each property.
EXAMPLES ?= 500
# More for the arbiter, for instance ARBITER_ARGS="--photographs 6" to try it.
ARBITER_ARGS ?=

PY = .venv/bin/python
# Two processes at a time; what is in one file stays in one of them, with the networks it loads. In
# the order of the files: else those with few tests come last, and among them are the longest.
TWO = -n 2 --dist loadfile --no-loadscope-reorder
# No progress bars: on a slow machine they would be outputs that no notebook saved.
# Nothing is compiled beside: most of it would be ready when the notebook has ended. TensorFlow is
# imported once for many kernels.
NBVAL = TQDM_DISABLE=1 ZV_COMPILE_AFTER=3600 $(PY) -m pytest -p tools.warm_kernels $(TWO) \
	--nbval-current-env --nbval-cell-timeout=300 \
	--nbval-sanitize-with tests/nbval_sanitize.cfg
# The longest of the six first: else one process works alone at the end.
NOTEBOOKS = notebooks/06*.ipynb notebooks/0[1-5]*.ipynb
LABS = notebooks/labs/*.ipynb
# In them networks learn, for a minute or two together; ZV_TRAIN=0 loads those that have learnt.
LEARNING = notebooks/labs/a_network_that_cheats.ipynb notebooks/labs/first_filters.ipynb \
	notebooks/labs/watch_a_network_learn.ipynb
# What drives the browser is installed where it is first needed.
BROWSER = $(PY) -c 'import axe_playwright_python, playwright' 2>/dev/null || \
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]'

# What builds the book, too.
BOOK = $(PY) -c 'import myst_nb, sphinx_book_theme, sphinx_revealjs' 2>/dev/null || \
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[book]'

.PHONY: help setup lab demo book slides test coverage test-browser test-book thorough fuzz notebooks atlases networks-page arbiter lint format bench clean

help: ## List every command
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv with the pinned packages (the others do it when it is needed)
	@PYTHON="$(PYTHON)" sh tools/setup.sh

lab: setup ## Open JupyterLab on the first notebook (LAB_ARGS="--no-browser --port=9999")
	@$(PY) tools/lab.py $(LAB_ARGS)

demo: setup ## The six steps in the terminal (PHOTO=my.jpg MODEL=vgg16-conv)
	@if [ -n "$(MODEL)" ]; then set -- --model "$(MODEL)"; fi; $(PY) -m zv_helpers "$(PHOTO)" "$$@"

book: slides ## The notebooks, labs and pages as a static site, book/_build/html/index.html
	$(PY) tools/book.py

slides: setup ## The notebooks and labs as slides, book/_build/html/slides
	@$(BOOK)
	$(PY) tools/slides.py

test: setup ## Doctests, tests, the notebooks with the three shipped networks, the labs with two
	$(PY) -m pytest $(TWO) --ignore=tests/browser
	ZV_TRAIN=0 ZV_MODEL=squeezenet $(NBVAL) --nbval $(LABS) $(NOTEBOOKS)
	ZV_MODEL=vgg16-conv $(NBVAL) --nbval-lax $(NOTEBOOKS)
	ZV_TRAIN=0 ZV_MODEL=efficientnet-lite0 $(NBVAL) --nbval-lax $(LABS) $(NOTEBOOKS)

coverage: setup ## Tests alone, and which lines of zv_helpers none of them runs
	$(PY) -m pytest $(TWO) --ignore=tests/browser --cov=zv_helpers --cov-report=term-missing:skip-covered

test-browser: setup ## Drive the notebooks in Chromium
	@$(BROWSER)
	$(PY) -m pytest -n 2 --dist loadscope -m browser tests/browser

test-book: book ## Read the book and the slides in Chromium (ZV_ALL_PAGES=1: axe on every page)
	@$(BROWSER)
	$(PY) -m pytest -m book tests/browser/test_book.py

thorough: setup ## What `make test` leaves out: large networks, long countings, labs that train; a few minutes
	$(PY) -m pytest $(TWO) -m thorough --ignore=tests/browser
	ZV_MODEL=squeezenet $(NBVAL) --nbval $(LEARNING)

fuzz: setup ## Look for wrong numbers in many more random networks (EXAMPLES=500)
	ZV_EXAMPLES="$(EXAMPLES)" $(PY) -m pytest tests/property

notebooks: setup ## Execute all notebooks and labs and save them, ready to commit
	$(PY) tools/execute_notebooks.py

atlases: setup ## Build the atlases that ship again, data/atlas: after a change of weights or photographs
	$(PY) tools/atlases.py

networks-page: setup ## Write docs/networks.md: what becomes of every network of the corpus
	$(PY) tools/networks_page.py

arbiter: setup ## Ask every check of every heatmap and write docs/arbiter.md; half an hour, goes on where it stopped
	$(PY) tools/arbiter.py $(ARBITER_ARGS)

lint: setup ## Check the style of code and notebooks, and the types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: setup ## Correct the style of code and notebooks
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: setup ## Run every benchmark, each printing its ratio
	@$(BROWSER)
	@for script in benchmarks/*.py; do echo "$$script"; $(PY) "$$script" || exit 1; done

clean: ## Remove .venv, caches and written pictures; your photographs stay
	rm -rf .venv build dist results book/_build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -prune -exec rm -rf {} +
