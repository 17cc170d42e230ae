"""Where models run, and what is said when they can't."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import onnxruntime
import pytest
import torch

from assist.adapters import RUNTIMES, devices, mobile_sam
from assist.adapters.cores import Cores
from assist.adapters.devices import Device, DeviceMissing
from assist.adapters.priority import Aside


def machine(monkeypatch: pytest.MonkeyPatch, *, cuda: bool = False, mps: bool = False) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.delenv("TANDEM_DEVICE", raising=False)


@pytest.mark.parametrize(
    "here, chosen",
    [({}, "cpu"), ({"mps": True}, "mps"), ({"cuda": True}, "cuda"), ({"cuda": True, "mps": True}, "cuda")],
)
def test_best_device_is_taken(monkeypatch: pytest.MonkeyPatch, here: dict, chosen: str) -> None:
    machine(monkeypatch, **here)
    assert devices.choose() == Device(chosen)


def test_named_device_is_taken_and_a_missing_one_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, cuda=True)
    monkeypatch.setenv("TANDEM_DEVICE", "cpu")
    assert devices.choose() == Device("cpu")
    with pytest.raises(DeviceMissing, match="asks for mps.*cpu and cuda only"):
        devices.choose("mps")
    with pytest.raises(ValueError, match="auto, cuda, mps, cpu"):
        devices.choose("gpu")


def test_half_precision_is_for_cuda_alone() -> None:
    assert [Device(name).half for name in ("cuda", "mps", "cpu")] == [True, False, False]


def test_calls_of_a_model_share_its_cores() -> None:
    cores = Cores(4)
    with cores.share() as alone:
        assert (alone, torch.get_num_threads()) == (4, 4)
        with ThreadPoolExecutor(1) as pool:

            def beside() -> tuple[int, int]:
                with cores.share() as threads:
                    return threads, torch.get_num_threads()

            assert pool.submit(beside).result() == (2, 2)
            assert Aside().run(beside) == (1, 1), "nobody waits for that"
            with cores.share(), cores.share() as third:
                assert third == 1, "never none"
    with cores.share() as again:
        assert again == 4


def test_a_click_has_all_cores_beside_what_nobody_waits_for() -> None:
    cores, clicks = Cores(4), ThreadPoolExecutor(1)

    def click() -> int:
        with cores.share() as threads:
            return threads

    def ahead() -> int:
        with cores.share():
            return clicks.submit(click).result()

    assert Aside().run(ahead) == 4


class NoGpuIn(onnxruntime.InferenceSession):
    """The wheel without CUDA: asked for it, it takes the processor and says nothing."""

    def __init__(self, file: str, options: onnxruntime.SessionOptions, providers: list[str]) -> None:
        assert providers == ["CUDAExecutionProvider", "CPUExecutionProvider"]
        super().__init__(file, options, providers=["CPUExecutionProvider"])


def test_encoder_that_onnxruntime_left_on_the_processor_is_said(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, cuda=True)
    both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(mobile_sam.onnxruntime, "get_available_providers", lambda: both)
    monkeypatch.setattr(mobile_sam.onnxruntime, "InferenceSession", NoGpuIn)
    monkeypatch.setattr(torch.nn.Module, "to", lambda module, *place: module)
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *place, **more: tensor)
    model = RUNTIMES["mobile-sam@0.2.0"].load(model_folder, devices.choose())
    assert model.device == "cuda, encoder on cpu: install onnxruntime-gpu"


@pytest.mark.parametrize(
    "device, used, said",
    [
        ("cpu", ["CPUExecutionProvider"], "cpu"),
        ("cuda", ["CUDAExecutionProvider", "CPUExecutionProvider"], "cuda"),
        ("cuda", ["CPUExecutionProvider"], "cuda, encoder on cpu: install onnxruntime-gpu"),
        ("mps", ["CoreMLExecutionProvider", "CPUExecutionProvider"], "mps"),
        ("mps", ["CPUExecutionProvider"], "mps, encoder on cpu: install an onnxruntime with CoreML"),
    ],
)
def test_each_half_is_said_to_run_where_it_does(device: str, used: list[str], said: str) -> None:
    assert mobile_sam._place(Device(device), used) == said
