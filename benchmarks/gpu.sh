#!/usr/bin/env bash
# Everything that needs a GPU, in a few minutes and without the network: the tests (kernels against float64 on the CPU,
# the same bits in 20 runs, training, onnxruntime's CUDA provider where that wheel is installed), each kernel's own tests,
# some of the kernels under compute-sanitizer where that is installed, then the times. Run it where CuPy and a CUDA device
# are:
#
#     PYTHON=python3 benchmarks/gpu.sh [arguments of depthwise_gpu.py]
#     SECTIONS="tests times" benchmarks/gpu.sh       # where minutes of a GPU are few: of tests kernels sanitizer times
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-python3} sections=${SECTIONS:-tests kernels sanitizer times}
failed=()

title() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }
section() { [[ " $sections " == *" $1 "* ]] && title "$2"; }
check() { "${@:2}" || failed+=("$1"); }

title "what is here"
check "doctor" "$python" -c "from dwbridge.cli.main import main; raise SystemExit(main(['doctor']))"

export DWBRIDGE_DEMAND_GPU=1
if section tests "tests on the device"; then
    check "tests" "$python" -m pytest -q -m gpu tests/gpu
fi

if section kernels "each kernel's own tests, on the device"; then
    check "kernels" "$python" -m pytest -q tests/kernels/cuda/test_*_kernels.py tests/kernels/cuda/test_tensor_*.py
fi

# CuPy asks for what may be refused, and handles that: errors of the API are no findings.
if section sanitizer "compute-sanitizer"; then
    sanitizer=$(PATH="$PATH${CUDA_HOME:+:$CUDA_HOME/bin}:/usr/local/cuda/bin" command -v compute-sanitizer)
    for tool in memcheck racecheck; do
        if [ -n "$sanitizer" ]; then
            title "$tool"
            check "$tool" env DWBRIDGE_EXACT_ALLOCATIONS=1 \
                "$sanitizer" --tool "$tool" --report-api-errors no --error-exitcode 9 \
                "$python" -m pytest -q -m gpu tests/gpu/test_depthwise_on_a_device.py -k sanitized
        else
            title "compute-sanitizer is not installed: $tool is left out"
        fi
    done
fi

if section times "times"; then
    check "times" "$python" benchmarks/depthwise_gpu.py "$@"
fi

title "done"
[ ${#failed[@]} -eq 0 ] || { echo "FAILED: ${failed[*]}"; exit 1; }
