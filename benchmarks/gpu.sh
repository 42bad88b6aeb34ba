#!/usr/bin/env bash
# Everything that needs a GPU, in a few minutes and without the network: the tests (kernels against float64 on the CPU,
# the same bits in 20 runs, training, onnxruntime's CUDA provider where that wheel is installed), each kernel's own tests,
# some of the kernels under compute-sanitizer where that is installed, then the times. Run it where CuPy and a CUDA device
# are:
#
#     PYTHON=python3 benchmarks/gpu.sh [arguments of depthwise_gpu.py]
#     SECTIONS="tests times" benchmarks/gpu.sh       # where minutes of a GPU are few: of tests kernels sanitizer times
#     LIMIT=120 benchmarks/gpu.sh                    # seconds after which a file of tests, or a tool, is stopped
#     PYTEST_ADDOPTS="-n 8" benchmarks/gpu.sh        # with pytest-xdist: kernels are compiled on several cores
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-python3} sections=${SECTIONS:-tests kernels sanitizer times} limit=${LIMIT:-300}
failed=()
# The package lies in three folders: put together, it needs no installation, and is this tree's if another is installed.
sources=$(mktemp -d)
trap 'rm -rf "$sources"' EXIT
trap 'kill $(jobs -p) 2> /dev/null; exit 130' INT TERM  # and with it what it started
mkdir "$sources/dwbridge"
ln -s "$PWD"/dwbridge/* "$PWD"/exporters "$PWD"/models "$sources/dwbridge"
export PYTHONPATH=$sources${PYTHONPATH:+:$PYTHONPATH}

title() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }
section() { [[ " $sections " == *" $1 "* ]] && title "$2"; }

# check NAME WORD...: runs the command, and says how long that took. A failure is listed at the end; all else goes on.
check() {
    local start=$SECONDS code=0
    timeout --kill-after=10 "$limit" "${@:2}" &
    wait $! || code=$?
    echo "$1: $((SECONDS - start)) s"
    case $code in
        0) ;;
        124 | 137) failed+=("$1 (stopped after $limit s)") ;;
        *) failed+=("$1") ;;
    esac
}

# -P: without it, the current folder's ./dwbridge, which is only a part, would come first.
title "what is here"
check "doctor" "$python" -P -c "from dwbridge.cli.main import main; raise SystemExit(main(['doctor']))"

export DWBRIDGE_DEMAND_GPU=1
# Each file is a process of its own: after an illegal access, nothing in the same process finds the device again.
if section tests "tests on the device"; then
    for file in tests/gpu/test_*_on_a_device.py; do check "$file" "$python" -m pytest -q -m gpu "$file"; done
fi

# Faults that are planted in tensor kernels are for the simulated GPU to see.
if section kernels "each kernel's own tests, on the device"; then
    for file in tests/kernels/cuda/test_*_kernels.py tests/kernels/cuda/test_tensor_*.py; do
        check "$file" "$python" -m pytest -q -k "not in_step" "$file"
    done
fi

# CuPy asks for what may be refused, and handles that: errors of the API are no findings. Everything is one process.
if section sanitizer "compute-sanitizer"; then
    sanitizer=$(PATH="$PATH${CUDA_HOME:+:$CUDA_HOME/bin}:/usr/local/cuda/bin" command -v compute-sanitizer)
    for tool in memcheck racecheck; do
        if [ -n "$sanitizer" ]; then
            title "$tool"
            check "$tool" env -u PYTEST_ADDOPTS DWBRIDGE_EXACT_ALLOCATIONS=1 \
                "$sanitizer" --tool "$tool" --report-api-errors no --error-exitcode 9 \
                "$python" -m pytest -q -m gpu tests/gpu/test_depthwise_on_a_device.py -k sanitized
        else
            title "compute-sanitizer is not installed: $tool is left out"
        fi
    done
fi

if section times "times"; then
    limit=0 check "times" "$python" benchmarks/depthwise_gpu.py "$@"
fi

title "done"
[ ${#failed[@]} -eq 0 ] || { echo "FAILED:"; printf '    %s\n' "${failed[@]}"; exit 1; }
