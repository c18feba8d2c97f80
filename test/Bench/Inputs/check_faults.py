"""Faults of kernels that no compiled case has at hand: records made by hand."""

import static_figures


def record(instructions, **resources):
    defaults = {"target": "sm_90a", "registers": 64, "spill_bytes": 0, "stack_bytes": 0, "shared_bytes": 0, "notes": ""}
    kernel = {"name": "case_matmul", "schedule": "{cycles = 1234 : i64, tile = [64, 128, 64]}", "instructions": instructions,
              "resources": [defaults | resources]}
    return {"name": "case", "error": "", "compile_seconds": 0.5, "kernels": [kernel]}


def main():
    for text, made in (("good", record({"HGMMA": 8})), ("spill", record({"HGMMA": 8}, spill_bytes=16)),
                       ("stack", record({"HGMMA": 8}, stack_bytes=32)),
                       ("serialised", record({"HGMMA": 8}, notes="Potential Performance Loss (C7510)")),
                       ("harmless note", record({"HGMMA": 8}, notes="version 8.7500 (C1234)")),
                       ("mixed", record({"HGMMA": 8, "HMMA": 4})), ("none", record({"FFMA": 8})),
                       ("unknown", record({}))):
        print(f"{text}: {list(static_figures.faults_of(made, 'matmul', True))}")
    print(f"depthwise: {list(static_figures.faults_of(record({'FFMA': 8}), 'convolution', True))}")
    print(static_figures.markdown_table([record({"HGMMA": 8, "MUFU": 3})]).splitlines()[-1])


if __name__ == "__main__":
    main()
