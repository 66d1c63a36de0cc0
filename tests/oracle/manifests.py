#!/usr/bin/env python3
"""Holds the manifests that we write against the schemas that Kubernetes and Kubeflow publish in their packages.

    make manifests        (installs the packages; the argument is the built program)

A Job and every pod are checked by kubernetes-validate, strictly: a key that the schema does not know is an
error. A PyTorchJob is checked by the models of kubeflow-training, a TrainJob by those of kubeflow_trainer_api.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import kubeflow.training.models as training
import kubernetes.client.models as core
import kubernetes_validate
import yaml
from kubeflow_trainer_api.models.trainer_v1alpha1_train_job import TrainerV1alpha1TrainJob

RELEASE = "1.37.0"
CONFIGS = {
    "one process": "distributed_type: 'NO'\n",
    "one machine": "distributed_type: MULTI_GPU\nnum_processes: 4\nmixed_precision: bf16\n",
    "two machines": "distributed_type: FSDP\nnum_machines: 2\nnum_processes: 16\nmain_process_ip: 10.0.0.1\n"
    "main_process_port: 29500\nfsdp_config:\n  fsdp_version: 2\n",
    "the CPU": "distributed_type: MULTI_CPU\nuse_cpu: true\nnum_processes: 2\n",
    "DeepSpeed": "distributed_type: DEEPSPEED\nnum_machines: 2\nnum_processes: 16\ndeepspeed_config:\n  zero_stage: 3\n",
}
KINDS = ((), ("--kind", "pytorchjob"), ("--kind", "trainjob"))
SCRIPT = ("deep/My_Train.py", "--name", "it's $HOME", "two\nlines")


def strict(page):
    kubernetes_validate.validate(page, RELEASE, strict=True)


def pod(template):
    """The pod of a template as an object of its own; its name is the controller's to give."""
    strict({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", **template.get("metadata", {})}, **{"spec": template["spec"]}})


def known(value, kind, place):
    """Every key is one of the published model, and what it requires is there."""
    inner = re.fullmatch(r"(?:list\[|dict\(str, )(.+)[\])]", kind)
    if inner and isinstance(value, list):
        return [known(item, inner[1], f"{place}[{index}]") for index, item in enumerate(value)]
    if inner:
        return {key: known(item, inner[1], f"{place}.{key}") for key, item in value.items()}
    model = getattr(training, kind, None) or getattr(core, kind, None)
    if model is None:
        assert kind == "object" or isinstance(value, {"str": str, "int": int, "bool": bool}[kind]), f"{place} is no {kind}"
        return value
    names = {key: name for name, key in model.attribute_map.items()}
    unknown = [key for key in value if key not in names]
    assert not unknown, f"{place} has no {unknown}"
    return model(**{names[key]: known(item, model.openapi_types[names[key]], f"{place}.{key}") for key, item in value.items()})


def check(page):
    match page["kind"]:
        case "Job":
            strict(page)
        case "PyTorchJob":
            known(page, "KubeflowOrgV1PyTorchJob", "PyTorchJob")
            for replica in page["spec"]["pytorchReplicaSpecs"].values():
                pod(replica["template"])
        case "TrainJob":
            again = TrainerV1alpha1TrainJob.from_dict(page).to_dict()
            assert again == page, f"the model keeps {again}, we wrote {page}"
        case other:
            raise AssertionError(f"{other} is checked by nobody")


def main():
    program, count = pathlib.Path(sys.argv[1]).resolve(), 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text in CONFIGS.items():
            pathlib.Path(folder, "job.yaml").write_text(text)
            for kind in KINDS:
                command = [program, "export", "kubernetes", *kind, "--image", "registry.example/x:1", "--config_file", "job.yaml"]
                written = subprocess.run([*command, *SCRIPT], cwd=folder, capture_output=True, text=True, check=True).stdout
                page = yaml.safe_load(written)
                try:
                    check(page)
                except Exception as error:
                    raise SystemExit(f"{name}, {page['kind']}: {type(error).__name__}: {error}\n{written}")
                count += 1
    print(f"{count} manifests are as Kubernetes {RELEASE} and Kubeflow want them")


if __name__ == "__main__":
    main()
