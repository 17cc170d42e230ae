"""`python -m benchmarks office`: a table of how often the forecast's 80 % interval holds."""

from benchmarks.office import coverage

PROJECTS, SEEDS = 400, (1, 2, 3)


def main() -> None:
    print("| seed | projects | interval holds | ended sooner | ended later | width / time left |")
    print("|---|---|---|---|---|---|")
    for seed in SEEDS:
        one = coverage.measured(PROJECTS, seed)
        print(
            f"| {seed} | {one.projects} | {one.covered:.0%} | {one.sooner:.0%} | {one.later:.0%} | {one.width:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
