# Every command of the workbook; `make` alone lists them. Plain POSIX make and sh. What each of them
# does stands in workbook.py, which also runs without make: `python workbook.py lab`.
.POSIX:

# The Python that makes .venv; left empty, the newest of 3.13, 3.12 and 3.11 that runs.
PYTHON ?=
# The demo's photograph and network; no network: the default one, see load_model.
PHOTO ?=
MODEL ?=
# More options for JupyterLab, for instance LAB_ARGS="--no-browser --port=9999".
LAB_ARGS ?=
# How many random networks and numbers `make fuzz` tries for each property.
EXAMPLES ?=
# More for the arbiter, for instance ARBITER_ARGS="--photographs 6" to try it.
ARBITER_ARGS ?=

# Any Python starts workbook.py, which looks for the one that is needed.
WORKBOOK = $$(command -v python3 || command -v python || command -v "$(PYTHON)" || echo python3) \
	workbook.py PYTHON="$(PYTHON)" PHOTO="$(PHOTO)" MODEL="$(MODEL)" EXAMPLES="$(EXAMPLES)"

.PHONY: help setup lab demo book slides test coverage test-browser test-book colab thorough fuzz notebooks atlases networks-page arbiter lint format bench clean

help setup demo book slides test coverage test-browser test-book colab thorough fuzz notebooks atlases networks-page lint format bench clean:
	@$(WORKBOOK) $@

lab:
	@$(WORKBOOK) lab $(LAB_ARGS)

arbiter:
	@$(WORKBOOK) arbiter $(ARBITER_ARGS)
