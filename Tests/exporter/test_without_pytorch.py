"""Where PyTorch is absent the training script says so and stops."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "Traces" / "exporter"


def test_the_script_says_what_it_needs(tmp_path):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('No module named torch', name='torch')\n")
    run = subprocess.run(
        [sys.executable, "-m", "winograd_trace.digits", "--output", str(tmp_path / "out")],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{SOURCES}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    missing = "torch" if "torch" in run.stderr else "sklearn"
    assert run.stderr.startswith(
        f"winograd_trace.digits: {missing} is not installed, and training needs it: pip install"
    )
    assert not (tmp_path / "out").exists()
