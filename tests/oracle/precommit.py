#!/usr/bin/env python3
"""Runs the real pre-commit with our hooks on a sample repository.

    make precommit        (installs pre-commit; the argument is the built program)

The hooks are the rows of .pre-commit-hooks.yaml. Only `language: rust`, which would compile the program
once more, is replaced: the entry starts the program that was given. Which files are chosen, what is
shown and how it ends is pre-commit's own doing.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PRE_COMMIT = [sys.executable, "-m", "pre_commit"]

GOOD = "distributed_type: MULTI_GPU  # ours\nnum_processes: 8\nmixed_precision: 'no'\n"
BAD = GOOD.replace("'no'", "no")
OTHERS = {
    "compose.yaml": "services:\n  web:\n    image: nginx\n",
    "conf/default_config.yaml": "hydra:\n  run: {}\n",
    "package.json": '{"name": "x"}\n',
    "notes.md": BAD,
}


class Sample:
    """A git repository with our hooks, in an environment of its own."""

    def __init__(self, folder, program):
        self.env = {
            **os.environ,
            "HOME": str(folder),
            "PRE_COMMIT_HOME": str(folder / "cache"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "sample@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "VIRTUAL_ENV"):
            self.env.pop(name, None)
        self.hooks = folder / "hooks"
        self.folder = folder / "sample"
        self.make_hooks(program)
        self.make_sample()

    def git(self, folder, *arguments):
        done = subprocess.run(["git", *arguments], cwd=folder, env=self.env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def make_hooks(self, program):
        rows = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        for row in rows:
            assert row["language"] == "rust" and row["entry"].startswith("accel-studio "), row
            row["language"] = "unsupported"
            row["entry"] = row["entry"].replace("accel-studio", str(program), 1)
        self.hooks.mkdir()
        (self.hooks / ".pre-commit-hooks.yaml").write_text(yaml.safe_dump(rows))
        self.git(self.hooks, "init", "--quiet")
        self.git(self.hooks, "add", ".")
        self.git(self.hooks, "commit", "--quiet", "--message", "hooks")

    def make_sample(self):
        self.folder.mkdir()
        self.git(self.folder, "init", "--quiet")
        revision = self.git(self.hooks, "rev-parse", "HEAD")
        ids = [row["id"] for row in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())]
        repo = {"repo": str(self.hooks), "rev": revision, "hooks": [{"id": name} for name in ids]}
        self.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [repo]}))
        for name, text in OTHERS.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.git(self.folder, "add", name)

    def read(self, name):
        return (self.folder / name).read_text()

    def run(self, hook):
        """The exit code and the output of `pre-commit run HOOK` on what is to be committed."""
        command = [*PRE_COMMIT, "run", "--color", "never", "--verbose", hook]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def expect(truth, story, output=""):
    if not truth:
        sys.exit(f"pre-commit: {story}: not so\n{output}")
    print(f"  {story}")


def play(sample):
    check, repair = "accel-studio-validate", "accel-studio-fix"
    code, said = sample.run(check)
    expect(code == 0 and "error" not in said, "files of other programs pass without a word", said)
    sample.write("accelerate_config.yaml", GOOD)
    code, said = sample.run(check)
    expect(code == 0 and "Passed" in said and "1 file" in said, "a good config passes", said)
    sample.write("runs/big.yml", BAD)
    code, said = sample.run(check)
    place = "runs/big.yml:3:18: error[types/unquoted-no]"
    expect(code == 1 and place in said, "a bad one fails, whatever its name, with its place", said)
    expect("in 2 files" in said and "notes.md" not in said, "only YAML and JSON for Accelerate is looked at", said)
    code, said = sample.run(repair)
    expect(code == 1 and "files were modified by this hook" in said, "the repair stops the commit", said)
    expect(sample.read("runs/big.yml") == GOOD, "and leaves a good config", said)
    sample.git(sample.folder, "add", "--all")
    expect([sample.run(hook)[0] for hook in (check, repair)] == [0, 0], "which passes when it is added")
    sample.git(sample.folder, "commit", "--quiet", "--message", "all")
    sample.write("runs/big.yml", BAD.replace("no\n", "no  # accel-studio: ignore[types/unquoted-no] on purpose\n"))
    code, said = sample.run(check)
    expect(code == 0 and "Passed" in said, "what a comment silences passes", said)


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    done = subprocess.run([*PRE_COMMIT, "validate-manifest", manifest], capture_output=True, text=True)
    expect(done.returncode == 0, "the list of hooks is in order", done.stdout + done.stderr)
    with tempfile.TemporaryDirectory() as folder:
        play(Sample(pathlib.Path(folder), program))


if __name__ == "__main__":
    main()
