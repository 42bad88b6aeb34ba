#!/usr/bin/env bash
# Everything that needs a GPU, in a few minutes and without the network: the tests (kernels against float64 on the CPU,
# the same bits in 20 runs, training, onnxruntime's CUDA provider where that wheel is installed; then each kernel's own),
# some of the kernels under compute-sanitizer where that is installed, then the times. Run it where CuPy and a CUDA device are:
#
#     PYTHON=python3 benchmarks/gpu.sh [arguments of depthwise_gpu.py]
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-python3}
failed=()

section() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }
check() { "${@:2}" || failed+=("$1"); }

section "what is here"
check "doctor" "$python" -c "from dwbridge.cli.main import main; raise SystemExit(main(['doctor']))"

section "tests on the device"
export DWBRIDGE_DEMAND_GPU=1
check "tests" "$python" -m pytest -q -m gpu tests/gpu

section "each kernel's own tests, on the device"
check "kernels" "$python" -m pytest -q tests/kernels/cuda/test_*_kernels.py tests/kernels/cuda/test_tensor_*.py

if command -v compute-sanitizer > /dev/null; then
    for tool in memcheck racecheck; do
        section "compute-sanitizer, $tool"
        check "$tool" compute-sanitizer --tool "$tool" --error-exitcode 9 \
            "$python" -m pytest -q -m gpu tests/gpu/test_depthwise_on_a_device.py -k sanitized
    done
else
    section "compute-sanitizer is not installed: memcheck and racecheck are left out"
fi

section "times"
check "times" "$python" benchmarks/depthwise_gpu.py "$@"

section "done"
[ ${#failed[@]} -eq 0 ] || { echo "FAILED: ${failed[*]}"; exit 1; }
