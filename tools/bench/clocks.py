"""The time of calls: CUDA graphs between events on a GPU, the processor's clock without one.

A program is a list of calls, one for each set of buffers, that a clock turns into something it can run and time as a whole.
All programs of a case are sampled in turns and in random order, so that what changes with time (clocks, temperature, other
users) meets all of them alike.
"""

import math
import random
import statistics
import time

import torch


class HostClock:
    """For dry runs: says that a call takes time, not how much."""
    most_calls = 1

    def prepare(self, calls):
        def run():
            for call in calls:
                call()
        return run

    def microseconds(self, program):
        start = time.perf_counter()
        program()
        return (time.perf_counter() - start) * 1e6


class CudaClock:
    """Programs are CUDA graphs, so that the host's time to enqueue does not count. What cannot be captured has no time."""
    most_calls = 512

    def __init__(self):
        self.stream = torch.cuda.Stream()
        self.start, self.end = (torch.cuda.Event(enable_timing=True) for _ in range(2))

    def prepare(self, calls):
        with torch.cuda.stream(self.stream):
            calls[0]()  # Loads code and allocates workspaces, which a capture must not.
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.stream(self.stream):
            graph.capture_begin()
            try:
                for call in calls:
                    call()
            finally:
                graph.capture_end()
        torch.cuda.synchronize()
        return graph.replay

    def microseconds(self, program):
        with torch.cuda.stream(self.stream):
            torch.cuda._sleep(100_000)  # Cycles in which the host gets ahead, so that its launch is not timed.
            self.start.record()
            program()
            self.end.record()
        self.end.synchronize()
        return self.start.elapsed_time(self.end) * 1e3


def calls_of_program(clock, candidates, sample_us):
    """The calls of one sample: round and round over the sets, as many as take `sample_us`, at least one for each set."""
    single = clock.microseconds(clock.prepare(candidates[:1]))
    rounds = max(1, math.ceil(sample_us / max(single, 1.0) / len(candidates)))
    return (candidates * rounds)[:max(len(candidates), min(clock.most_calls, len(candidates) * rounds))]


def interleave(clock, programs, rounds, seed=0):
    """Microseconds of each program's runs, by name; every round runs all of them, after one that does not count."""
    order, shuffle = list(programs), random.Random(seed).shuffle
    samples = {name: [] for name in programs}
    for number in range(rounds + 1):
        shuffle(order)
        for name in order:
            taken = clock.microseconds(programs[name])
            if number:
                samples[name].append(taken)
    return samples


def spread(values):
    """Median, tenth and ninetieth percentile."""
    ordered = sorted(values)

    def quantile(fraction):
        place = fraction * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (place - low) * (ordered[high] - ordered[low])
    return {"median_us": statistics.median(ordered), "p10_us": quantile(0.1), "p90_us": quantile(0.9)}
