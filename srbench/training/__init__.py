"""Training of methods that offer a `network`: recipe -> patches -> trainer -> weights with a model card.

`srbench train` comes in through `trainer.train`. No method imports it, so no score depends on it.
"""
