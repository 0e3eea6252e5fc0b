"""`srbench env`: machine and software."""

from __future__ import annotations

from srbench.cli import options


def env(json: options.Json = False) -> None:
    """Print the machine and software versions, for a bug report."""
    from srbench.cli import console
    from srbench.speed import environment

    facts = environment.describe()
    if json:
        console.print_json(facts)
        return
    flat = {**{key: value for key, value in facts.items() if key != "versions"}, **facts["versions"]}
    width = max(map(len, flat))
    for key, value in flat.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else value
        text = f"{value / 2**30:.1f} GiB" if key == "memory" and value else text
        console.out.print(f"{key:{width}}  {text or 'none'}", highlight=False, soft_wrap=True, markup=False)
