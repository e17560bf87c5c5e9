"""Small faults put into the rules, each of which a test must notice.

    python -m tests.mutation                                 40 faults in each module
    python -m tests.mutation pipeline/delivery/mail.py       all faults in one
    python -m tests.mutation --sample 100 --seed 7           others

In a clone of its own: a fault may write where the product never would, into `data/` for one.

A module is mapped to the tests that prove it (`proof.py`). What no test can notice, because it
changes nothing, stands with its reason in `equivalents.toml`, and the run says when it no longer
applies. Not mutmut, which leaves what is outside functions alone, our bounds among it, and wants
equivalents marked in the product; not cosmic-ray, which starts an interpreter a fault.
"""
