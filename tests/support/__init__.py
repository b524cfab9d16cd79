"""What the tests, the benchmarks, the molecule scenarios and the demonstration share: real servers, real sessions."""
