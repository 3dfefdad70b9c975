#!/usr/bin/env bash
# Runs a sweep on a cluster with Slurm: a job array with one shard per task, and a job that merges them when all are finished.
#
#   Configs/sweeps/slurm.sh SWEEP FOLDER SHARDS [OPTION...]
#
# SWEEP is a sweep's file or a shipped name, FOLDER a folder that all nodes share. Options are for sbatch, both for the tasks and
# the merge: --partition=short --cpus-per-task=4. The program is $WINOSIM, or winosim in the PATH of the nodes.
#
# A killed task is requeued up to three times. Requeued tasks and resubmitted arrays continue from the finished points. Prints
# the job numbers of the array and of the merge.
set -euo pipefail
winosim=${WINOSIM:-winosim}

case "${1-}" in
task)
    # In the array: the shard of this task, on its cores.
    sweep=$2 folder=$3 shards=$4 code=0 memory=()
    # Half of the task's memory is for the cache that points share.
    if [[ -n ${SLURM_MEM_PER_NODE-} ]]; then memory=(--memory "$((SLURM_MEM_PER_NODE / 2)) MiB"); fi
    "$winosim" sweep "$sweep" --shard "$SLURM_ARRAY_TASK_ID/$shards" --output "$folder/shard-$SLURM_ARRAY_TASK_ID" \
        --resume --jobs "${SLURM_CPUS_PER_TASK:-1}" "${memory[@]}" >/dev/null || code=$?
    # Failed points have a row with the reason, and do not prevent the merge.
    if ((code == 1)); then exit 0; fi
    # Killed by a signal, perhaps for its memory: requeued a few times.
    if ((code > 128 && ${SLURM_RESTART_COUNT:-0} < 3)); then exec scontrol requeue "$SLURM_JOB_ID"; fi
    exit "$code"
    ;;
merge)
    folder=$2 shards=$3 folders=()
    for ((shard = 1; shard <= shards; shard++)); do folders+=("$folder/shard-$shard"); done
    exec "$winosim" merge "${folders[@]}" --output "$folder"
    ;;
-h | --help)
    sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac

if (($# < 3)) || ! [[ $3 =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: ${BASH_SOURCE[0]} SWEEP FOLDER SHARDS [OPTION...]" >&2
    exit 64
fi
sweep=$1 folder=$2 shards=$3
shift 3
mkdir -p "$folder"
array=$(sbatch --parsable --job-name=winosim-sweep --array="1-$shards" --requeue --open-mode=append \
    --output="$folder/shard-%a.log" "$@" "${BASH_SOURCE[0]}" task "$sweep" "$folder" "$shards")
merge=$(sbatch --parsable --job-name=winosim-merge --dependency="afterok:$array" --kill-on-invalid-dep=yes \
    --output="$folder/merge.log" "$@" "${BASH_SOURCE[0]}" merge "$folder" "$shards")
echo "$array $merge"
