"""Training of the act recogniser: from the labelled corpus to the weights that the product ships.

Needs the project's `train` extra. `python -m dialogues.grading.training --help` lists the options; the
product itself needs only what it leaves behind in `dialogues/grading/weights`.
"""
