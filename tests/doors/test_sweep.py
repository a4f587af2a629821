"""Sweeping buckets and queues with `notcontent scan`, against moto's S3 and SQS over HTTP, and s3rver."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import numpy as np
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

from tests.conftest import altered, generated_picture
from tests.fingerprint.video.making import film
from tests.guard.running_guard import RunningGuard, guard_of_two, wait_until

pytestmark = pytest.mark.peer
CLAIMED, VERIFIED, OTHER = generated_picture(1), generated_picture(2), generated_picture(7)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuard]:
    with guard_of_two(tmp_path_factory.mktemp("sweep"), CLAIMED, VERIFIED) as running:
        yield running


class Cloud:
    """An S3 and an SQS of somebody else's making."""

    def __init__(self, port: int, key: str = "x") -> None:
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": key,
            "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip
        session = boto3.session.Session(key, key, region_name="us-east-1")
        self.s3: Any = session.client("s3", endpoint_url=self.environment["AWS_ENDPOINT_URL"])
        self.sqs: Any = session.client("sqs", endpoint_url=self.environment["AWS_ENDPOINT_URL"])
        self.s3.create_bucket(Bucket="media")
        self.s3.create_bucket(Bucket="held")

    def put(self, key: str, data: bytes, **more: str) -> None:
        self.s3.put_object(Bucket="media", Key=key, Body=data, **more)

    def keys(self, bucket: str) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def tags(self, key: str) -> dict[str, str]:
        held = self.s3.get_object_tagging(Bucket="media", Key=key)["TagSet"]
        return {each["Key"]: each["Value"] for each in held}

    def program(self, guard: RunningGuard, *words: object) -> subprocess.Popen[str]:
        program = [sys.executable, "-m", "notcontent.cli.main", "scan", "--folder", str(guard.folder), "--workers", "1"]
        return subprocess.Popen(
            [*program, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **self.environment},
        )  # fmt: skip

    def scan(self, guard: RunningGuard, *words: object) -> tuple[int, list[dict], str]:
        process = self.program(guard, "--json", *words)
        out, errors = process.communicate(timeout=120)
        return process.returncode, [json.loads(line) for line in out.splitlines()], errors


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    try:
        yield Cloud(port)
    finally:
        httpx.post(f"http://127.0.0.1:{port}/moto-api/reset", trust_env=False)
        server.stop()


def test_a_bucket_is_swept_and_nothing_in_it_changes(guard: RunningGuard, cloud: Cloud) -> None:
    cloud.put("a/clean.jpg", OTHER)
    cloud.put("a/notes.txt", b"no picture" * 1000)
    cloud.put("a/folder/", b"")
    cloud.put("b/listed?#%20 ü.jpg", altered(CLAIMED, "mirrored"))
    cloud.put("b/turned.jpg", altered(VERIFIED, "half_turn"))
    cloud.put("elsewhere/listed.jpg", CLAIMED)
    before = cloud.keys("media")
    code, [first, second, summary], errors = cloud.scan(guard, "s3://media/a", "s3://media/b/")
    assert code == 1, errors
    assert (first["file"], first["verdict"]) == ("s3://media/b/listed?#%20 ü.jpg", "hold")
    assert (second["file"], second["verdict"]) == ("s3://media/b/turned.jpg", "block")
    assert summary == {"summary": {"files": 5, "matches": 2, "errors": 0, "passed_over": 2}}
    assert "5 files, 2 matches" in errors and ".jpg" not in errors
    assert cloud.keys("media") == before and not cloud.tags("b/turned.jpg")


def test_a_video_in_a_bucket_is_read_in_memory_and_said_when(guard: RunningGuard, cloud: Cloud) -> None:
    shown = np.asarray(Image.open(io.BytesIO(VERIFIED)).convert("RGB").resize((360, 280)))
    other = np.asarray(Image.open(io.BytesIO(OTHER)).convert("RGB").resize((360, 280)))
    cloud.put("clip.mp4", film([other] * 50 + [shown] * 25))
    code, [line, _], errors = cloud.scan(guard, "s3://media")
    assert code == 1, errors
    assert line["verdict"] == "block" and line["matches"][0]["view"] == "frame"
    assert line["matches"][0]["at_s"] == pytest.approx(2, abs=0.3)


def test_exit_codes_are_those_of_a_folder(guard: RunningGuard, cloud: Cloud, tmp_path: Path) -> None:
    cloud.put("clean.jpg", OTHER)
    assert cloud.scan(guard, "s3://media")[0] == 0
    cloud.put("cut.jpg", generated_picture(8)[:2000])
    cloud.put("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    code, [line, other, _], _ = cloud.scan(guard, "s3://media")
    assert code == 2 and line["file"] == "s3://media/cut.jpg" and "error" in line
    assert other["file"] == "s3://media/phone.heic" and "error" in other
    (tmp_path / "listed.jpg").write_bytes(CLAIMED)
    assert cloud.scan(guard, "s3://media", tmp_path)[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["s3://no-such-bucket-here"], "NoSuchBucket"),
        (["s3://"], "s3://bucket"),
        (["s3://media", "--move-to", "/tmp/x"], "objects into a bucket"),
        (["s3://media", "--move-to", "s3://media/"], "below a prefix"),
        ([], "Name what to sweep"),
        (["s3://media", "--queue", "x"], "Name what to sweep"),
        (["s3://media", "--until-empty"], "--until-empty"),
        ([".", "--tag"], "have tags"),
        (["--queue", "http://127.0.0.1:1/none", "--until-empty"], "The storage"),
    ],
)
def test_what_cannot_be_swept_is_said_and_is_exit_code_2(
    guard: RunningGuard, cloud: Cloud, words: list[str], said: str
) -> None:
    process = cloud.program(guard, *words)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 2 and said in errors and "Traceback" not in errors and not out, errors
    assert "no-such-bucket-here" not in errors and "127.0.0.1" not in errors


def test_without_credentials_it_says_what_is_missing(guard: RunningGuard, cloud: Cloud, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del cloud.environment[name]
    cloud.environment |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    code, lines, errors = cloud.scan(guard, "s3://media")
    assert code == 2 and not lines and "credentials" in errors and "Traceback" not in errors


def test_held_and_blocked_objects_are_tagged_and_keep_their_other_tags(guard: RunningGuard, cloud: Cloud) -> None:
    cloud.put("clean.jpg", OTHER, Tagging="team=a")
    cloud.put("held.jpg", CLAIMED, Tagging="team=a&notcontent=old")
    cloud.put("blocked.jpg", VERIFIED)
    cloud.put("full.jpg", VERIFIED, Tagging="&".join(f"t{number}=x" for number in range(10)))
    code, lines, _ = cloud.scan(guard, "--tag", "s3://media")
    assert code == 1
    assert cloud.tags("clean.jpg") == {"team": "a"}
    assert cloud.tags("held.jpg") == {"team": "a", "notcontent": "hold"}
    assert cloud.tags("blocked.jpg") == {"notcontent": "block"}
    # There is room for ten tags; what could not be tagged is an error of its own and keeps what it had.
    assert len(cloud.tags("full.jpg")) == 10 and "notcontent" not in cloud.tags("full.jpg")
    assert [line["file"] for line in lines if "error" in line] == ["s3://media/full.jpg"]


def test_held_and_blocked_objects_are_moved_and_not_swept_again(guard: RunningGuard, cloud: Cloud) -> None:
    cloud.put("in/clean.jpg", OTHER)
    cloud.put("in/x/held.jpg", CLAIMED, Metadata={"owner": "7"})  # type: ignore[arg-type]
    assert cloud.scan(guard, "--move-to", "s3://held/at/", "s3://media/in/")[0] == 1
    assert cloud.keys("media") == ["in/clean.jpg"] and cloud.keys("held") == ["at/x/held.jpg"]
    moved = cloud.s3.get_object(Bucket="held", Key="at/x/held.jpg")
    assert moved["Body"].read() == CLAIMED and moved["Metadata"] == {"owner": "7"}
    # Within one bucket too: what lies in the place they are moved to is left alone.
    cloud.put("in/again.jpg", VERIFIED)
    for code in (1, 0):
        assert cloud.scan(guard, "--move-to", "s3://media/aside/", "s3://media")[0] == code
    assert cloud.keys("media") == ["aside/in/again.jpg", "in/clean.jpg"]


def test_what_only_begins_like_the_place_of_moved_objects_is_swept(guard: RunningGuard, cloud: Cloud) -> None:
    cloud.put("aside-of-mine.jpg", VERIFIED)
    assert cloud.scan(guard, "--move-to", "s3://media/aside", "s3://media")[0] == 1
    assert cloud.keys("media") == ["aside/aside-of-mine.jpg"]


def test_a_moved_object_overwrites_no_other(guard: RunningGuard, cloud: Cloud) -> None:
    other = altered(VERIFIED, "half_turn")
    cloud.put("a/listed.jpg", VERIFIED)
    cloud.put("b/listed.jpg", other)
    words = ("--move-to", "s3://held/at/", "s3://media/a/", "s3://media/b/")
    code, lines, _ = cloud.scan(guard, *words)
    assert code == 1 and "not overwritten" in lines[-2]["error"]
    assert cloud.s3.get_object(Bucket="held", Key="at/listed.jpg")["Body"].read() == VERIFIED
    assert cloud.keys("media") == ["b/listed.jpg"]
    # One that was copied and not yet deleted when the sweep was interrupted goes.
    cloud.put("b/listed.jpg", VERIFIED)
    assert cloud.scan(guard, *words)[1][-1]["summary"]["errors"] == 0 and not cloud.keys("media")


def test_files_of_a_folder_are_moved_and_nothing_is_overwritten(
    guard: RunningGuard, cloud: Cloud, tmp_path: Path
) -> None:
    pictures, aside = tmp_path / "pictures", tmp_path / "pictures" / "aside"
    (pictures / "below").mkdir(parents=True)
    (pictures / "below" / "held.jpg").write_bytes(CLAIMED)
    (pictures / "clean.jpg").write_bytes(OTHER)
    assert cloud.scan(guard, "--move-to", aside, pictures)[0] == 1
    assert (aside / "below" / "held.jpg").read_bytes() == CLAIMED and not (pictures / "below" / "held.jpg").exists()
    assert cloud.scan(guard, "--move-to", aside, pictures)[0] == 0
    (pictures / "below" / "held.jpg").write_bytes(altered(CLAIMED, "smaller"))
    code, lines, _ = cloud.scan(guard, "--move-to", aside, pictures)
    assert code == 1 and "could not be put aside (File exists)" in lines[1]["error"]
    assert (aside / "below" / "held.jpg").read_bytes() == CLAIMED and (pictures / "below" / "held.jpg").exists()


def test_an_interrupted_sweep_of_a_bucket_goes_on_where_it_stopped(
    guard: RunningGuard, cloud: Cloud, tmp_path: Path
) -> None:
    for number in range(60):
        cloud.put(f"{number:03}.jpg", CLAIMED if number % 10 == 0 else generated_picture(100 + number))
    remembered = tmp_path / "how-far"
    words = ("--json", "--resume", remembered, "s3://media")
    process = cloud.program(guard, *words)
    assert process.stdout and process.stderr
    seen = [process.stdout.readline() for _ in range(2)]
    process.send_signal(signal.SIGINT)
    seen += process.stdout.readlines()
    assert process.wait(60) == 130 and remembered.exists(), process.stderr.read()
    code, rest, _ = cloud.scan(guard, *words[1:])
    *found, summary = [*map(json.loads, seen), *rest]
    assert [line["file"] for line in found] == [f"s3://media/{number:03}.jpg" for number in range(0, 60, 10)]
    assert summary == {"summary": {"files": 60, "matches": 6, "errors": 0, "passed_over": 0}}
    assert code == 1 and not remembered.exists()


@pytest.fixture
def queue(cloud: Cloud) -> str:
    """A queue that the bucket tells of each new object."""
    url = str(cloud.sqs.create_queue(QueueName="new")["QueueUrl"])
    arn = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    told = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    cloud.s3.put_bucket_notification_configuration(Bucket="media", NotificationConfiguration=told)
    return url


def waiting(cloud: Cloud, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values()))


def test_what_a_queue_says_is_new_is_looked_at_and_leaves_the_queue(
    guard: RunningGuard, cloud: Cloud, queue: str
) -> None:
    cloud.put("clean.jpg", OTHER)
    cloud.put("a b/listed ü+.jpg", CLAIMED)
    cloud.put("gone.jpg", CLAIMED)
    cloud.s3.delete_object(Bucket="media", Key="gone.jpg")
    code, lines, errors = cloud.scan(guard, "--queue", queue, "--until-empty", "--move-to", "s3://media/aside/")
    assert code == 1, errors
    assert [line.get("file") for line in lines] == ["s3://media/a b/listed ü+.jpg", None]
    assert lines[-1]["summary"]["matches"] == 1 and lines[-1]["summary"]["errors"] == 0
    assert cloud.keys("media") == ["aside/a b/listed ü+.jpg", "clean.jpg"]
    # The move made an event too, which was passed by.
    assert waiting(cloud, queue) == 0


def test_messages_that_were_not_done_stay_in_the_queue(guard: RunningGuard, cloud: Cloud, queue: str) -> None:
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="hello")
    cloud.put("cut.jpg", generated_picture(8)[:2000])
    cloud.put("clean.jpg", OTHER)
    code, lines, errors = cloud.scan(guard, "--queue", queue, "--until-empty")
    assert code == 2 and lines[-1]["summary"]["errors"] == 2 and "no event of S3" in errors
    assert waiting(cloud, queue) == 2


def test_it_waits_for_new_objects_until_it_is_told_to_stop(guard: RunningGuard, cloud: Cloud, queue: str) -> None:
    process = cloud.program(guard, "--queue", queue, "--tag")
    cloud.put("later.jpg", VERIFIED)
    wait_until(lambda: cloud.tags("later.jpg") == {"notcontent": "block"}, "the tag", 90.0)
    wait_until(lambda: waiting(cloud, queue) == 0, "the message to be done")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130


S3RVER = Path(sys.prefix) / "peers" / "s3rver" / "node_modules" / "s3rver" / "bin" / "s3rver.js"


@pytest.mark.skipif(not S3RVER.is_file(), reason="there is no Node here for s3rver")
def test_a_bucket_of_another_make_is_swept_moved_from_and_gone_on_with(guard: RunningGuard, tmp_path: Path) -> None:
    process = subprocess.Popen(
        ["node", S3RVER, "-d", tmp_path, "-a", "127.0.0.1", "-p", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        line = next(line for line in process.stdout if "listening on" in line)
        cloud = Cloud(int(line.rsplit(":", 1)[1]), "S3RVER")
        for number in range(12):
            cloud.put(f"in/{number:02}.jpg", CLAIMED if number == 4 else generated_picture(100 + number))
        cloud.put("in/notes.txt", b"no picture")
        code, [line, summary], errors = cloud.scan(guard, "--move-to", "s3://held/at/", "s3://media/in/")
        assert code == 1, errors
        assert line["file"] == "s3://media/in/04.jpg"
        assert summary == {"summary": {"files": 13, "matches": 1, "errors": 0, "passed_over": 1}}
        assert cloud.keys("held") == ["at/04.jpg"] and "in/04.jpg" not in cloud.keys("media")
        remembered = tmp_path / "how-far"
        roots = {"roots": ["s3://media/in/"], "root": 0, "parts": ["in/09.jpg"]}
        counts = {"files": 9, "matches": 0, "errors": 0, "passed_over": 0}
        remembered.write_text(json.dumps({**roots, "counts": counts}))
        code, [summary], errors = cloud.scan(guard, "--resume", remembered, "s3://media/in/")
        assert code == 0 and summary["summary"]["files"] == 12, errors
    finally:
        process.terminate()
        process.wait(60)
