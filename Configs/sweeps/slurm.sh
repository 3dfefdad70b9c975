#!/usr/bin/env bash
# Runs a sweep on a cluster with Slurm: a job array whose tasks do a shard each, and a job that merges them when all are done.
#
#   Configs/sweeps/slurm.sh SWEEP FOLDER SHARDS [OPTION...]
#
# SWEEP is a sweep's file or a shipped one's name, FOLDER a folder that all nodes see. Options go to sbatch, for the tasks and the
# merge alike: --partition=short --cpus-per-task=4. The program is $WINOSIM, or winosim in the PATH of the nodes.
#
# A task that is requeued, as one that was killed is up to three times, or an array that is submitted again, goes on with the
# points that are done. Prints the numbers of the array and of the merge.
set -euo pipefail
winosim=${WINOSIM:-winosim}

case "${1-}" in
task)
    # In the array: the shard of this task, on the cores that it was given.
    sweep=$2 folder=$3 shards=$4 code=0 memory=()
    # Where the task was given so much memory, half of it is for what points share.
    if [[ -n ${SLURM_MEM_PER_NODE-} ]]; then memory=(--memory "$((SLURM_MEM_PER_NODE / 2)) MiB"); fi
    "$winosim" sweep "$sweep" --shard "$SLURM_ARRAY_TASK_ID/$shards" --output "$folder/shard-$SLURM_ARRAY_TASK_ID" \
        --resume --jobs "${SLURM_CPUS_PER_TASK:-1}" "${memory[@]}" >/dev/null || code=$?
    # Points that failed have a row that says so, and are no reason to leave the others unmerged.
    if ((code == 1)); then exit 0; fi
    # Killed by a signal, for its memory perhaps: a few times it may go on where it was.
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
